"""A shop with two warehouses: Germany is served from Berlin, then from Los Angeles."""

import pytest

from tests.factories import catalog, inventory
from tests.inventory.reservations.conftest import ball, berlin, germany, los_angeles  # noqa: F401


@pytest.fixture
def cream(germany):  # noqa: F811
    return catalog.cosmetic(sku="COS-CREAM-50")


@pytest.fixture
def lot(cream):
    """Twelve jars of L1, which expire before the others."""
    return inventory.receive(cream, 12, lot="L1", expires="2027-06-30").lot
