"""Deliveries that suppliers have announced and that have not come in yet."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedLine:
    """One announced lot; `expires_in_days` counts from the demo's day, None never expires."""

    sku: str
    lot: str
    quantity: Decimal
    expires_in_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedDelivery:
    """A supplier's notice of what he has sent, under the number of his delivery note.

    `in_days` counts from the demo's day to the day it should arrive; None: nobody knows.
    """

    supplier: str
    reference: str
    warehouse: str
    in_days: int | None
    lines: tuple[ExpectedLine, ...]


def _line(sku: str, lot: str, quantity: int, expires: int | None) -> ExpectedLine:
    return ExpectedLine(sku=sku, lot=lot, quantity=Decimal(quantity), expires_in_days=expires)


EXPECTED: tuple[ExpectedDelivery, ...] = (
    ExpectedDelivery(
        supplier="LUMEN",
        reference="LUM-DN-20417",
        warehouse="BER",
        in_days=3,
        lines=(
            _line("COS-SUNFLUID-50", "SF2506", 144, 820),
            _line("COS-EDPFIG-75", "FG1130", 48, 1010),
            _line("COS-PEPTIDE-30", "PE0731", 60, 500),
            _line("COS-HANDCREAM-75", "HC8902", 96, 880),
        ),
    ),
    ExpectedDelivery(
        supplier="RIDGE",
        reference="RDG-ASN-88213",
        warehouse="BER",
        in_days=9,
        lines=(
            _line("SE-BALL-5", "", 60, None),
            _line("SE-KETTLEBELL-12KG", "", 24, None),
            _line("SE-TENT4-SAND", "", 12, None),
        ),
    ),
)
