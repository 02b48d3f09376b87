"""A row of a product list: its cells read and checked as far as that needs no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from catalog.identifiers.rules import SKU_LENGTH_MAX, normalise_gtin, validate_sku
from catalog.supplier_files.rules.cells import (
    AMOUNT_MAX,
    Parser,
    code_parser,
    has_more_decimals,
    minor_digits,
    price_parser,
    read_cells,
    settle_currency,
    text_parser,
)
from catalog.supplier_files.rules.columns import PRODUCT_COLUMNS
from catalog.supplier_files.rules.hints import NO_HINTS, Hints
from catalog.supplier_files.rules.numbers import parse_days, parse_months
from catalog.supplier_files.rules.problems import CellProblem, ValueProblem, shown
from catalog.supplier_files.rules.words import (
    Material,
    clean_code,
    parse_currency,
    parse_kind,
    parse_materials,
    parse_product_type,
)
from catalog.units.rules import Content, find_content_in_name, parse_content

COSMETIC_COLUMNS: Final = ("ingredients", "product_type", "pao_months", "shelf_life_days")
SPORTS_COLUMNS: Final = ("sport", "materials")
_SKU_PREFIXES: Final = {"cosmetic": "COS-", "sports": "SE-"}
_PAO_MONTHS_MAX: Final = 120
_SHELF_LIFE_DAYS_MAX: Final = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRow:
    """What a row of a product list says; None stands for what it does not say."""

    kind: str | None = None
    sku: str | None = None
    supplier_code: str | None = None
    gtin: str | None = None
    name: str | None = None
    brand: str | None = None
    category: str | None = None
    size: str | None = None
    colour: str | None = None
    shade: str | None = None
    content: Content | None = None
    is_content_from_name: bool = False
    ingredients: str | None = None
    product_type: str | None = None
    pao_months: int | None = None
    shelf_life_days: int | None = None
    sport: str | None = None
    materials: tuple[Material, ...] | None = None
    cost_price: Decimal | None = None
    list_price: Decimal | None = None
    currency: str | None = None

    @property
    def content_quantity(self) -> Decimal | None:
        """Everything one piece holds, in `content_unit`."""
        return self.content.total if self.content else None

    @property
    def content_unit(self) -> str:
        """The unit of the content; empty where none is said."""
        return self.content.unit.code if self.content else ""


def parse_product_row(
    cells: Mapping[str, str],
    hints: Hints = NO_HINTS,
    *,
    required: Sequence[str] = ("kind", "name"),
) -> ProductRow | list[CellProblem]:
    """Read the cells of a row by our columns; either everything is right or all problems come."""
    values, problems = read_cells(cells, _PARSERS, hints, required)
    problems += settle_currency(cells, values, ("cost_price", "list_price"))
    _check_list_price(cells, values, problems)
    _check_kind(cells, values, problems)
    if problems:
        return problems
    if "content" not in values and values.get("kind") == "cosmetic" and "name" in values:
        found = find_content_in_name(values["name"])
        if found is not None:
            values["content"] = found
            values["is_content_from_name"] = True
    return ProductRow(**values)


def _check_list_price(
    cells: Mapping[str, str], values: Mapping[str, Any], problems: list[CellProblem]
) -> None:
    """Refuse a list price finer than its currency's smallest coin: nobody can pay it."""
    price = values.get("list_price")
    if price is None:
        return
    digits = minor_digits(values.get("currency"))
    if has_more_decimals(price, digits):
        text = cells["list_price"]
        problems.append(
            CellProblem(
                "list_price",
                text,
                "too-many-decimals",
                f"{shown(text)} has more than the {digits} decimals of {values['currency']}.",
            )
        )


def _check_kind(
    cells: Mapping[str, str], values: Mapping[str, Any], problems: list[CellProblem]
) -> None:
    """Refuse columns that only the other kind of product has, and a SKU of the other kind."""
    kind = values.get("kind")
    if kind is None:
        return
    foreign = SPORTS_COLUMNS if kind == "cosmetic" else COSMETIC_COLUMNS
    problems += [
        CellProblem(
            column,
            cells[column],
            "wrong-kind",
            f"{column} is not for a {kind} product; leave it blank.",
        )
        for column in foreign
        if column in values
    ]
    sku = values.get("sku")
    if sku is not None and not sku.startswith(_SKU_PREFIXES[kind]):
        problems.append(
            CellProblem(
                "sku",
                cells["sku"],
                "wrong-kind",
                f"{shown(sku)} is not the SKU of a {kind} product, which starts with "
                f"{_SKU_PREFIXES[kind]}.",
            )
        )


def _gtin(text: str, hints: Hints) -> str:
    gtin = normalise_gtin(text)
    if gtin.is_restricted:
        raise ValueProblem(
            "restricted-prefix",
            f"{shown(text)} is a code that a shop made up for itself (prefix "
            f"{gtin.restricted_prefix}), not a barcode of the product.",
        )
    return gtin.value


def _sku(text: str, hints: Hints) -> str:
    return validate_sku(clean_code(text, max_length=SKU_LENGTH_MAX))


def _content(text: str, hints: Hints) -> Content:
    if text[0] in "-−":  # noqa: RUF001 - the minus sign of typesetting
        raise ValueProblem("negative", f"{shown(text)} is negative.")
    content = parse_content(text)
    if content.total > AMOUNT_MAX or has_more_decimals(content.total, 4):
        raise ValueProblem("content-not-understood", f"{shown(text)} is no plausible content.")
    return content


def _pao_months(text: str, hints: Hints) -> int:
    months = parse_months(text)
    if not 1 <= months <= _PAO_MONTHS_MAX:
        raise ValueProblem(
            "out-of-range", f"{shown(text)} is not from 1 to {_PAO_MONTHS_MAX} months."
        )
    return months


def _shelf_life_days(text: str, hints: Hints) -> int:
    days = parse_days(text)
    if not 1 <= days <= _SHELF_LIFE_DAYS_MAX:
        raise ValueProblem(
            "out-of-range", f"{shown(text)} is not from 1 to {_SHELF_LIFE_DAYS_MAX} days."
        )
    return days


_PARSERS: Final[Mapping[str, Parser]] = {
    "kind": lambda text, hints: parse_kind(text),
    "sku": _sku,
    "supplier_code": code_parser(80),
    "gtin": _gtin,
    "name": text_parser(200),
    "brand": text_parser(100),
    "category": text_parser(100),
    "size": text_parser(60),
    "colour": text_parser(60),
    "shade": text_parser(60),
    "content": _content,
    "ingredients": text_parser(20_000),
    "product_type": lambda text, hints: parse_product_type(text),
    "pao_months": _pao_months,
    "shelf_life_days": _shelf_life_days,
    "sport": text_parser(60),
    "materials": lambda text, hints: parse_materials(text),
    "cost_price": price_parser("cost_price"),
    "list_price": price_parser("list_price"),
    "currency": lambda text, hints: parse_currency(text),
}
assert tuple(_PARSERS) == PRODUCT_COLUMNS
