"""What a judgement finds, and what a clearance makes of it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs."""

    BLOCK = "block"  # certainly unlawful here
    WARN = "warn"  # lawful only if …: something must be settled first
    INFO = "info"  # met, and nothing to do
    NOTHING = "nothing"


_WEIGHT = {Severity.NOTHING: 0, Severity.INFO: 1, Severity.WARN: 2, Severity.BLOCK: 3}


def weight(severity: str) -> int:
    """Orders severities, the heaviest last."""
    return _WEIGHT[Severity(severity)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One finding. `key` is the same for the same matter of any product.

    `later` is what it becomes on `from_date` where that is still to come; `asks` says what to ask
    the supplier, or what would settle it.
    """

    severity: Severity
    code: str
    key: str
    message: str
    ingredient: str = ""
    reference: str = ""
    url: str = ""
    evidence: str = ""
    asks: str = ""
    entry_id: int | None = None
    from_date: date | None = None
    later: Severity | None = None


def heaviest(findings: tuple[Found, ...]) -> Severity:
    """The heaviest severity among findings."""
    return max((found.severity for found in findings), key=weight, default=Severity.NOTHING)
