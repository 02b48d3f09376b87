"""One warehouse in Berlin that serves Germany; a cream with a lot, a ball, a watch with numbers."""

import pytest

from tests.factories import catalog, inventory


@pytest.fixture
def berlin(db):
    return inventory.warehouse()


@pytest.fixture(autouse=True)
def germany(berlin):
    inventory.serves("DE", berlin)
    return catalog.market("DE")


@pytest.fixture
def cream(germany):
    return catalog.variant(catalog.cosmetic(sku="COS-CREAM-50", remaining_days_min=30))


@pytest.fixture
def ball(germany):
    return catalog.variant(catalog.sports(sku="SE-BALL-5"))


@pytest.fixture
def watch(germany):
    return catalog.variant(catalog.sports(sku="SE-WATCH-1", is_serial_tracked=True))
