"""What compliance has decided."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from config.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ComplianceDecided(Event):
    """The leave to sell a product in a market has changed, by a person, by policy or by itself."""

    type: ClassVar[str] = "compliance.decided"

    product_id: int
    skus: tuple[str, ...]
    market: str
    status: str
    off_sale_at: datetime | None
    waived_until: date | None
    decided_by: str
    reason: str
    rulebook_versions: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The product by one of its SKUs, and the market."""
        return f"{self.skus[0] if self.skus else self.product_id}/{self.market}"[:120]
