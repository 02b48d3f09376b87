"""The price list that the demo imports: a real-looking file, dirty enough to have rejects."""

from config.demo.content import PRODUCTS
from config.demo.content.shapes import with_check_digit

SUPPLIER = "LUMEN"
FILE_NAME = "lumen_price_list.csv"

_HEADINGS = (
    "kind;sku;supplier_code;gtin;name;brand;category;size;colour;shade;content;ingredients;"
    "product_type;pao_months;shelf_life_days;sport;materials;cost_price;list_price;currency"
)
_NEW_GTIN = with_check_digit("409999399010")
_TAKEN_GTIN = next(v.gtin for p in PRODUCTS for v in p.variants if v.sku == "COS-CSERUM-30")
_TONER_CODE = next(
    v.supplier_code for p in PRODUCTS for v in p.variants if v.sku == "COS-TONER-150"
)
_WRONG_DIGIT = _NEW_GTIN[:-1] + str((int(_NEW_GTIN[-1]) + 3) % 10)

# Each line with the reason why it is rejected; an empty reason where it is taken.
LINES: tuple[tuple[str, str], ...] = (
    (
        (
            f"cosmetic;;LUM-9010;{_NEW_GTIN};Heather Hand Wash 300 ml;Lindmoor;Shower and bath;;;;;"
            '"Aqua, Sodium Coco-Sulfate, Glycerin, Citric Acid, Sodium Benzoate";rinse-off;12;'
            "1095;;;1,85;7,90;EUR"
        ),
        "",
    ),
    (
        (
            "cosmetic;;LUM-9020;;Heather Hand Lotion;Lindmoor;Hand creams;;;;1.7 fl oz;"
            '"Aqua, Glycerin, Cetearyl Alcohol, Benzyl Alcohol";leave-on;12;900;;;2,10;8,90;EUR'
        ),
        "",
    ),
    (
        (
            "cosmetic;;LUM-9030;;Kelp Face Mist;Tidewrack;;;;;100 ml;"
            '"Aqua, Laminaria Digitata Extract, Glycerin, Sodium Benzoate";leave-on;6;730;;;'
            "3,40;14,50;EUR"
        ),
        "",
    ),
    ("cosmetic;;LUM-0120;;Calm Day Cream;Halvaine;;;;;;;;;;;;6,75;;EUR", ""),
    (
        (
            f"cosmetic;;LUM-9040;{_WRONG_DIGIT};Moss Bath Oil;Lindmoor;Shower and bath;;;;200 ml;"
            '"Helianthus Annuus Seed Oil, Parfum";rinse-off;12;730;;;3,90;13,90;EUR'
        ),
        "wrong check digit",
    ),
    (
        (
            "cosmetic;;LUM-9050;4,09999E+12;Moss Body Butter;Lindmoor;Body lotions;;;;150 ml;"
            '"Butyrospermum Parkii Butter, Cera Alba";leave-on;12;730;;;4,20;15,90;EUR'
        ),
        "barcode mangled by a spreadsheet",
    ),
    (
        ("cosmetic;;LUM-9060;;;Lindmoor;Hand creams;;;;75 ml;Aqua;leave-on;12;900;;;2,00;7,50;EUR"),
        "no name",
    ),
    ("", "blank line"),
    (
        (
            "cosmetic;;LUM-9070;;Night Oil Serum;Halvaine;Face seerums;;;;30 ml;Squalane;leave-on;"
            "12;730;;;6,10;24,90;EUR"
        ),
        "unknown category",
    ),
    (
        f"cosmetic;;{_TONER_CODE};{_TAKEN_GTIN};;;;;;;;;;;;;;4,35;;EUR",
        "the GTIN of another variant",
    ),
)

EXPECTED_COUNTS = {"rows": 10, "created": 3, "updated": 1, "unchanged": 0, "rejected": 6}


def file_bytes() -> bytes:
    """The file as the supplier's German Excel would have saved it."""
    lines = [_HEADINGS, *(line for line, _ in LINES)]
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")
