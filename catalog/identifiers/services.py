"""Barcodes and aliases of variants."""

from decimal import Decimal

from django.db import transaction

from catalog.identifiers import changes
from catalog.identifiers.errors import InvalidIdentifier
from catalog.identifiers.models import Barcode, PackagingLevel, SkuAlias
from config.kernel.errors import InvalidInput
from config.kernel.validation import save_checked


@transaction.atomic
def add_barcode(
    *,
    variant_id: int,
    gtin: str,
    packaging_level: str = PackagingLevel.EACH,
    quantity: Decimal = Decimal(1),
    reason: str = "",
) -> Barcode:
    """Give a variant a GTIN of 8, 12, 13 or 14 digits.

    Raises InvalidIdentifier: wrong check digit, or another variant owns it (both are named).
    """
    barcode = Barcode(
        variant_id=variant_id, gtin=gtin, packaging_level=packaging_level, quantity=quantity
    )
    _save(barcode, gtin, reason)
    changes.barcodes_changed.ask(variant_id)
    return barcode


@transaction.atomic
def add_alias(
    *, variant_id: int, scheme: str, code: str, partner_id: int | None = None, reason: str = ""
) -> SkuAlias:
    """Make a foreign or former code name a variant. Raises InvalidIdentifier when it is taken."""
    alias = SkuAlias(variant_id=variant_id, scheme=scheme, partner_id=partner_id, code=code.strip())
    _save(alias, code, reason)
    return alias


def _save(row: Barcode | SkuAlias, code: str, reason: str) -> None:
    try:
        save_checked(row, reason=reason)
    except InvalidInput as error:
        sentences = " ".join(wrong.detail for wrong in error.errors)
        raise InvalidIdentifier(sentences, reason="refused", value=code) from error
