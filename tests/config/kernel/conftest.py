"""What the kernel's tests share."""

from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from config.kernel import clients, clock


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def api_client(db):
    client, _ = clients.create_client(
        name="storefront", scopes=["stock:read", "reservations:write"], now=clock.now()
    )
    return client


@pytest.fixture
def api(db) -> APIClient:
    """Calls the API as a client that may read and reserve stock."""
    _, token = clients.create_client(
        name="shop", scopes=["stock:read", "reservations:write"], now=clock.now()
    )
    caller = APIClient(raise_request_exception=False)
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return caller
