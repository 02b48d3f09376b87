"""Price lists and the prices in them."""

from datetime import date
from decimal import Decimal

from django.db import transaction

from catalog.pricing.errors import InvalidPrice
from catalog.pricing.models import Price, PriceList, PriceListKind, TaxClass
from catalog.pricing.selectors import cost_list, list_prices
from catalog.products.services import mark_variant_changed
from config.kernel.validation import save_checked


@transaction.atomic
def base_price_list(*, currency: str) -> PriceList:
    """The list prices of a currency that hold in every market using it; made when missing."""
    found = list_prices(currency)
    if found is None:
        found = PriceList(
            code=f"LIST-{currency}",
            name=f"List prices in {currency}",
            kind=PriceListKind.LIST,
            currency=currency,
        )
        save_checked(found, error=InvalidPrice)
    return found


@transaction.atomic
def cost_price_list(*, partner_id: int, partner_code: str, currency: str) -> PriceList:
    """A supplier's cost prices in one currency; made when missing."""
    found = cost_list(partner_id, currency)
    if found is None:
        found = PriceList(
            code=f"COST-{partner_code}-{currency}",
            name=f"Cost prices of {partner_code} in {currency}",
            kind=PriceListKind.COST,
            currency=currency,
            partner_id=partner_id,
        )
        save_checked(found, error=InvalidPrice)
    return found


@transaction.atomic
def set_price(
    *,
    price_list_id: int,
    variant_id: int,
    amount: Decimal,
    valid_from_date: date | None = None,
    valid_to_date: date | None = None,
    reason: str = "",
) -> Price:
    """Set what a stock unit costs in a list from a day on (None: always). Raises InvalidPrice."""
    price = Price.objects.filter(
        price_list_id=price_list_id, variant_id=variant_id, valid_from_date=valid_from_date
    ).first() or Price(
        price_list_id=price_list_id, variant_id=variant_id, valid_from_date=valid_from_date
    )
    was_new, before = price._state.adding, (price.amount, price.valid_to_date)
    price.amount, price.valid_to_date = amount, valid_to_date
    save_checked(
        price,
        reason=reason,
        error=InvalidPrice,
        detail=f"{amount} is not a price that can be set.",
    )
    is_shown = price.price_list.kind == PriceListKind.LIST
    if is_shown and (was_new or before != (amount, valid_to_date)):
        mark_variant_changed(variant_id)
    return price


@transaction.atomic
def tax_class(*, code: str, name: str) -> TaxClass:
    """The tax class with this code; made when missing."""
    found = TaxClass.objects.filter(code=code).first()
    if found is None:
        found = TaxClass(code=code, name=name)
        save_checked(found, error=InvalidPrice)
    return found
