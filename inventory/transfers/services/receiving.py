"""What was sent arrives, or does not."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import UNITS, plain
from config.kernel.alerts import AlertDraft, AlertSeverity, raise_alerts, resolve_by_key_prefix
from config.kernel.errors import DomainError, FieldError
from config.kernel.outbox import publish
from inventory.lots.errors import LotRequired
from inventory.stock import services as stock
from inventory.stock.errors import InvalidQuantity
from inventory.stock.models import StockLevel
from inventory.stock.rules import check_quantity
from inventory.stock.selectors.serials import serials_on
from inventory.transfers.errors import MoreThanSent, NotInTransfer, TransferNotSent
from inventory.transfers.events import LotQuantity, TransferReceived
from inventory.transfers.models import Transfer, TransferItem, TransferStatus
from inventory.transfers.selectors import ON_THE_ROAD, is_overdue
from inventory.transfers.services.planning import ended, lock_transfer
from inventory.warehouses.errors import UnknownWarehouse
from inventory.warehouses.selectors import receiving_location

ALERT_KIND = "transfer"
ALERT_PERMISSION = "inventory.receive_transfer"
OVERDUE_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """So much of one lot has arrived, in stock units; without a location it lies on the dock."""

    variant_id: int
    lot_code: str
    quantity: Decimal
    location_id: int | None = None
    serials: Sequence[str] = ()


@transaction.atomic
def receive_transfer(
    *,
    transfer_id: UUID,
    now: datetime,
    arrivals: Sequence[Arrival] | None = None,
    happened_at: datetime | None = None,
    is_all: bool = False,
    may_find_more: bool = False,
) -> Transfer:
    """Take what has arrived into stock; without arrivals everything that is on the road.

    What is missing stays on the road; with `is_all`, when no more will come, somebody is alerted to
    it. More than was sent is refused, or with `may_find_more` recorded as found. Lots on hold stay
    on hold. Raises UnknownTransfer, TransferNotSent, TransferEnded, NotInTransfer, InvalidQuantity,
    MoreThanSent, WrongDestination, HappensInFuture, SerialsRequired, InvalidSerial, UnknownSerial,
    SerialInStock.
    """
    transfer = lock_transfer(transfer_id)
    if transfer.status == TransferStatus.PLANNED:
        raise TransferNotSent(f"The goods of {transfer.reference} have not left yet.")
    if transfer.status not in ON_THE_ROAD:
        raise ended(transfer)
    items = _items(transfer)
    variants = variants_by_id({item.variant_id for item in items})
    if arrivals is None:
        arrivals = [
            Arrival(
                variant_id=item.variant_id,
                lot_code=item.road_level.lot.code,
                quantity=item.on_the_road,
            )
            for item in items
            if item.on_the_road
        ]
    by_lot = {(item.variant_id, item.road_level.lot.code): item for item in items}
    _check(transfer, arrivals, by_lot, variants, may_find_more=may_find_more)
    dock = receiving_location(transfer.destination_id)
    if dock is None:
        raise UnknownWarehouse(f"There is no place to put goods in {transfer.destination.code}.")
    received = _take_in(transfer, arrivals, by_lot, dock.pk, now, happened_at)
    _settle(transfer, items, now)
    if is_all and transfer.status != TransferStatus.RECEIVED:
        _tell_what_is_missing(transfer, items, variants, now)
    publish(
        TransferReceived(
            occurred_at=happened_at or now,
            transfer_id=transfer.pk,
            reference=transfer.reference,
            source=transfer.source.code,
            destination=transfer.destination.code,
            is_complete=transfer.status == TransferStatus.RECEIVED,
            lines=tuple(
                LotQuantity(sku=variants[variant_id].sku, lot=lot, quantity=quantity)
                for (variant_id, lot), quantity in received.items()
            ),
        )
    )
    return transfer


@transaction.atomic
def write_off_missing(
    *,
    item_id: int,
    quantity: Decimal,
    reason: str,
    now: datetime,
    serials: Sequence[str] = (),
) -> Transfer:
    """Give up what never arrived. What is found after all is an adjustment.

    Raises NotInTransfer, TransferEnded, InvalidQuantity, ReasonRequired, InvalidText,
    SerialsRequired, InvalidSerial, UnknownSerial.
    """
    item = TransferItem.objects.filter(pk=item_id).first()
    if item is None:
        raise NotInTransfer(f"There are no goods {item_id} of a transfer.")
    transfer = lock_transfer(item.transfer_id)
    if transfer.status not in ON_THE_ROAD:
        raise ended(transfer)
    items = _items(transfer)
    (item,) = (one for one in items if one.pk == item_id)
    if quantity > item.on_the_road:
        raise InvalidQuantity(
            f"{plain(item.on_the_road)} are on the road, quantity {plain(quantity)} was given."
        )
    stock.write_off_on_the_road(
        stock_level_id=item.road_level_id,
        quantity=quantity,
        reason=reason,
        reference=transfer.reference,
        serials=serials,
        now=now,
    )
    item.written_off += quantity
    item.save(update_fields=["written_off"])
    _settle(transfer, items, now)
    return transfer


@transaction.atomic
def write_off_rest(
    *, transfer_id: UUID, reason: str, now: datetime, serials: Sequence[str] = ()
) -> Transfer:
    """Give up all that is still on the road of a transfer; pieces with numbers are named.

    Raises UnknownTransfer, TransferNotSent, TransferEnded, and what `write_off_missing` raises.
    """
    transfer = lock_transfer(transfer_id)
    if transfer.status == TransferStatus.PLANNED:
        raise TransferNotSent(f"The goods of {transfer.reference} have not left yet.")
    if transfer.status not in ON_THE_ROAD:
        raise ended(transfer)
    left = [item for item in _items(transfer) if item.on_the_road]
    there = serials_on([item.road_level_id for item in left])
    for item in left:
        own = [serial for serial in serials if serial in there.get(item.road_level_id, ())]
        transfer = write_off_missing(
            item_id=item.pk, quantity=item.on_the_road, reason=reason, serials=own, now=now
        )
    return transfer


@transaction.atomic
def alert_overdue(*, now: datetime) -> int:
    """Alert once to each transfer that should have arrived; how many alerts are new."""
    late = (
        Transfer.objects.filter(is_overdue(now))
        .select_related("source", "destination")
        .order_by("expected_date", "pk")[:OVERDUE_BATCH]
    )
    return len(
        raise_alerts(
            [
                _alert(
                    transfer,
                    f"overdue:{transfer.expected_date}",
                    f"Transfer {transfer.reference} should have arrived in "
                    f"{transfer.destination.code} on {transfer.expected_date}",
                    f"It left {transfer.source.code} "
                    f"{(now - (transfer.dispatched_at or now)).days} days ago.",
                )
                for transfer in late
            ],
            now=now,
        )
    )


def _items(transfer: Transfer) -> list[TransferItem]:
    return list(
        TransferItem.objects.filter(transfer=transfer)
        .select_related("road_level__lot")
        .order_by("pk")
    )


def _check(
    transfer: Transfer,
    arrivals: Sequence[Arrival],
    by_lot: Mapping[tuple[int, str], TransferItem],
    variants: Mapping[int, VariantRef],
    *,
    may_find_more: bool,
) -> None:
    """Every arrival is of goods that were sent, and not of more than that."""
    left = {key: item.on_the_road for key, item in by_lot.items()}
    for number, arrival in enumerate(arrivals):
        key = (arrival.variant_id, arrival.lot_code)
        if key not in by_lot:
            known = variants.get(arrival.variant_id)
            lot = f"lot {arrival.lot_code}" if arrival.lot_code else "open lot"
            sku = known.sku if known else f"variant {arrival.variant_id}"
            if known and known.is_lot_tracked and not arrival.lot_code:
                detail = f"{sku} is tracked by lot: give the lot code on the goods."
                raise LotRequired(detail, field=f"lines/{number}/lot")
            detail = f"{sku} {lot} was not sent with {transfer.reference}."
            raise NotInTransfer(detail, errors=[_error(number, "lot", NotInTransfer, detail)])
        variant = variants[arrival.variant_id]
        what = f"{variant.sku} lot {arrival.lot_code or '-'}"
        try:
            check_quantity(arrival.quantity, UNITS[variant.stock_unit], what=what)
        except InvalidQuantity as error:
            raise InvalidQuantity(error.detail, field=f"lines/{number}/quantity") from error
        left[key] -= arrival.quantity
        if left[key] < 0 and not may_find_more:
            on_the_road = by_lot[key].on_the_road
            detail = (
                f"{what}: {plain(on_the_road - left[key])} {variant.stock_unit} are said to have "
                f"arrived, {plain(on_the_road)} were on the road."
            )
            raise MoreThanSent(detail, errors=[_error(number, "quantity", MoreThanSent, detail)])


def _error(number: int, field: str, kind: type[DomainError], detail: str) -> FieldError:
    return FieldError(f"/lines/{number}/{field}", kind.code, detail)


def _take_in(
    transfer: Transfer,
    arrivals: Sequence[Arrival],
    by_lot: Mapping[tuple[int, str], TransferItem],
    dock_id: int,
    now: datetime,
    happened_at: datetime | None,
) -> dict[tuple[int, str], Decimal]:
    """Bring in what was on the road, and find the rest; what came in of each lot."""
    steps, found = [], []
    received: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for arrival in arrivals:
        key = (arrival.variant_id, arrival.lot_code)
        item = by_lot[key]
        place = arrival.location_id or dock_id
        sent = min(arrival.quantity, item.on_the_road)
        more = arrival.quantity - sent
        serials = tuple(arrival.serials)
        if sent:
            own = serials[: int(sent)] if more else serials
            steps.append(
                stock.Step(
                    stock_level_id=item.road_level_id,
                    to_location_id=place,
                    quantity=sent,
                    serials=own,
                )
            )
            item.received += sent
        if more:
            found.append((item, place, more, serials[int(sent) :]))
            item.surplus += more
        received[key] += arrival.quantity
    if steps:
        stock.arrive(steps=steps, reference=transfer.reference, now=now, happened_at=happened_at)
    for item, place, more, serials in found:
        level, _ = StockLevel.objects.get_or_create(
            lot_id=item.road_level.lot_id,
            location_id=place,
            defaults={"variant_id": item.variant_id},
        )
        stock.adjust(
            stock_level_id=level.pk,
            quantity_delta=more,
            reason=f"found: more than {transfer.source.code} sent",
            reference=transfer.reference,
            serials=serials,
            now=now,
        )
    TransferItem.objects.bulk_update(by_lot.values(), ["received", "surplus"])
    return received


def _settle(transfer: Transfer, items: Sequence[TransferItem], now: datetime) -> None:
    """Say how far the transfer has come; where nothing is on the road any more it is over."""
    if any(item.on_the_road for item in items):
        transfer.status = TransferStatus.PARTLY_RECEIVED
        transfer.save(update_fields=["status"])
        return
    transfer.status, transfer.ended_at = TransferStatus.RECEIVED, now
    transfer.save(update_fields=["status", "ended_at"])
    resolve_by_key_prefix(
        prefix=f"transfer:{transfer.pk}:", resolution="Nothing of it is on the road.", now=now
    )


def _tell_what_is_missing(
    transfer: Transfer,
    items: Sequence[TransferItem],
    variants: Mapping[int, VariantRef],
    now: datetime,
) -> None:
    transfer.short_at = now
    transfer.save(update_fields=["short_at"])
    missing = [item for item in items if item.on_the_road]
    shown = "; ".join(
        f"{variants[item.variant_id].sku} lot {item.road_level.lot.code or '-'}: "
        f"{plain(item.on_the_road)} of {plain(item.sent)} missing"
        for item in missing[:20]
    )
    title = f"Transfer {transfer.reference} came in short on {len(missing)} lots"
    raise_alerts([_alert(transfer, f"short:{now.isoformat()}", title, shown)], now=now)


def _alert(transfer: Transfer, key: str, title: str, detail: str) -> AlertDraft:
    return AlertDraft(
        kind=ALERT_KIND,
        key=f"transfer:{transfer.pk}:{key}",
        severity=AlertSeverity.WARNING,
        title=title,
        detail=detail,
        url=f"/admin/inventory/transfer/{transfer.pk}/change/",
        subject=transfer.reference,
        permission=ALERT_PERMISSION,
        payload={"transfer_id": str(transfer.pk)},
    )
