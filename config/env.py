"""Strict readers of the environment: a value that cannot be meant stops the start."""

import fcntl
import os
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """The value without blanks around it; empty counts as not set."""
    return os.environ.get(name, "").strip() or default


def choice(name: str, default: str, *, among: Collection[str]) -> str:
    """One of the words allowed."""
    value = text(name, default)
    if value not in among:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of: {', '.join(among)}.")
    return value


def boolean(name: str, default: bool) -> bool:
    """Yes or no; anything that is neither is refused."""
    value = text(name).lower()
    if not value:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; it must be 1 (yes) or 0 (no).")


def integer(name: str, default: int, *, least: int, most: int) -> int:
    """A whole number within bounds."""
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number.") from None
    if not least <= number <= most:
        raise ImproperlyConfigured(f"{name} is {number}; it must lie between {least} and {most}.")
    return number


def words(name: str) -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def secret(name: str) -> str:
    """A secret from NAME, or from the file NAME_FILE (Docker and systemd secrets)."""
    value, file_name = text(name), text(f"{name}_FILE")
    if value and file_name:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; set one of them.")
    if not file_name:
        return value
    try:
        value = Path(file_name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"{name}_FILE is {file_name!r}, which cannot be read: {error}."
        ) from error
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE is {file_name!r}, which is empty.")
    return value


def kept_secret(path: Path) -> str:
    """The secret kept in this file; made once, readable by its owner alone.

    Two processes that start together wait for each other and read the same one.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        value = file.read().strip()
        if not value:
            value = secrets.token_urlsafe(64)
            file.write(value + "\n")
            file.flush()
        return value


def folder(name: str, default: Path) -> Path:
    """A folder's absolute path; made when it is not there."""
    path = Path(text(name, str(default))).expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name} is {str(path)!r}, which cannot be made: {error}."
        ) from error
    return path


def postgres(name: str) -> Mapping[str, Any] | None:
    """Django's connection parameters from postgres://user:password@host:port/database?options."""
    url = text(name)
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} cannot be read as a URL: {error}.") from error
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"{name} begins with {parts.scheme!r}; "
            "it must be postgres://user:password@host/database."
        )
    database = unquote(parts.path.lstrip("/"))
    if not database:
        raise ImproperlyConfigured(f"{name} names no database; it must end in /database.")
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    return {
        "ENGINE": "config.kernel.postgresql",
        "NAME": database,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(options.pop("port", None) or port or ""),
        "OPTIONS": options,
    }


def mail(name: str) -> Mapping[str, Any]:
    """Django's e-mail settings from smtp://user:password@host:port (smtps:// for TLS at once).

    STARTTLS is used with smtp:// unless the URL ends in ?tls=0.
    """
    url = text(name)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} cannot be read as a URL: {error}.") from error
    if url and (parts.scheme not in {"smtp", "smtps"} or not parts.hostname):
        raise ImproperlyConfigured(
            f"{name} is not a mail server's address; it must be smtp://user:password@host:587."
        )
    implicit = parts.scheme == "smtps"
    return {
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": port or (465 if implicit else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": implicit,
        "EMAIL_USE_TLS": not implicit and dict(parse_qsl(parts.query)).get("tls") != "0",
    }


def redis(name: str) -> str:
    """A redis:// or rediss:// URL, or nothing."""
    url = text(name)
    if url and urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured(
            f"{name} is {url!r}; it must begin with redis://, rediss:// or unix://."
        )
    return url
