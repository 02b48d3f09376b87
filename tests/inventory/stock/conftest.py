"""Stock by itself: what it asks of reservations is noted, not answered."""

import pytest

from tests.factories import inventory as make


@pytest.fixture(autouse=True)
def asked():
    with make.claims_recorded() as asked:
        yield asked
