"""What can be wrong with products and variants."""

from config.kernel.errors import DomainError


class UnknownProduct(DomainError):
    """A code that names none of our variants."""

    code = "unknown-product"
    status = 422
    title = "Unknown product"


class ProductIncomplete(DomainError):
    """A product lacks facts that its next stage needs."""

    code = "product-incomplete"
    title = "Product incomplete"


class StageNotAllowed(DomainError):
    """A product cannot go from its stage to the one asked for."""

    code = "stage-not-allowed"
    title = "Stage not allowed"


class SkuFixed(DomainError):
    """The SKU of a variant whose stock has moved cannot change."""

    code = "sku-fixed"
    title = "SKU cannot change"


class InvalidProduct(DomainError):
    """Facts of a product or variant that are wrong, each named."""

    code = "invalid-product"
    status = 422
    title = "Invalid product"
