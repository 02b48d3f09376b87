"""Keys that are made here and not by the database."""

import os
import time
import uuid


def new_id() -> uuid.UUID:
    """A random key that begins with the time (RFC 9562, version 7), in milliseconds.

    New rows lie side by side in an index; keys that are random all over touch another page each.
    """
    milliseconds = time.time_ns() // 1_000_000
    number = milliseconds << 80 | int.from_bytes(os.urandom(10))
    version, variant = 0x7 << 76, 0b10 << 62
    kept = ~(0xF << 76 | 0b11 << 62)
    return uuid.UUID(int=number & kept | version | variant)
