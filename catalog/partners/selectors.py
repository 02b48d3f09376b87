"""Reads of partners."""

from catalog.partners.models import Partner


def supplier_by_code(code: str) -> Partner | None:
    """The supplier with this code, or None."""
    return Partner.objects.filter(code=code, is_supplier=True).first()
