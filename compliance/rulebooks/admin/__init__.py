"""Rulebooks in the admin: the books, their versions, and each rule beside its source."""

from compliance.rulebooks.admin import entries, rulebooks, versions

__all__ = ["entries", "rulebooks", "versions"]
