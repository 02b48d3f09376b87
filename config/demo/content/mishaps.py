"""What went wrong or was put right during the year, so that the ledger looks lived in."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from config.demo.content.shapes import LotSpec

MishapKind = Literal["adjustment", "write_off", "supplier_return", "move"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """A change of one lot in one warehouse; `quantity` is signed, of a move what is moved."""

    kind: MishapKind
    days_ago: int
    sku: str
    lot: str
    warehouse: str
    quantity: Decimal
    reason: str

    @property
    def change(self) -> Decimal:
        """By how much the warehouse holds more or less afterwards."""
        return Decimal(0) if self.kind == "move" else self.quantity


# Lots that came and went otherwise than by sale; each was on hold from the day it came in.
EXTRA_LOTS: tuple[LotSpec, ...] = (
    LotSpec(
        sku="COS-HANDCREAM-75",
        lot="HC8790",
        warehouse="BER",
        quantity=Decimal(24),
        received_days_ago=76,
        expires_in_days=610,
        unit_cost=Decimal("2.60"),
        hold="damaged",
        note="Pallet arrived crushed.",
    ),
    LotSpec(
        sku="COS-TONER-150",
        lot="RT5188",
        warehouse="BER",
        quantity=Decimal(6),
        received_days_ago=290,
        expires_in_days=-40,
        unit_cost=Decimal("3.10"),
        hold="quarantine",
        note="Delivered with too little shelf life; waits for the supplier's answer.",
    ),
)

MISHAPS: tuple[Mishap, ...] = (
    Mishap(
        kind="supplier_return",
        days_ago=70,
        sku="COS-HANDCREAM-75",
        lot="HC8790",
        warehouse="BER",
        quantity=Decimal(-24),
        reason="Crushed on arrival, credit note agreed.",
    ),
    Mishap(
        kind="write_off",
        days_ago=35,
        sku="COS-TONER-150",
        lot="RT5188",
        warehouse="BER",
        quantity=Decimal(-6),
        reason="Expired in quarantine, never answered.",
    ),
    Mishap(
        kind="write_off",
        days_ago=52,
        sku="SE-BALL-5",
        lot="",
        warehouse="BER",
        quantity=Decimal(-3),
        reason="Burst valves.",
    ),
    Mishap(
        kind="adjustment",
        days_ago=38,
        sku="SE-BALL-5",
        lot="",
        warehouse="LAX",
        quantity=Decimal(-1),
        reason="One ball less found in the bin.",
    ),
    Mishap(
        kind="adjustment",
        days_ago=31,
        sku="COS-SUNFLUID-50",
        lot="SF2407",
        warehouse="BER",
        quantity=Decimal(2),
        reason="Two found behind the rack.",
    ),
    Mishap(
        kind="write_off",
        days_ago=24,
        sku="COS-SHOWERGEL-250",
        lot="SG1188",
        warehouse="BER",
        quantity=Decimal(-4),
        reason="Dropped while picking.",
    ),
    Mishap(
        kind="move",
        days_ago=19,
        sku="COS-SUNFLUID-50",
        lot="SF2502",
        warehouse="BER",
        quantity=Decimal(120),
        reason="Put away",
    ),
    Mishap(
        kind="move",
        days_ago=11,
        sku="COS-HANDCREAM-75",
        lot="HC8841",
        warehouse="BER",
        quantity=Decimal(72),
        reason="Put away, apart from the rest.",
    ),
)
