"""Who calls, what they may do, and how often."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config.kernel import clients, clock
from config.kernel.cache import PREFIX, CacheAway, Script, link
from config.kernel.clients import ApiClient, ApiToken

WINDOW_SECONDS = 60


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>` of an API client."""

    def authenticate(self, request: Request) -> tuple[ApiClient, ApiToken | None] | None:
        """The client behind the token, or nobody when there is none."""
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            return clients.authenticate(token.strip(), clock.now()), None
        except clients.TokenRefused as refusal:
            raise exceptions.AuthenticationFailed(refusal.detail) from refusal

    def authenticate_header(self, request: Request) -> str:
        """What a 401 tells the caller to do."""
        return 'Bearer realm="api"'


def client_of(request: Request) -> ApiClient:
    """Who calls, behind a scope."""
    client = request.user
    assert isinstance(client, ApiClient), "only API clients have a scope"
    return client


class HasScope(BasePermission):
    """The client needs the view's scope: `scope = "stock:read"`, or one for each method.

    `required_scopes = {"GET": "stock:read", "POST": "stock:write"}`. A view that names none, and a
    method that is not in the table, is closed.
    """

    code = "missing-scope"

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the client's scopes hold the one that is asked for."""
        if not isinstance(request.user, ApiClient):
            return False
        method = request.method or ""
        if not hasattr(view, method.lower()):
            return True  # nothing happens: the view answers 405
        scope = scope_of(view, method)
        self.message = (
            f"This needs the scope {scope}." if scope else "Nobody may do this by the API."
        )
        return scope is not None and scope in request.user.scopes


def scope_of(view: Any, method: str) -> str | None:
    """The scope that a view asks for, by method."""
    scopes: Mapping[str, str] = getattr(view, "required_scopes", None) or {}
    method = "GET" if method == "HEAD" else method
    scope: str | None = scopes.get(method, getattr(view, "scope", None))
    assert scope is None or scope in clients.SCOPES, f"unknown scope {scope} in {view}"
    return scope


class ClientRateThrottle(BaseThrottle):
    """A client's own number of requests in each minute of the clock; 0 means as many as it likes.

    The count lives in Redis. Without it each process counts for itself, so the limit is then as
    many times higher as there are processes.
    """

    _left = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count this request and compare."""
        client = request.user
        if not isinstance(client, ApiClient) or not client.rate_limit_per_minute:
            return True
        seconds = clock.now().timestamp()
        self._left = WINDOW_SECONDS - seconds % WINDOW_SECONDS
        key = f"api-rate:{client.pk}:{int(seconds // WINDOW_SECONDS)}"
        return _count(key) <= client.rate_limit_per_minute

    def wait(self) -> float:
        """Seconds until the next minute starts."""
        return self._left + 1


_COUNT = Script("""
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
""")


def _count(key: str) -> int:
    """How often this was called in its minute, in one round trip."""
    if not settings.REDIS_URL:
        return _count_here(key)
    try:
        count: int = link().run(_COUNT, [PREFIX + key], 2 * WINDOW_SECONDS)
    except CacheAway:
        return 0  # a Redis that is away must not close the API
    return count


def _count_here(key: str) -> int:
    cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
    return cache.incr(key)
