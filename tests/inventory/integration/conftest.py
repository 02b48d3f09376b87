"""A shop with two warehouses: Berlin with a dock and two bins, and one place in Vienna."""

import pytest

from tests.factories import catalog, inventory


@pytest.fixture
def berlin(db):
    return inventory.warehouse()


@pytest.fixture
def vienna(db):
    return inventory.warehouse("VIE", time_zone="Europe/Vienna", bins=(), has_dock=False)


@pytest.fixture(autouse=True)
def germany(berlin, vienna):
    inventory.serves("DE", berlin, vienna)
    return catalog.market("DE")


@pytest.fixture
def cream(germany):
    return catalog.cosmetic(sku="COS-CREAM-50")


@pytest.fixture
def ball(germany):
    return catalog.sports(sku="SE-BALL-5")
