"""What catalog's supplier files ask of us: where deliveries can go, which one a file announced."""

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse

from catalog.supplier_files.deliveries import DeliveryLink
from inventory.purchasing.selectors import notice_of_run
from inventory.warehouses.models import Warehouse


def warehouses() -> Sequence[tuple[str, str]]:
    """Code and name of every warehouse."""
    return list(Warehouse.objects.order_by("code").values_list("code", "name"))


def announced(run_id: UUID) -> DeliveryLink | None:
    """The delivery that this import announced and nobody has cancelled."""
    notice = notice_of_run(run_id)
    if notice is None:
        return None
    return DeliveryLink(
        title=f"delivery {notice.reference}",
        url=reverse("admin:inventory_shipmentnotice_change", args=[notice.pk]),
    )
