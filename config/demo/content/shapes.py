"""The shapes of the demo's data, and how a compact table row becomes a complete variant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Any, Literal

Kind = Literal["cosmetic", "sports"]
PartnerKind = Literal["supplier", "brand-owner", "warehouse-operator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerSpec:
    """A supplier, a brand owner or a warehouse operator."""

    code: str
    name: str
    kind: PartnerKind
    gln: str
    country: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandSpec:
    """A brand; all its item numbers begin with `gtin_prefix`."""

    code: str
    name: str
    owner: str
    gtin_prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSpec:
    """A way to sell; `remaining_days_min` is the least shelf life it asks for."""

    code: str
    name: str
    remaining_days_min: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationSpec:
    """An addressable place in a warehouse."""

    code: str
    kind: Literal["dock", "storage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseSpec:
    """A site with its places, the receiving dock first."""

    code: str
    name: str
    time_zone: str
    operator: str
    gln: str
    locations: tuple[LocationSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSpec:
    """Where rules, tax and language are one; warehouses in the order they are tried."""

    code: str
    name: str
    country: str
    region: str
    currency: str
    languages: tuple[str, ...]
    time_zone: str
    warehouses: tuple[str, ...]
    tax_included: bool
    tax_rate_percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CategorySpec:
    """A node of the tree; empty alert days mean the shop's own."""

    code: str
    name: str
    name_de: str
    parent: str = ""
    kind: Kind
    schema: Mapping[str, Any] = field(default_factory=dict)
    low_stock_quantity: Decimal | None = None
    alert_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its unit code."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantSpec:
    """One SKU. `weekly_units` is what it sells in an average week, in the product's stock unit."""

    sku: str
    gtin: str
    case_gtin: str
    case_quantity: int
    supplier_code: str
    size: str
    shade: str
    colour: str
    content: Quantity | None
    unit_cost: Decimal
    list_price_eur: Decimal
    list_price_usd: Decimal
    weekly_units: Decimal

    @property
    def options(self) -> dict[str, str]:
        """The options that are set, as the catalogue keeps them."""
        chosen = {"size": self.size, "shade": self.shade, "colour": self.colour}
        return {name: value for name, value in chosen.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class CosmeticFacts:
    """What every cosmetic has."""

    ingredients: str
    product_type: Literal["leave-on", "rinse-off"]
    body_area: str
    purpose: str
    form: str
    is_for_under_threes: bool | None
    label_text: str
    period_after_opening_months: int | None
    shelf_life_days: int
    remaining_days_min: int
    packaging: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SportsFacts:
    """What every sports product has; material shares are percent."""

    sport: str
    dimensions_cm: tuple[Decimal, Decimal, Decimal] | None
    weight_g: Decimal | None
    materials: tuple[tuple[str, int], ...]
    size_system: str
    customisation: tuple[str, ...]
    season_months: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSpec:
    """One product with everything the demo says of it; 100 is an average month's weight."""

    number: int
    kind: Kind
    name: str
    name_de: str
    text_en: str
    text_de: str
    brand: str
    category: str
    supplier: str
    stock_unit: str
    attributes: Mapping[str, Any]
    month_weights: tuple[int, ...]
    variants: tuple[VariantSpec, ...]
    cosmetic: CosmeticFacts | None = None
    sports: SportsFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LotSpec:
    """A lot to receive. `expires_in_days` counts from the demo's day; None is an open lot."""

    sku: str
    lot: str
    warehouse: str
    quantity: Decimal
    received_days_ago: int
    expires_in_days: int | None
    unit_cost: Decimal
    hold: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A variant as the tables write it: `tail` is what follows the product's stem in the SKU."""

    tail: str
    price: str
    cost: str
    sells: str
    size: str = ""
    shade: str = ""
    colour: str = ""
    content: str = ""


def check_digit(body: str) -> str:
    """The GS1 check digit of a number given without it: weights 3, 1, 3 … from the right."""
    total = sum(int(c) * (3 if i % 2 == 0 else 1) for i, c in enumerate(reversed(body)))
    return str(-total % 10)


def with_check_digit(body: str) -> str:
    """The whole number, check digit at its end."""
    return body + check_digit(body)


def quantity(text: str) -> Quantity | None:
    """`50 ml` as value and unit code; nothing for an empty text."""
    if not text:
        return None
    value, unit = text.split(" ")
    return Quantity(value=Decimal(value), unit=unit)


def one(
    tail: str, price: str, cost: str, sells: str, *, content: str = "", size: str = ""
) -> tuple[Row, ...]:
    """The only variant of a product without choices."""
    return (Row(tail=tail, price=price, cost=cost, sells=sells, content=content, size=size),)


def shades(
    names: Mapping[str, str], price: str, cost: str, sells: str, *, content: str
) -> tuple[Row, ...]:
    """One variant per shade; the first named sells best."""
    parts = _shares(sells, [len(names) + 2 - i for i in range(len(names))])
    return tuple(
        Row(tail=code, shade=name, price=price, cost=cost, sells=part, content=content)
        for (code, name), part in zip(names.items(), parts, strict=True)
    )


def matrix(
    colours: Mapping[str, str], sizes: Sequence[str], price: str, cost: str, sells: str
) -> tuple[Row, ...]:
    """Every colour in every size; the middle sizes sell best."""
    middle = (len(sizes) - 1) / 2
    weights = [len(sizes) + 1 - int(2 * abs(i - middle)) for i in range(len(sizes))]
    parts = _shares(sells, weights * max(len(colours), 1))
    cells = [(c, n, s) for c, n in (colours or {"": ""}).items() for s in sizes]
    return tuple(
        Row(
            tail="-".join(
                piece for piece in (code, size.upper().replace(".", "").replace(" ", "")) if piece
            ),
            colour=colour,
            size=size,
            price=price,
            cost=cost,
            sells=part,
        )
        for (code, colour, size), part in zip(cells, parts, strict=True)
    )


def _shares(total: str, weights: Sequence[int]) -> list[str]:
    whole = sum(weights)
    return [str((Decimal(total) * w / whole).quantize(Decimal("0.01"))) for w in weights]


def _us_price(eur: Decimal) -> Decimal:
    """A plausible US price: net of German VAT, a little higher, up to the next half dollar."""
    halves = (eur / Decimal("1.19") * Decimal("1.16") * 2).to_integral_value(ROUND_CEILING)
    return (halves / 2).quantize(Decimal("0.01"))


def build_variants(
    rows: Sequence[Row], *, stem: str, number: int, brand: BrandSpec, case: int, code_prefix: str
) -> tuple[VariantSpec, ...]:
    """Complete the table's rows: SKU, GTINs and supplier code follow from the product's number."""
    assert len(rows) <= 10, f"{stem}: ten variants at most share a product number"
    made = []
    for index, row in enumerate(rows):
        item = number * 10 + index
        body = f"{brand.gtin_prefix}{item:05d}"
        price = Decimal(row.price)
        made.append(
            VariantSpec(
                sku=f"{stem}-{row.tail}",
                gtin=with_check_digit(body),
                case_gtin=with_check_digit("1" + body.zfill(12)) if case else "",
                case_quantity=case,
                supplier_code=f"{code_prefix}-{item:04d}",
                size=row.size,
                shade=row.shade,
                colour=row.colour,
                content=quantity(row.content),
                unit_cost=Decimal(row.cost),
                list_price_eur=price,
                list_price_usd=_us_price(price),
                weekly_units=Decimal(row.sells),
            )
        )
    return tuple(made)
