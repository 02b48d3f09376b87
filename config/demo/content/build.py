"""`cosmetic(...)` and `sports(...)`: how the product tables write one product each."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from config.demo.content.places import BRANDS
from config.demo.content.shapes import (
    CosmeticFacts,
    ProductSpec,
    Row,
    SportsFacts,
    build_variants,
)

# Month weights, January to December; 100 is an average month.
SEASONS: dict[str, tuple[int, ...]] = {
    "even": (95, 95, 100, 100, 100, 100, 95, 95, 100, 100, 110, 110),
    "summer": (30, 40, 70, 110, 165, 210, 220, 180, 90, 40, 25, 20),
    "spring": (70, 90, 140, 160, 150, 120, 90, 90, 100, 80, 60, 50),
    "autumn": (80, 70, 70, 70, 70, 70, 80, 110, 160, 160, 140, 120),
    "winter": (190, 150, 80, 40, 20, 15, 15, 25, 60, 130, 205, 270),
    "gifts": (60, 95, 75, 75, 110, 80, 70, 70, 80, 95, 160, 230),
    "new-year": (210, 140, 110, 90, 80, 70, 65, 70, 100, 90, 85, 90),
}

ALL_YEAR = tuple(range(1, 13))


def _words(text: str) -> str:
    return " ".join(text.split())


def cosmetic(
    number: int,
    stem: str,
    name: str,
    name_de: str,
    *,
    brand: str,
    category: str,
    area: str,
    use: str,
    form: str = "cream",
    pao: int | None,
    life: int,
    remaining: int,
    pack: str,
    inci: str,
    en: str,
    de: str = "",
    rows: Sequence[Row],
    rinse: bool = False,
    label: str = "",
    under_threes: bool | None = False,
    season: str = "even",
    attributes: Mapping[str, Any] | None = None,
    unit: str = "each",
    case: int = 12,
) -> ProductSpec:
    """A cosmetic: `pao` in months, `life` and `remaining` in days, `area` where it is used.

    `use` and `form` are what the law tells apart, `label` is printed beside the ingredients.
    """
    product_type: Literal["leave-on", "rinse-off"] = "rinse-off" if rinse else "leave-on"
    return ProductSpec(
        number=number,
        kind="cosmetic",
        name=name,
        name_de=name_de,
        text_en=_words(en),
        text_de=_words(de),
        brand=brand,
        category=category,
        supplier="LUMEN",
        stock_unit=unit,
        attributes=attributes or {},
        month_weights=SEASONS[season],
        variants=build_variants(
            rows, stem=stem, number=number, brand=BRANDS[brand], case=case, code_prefix="LUM"
        ),
        cosmetic=CosmeticFacts(
            ingredients=_words(inci),
            product_type=product_type,
            body_area=area,
            purpose=use,
            form=form,
            is_for_under_threes=under_threes,
            label_text=_words(label),
            period_after_opening_months=pao,
            shelf_life_days=life,
            remaining_days_min=remaining,
            packaging=pack,
        ),
    )


def sports(
    number: int,
    stem: str,
    name: str,
    name_de: str,
    *,
    brand: str,
    category: str,
    sport: str,
    materials: Mapping[str, int],
    en: str,
    de: str = "",
    rows: Sequence[Row],
    box: str = "",
    grams: str = "",
    sizes: str = "",
    custom: tuple[str, ...] = (),
    months: tuple[int, ...] = ALL_YEAR,
    season: str = "even",
    attributes: Mapping[str, Any] | None = None,
    unit: str = "each",
    case: int = 0,
) -> ProductSpec:
    """`box` is length x width x height in centimetres as packed, `grams` the weight of one."""
    length, width, height = (Decimal(side) for side in box.split(" x ")) if box else (None,) * 3
    return ProductSpec(
        number=number,
        kind="sports",
        name=name,
        name_de=name_de,
        text_en=_words(en),
        text_de=_words(de),
        brand=brand,
        category=category,
        supplier="RIDGE",
        stock_unit=unit,
        attributes=attributes or {},
        month_weights=SEASONS[season],
        variants=build_variants(
            rows, stem=stem, number=number, brand=BRANDS[brand], case=case, code_prefix="RDG"
        ),
        sports=SportsFacts(
            sport=sport,
            dimensions_cm=(length, width, height)
            if length is not None and width is not None and height is not None
            else None,
            weight_g=Decimal(grams) if grams else None,
            materials=tuple(materials.items()),
            size_system=sizes,
            customisation=custom,
            season_months=months,
        ),
    )
