"""Two warehouses: Berlin sends, Los Angeles receives; Germany is served from both."""

import pytest

from tests.factories import catalog, inventory


@pytest.fixture
def berlin(db):
    return inventory.warehouse()


@pytest.fixture
def los_angeles(db):
    return inventory.warehouse("LAX", time_zone="America/Los_Angeles", bins=("L-1", "L-2"))


@pytest.fixture(autouse=True)
def germany(berlin, los_angeles):
    inventory.serves("DE", berlin, los_angeles)
    return catalog.market("DE")


@pytest.fixture
def cream(germany):
    return catalog.variant(catalog.cosmetic(sku="COS-CREAM-50"))


@pytest.fixture
def watch(germany):
    return catalog.variant(catalog.sports(sku="SE-WATCH-1", is_serial_tracked=True))
