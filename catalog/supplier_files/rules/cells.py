"""What both kinds of rows share: going through the cells of a row, prices, quantities, codes."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeAlias

from catalog.supplier_files.rules.hints import Hints
from catalog.supplier_files.rules.numbers import DecimalMark, parse_decimal, parse_price
from catalog.supplier_files.rules.problems import CellProblem, ValueProblem, shown
from catalog.supplier_files.rules.words import NOTHING, clean_code, clean_text, minor_unit_digits

Parser: TypeAlias = Callable[[str, Hints], Any]
Price: TypeAlias = tuple[Decimal, tuple[str, ...] | None]

AMOUNT_MAX: Final = Decimal(1_000_000)
QUANTITY_MAX: Final = Decimal(1_000_000)
DECIMALS_MAX: Final = 4


def read_cells(
    cells: Mapping[str, str], parsers: Mapping[str, Parser], hints: Hints, required: Sequence[str]
) -> tuple[dict[str, Any], list[CellProblem]]:
    """Read every cell that says something; a blank one is "not said" and absent from the values."""
    values: dict[str, Any] = {}
    problems: list[CellProblem] = []
    for column, raw in cells.items():
        text = raw.strip()
        if not text or text in NOTHING:
            continue
        try:
            values[column] = parsers[column](text, hints)
        except ValueError as error:
            problems.append(_problem(column, raw, error))
    for column in required:
        if not values.get(column) and not any(problem.column == column for problem in problems):
            problems.append(CellProblem(column, "", "required", f"{column} is missing."))
    return values, problems


def _problem(column: str, raw: str, error: ValueError) -> CellProblem:
    """Name what a value's own rules refused; identifiers keep their word in `reason`."""
    code = getattr(error, "reason", None) or getattr(error, "code", None)
    if code is None:
        raise error
    return CellProblem(column, raw, code, getattr(error, "detail", None) or str(error))


def text_parser(max_length: int) -> Parser:
    """Make the parser of a one-line text."""
    return lambda text, hints: clean_text(text, max_length=max_length)


def code_parser(max_length: int) -> Parser:
    """Make the parser of a code."""
    return lambda text, hints: clean_code(text, max_length=max_length)


def price_parser(column: str, *, is_zero_allowed: bool = False) -> Parser:
    """Make the parser of a price in this column."""
    return lambda text, hints: _price(text, hints.decimal_marks.get(column), is_zero_allowed)


@lru_cache(maxsize=65536)
def _price(text: str, mark: DecimalMark | None, is_zero_allowed: bool) -> Price:
    amount, currencies = parse_price(text, mark)
    if amount < 0:
        raise ValueProblem("negative", f"{shown(text)} is negative.")
    if not amount and not is_zero_allowed:
        raise ValueProblem(
            "zero", f"{shown(text)} is no price; leave the cell blank where there is none."
        )
    _check_size(amount, text, AMOUNT_MAX)
    return amount, currencies


@lru_cache(maxsize=65536)
def parse_quantity(text: str, mark: DecimalMark | None) -> Decimal:
    """Read a quantity above zero that fits. Raises ValueProblem."""
    quantity = parse_decimal(text, mark)
    if quantity < 0:
        raise ValueProblem("negative", f"{shown(text)} is negative.")
    if not quantity:
        raise ValueProblem("zero", f"{shown(text)} is no quantity to deliver.")
    _check_size(quantity, text, QUANTITY_MAX)
    return quantity


def _check_size(number: Decimal, text: str, largest: Decimal) -> None:
    if number > largest:
        raise ValueProblem("too-large", f"{shown(text)} is more than {largest:,}.")
    if has_more_decimals(number, DECIMALS_MAX):
        raise ValueProblem(
            "too-many-decimals", f"{shown(text)} has more than {DECIMALS_MAX} decimals."
        )


def has_more_decimals(number: Decimal, digits: int) -> bool:
    """Say whether a number says something behind so many decimals."""
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and -exponent > digits and number != round(number, digits)


def settle_currency(
    cells: Mapping[str, str], values: dict[str, Any], columns: Sequence[str]
) -> list[CellProblem]:
    """Bring the signs beside prices and the currency column together, in `values`.

    A sign that only one currency has names it where the column is blank; one that contradicts
    the column is a problem. Prices in `values` become plain amounts.
    """
    problems: list[CellProblem] = []
    for column in columns:
        price: Price | None = values.get(column)
        if price is None:
            continue
        values[column], signs = price
        if signs is None:
            continue
        currency = values.get("currency")
        if currency is None and len(signs) == 1:
            values["currency"] = signs[0]
        elif currency is not None and currency not in signs:
            problems.append(
                CellProblem(
                    column,
                    cells[column],
                    "currency-contradiction",
                    f"{shown(cells[column])} is not in {currency}.",
                )
            )
    return problems


@lru_cache(maxsize=1024)
def minor_digits(currency: str | None) -> int:
    """Say how many decimals a shopper's price may have; with no currency the usual two or more."""
    return minor_unit_digits(currency) if currency else DECIMALS_MAX
