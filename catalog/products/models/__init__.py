"""What the shop describes (products) and what it sells and stocks (variants)."""

from catalog.products.models.groups import Brand, Category
from catalog.products.models.products import (
    BodyArea,
    BundleProduct,
    CosmeticProduct,
    Form,
    LengthUnit,
    Product,
    ProductText,
    ProductType,
    Purpose,
    SportsProduct,
    Stage,
)
from catalog.products.models.variants import Variant

__all__ = [
    "BodyArea",
    "Brand",
    "BundleProduct",
    "Category",
    "CosmeticProduct",
    "Form",
    "LengthUnit",
    "Product",
    "ProductText",
    "ProductType",
    "Purpose",
    "SportsProduct",
    "Stage",
    "Variant",
]
