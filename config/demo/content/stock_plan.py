"""Which lots lie where when the demo begins; days count from the demo's day."""

from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal
from zlib import crc32

from config.demo.content import PRODUCTS
from config.demo.content.shapes import LotSpec, ProductSpec, VariantSpec

_BY_SKU = {v.sku: (p, v) for p in PRODUCTS for v in p.variants}
OPEN_LOT = ""


def _lot(
    sku: str,
    lot: str,
    warehouse: str,
    quantity: str,
    *,
    received: int,
    expires: int | None,
    hold: str = "",
    note: str = "",
) -> LotSpec:
    return LotSpec(
        sku=sku,
        lot=lot,
        warehouse=warehouse,
        quantity=Decimal(quantity),
        received_days_ago=received,
        expires_in_days=expires,
        unit_cost=_BY_SKU[sku][1].unit_cost,
        hold=hold,
        note=note,
    )


def _last_sold_in(days: int, sku: str, lot: str, quantity: str, *, received: int = 240) -> LotSpec:
    """A lot of BER whose last day of sale is `days` from the demo's day."""
    facts = _BY_SKU[sku][0].cosmetic
    assert facts is not None, f"{sku} has no expiry"
    expires = days + facts.remaining_days_min
    return _lot(sku, lot, "BER", quantity, received=received, expires=expires)


# At each alert threshold (90, 60, 30, 7 days before the last day of sale) one lot that reaches it
# today and one that passed it yesterday; one on its last day, one a day past it.
THRESHOLD_LOTS: tuple[LotSpec, ...] = (
    _last_sold_in(90, "COS-DAYCREAM-50", "DC2201", "46"),
    _last_sold_in(89, "COS-SHOWERGEL-250", "SG1188", "60"),
    _last_sold_in(60, "COS-HYALSERUM-30", "HY0412", "38"),
    _last_sold_in(59, "COS-BODYLOTION-200", "BL7730", "44"),
    _last_sold_in(30, "COS-CSERUM-30", "VC0907", "31"),
    _last_sold_in(29, "COS-SHAMPOO-250", "SH3316", "52"),
    _last_sold_in(7, "COS-TONER-150", "RT5502", "24"),
    _last_sold_in(6, "COS-MASCARA-BLACK", "MB6104", "19"),
    _last_sold_in(0, "COS-SCRUB-200G", "CF0205", "9"),
    _last_sold_in(-1, "COS-MILKWASH-200", "MW4419", "17"),
)

NAMED_LOTS: tuple[LotSpec, ...] = (
    _lot("COS-SUNFLUID-50", "SF2401", "BER", "40", received=260, expires=140),
    _lot("COS-SUNFLUID-50", "SF2407", "BER", "80", received=120, expires=330),
    _lot("COS-SUNFLUID-50", "SF2502", "BER", "120", received=20, expires=640),
    _lot("COS-SUNFLUID-50", "SF2502", "LAX", "48", received=15, expires=640),
    _lot(
        "COS-HANDCREAM-75",
        "HC8841",
        "BER",
        "72",
        received=12,
        expires=700,
        hold="quality",
        note="Tubes leak at the seam; sample sent to the manufacturer.",
    ),
    _lot("SE-BALL-5", OPEN_LOT, "BER", "120", received=60, expires=None),
    _lot("SE-BALL-5", OPEN_LOT, "LAX", "40", received=45, expires=None),
)

# What is about to run out: all that there is of these. Zero: sold out.
SCARCE: dict[str, Decimal] = {
    sku: Decimal(quantity)
    for sku, quantity in {
        "COS-EDPFIG-75": "2",
        "COS-PEPTIDE-30": "3",
        "COS-LIPSATIN-CORAL": "4",
        "COS-FOUNDATION-C70": "0",
        "COS-SHEABULK-BULK": "2.4",
        "SE-ROADSHOE-BLK-44": "1",
        "SE-TENT4-SAND": "1",
        "SE-SKIHELMET-WHT-58-61": "3",
        "SE-JERSEY-RED-L": "0",
        "SE-KETTLEBELL-12KG": "2",
    }.items()
}


def _cover(variant: VariantSpec, weeks: int, *, at_least: str, whole: bool) -> str:
    amount = max(variant.weekly_units * weeks, Decimal(at_least))
    return str(amount.to_integral_value(ROUND_CEILING) if whole else amount)


def _usual_lots(product: ProductSpec, variant: VariantSpec) -> Iterator[LotSpec]:
    """An older and a newer lot in BER, a third in LAX; for sports goods an open lot in each."""
    sku = variant.sku
    seed = crc32(sku.encode())
    by_piece = product.stock_unit == "each"
    scarce = SCARCE.get(sku)
    in_los_angeles = by_piece and product.number % 4 != 0 and scarce is None
    if product.cosmetic is None:
        quantity = (
            str(scarce) if scarce is not None else _cover(variant, 8, at_least="12", whole=by_piece)
        )
        if Decimal(quantity) > 0:
            yield _lot(sku, OPEN_LOT, "BER", quantity, received=20 + seed % 70, expires=None)
        if in_los_angeles:
            quantity = _cover(variant, 4, at_least="6", whole=True)
            yield _lot(sku, OPEN_LOT, "LAX", quantity, received=15 + seed % 60, expires=None)
        return
    life = product.cosmetic.shelf_life_days
    name = variant.supplier_code[-4:]
    older, newer = 90 + seed % 60, 5 + seed % 40
    # The older lots run out in different weeks, later than any alert but within a year.
    soon = min(life - older - 45, product.cosmetic.remaining_days_min + 95 + seed % 270)
    if scarce is None:
        quantity = _cover(variant, 3, at_least="6", whole=by_piece)
        yield _lot(sku, f"K{name}A", "BER", quantity, received=older, expires=soon)
        quantity = _cover(variant, 8, at_least="12", whole=by_piece)
        yield _lot(sku, f"K{name}B", "BER", quantity, received=newer, expires=life - newer - 30)
    elif scarce > 0:
        yield _lot(sku, f"K{name}A", "BER", str(scarce), received=older, expires=soon)
    if in_los_angeles:
        quantity = _cover(variant, 4, at_least="6", whole=True)
        yield _lot(sku, f"K{name}C", "LAX", quantity, received=newer, expires=life - newer - 60)


def all_lots() -> tuple[LotSpec, ...]:
    """Every lot: the named ones, those at a threshold, the usual ones of all else."""
    fixed = {lot.sku for lot in NAMED_LOTS if lot.hold == ""}
    usual = (
        lot
        for product in PRODUCTS
        for variant in product.variants
        if variant.sku not in fixed
        for lot in _usual_lots(product, variant)
    )
    return (*NAMED_LOTS, *THRESHOLD_LOTS, *usual)
