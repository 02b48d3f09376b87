"""Partners, brands, markets, channels and warehouses. Numbers and companies are invented."""

from decimal import Decimal

from config.demo.content.shapes import (
    BrandSpec,
    ChannelSpec,
    LocationSpec,
    MarketSpec,
    PartnerSpec,
    WarehouseSpec,
    with_check_digit,
)

PARTNERS: tuple[PartnerSpec, ...] = (
    PartnerSpec(
        code="LUMEN",
        name="Lumen Beauty Supply GmbH",
        kind="supplier",
        gln=with_check_digit("409999900001"),
        country="DE",
        email="orders@lumen.example",
    ),
    PartnerSpec(
        code="RIDGE",
        name="Ridge Sports Trading B.V.",
        kind="supplier",
        gln=with_check_digit("409999900002"),
        country="NL",
        email="orders@ridge.example",
    ),
    PartnerSpec(
        code="HALVAINE",
        name="Halvaine Laboratoires SAS",
        kind="brand-owner",
        gln=with_check_digit("409999900003"),
        country="FR",
        email="quality@halvaine.example",
    ),
    PartnerSpec(
        code="LINDMOOR",
        name="Lindmoor Naturkosmetik eG",
        kind="brand-owner",
        gln=with_check_digit("409999900004"),
        country="DE",
        email="qualitaet@lindmoor.example",
    ),
    PartnerSpec(
        code="ALTAMERE",
        name="Altamere Mountain Goods AB",
        kind="brand-owner",
        gln=with_check_digit("409999900005"),
        country="SE",
        email="care@altamere.example",
    ),
    PartnerSpec(
        code="SPEICHERWERK",
        name="Speicherwerk Nord Logistik GmbH",
        kind="warehouse-operator",
        gln=with_check_digit("409999900006"),
        country="DE",
        email="leitstand@speicherwerk.example",
    ),
    PartnerSpec(
        code="HARBOR",
        name="Harbor Gate Fulfillment LLC",
        kind="warehouse-operator",
        gln=with_check_digit("089999900007"),
        country="US",
        email="desk@harborgate.example",
    ),
)

# A prefix of seven digits makes GTIN-13, one of six makes UPC-A (twelve digits).
BRANDS: dict[str, BrandSpec] = {
    brand.code: brand
    for brand in (
        BrandSpec(code="halvaine", name="Halvaine", owner="HALVAINE", gtin_prefix="4099991"),
        BrandSpec(code="solquay", name="Solquay", owner="HALVAINE", gtin_prefix="4099992"),
        BrandSpec(code="lindmoor", name="Lindmoor", owner="LINDMOOR", gtin_prefix="4099993"),
        BrandSpec(code="mirabeth", name="Mirabeth", owner="LUMEN", gtin_prefix="4099994"),
        BrandSpec(code="orvanne", name="Orvanne", owner="LUMEN", gtin_prefix="4099995"),
        BrandSpec(code="ridgeholt", name="Ridgeholt", owner="RIDGE", gtin_prefix="4099996"),
        BrandSpec(code="velkaro", name="Velkaro", owner="RIDGE", gtin_prefix="4099997"),
        BrandSpec(code="torvane", name="Torvane", owner="RIDGE", gtin_prefix="4099998"),
        BrandSpec(code="altamere", name="Altamere", owner="ALTAMERE", gtin_prefix="4099999"),
        BrandSpec(code="strokewell", name="Strokewell", owner="RIDGE", gtin_prefix="899999"),
        BrandSpec(code="frostkant", name="Frostkant", owner="ALTAMERE", gtin_prefix="4099989"),
    )
}

CHANNELS: tuple[ChannelSpec, ...] = (
    ChannelSpec(code="web", name="Web shop"),
    ChannelSpec(code="marketplace", name="Marketplaces", remaining_days_min=90),
    ChannelSpec(code="store", name="Stores"),
)

RECEIVING_DOCK = "DOCK"
BINS: tuple[str, ...] = tuple(
    f"{aisle}-{bay:02d}-{level}" for aisle in "AB" for bay in range(1, 5) for level in range(1, 4)
)

WAREHOUSES: tuple[WarehouseSpec, ...] = (
    WarehouseSpec(
        code="BER",
        name="Berlin-Grossbeeren",
        time_zone="Europe/Berlin",
        operator="SPEICHERWERK",
        gln=with_check_digit("409999900101"),
        locations=(
            LocationSpec(code=RECEIVING_DOCK, kind="dock"),
            *(LocationSpec(code=code, kind="storage") for code in BINS),
        ),
    ),
    WarehouseSpec(
        code="LAX",
        name="Los Angeles, Carson",
        time_zone="America/Los_Angeles",
        operator="HARBOR",
        gln=with_check_digit("089999900102"),
        locations=(LocationSpec(code="MAIN", kind="storage"),),
    ),
)

MARKETS: tuple[MarketSpec, ...] = (
    MarketSpec(
        code="DE",
        name="Germany",
        country="DE",
        region="",
        currency="EUR",
        languages=("de", "en"),
        time_zone="Europe/Berlin",
        warehouses=("BER",),
        tax_included=True,
        tax_rate_percent=Decimal(19),
    ),
    MarketSpec(
        code="US-CA",
        name="California",
        country="US",
        region="CA",
        currency="USD",
        languages=("en", "es"),
        time_zone="America/Los_Angeles",
        warehouses=("LAX",),
        tax_included=False,
        tax_rate_percent=Decimal("7.25"),
    ),
)
