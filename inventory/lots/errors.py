"""What can be wrong with a lot and its holds."""

from typing import ClassVar

from config.kernel.errors import DomainError, FieldError, InvalidInput, NotFound


class WrongField(InvalidInput):
    """One field is wrong; the sentence names it and its value."""

    field: ClassVar[str] = ""

    def __init__(self, detail: str, *, field: str = "") -> None:
        super().__init__(detail, errors=[FieldError(f"/{field or self.field}", self.code, detail)])

    def __str__(self) -> str:
        """The one sentence: the error of the field says the same."""
        return self.detail


class BundleHasNoStock(WrongField):
    """Goods come in under the SKU of a bundle, which is put together from others."""

    field = "sku"
    code = "bundle-has-no-stock"
    title = "A bundle has no stock"


class LotRequired(WrongField):
    """Goods whose lots are tracked, or that expire, without a lot code."""

    field = "lot_code"
    code = "lot-required"
    title = "Lot required"


class ExpiryRequired(WrongField):
    """A lot of a cosmetic without an expiry date."""

    field = "expiry_date"
    code = "expiry-required"
    title = "Expiry date required"


class ExpiryInPast(WrongField):
    """Goods come in whose last day is over."""

    field = "expiry_date"
    code = "expiry-in-past"
    title = "Already expired"


class ExpiryBeforeProduction(WrongField):
    """A lot that would expire before it was made."""

    field = "expiry_date"
    code = "expiry-before-production"
    title = "Expires before it was made"


class ProductionInFuture(WrongField):
    """A lot that would have come in before it was made."""

    field = "production_date"
    code = "production-in-future"
    title = "Not made yet"


class LotCodeTooLong(WrongField):
    """A lot code longer than any standard allows."""

    code = "lot-code-too-long"
    title = "Lot code too long"
    field = "lot_code"


class LotDatesDiffer(DomainError):
    """The lot is on file with another date than the one given now."""

    code = "lot-dates-differ"
    title = "Another date on file"


class UnknownLot(NotFound):
    """There is no such lot."""

    code = "unknown-lot"
    title = "Unknown lot"


class AlreadyOnHold(DomainError):
    """The lot is on hold for this reason already."""

    code = "already-on-hold"
    title = "Already on hold"


class NotOnHold(DomainError):
    """There is no open hold to release."""

    code = "not-on-hold"
    title = "Not on hold"
