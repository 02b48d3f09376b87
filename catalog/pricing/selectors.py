"""Reads of price lists."""

from catalog.pricing.models import PriceList, PriceListKind


def list_prices(currency: str) -> PriceList | None:
    """The list prices of a currency that hold in every market using it."""
    return PriceList.objects.filter(
        kind=PriceListKind.LIST, currency=currency, market__isnull=True
    ).first()


def cost_list(partner_id: int, currency: str) -> PriceList | None:
    """A supplier's cost prices in one currency."""
    return PriceList.objects.filter(
        kind=PriceListKind.COST, partner_id=partner_id, currency=currency
    ).first()
