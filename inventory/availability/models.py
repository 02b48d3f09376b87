"""The page of a SKU as a list of the admin."""

from catalog.products.models import Variant


class StockedVariant(Variant):
    """A variant looked at by its stock: the same row as in the catalogue."""

    class Meta:
        proxy = True
        verbose_name = "product in stock"
        verbose_name_plural = "stock by product"
        default_permissions = ("view",)
