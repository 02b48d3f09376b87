"""What our columns are called on screen."""

import re
from typing import Final

COLUMN_LABELS: Final = {
    "kind": "Kind of product: cosmetic or sports",
    "sku": "Our SKU",
    "supplier_code": "The supplier's article number",
    "gtin": "Barcode (GTIN, EAN, UPC)",
    "name": "Name",
    "brand": "Brand",
    "category": "Category",
    "size": "Size",
    "colour": "Colour",
    "shade": "Shade",
    "content": "Content, such as 50 ml",
    "ingredients": "Ingredients (INCI)",
    "product_type": "Leave-on or rinse-off",
    "pao_months": "Months after opening (PAO)",
    "shelf_life_days": "Shelf life in days",
    "sport": "Sport",
    "materials": "Materials with shares",
    "cost_price": "Cost price",
    "list_price": "List price",
    "currency": "Currency",
    "code": "Article: our SKU, the supplier's number or a barcode",
    "lot": "Lot (batch)",
    "produced_on": "Date of production",
    "expires_on": "Expiry date",
    "quantity": "Quantity",
    "unit": "Unit",
    "unit_cost": "Cost per unit",
}


def column_name(column: str) -> str:
    """What a box with such a cell is called: the label without what explains it."""
    label = COLUMN_LABELS.get(column, column.replace("_", " ").capitalize())
    return re.split(r"[:,(]", label)[0].strip()
