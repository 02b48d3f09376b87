"""How much of everything a mass shop has."""

from dataclasses import dataclass

MOVEMENTS_A_LOT = 10
LOTS_A_VARIANT = 10
WAREHOUSES = 5
BINS = 200
LOTS_A_DELIVERY = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Mass:
    """How much was made."""

    movements: int
    lots: int
    variants: int
