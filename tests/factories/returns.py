"""What a test needs of returns, by the public services."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from catalog.models import Variant
from inventory.reservations import services as reservations_services
from inventory.reservations.models import Reservation
from inventory.reservations.selectors import ItemCode
from inventory.returns import services
from inventory.returns.models import (
    Disposition,
    ReturnAuthorization,
    ReturnChange,
    ReturnItem,
    ReturnLine,
    ReturnOutcome,
    ReturnPart,
)
from inventory.stock.models import StockLevel
from inventory.warehouses.models import LocationKind, Warehouse
from tests.factories import inventory, reservations

NOW = inventory.NOW


def sold(
    variant: Variant, quantity: int | str = 1, *, order: str = "W-1", **fields: Any
) -> Reservation:
    """So much of a variant, sold under an order."""
    held = reservations.reserve(reservations.line(variant, quantity), **fields)
    return reservations_services.commit(
        reservation_id=held.pk, order_reference=order, now=fields.get("now", NOW)
    )


def asked(variant: Variant, quantity: int | str = 1, **fields: Any) -> services.Asked:
    """What is to come back; `exchange_for` is a SKU."""
    if "exchange_for" in fields:
        fields["exchange_for"] = ItemCode(sku=fields["exchange_for"])
    return services.Asked(variant_id=variant.pk, quantity=Decimal(quantity), **fields)


def authorised(*lines: services.Asked, order: str = "W-1", **fields: Any) -> ReturnAuthorization:
    """Leave to send back some of an order."""
    found, _ = services.authorise_return(
        order_reference=order, lines=lines, now=fields.pop("now", NOW), **fields
    )
    return found


def received(
    found: ReturnAuthorization, *arrivals: services.Arrived, at: str = "BER", now: datetime = NOW
) -> ReturnAuthorization:
    """The return with goods that have come; all of them without arrivals."""
    return services.receive_return(
        return_id=found.pk,
        warehouse_id=Warehouse.objects.get(code=at).pk,
        arrivals=arrivals or None,
        now=now,
    )


def arrived(quantity: int | str, position: int = 1, **fields: Any) -> services.Arrived:
    """So much of a line."""
    return services.Arrived(position=position, quantity=Decimal(quantity), **fields)


def verdict(
    disposition: str, quantity: int | str = 1, position: int = 1, **fields: Any
) -> services.Verdict:
    """What becomes of so much of a line."""
    return services.Verdict(
        position=position,
        quantity=Decimal(quantity),
        disposition=Disposition(disposition),
        **fields,
    )


def inspected(
    found: ReturnAuthorization, *verdicts: services.Verdict, now: datetime = NOW, **fields: Any
) -> ReturnAuthorization:
    """The return with these decisions."""
    return services.inspect_return(return_id=found.pk, verdicts=verdicts, now=now, **fields)


def lying(variant: Variant) -> dict[tuple[str, str], Decimal]:
    """What lies of a variant, by lot and place."""
    levels = StockLevel.objects.filter(variant=variant, on_hand__gt=0).order_by("pk")
    return {
        (lot, "returns" if kind == LocationKind.RETURNS else place): quantity
        for lot, kind, place, quantity in levels.values_list(
            "lot__code", "location__kind", "location__code", "on_hand"
        )
    }


def state() -> dict[str, list[tuple[Any, ...]]]:
    """Everything a refusal must leave as it was."""
    models = (ReturnAuthorization, ReturnLine, ReturnPart, ReturnItem, ReturnOutcome, ReturnChange)
    return {
        **inventory.stock_state(),
        **{one.__name__: list(one.objects.order_by("pk").values_list()) for one in models},
        "reservations": list(Reservation.objects.order_by("pk").values_list("pk", "status")),
    }
