"""Printed ingredient lists, as suppliers send them: read, split or refused with the reason."""

from compliance.substances.rules.lists.parse import (
    INGREDIENTS_MAX,
    TEXT_LENGTH_MAX,
    parse_list,
)

__all__ = ["INGREDIENTS_MAX", "TEXT_LENGTH_MAX", "parse_list"]
