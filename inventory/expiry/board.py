"""What the expiry board asks of the rooms above: further actions on lots, such as marking down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from config.kernel.hooks import Hook


class Perform(Protocol):
    """Does it to these lots and answers what to tell the user."""

    def __call__(self, *, lot_ids: Sequence[int], reason: str, now: datetime) -> str:
        """Raises DomainError, and then nothing has changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardAction:
    """An action on lots of the board that a room above brings along."""

    name: str
    description: str
    permission: str
    icon: str
    note: str
    perform: Perform


further_actions: Hook[Callable[[], Sequence[BoardAction]]] = Hook(
    "inventory.expiry.further_actions", required=False
)
