"""Opening markets and channels; later changes are plain master data."""

from collections.abc import Sequence

from django.db import transaction

from catalog.markets.models import Channel, Market
from config.kernel.validation import save_checked


@transaction.atomic
def open_market(
    *,
    code: str,
    name: str,
    country: str,
    currency: str,
    languages: Sequence[str],
    time_zone: str,
    region: str = "",
    tax_included: bool = True,
    remaining_days_min: int = 0,
) -> Market:
    """Begin to sell in a territory. Raises InvalidInput (a field is wrong, the code is taken)."""
    market = Market(
        code=code,
        name=name,
        country=country,
        region=region,
        currency=currency,
        languages=list(languages),
        time_zone=time_zone,
        tax_included=tax_included,
        remaining_days_min=remaining_days_min,
    )
    save_checked(market)
    return market


@transaction.atomic
def open_channel(*, code: str, name: str, remaining_days_min: int = 0) -> Channel:
    """Begin to sell in a new way. Raises InvalidInput (a field is wrong, the code is taken)."""
    channel = Channel(code=code, name=name, remaining_days_min=remaining_days_min)
    save_checked(channel)
    return channel
