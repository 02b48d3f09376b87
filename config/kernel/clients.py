"""Programs that may call the API: a client with scopes, and tokens that are stored as digests."""

import hashlib
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q

from config.kernel.context import Actor
from config.kernel.errors import DomainError, InvalidInput, NotFound

SCOPES: dict[str, str] = {
    "catalog:read": "Read products, codes and promotions",
    "stock:read": "Read availability, stock and lots",
    "stock:write": "Change stock, receive, transfer, count, recall",
    "reservations:write": "Reserve, extend, release and commit stock",
    "quotes:read": "Ask for quotes",
    "prices:write": "Change prices",
    "returns:write": "Announce, receive and inspect returns",
    "events:read": "Read the feed of events",
    "webhooks:write": "Manage webhook endpoints",
}
TOKEN_PREFIX = "brm_"  # noqa: S105 - a mark to recognise a token by, not a secret
PREFIX_LENGTH = 12
TOKEN_LIFETIME_DAYS = 365
LAST_USED_STEP = timedelta(minutes=1)
KNOWN_TOKENS_MAX = 1000


class ApiClient(models.Model):
    """A program with a name, what it may do, and how often."""

    name = models.CharField(max_length=100, unique=True)
    partner_id = models.BigIntegerField(null=True, blank=True)
    scopes = models.JSONField(default=list)
    rate_limit_per_minute = models.PositiveIntegerField(
        default=6000, help_text="Requests a minute; 0 means no limit."
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = "API client"

    # What DRF asks of whoever authenticated.
    is_authenticated = True
    is_anonymous = False

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> Actor:
        """How history rows and events name this client."""
        return Actor(id=None, name=f"api:{self.name}")


class ApiToken(models.Model):
    """One secret of a client: kept as a digest, shown once, with an end date."""

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(max_length=PREFIX_LENGTH, editable=False)
    created_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.prefix}…"


class ClientNameTaken(DomainError):
    """A client of this name exists."""

    code = "client-name-taken"
    title = "Client name taken"


class UnknownScope(InvalidInput):
    """There is no such scope."""

    code = "unknown-scope"
    title = "Unknown scope"


class TokenRefused(DomainError):
    """The token is unknown, expired or revoked, or its client is switched off."""

    code = "invalid-token"
    status = 401
    title = "Invalid token"


@transaction.atomic
def create_client(
    *,
    name: str,
    scopes: Iterable[str],
    now: datetime,
    partner_id: int | None = None,
    days: int = TOKEN_LIFETIME_DAYS,
    rate_limit_per_minute: int = 6000,
) -> tuple[ApiClient, str]:
    """Make a client with its first token, which is answered in clear this one time.

    Raises ClientNameTaken, UnknownScope, InvalidInput (no name, no lifetime).
    """
    name = name.strip()
    if not name or len(name) > 100:
        raise InvalidInput("A client needs a name of 1 to 100 characters.")
    chosen = checked_scopes(scopes)
    client = ApiClient(
        name=name,
        partner_id=partner_id,
        scopes=chosen,
        rate_limit_per_minute=rate_limit_per_minute,
    )
    try:
        with transaction.atomic():
            client.save(force_insert=True)
    except IntegrityError as error:
        raise ClientNameTaken(
            f"There is an API client called {name} already. Choose another name, or give it a new "
            "token in the admin under API clients."
        ) from error
    _, token = create_token(client_id=client.pk, now=now, days=days)
    return client, token


@transaction.atomic
def create_token(
    *, client_id: int, now: datetime, days: int = TOKEN_LIFETIME_DAYS
) -> tuple[ApiToken, str]:
    """Give a client one more token, answered in clear this one time. Raises InvalidInput."""
    if not 1 <= days <= 3650:
        raise InvalidInput("A token lives between 1 and 3650 days.")
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        client_id=client_id,
        digest=digest_of(secret),
        prefix=secret[:PREFIX_LENGTH],
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return token, secret


@transaction.atomic
def revoke_token(*, token_id: int, now: datetime) -> ApiToken:
    """End a token at once; one that has ended stays as it was. Raises NotFound."""
    ApiToken.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=now)
    token = ApiToken.objects.filter(pk=token_id).first()
    if token is None:
        raise NotFound("There is no such token.")
    return token


def authenticate(token: str, now: datetime) -> ApiClient:
    """The client behind a token; its use is noted, at most once a minute. Raises TokenRefused.

    What the database said is remembered for `API_TOKEN_SECONDS`, so a token that is revoked, and a
    client that is switched off or changed, is what it was for so long and not longer.
    """
    digest = digest_of(token)
    known = _known.get(digest)
    if known is not None and time.monotonic() < known.until and now < known.expires_at:
        return known.client
    client, expires_at = _looked_up(digest, now)
    if len(_known) >= KNOWN_TOKENS_MAX:
        _known.clear()
    until = time.monotonic() + settings.API_TOKEN_SECONDS
    _known[digest] = _Known(client=client, expires_at=expires_at, until=until)
    return client


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A token that this process has looked up a moment ago."""

    client: ApiClient
    expires_at: datetime
    until: float


_known: dict[str, _Known] = {}


def _looked_up(digest: str, now: datetime) -> tuple[ApiClient, datetime]:
    found = (
        ApiToken.objects.select_related("client")
        .filter(digest=digest, revoked_at=None, expires_at__gt=now)
        .first()
    )
    if found is None or not found.client.is_active:
        _known.pop(digest, None)
        raise TokenRefused("The token is unknown, expired or revoked.")
    if found.last_used_at is None or found.last_used_at <= now - LAST_USED_STEP:
        ApiToken.objects.filter(
            Q(last_used_at=None) | Q(last_used_at__lte=now - LAST_USED_STEP), pk=found.pk
        ).update(last_used_at=now)
    return found.client, found.expires_at


def checked_scopes(scopes: Iterable[str]) -> list[str]:
    """The scopes once each, in the order of SCOPES. Raises UnknownScope."""
    wanted = set(scopes)
    unknown = sorted(wanted - SCOPES.keys())
    if unknown:
        raise UnknownScope(f"Unknown scope: {', '.join(unknown)}. Known are: {', '.join(SCOPES)}.")
    return [scope for scope in SCOPES if scope in wanted]


def digest_of(token: str) -> str:
    """SHA-256 is enough: the secret has 256 random bits, there is nothing to guess."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
