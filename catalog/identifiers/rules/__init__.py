"""The pure rules of the room: GTINs, our SKU standard and GS1 scans."""

from catalog.identifiers.rules.gtin import (
    Gtin,
    check_digit,
    compress_upc_a,
    expand_upc_e,
    has_right_check_digit,
    normalise_gtin,
)

__all__ = [
    "Gtin",
    "check_digit",
    "compress_upc_a",
    "expand_upc_e",
    "has_right_check_digit",
    "normalise_gtin",
]
