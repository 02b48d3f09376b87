"""The expiry board as a list of the admin."""

from inventory.lots.models import Lot


class ExpiringLot(Lot):
    """A lot on the expiry board: the same row, looked at by the time it has left."""

    class Meta:
        proxy = True
        verbose_name = "lot on the expiry board"
        verbose_name_plural = "expiry board"
        default_permissions = ("view",)
