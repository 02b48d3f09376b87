"""The pure rules of the room: GTINs, our SKU standard and GS1 scans."""

from catalog.identifiers.rules.gtin import (
    Gtin,
    check_digit,
    compress_upc_a,
    expand_upc_e,
    has_right_check_digit,
    normalise_gtin,
)
from catalog.identifiers.rules.scans import (
    NetWeight,
    Scan,
    ScanKind,
    clean_scan,
    parse_scan,
)
from catalog.identifiers.rules.sku import (
    SKU_LENGTH_MAX,
    is_sku,
    mint_sku,
    sku_candidates,
    validate_sku,
)

__all__ = [
    "SKU_LENGTH_MAX",
    "Gtin",
    "NetWeight",
    "Scan",
    "ScanKind",
    "check_digit",
    "clean_scan",
    "compress_upc_a",
    "expand_upc_e",
    "has_right_check_digit",
    "is_sku",
    "mint_sku",
    "normalise_gtin",
    "parse_scan",
    "sku_candidates",
    "validate_sku",
]
