"""Races need real row locks: these tests run on PostgreSQL and are skipped visibly elsewhere."""

import pytest
from django.db import connection

from inventory.reservations import hot_path
from inventory.stock.models import StockLevel
from tests.concurrency.guards import constraint_lifted


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """Before any fixture: to make and empty a database for nothing takes longer than all else."""
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: set DATABASE_URL")


@pytest.fixture
def by_rules(monkeypatch):
    """Reserve as SQLite does, without the one statement that takes the usual case."""
    monkeypatch.setattr(hot_path, "is_there", lambda: False)


@pytest.fixture(params=["at once", "by rules"])
def either_way(request):
    """Once by the one statement, once without it."""
    if request.param == "by rules":
        request.getfixturevalue("by_rules")


@pytest.fixture
def unchecked(transactional_db):
    """Without the constraint that no more is reserved than lies there."""
    with constraint_lifted(StockLevel, "stock_level_reserved_within_on_hand"):
        yield
