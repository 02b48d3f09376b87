"""Uploaded inventories between the look at what differs and the taking over."""

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage


def keep_file(data: bytes) -> str:
    """Keep a file until it is taken over; the seal tells that it is the one that was shown."""
    seal = hashlib.sha256(data).hexdigest()
    if not default_storage.exists(_name(seal)):
        default_storage.save(_name(seal), ContentFile(data))
    return seal


def kept_file(seal: str) -> bytes | None:
    """The file with this seal, or None where it is no longer here."""
    if not default_storage.exists(_name(seal)):
        return None
    with default_storage.open(_name(seal)) as file:
        return bytes(file.read())


def forget_file(seal: str) -> None:
    """The file has been taken over."""
    default_storage.delete(_name(seal))


def _name(seal: str) -> str:
    return f"compliance/inventories/{seal}.csv"
