"""Substances in the admin: what is known, what came in, what people said of printed names."""

from compliance.substances.admin import names, substances

__all__ = ["names", "substances"]
