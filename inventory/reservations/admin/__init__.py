"""Reservations and what they are short of, in the admin."""

from inventory.reservations.admin import reservations, shortages

__all__ = ["reservations", "shortages"]
