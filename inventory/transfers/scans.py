"""Lines that were scanned or typed one below the other, understood as goods."""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from catalog.identifiers.errors import InvalidIdentifier
from catalog.products.selectors import VariantRef, variants_by_sku
from inventory.lots.selectors import ResolvedCode
from inventory.stock.selectors.codes import resolve_code
from inventory.transfers.services import LINES_MAX

_QUANTITY = re.compile(r"^(?P<code>\S.*?)\s+(?:[x*]\s*)?(?P<quantity>[0-9]{1,9}(?:\.[0-9]{1,4})?)$")


@dataclass(slots=True, kw_only=True)
class ScannedGoods:
    """So much of one variant, perhaps of one lot, perhaps piece by piece; in stock units."""

    variant: VariantRef
    lot_code: str = ""
    quantity: Decimal = Decimal(0)
    serials: list[str] = field(default_factory=list)


def read_lines(text: str, *, today: date) -> tuple[list[ScannedGoods], list[str]]:
    """The goods that lines of `code` or `code quantity` name, and what is wrong with the others.

    A code is a SKU, an alias, a GTIN, a lot, a serial number or a GS1 string; without a quantity it
    is one of it, of a package what it holds. The same goods again add up.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > LINES_MAX:
        return [], [f"{len(lines)} lines are given; at most {LINES_MAX} go at once."]
    found: dict[tuple[int, str], ScannedGoods] = {}
    problems = []
    known: dict[str, ResolvedCode | str] = {}
    for number, line in enumerate(lines, start=1):
        code, count = _split(line)
        if code not in known:
            known[code] = _resolved(code, today)
        said = known[code]
        if isinstance(said, str):
            problems.append(f"Line {number}: {said}")
            continue
        _add(found, said, count)
    return list(found.values()), problems


def _split(line: str) -> tuple[str, Decimal]:
    parts = _QUANTITY.match(line)
    return (parts["code"], Decimal(parts["quantity"])) if parts else (line, Decimal(1))


def _resolved(code: str, today: date) -> ResolvedCode | str:
    """What the code names, or the sentence that says why it names nothing."""
    try:
        said = resolve_code(code, today=today)
    except InvalidIdentifier as error:
        return f'"{code[:60]}" names no goods of ours. {error.detail}'
    if said.sku is None:
        why = " ".join(warning.detail for warning in said.warnings)
        return why or f'"{code[:60]}" names no product of ours.'
    return said


def _add(found: dict[tuple[int, str], ScannedGoods], said: ResolvedCode, count: Decimal) -> None:
    assert said.sku is not None, "codes without a product are refused"
    variant = variants_by_sku([said.sku])[said.sku]
    key = (variant.id, said.lot or "")
    goods = found.setdefault(key, ScannedGoods(variant=variant, lot_code=said.lot or ""))
    goods.quantity += count * (said.quantity or Decimal(1))
    if said.serial:
        goods.serials.append(said.serial)
