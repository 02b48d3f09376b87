import pytest

from catalog.markets.services import open_channel, open_market
from catalog.models import Channel, Market
from config.kernel.errors import InvalidInput

pytestmark = pytest.mark.django_db


def germany(**more):
    fields = {
        "code": "DE",
        "name": "Germany",
        "country": "DE",
        "currency": "EUR",
        "languages": ("de", "en"),
        "time_zone": "Europe/Berlin",
    }
    return open_market(**{**fields, **more})


def test_a_market_opens_with_its_history():
    market = germany()

    assert (market.languages, market.is_active) == (["de", "en"], True)
    assert market.history.count() == 1


@pytest.mark.parametrize(
    ("wrong", "pointer"), [({"code": "Germany"}, "/code"), ({"currency": "EURO"}, "/currency")]
)
def test_a_wrong_field_is_named_and_nothing_is_opened(wrong, pointer):
    with pytest.raises(InvalidInput) as refusal:
        germany(**wrong)

    assert pointer in [error.pointer for error in refusal.value.errors]
    assert not Market.objects.exists()


def test_a_market_opens_once():
    germany()

    with pytest.raises(InvalidInput, match="already exists"):
        germany()

    assert Market.objects.count() == 1


def test_a_channel_opens_with_the_days_it_asks_for():
    open_channel(code="marketplace", name="Marketplaces", remaining_days_min=90)

    assert Channel.objects.get().remaining_days_min == 90
