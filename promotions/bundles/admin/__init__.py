"""The page on which what is in a bundle is written."""

from promotions.bundles.admin import bundles

__all__ = ["bundles"]
