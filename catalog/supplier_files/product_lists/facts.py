"""What a row says of the product itself, and when a product has all its facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog.products.rules import missing_facts
from catalog.supplier_files.product_lists.categories import CategoryFinder
from catalog.supplier_files.product_lists.refusals import RowRefused
from catalog.supplier_files.product_lists.tables import Record
from catalog.supplier_files.rules.product_rows import (
    COSMETIC_COLUMNS,
    SPORTS_COLUMNS,
    ProductRow,
)
from catalog.supplier_files.rules.words import Material

if TYPE_CHECKING:
    from catalog.supplier_files.product_lists.state import RunState

_PLAIN = {
    "cosmetic": (
        ("name", "name"),
        ("ingredients", "ingredients"),
        ("product_type", "product_type"),
        ("pao_months", "period_after_opening_months"),
        ("shelf_life_days", "shelf_life_days"),
    ),
    "sports": (("name", "name"), ("sport", "sport")),
}


@dataclass(slots=True)
class Fact:
    """One thing a row says of its product: our heading, the model's column, the value.

    A brand that does not exist yet has no key to compare: it `is_new`, and `text` names it.
    """

    heading: str
    attname: str
    value: Any
    text: str | None = None
    is_new: bool = False


def said_facts(
    row: ProductRow, kind: str, *, brand_id: int | None, category_id: int | None
) -> list[Fact]:
    """Give what the row says of its product; what it leaves blank is not among it."""
    facts = [
        Fact(heading, attname, value)
        for heading, attname in _PLAIN[kind]
        if (value := getattr(row, heading)) is not None
    ]
    if row.brand is not None:
        facts.append(Fact("brand", "brand_id", brand_id, row.brand, is_new=brand_id is None))
    if category_id is not None:
        facts.append(Fact("category", "category_id", category_id))
    if kind == "sports" and row.materials is not None:
        facts.append(Fact("materials", "materials", [_material(m) for m in row.materials]))
    return facts


def _material(material: Material) -> dict[str, Any]:
    if material.share is None:
        return {"name": material.name}
    share = material.share
    return {
        "name": material.name,
        "share": int(share) if share == share.to_integral_value() else float(share),
    }


def check_columns_of_kind(row: ProductRow, kind: str, cells: Mapping[str, str]) -> None:
    """Raise RowRefused where a row without a kind says what only the other kind has."""
    for column in SPORTS_COLUMNS if kind == "cosmetic" else COSMETIC_COLUMNS:
        if getattr(row, column) is not None:
            raise RowRefused(
                column,
                cells.get(column, ""),
                "wrong-kind",
                f"{column} is not for a {kind} product; leave it blank.",
            )


def is_complete(
    kind: str, index: Mapping[str, int], record: Record, categories: CategoryFinder
) -> bool:
    """Say whether a product lacks nothing that it needs to be looked at and put on sale."""
    category_id = record[index["category_id"]]
    if category_id is None or record[index["brand_id"]] is None:
        return False
    facts = {
        "name": record[index["name"]],
        "brand": True,
        "category": True,
        "ingredients": kind != "cosmetic" or record[index["ingredients"]],
        "product_type": kind != "cosmetic" or record[index["product_type"]],
    }
    if missing_facts(kind=kind, facts=facts):
        return False
    return bool(record[index["attributes"]]) or categories.is_content_without_attributes(
        category_id
    )


def shown_value(attname: str, value: Any, state: "RunState") -> str:
    """Give a value of a product as people read it."""
    if value is None:
        return ""
    if attname == "brand_id":
        return state.brand_names.get(value, "")
    if attname == "category_id":
        return state.categories.name(value)
    if attname == "materials":
        return ", ".join(
            f"{m['name']} {m['share']:g} %" if m.get("share") is not None else m["name"]
            for m in value
        )
    return str(value)
