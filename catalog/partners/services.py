"""Taking up business with partners; later changes are plain master data."""

from django.db import transaction

from catalog.partners.models import Partner
from config.kernel.validation import save_checked


@transaction.atomic
def add_partner(
    *,
    code: str,
    name: str,
    is_supplier: bool = False,
    is_brand_owner: bool = False,
    is_warehouse_operator: bool = False,
    gln: str = "",
    email: str = "",
    country: str = "",
    currency: str = "EUR",
) -> Partner:
    """Take up business with a company. Raises InvalidInput (a field is wrong, a code is taken)."""
    partner = Partner(
        code=code,
        name=name,
        is_supplier=is_supplier,
        is_brand_owner=is_brand_owner,
        is_warehouse_operator=is_warehouse_operator,
        gln=gln,
        email=email,
        country=country,
        currency=currency,
    )
    save_checked(partner)
    return partner
