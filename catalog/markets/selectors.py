"""Reads of markets and channels."""

from catalog.markets.models import Channel, Market


def market_by_code(code: str) -> Market | None:
    """The active market with this code, or None."""
    return Market.objects.filter(code=code, is_active=True).first()


def channel_by_code(code: str) -> Channel | None:
    """The channel with this code, or None."""
    return Channel.objects.filter(code=code).first()
