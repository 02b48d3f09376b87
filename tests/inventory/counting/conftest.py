"""A warehouse in Berlin with goods in two bins, and people who count."""

import pytest

from config.kernel.context import bind
from tests.factories import catalog, inventory, people


@pytest.fixture
def berlin(db):
    return inventory.warehouse()


@pytest.fixture
def germany(berlin):
    inventory.serves("DE", berlin)
    return catalog.market("DE")


@pytest.fixture
def ball(germany):
    return catalog.sports(sku="SE-BALL-5")


@pytest.fixture
def cream(germany):
    return catalog.cosmetic(sku="COS-CREAM-50")


@pytest.fixture
def ada(db):
    return people.staff("inventory.enter_count")


@pytest.fixture
def bob(db):
    return people.staff("inventory.enter_count")


@pytest.fixture
def acting():
    """Act as a user in a block."""
    return lambda user: bind(actor_id=user.pk, actor_name=user.username)
