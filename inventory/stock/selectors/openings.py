"""Into what containers are opened."""

from django.db.models import Q

from catalog.products.models import CosmeticProduct, Variant
from catalog.units.rules import UNITS

OFFERED_MAX = 50


def holds_something(variant: Variant) -> bool:
    """Whether it can be opened at all: a cosmetic, goods by measure, or of known content."""
    product = variant.product
    return (
        bool(variant.content_quantity)
        or not UNITS[product.stock_unit].is_count
        or CosmeticProduct.objects.filter(pk=product.pk).exists()
    )


def opened_before(variant: Variant) -> list[tuple[str, str]]:
    """SKUs to offer, each with its name: what this was opened into before, then its siblings."""
    others = (
        Variant.objects.filter(
            Q(lots__opened_from__variant_id=variant.pk) | Q(product_id=variant.product_id)
        )
        .exclude(pk=variant.pk)
        .select_related("product")
        .order_by("sku")
        .distinct()
    )
    return [(other.sku, other.product.name) for other in others[:OFFERED_MAX]]
