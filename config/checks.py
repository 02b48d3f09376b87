"""System checks that refuse a half-set production, and say what to set."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register, run_checks
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured

_SECRET_LENGTH_MIN = 50


def check_production(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> Iterable[CheckMessage]:
    """Everything without which production would be unsafe or would lose data."""
    if settings.BACKROOM_PROFILE != "production":
        return []
    return [
        *_secret_key(),
        *_debug(),
        *_allowed_hosts(),
        *_database(),
        *_redis(),
    ]


def check_mail(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> Iterable[CheckMessage]:
    """Digests and alerts by e-mail need a server to go to."""
    if settings.BACKROOM_PROFILE == "production" and not settings.EMAIL_HOST:
        yield CheckWarning(
            "No e-mail server is set: the daily digest cannot be sent.",
            hint="Set BACKROOM_EMAIL_URL=smtp://user:password@host:587/?tls=1",
            id="backroom.W001",
        )


def register_checks() -> None:
    """Make `manage.py`, the web server, the worker and beat look at these."""
    register(check_production, Tags.security)
    register(check_mail, Tags.security, deploy=True)


def refuse_half_set() -> None:
    """Raise ImproperlyConfigured with all that is missing; called where a server starts."""
    errors = [message for message in run_checks() if message.is_serious()]
    if errors:
        raise ImproperlyConfigured(
            "Backroom does not start like this:\n"
            + "\n".join(f"- {error.msg} {error.hint or ''}".rstrip() for error in errors)
        )


def _secret_key() -> Iterable[CheckMessage]:
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:  # how Django says that it is empty
        key = ""
    if len(key) < _SECRET_LENGTH_MIN:
        yield Error(
            "There is no secret key." if not key else "The secret key is too short.",
            hint=(
                "Set BACKROOM_SECRET_KEY (or BACKROOM_SECRET_KEY_FILE) to at least "
                f"{_SECRET_LENGTH_MIN} random characters, e.g. from: openssl rand -base64 64"
            ),
            id="backroom.E001",
        )


def _debug() -> Iterable[CheckMessage]:
    if settings.DEBUG:
        yield Error(
            "Debug mode is on: it shows settings and code to strangers.",
            hint="Unset BACKROOM_DEBUG.",
            id="backroom.E002",
        )


def _allowed_hosts() -> Iterable[CheckMessage]:
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "The host names that Backroom answers to are not set.",
            hint="Set BACKROOM_ALLOWED_HOSTS to them, separated by commas: backroom.example.com",
            id="backroom.E003",
        )


def _database() -> Iterable[CheckMessage]:
    if settings.DATABASES["default"]["ENGINE"] != "config.kernel.postgresql":
        yield Error(
            "Production runs on PostgreSQL, and this is SQLite.",
            hint="Set DATABASE_URL=postgres://user:password@host/database",
            id="backroom.E004",
        )


def _redis() -> Iterable[CheckMessage]:
    if not settings.REDIS_URL:
        yield Error(
            "Production needs Redis for its cache and its task queue.",
            hint="Set REDIS_URL=redis://host:6379/0",
            id="backroom.E005",
        )
