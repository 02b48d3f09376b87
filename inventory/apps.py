"""Django's entry to inventory: answers the questions of the rooms below."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Inventory."""

    name = "inventory"
    label = "inventory"
    verbose_name = "Inventory"

    def ready(self) -> None:
        """Answer the hooks that lower rooms declare."""
        from catalog.products import gates
        from inventory.lots.selectors import has_lots
        from inventory.reservations import services as reservations
        from inventory.stock import claims

        gates.stock_has_moved.register(has_lots)
        claims.give_way.register(reservations.give_way)
        claims.fill_shortages.register(reservations.fill_shortages)
