"""A shop with two warehouses: Germany is served from Berlin, then from Los Angeles."""

import pytest

from tests.factories import catalog, inventory


@pytest.fixture
def berlin(db):
    return inventory.warehouse()


@pytest.fixture
def los_angeles(db):
    return inventory.warehouse("LAX", time_zone="America/Los_Angeles")


@pytest.fixture(autouse=True)
def germany(berlin, los_angeles):
    inventory.serves("DE", berlin, los_angeles)
    return catalog.market("DE")


@pytest.fixture
def cream(germany):
    return catalog.cosmetic(sku="COS-CREAM-50")


@pytest.fixture
def ball(germany):
    return catalog.sports(sku="SE-BALL-5")
