"""What happened to counts."""

from dataclasses import dataclass
from typing import ClassVar

from config.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class CountToApprove(Event):
    """A count is done and differs from the books: somebody has to decide."""

    type: ClassVar[str] = "count.to_approve"

    reference: str
    warehouse: str
    lines: int
    differences: int

    @property
    def subject(self) -> str:
        """The count's reference."""
        return self.reference


@dataclass(frozen=True, kw_only=True)
class CountClosed(Event):
    """A count is done: every line is booked, matched, left out or not believed."""

    type: ClassVar[str] = "count.closed"

    reference: str
    warehouse: str
    lines: int
    applied: int
    rejected: int
    left: int

    @property
    def subject(self) -> str:
        """The count's reference."""
        return self.reference
