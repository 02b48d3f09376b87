"""A row of a delivery note: its cells read and checked as far as that needs no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from catalog.supplier_files.rules.cells import (
    Parser,
    code_parser,
    parse_quantity,
    price_parser,
    read_cells,
    settle_currency,
)
from catalog.supplier_files.rules.columns import DELIVERY_COLUMNS
from catalog.supplier_files.rules.dates import parse_date
from catalog.supplier_files.rules.hints import NO_HINTS, Hints
from catalog.supplier_files.rules.problems import CellProblem, ValueProblem, shown
from catalog.supplier_files.rules.words import parse_currency
from catalog.units.errors import FractionalCount
from catalog.units.rules import Unit, check_quantity, find_unit


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """What a row of a delivery note says; None stands for what it does not say."""

    code: str
    lot: str | None = None
    produced_on: date | None = None
    expires_on: date | None = None
    quantity: Decimal
    unit: Unit | None = None
    unit_cost: Decimal | None = None
    currency: str | None = None


def parse_delivery_row(
    cells: Mapping[str, str],
    hints: Hints = NO_HINTS,
    *,
    today: date,
    required: Sequence[str] = ("code", "quantity"),
) -> DeliveryRow | list[CellProblem]:
    """Read the cells of a row by our columns; either everything is right or all problems come.

    Without a unit the quantity counts the product's own stock unit, which the caller knows.
    """
    values, problems = read_cells(cells, _PARSERS, hints, required)
    problems += settle_currency(cells, values, ("unit_cost",))
    _check_dates(cells, values, problems, today)
    _check_unit(cells, values, problems)
    return problems or DeliveryRow(**values)


def _check_dates(
    cells: Mapping[str, str], values: Mapping[str, Any], problems: list[CellProblem], today: date
) -> None:
    produced_on, expires_on = values.get("produced_on"), values.get("expires_on")
    if produced_on and produced_on > today:
        problems.append(
            CellProblem(
                "produced_on",
                cells["produced_on"],
                "produced-in-future",
                f"{shown(cells['produced_on'])} has not come yet.",
            )
        )
    if produced_on and expires_on and expires_on < produced_on:
        problems.append(
            CellProblem(
                "expires_on",
                cells["expires_on"],
                "expiry-before-production",
                f"{shown(cells['expires_on'])} lies before the production on {produced_on}.",
            )
        )
    if expires_on and expires_on < today:
        problems.append(
            CellProblem(
                "expires_on",
                cells["expires_on"],
                "expired",
                f"{shown(cells['expires_on'])} is past: expired goods cannot be delivered.",
            )
        )


def _check_unit(
    cells: Mapping[str, str], values: Mapping[str, Any], problems: list[CellProblem]
) -> None:
    unit, quantity = values.get("unit"), values.get("quantity")
    if unit is None or quantity is None:
        return
    try:
        check_quantity(quantity, unit)
    except FractionalCount as refusal:
        problems.append(CellProblem("quantity", cells["quantity"], refusal.code, refusal.detail))


def _unit(text: str, hints: Hints) -> Unit:
    unit = find_unit(text)
    if unit is None:
        raise ValueProblem("unknown-unit", f"{shown(text)} is no unit we know.")
    return unit


_PARSERS: Final[Mapping[str, Parser]] = {
    "code": code_parser(80),
    "lot": code_parser(40),
    "produced_on": lambda text, hints: parse_date(text, hints.date_orders.get("produced_on")),
    "expires_on": lambda text, hints: parse_date(
        text, hints.date_orders.get("expires_on"), is_expiry=True
    ),
    "quantity": lambda text, hints: parse_quantity(text, hints.decimal_marks.get("quantity")),
    "unit": _unit,
    "unit_cost": price_parser("unit_cost", is_zero_allowed=True),
    "currency": lambda text, hints: parse_currency(text),
}
assert tuple(_PARSERS) == DELIVERY_COLUMNS
