"""What rulebooks ask of higher rooms: what a version would change, and that rules have changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from config.kernel.hooks import Hook
from config.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One product that a version would affect: in which market, from when, with what stock."""

    sku: str
    product: str
    market: str
    from_date: date | None  # None: at once
    severity: str  # the worst it would find: block, warn
    summary: str
    lots: int = 0
    value: Money | None = None
    open_reservations: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What the activation of a version would do; `products` may be the first of more."""

    products: Sequence[Effect]
    affected: int
    judged: int
    note: str = ""


effects: Hook[Callable[[int], Effects]] = Hook("rulebooks.effects", required=False)
"""Which products and which stock would this version (its key) affect, and from when?"""

changed: Hook[Callable[[str], None]] = Hook("rulebooks.changed", required=False)
"""Called when a transaction ends that changed the active rules of a jurisdiction (its code)."""
