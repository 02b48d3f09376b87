"""A shop in Germany, California and the United Kingdom, with the law as it is shipped."""

from datetime import UTC, datetime

import pytest

from compliance.rulebooks.services import load_rulebooks
from compliance.substances.services import load_common_substances
from tests.factories import catalog

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)


@pytest.fixture
def law(db):
    """The rulebooks and the common names."""
    load_rulebooks(now=NOW)
    load_common_substances(now=NOW)


@pytest.fixture
def germany(db):
    return catalog.market("DE")


@pytest.fixture
def now(monkeypatch):
    """What the clock says, until a test moves it."""
    at = [NOW]
    monkeypatch.setattr("config.kernel.clock.now", lambda: at[0])
    return at
