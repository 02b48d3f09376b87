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
        from catalog.supplier_files import deliveries, kinds
        from compliance.assessments import exposure as exposed
        from compliance.assessments import gates as clearances
        from inventory.availability.selectors.exposure import exposed_lots, exposure
        from inventory.counting import proofs
        from inventory.lots import splits
        from inventory.lots.selectors import has_lots
        from inventory.purchasing import supplier_files
        from inventory.purchasing.delivery_notes import delivery_note_handler
        from inventory.recalls import services as recalls
        from inventory.reservations import services as reservations
        from inventory.returns.selectors import breaches_of_returns
        from inventory.stock import claims

        gates.stock_has_moved.register(has_lots)
        exposed.exposure.register(exposure)
        exposed.exposed_lots.register(exposed_lots)
        clearances.sale_changing.register(reservations.lock_products)
        clearances.sale_changed.register(reservations.follow_sale)
        splits.lot_split.register(recalls.follow_split)
        claims.give_way.register(reservations.give_way)
        claims.fill_shortages.register(reservations.fill_shortages)
        proofs.goods_returned.register(breaches_of_returns)
        deliveries.warehouses.register(supplier_files.warehouses)
        deliveries.announced.register(supplier_files.announced)
        kinds.delivery_notes.register(delivery_note_handler)
