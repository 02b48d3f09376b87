"""The catalogue's pages: products of every kind, variants, brands, categories."""

from catalog.products.admin import groups, products, variants

__all__ = ["groups", "products", "variants"]
