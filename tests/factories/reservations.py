"""What a test needs of reservations, by the public services."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from rest_framework.test import APIClient

from catalog.models import Product, Variant
from config.kernel import clients, clock
from inventory.reservations import services
from inventory.reservations.models import Allocation, Reservation, ReservationLine
from inventory.reservations.selectors import ItemCode
from inventory.reservations.services import WantedChoice, WantedLine
from inventory.stock.models import StockLevel
from tests.factories import catalog, inventory

NOW = inventory.NOW


def client(*scopes: str) -> clients.ApiClient:
    """An API client, a new one each time."""
    return clients.create_client(name=f"client-{catalog.serial()}", scopes=scopes, now=NOW)[0]


def caller(*scopes: str) -> APIClient:
    """Calls the API as a new client with these scopes; without any as nobody."""
    api = APIClient(raise_request_exception=False)
    if scopes:
        name = f"caller-{catalog.serial()}"
        _, token = clients.create_client(name=name, scopes=scopes, now=clock.now())
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return api


def line(
    item: Product | Variant | str,
    quantity: int | str | Decimal = 1,
    unit: str = "each",
    **choices: str,
) -> WantedLine:
    """So much of a product's first variant, a variant, or a SKU; SKUs for slots of a bundle."""
    if isinstance(item, Product):
        item = catalog.variant(item)
    sku = item if isinstance(item, str) else item.sku
    return WantedLine(
        item=ItemCode(sku=sku),
        quantity=Decimal(quantity),
        unit=unit,
        choices=[
            WantedChoice(slot=slot, item=ItemCode(sku=chosen)) for slot, chosen in choices.items()
        ],
    )


def reserve(
    *lines: WantedLine,
    reference: str = "",
    market: str = "DE",
    channel: str | None = None,
    deliver_on: date | None = None,
    seconds: int | None = None,
    partial: bool = False,
    client_id: int | None = None,
    now: datetime = NOW,
) -> Reservation:
    """A reservation of these lines, a new one unless a reference is given."""
    reservation, _ = services.reserve(
        client_id=client_id,
        reference=reference or f"cart-{catalog.serial()}",
        lines=lines,
        market=market,
        channel=channel,
        deliver_on=deliver_on,
        ttl=timedelta(seconds=seconds) if seconds else None,
        partial=partial,
        now=now,
    )
    return reservation


def kept(reservation: Reservation) -> list[tuple[str, Decimal]]:
    """What its open allocations keep, in the order they were made: lot code and quantity."""
    allocations = Allocation.objects.filter(line__reservation=reservation, is_open=True)
    return list(
        allocations.order_by("line__position", "pk").values_list(
            "stock_level__lot__code", "quantity"
        )
    )


def state() -> dict[str, list[tuple[Any, ...]]]:
    """Everything a refusal must leave as it was."""
    return {
        **inventory.stock_state(),
        "reservations": list(Reservation.objects.order_by("pk").values_list()),
        "lines": list(ReservationLine.objects.order_by("pk").values_list()),
        "allocations": list(Allocation.objects.order_by("pk").values_list()),
    }


def broken_invariants() -> list[str]:
    """Which of the rules about promises do not hold now; nothing when all do."""
    broken = []
    for level in StockLevel.objects.order_by("pk"):
        kept_here = sum(
            Allocation.objects.filter(stock_level=level, is_open=True).values_list(
                "quantity", flat=True
            ),
            Decimal(0),
        )
        if level.reserved != kept_here:
            broken.append(f"level {level.pk}: {level.reserved} reserved, {kept_here} allocated")
        moved = sum(level.movements.values_list("quantity", flat=True), Decimal(0))
        if level.on_hand != moved:
            broken.append(f"level {level.pk}: {level.on_hand} on hand, {moved} moved")
        if not 0 <= level.reserved <= level.on_hand:
            broken.append(f"level {level.pk}: {level.reserved} reserved of {level.on_hand}")
    for line_ in ReservationLine.objects.filter(reservation__status="held").order_by("pk"):
        broken += _broken_line(line_)
    ended = Allocation.objects.filter(is_open=True).exclude(line__reservation__status="held")
    broken += [f"{allocation} of an ended reservation is open" for allocation in ended]
    return broken


def _broken_line(line_: ReservationLine) -> list[str]:
    kept_for = sum(
        line_.allocations.filter(is_open=True).values_list("quantity", flat=True), Decimal(0)
    )
    if not line_.is_bundle:
        if kept_for + line_.shortage != line_.quantity:
            return [f"line {line_.pk}: {kept_for} + {line_.shortage} of {line_.quantity}"]
        return []
    parts = list(line_.components.order_by("pk"))
    broken = [
        f"line {part.pk}: {part.quantity} is not the same for each of {line_.quantity}"
        for part in parts
        if line_.quantity and part.quantity % line_.quantity
    ]
    if kept_for or line_.shortage or not parts:
        broken.append(f"bundle line {line_.pk}: {kept_for} kept, {len(parts)} components")
    return broken
