"""What the upload of a delivery note asks of the rooms that keep warehouses and expect goods."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from config.kernel.hooks import Hook


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLink:
    """A delivery that an import announced: what to call it and where its page is."""

    title: str
    url: str


warehouses: Hook[Callable[[], Sequence[tuple[str, str]]]] = Hook(
    "catalog.supplier_files.warehouses"
)
"""Where deliveries can go: code and name of each warehouse, in order."""

announced: Hook[Callable[[UUID], DeliveryLink | None]] = Hook(
    "catalog.supplier_files.announced", required=False
)
"""The delivery that this import announced."""
