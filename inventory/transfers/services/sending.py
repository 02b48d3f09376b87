"""A transfer's goods leave for the road."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import plain
from config.kernel.errors import FieldError
from config.kernel.outbox import publish
from inventory.lots.rules import day_in
from inventory.stock import services as stock
from inventory.stock.errors import NotEnoughStock
from inventory.stock.locks import lock_levels
from inventory.stock.models import StockLevel, StockMovement
from inventory.transfers.errors import TransferEnded
from inventory.transfers.events import LotQuantity, TransferDispatched
from inventory.transfers.models import Transfer, TransferItem, TransferLine, TransferStatus
from inventory.transfers.rules import ZERO, Take, Wish, choose, merged
from inventory.transfers.selectors import offers_of
from inventory.transfers.services.planning import (
    LineDraft,
    lock_transfer,
    plan_transfer,
    same_transfer,
)
from inventory.warehouses.services import road_to


@transaction.atomic
def dispatch_transfer(
    *,
    transfer_id: UUID,
    now: datetime,
    may_take_promised: bool = False,
    happened_at: datetime | None = None,
) -> Transfer:
    """Send the goods off: free stock, named lots or first expired first; all lines or none.

    With `may_take_promised` what customers were promised goes too, and the promises give way. One
    that was sent stays as it is. Raises UnknownTransfer, TransferEnded (cancelled), NotEnoughStock
    (naming each line), HappensInFuture, SerialsRequired, UnknownSerial.
    """
    transfer = lock_transfer(transfer_id)
    if transfer.status == TransferStatus.CANCELLED:
        raise TransferEnded(f"Transfer {transfer.reference} was cancelled.")
    if transfer.status != TransferStatus.PLANNED:
        return transfer
    lines = list(TransferLine.objects.filter(transfer=transfer).order_by("position"))
    variants = variants_by_id({line.variant_id for line in lines})
    lock_levels(variant_ids=variants.keys())
    takes = _choose(transfer, lines, variants, now, may_take_promised=may_take_promised)
    road = road_to(warehouse_id=transfer.destination_id)
    movements = stock.send_off(
        steps=[
            stock.Step(
                stock_level_id=take.stock_level_id,
                to_location_id=road.pk,
                quantity=take.quantity,
                serials=take.serials,
            )
            for take in takes
        ],
        reference=transfer.reference,
        now=now,
        happened_at=happened_at,
        may_take_promised=may_take_promised,
    )
    items = _write_items(transfer, movements)
    transfer.status, transfer.dispatched_at = TransferStatus.DISPATCHED, happened_at or now
    transfer.save(update_fields=["status", "dispatched_at"])
    publish(
        TransferDispatched(
            occurred_at=happened_at or now,
            transfer_id=transfer.pk,
            reference=transfer.reference,
            source=transfer.source.code,
            destination=transfer.destination.code,
            lines=tuple(
                LotQuantity(
                    sku=variants[item.variant_id].sku,
                    lot=item.road_level.lot.code,
                    quantity=item.sent,
                )
                for item in items
            ),
        )
    )
    return transfer


@transaction.atomic
def make_transfer(
    *,
    source_id: int,
    destination_id: int,
    lines: Sequence[LineDraft],
    now: datetime,
    client_id: int,
    reference: str = "",
    expected_date: date | None = None,
    is_sent: bool = True,
    may_take_promised: bool = False,
    happened_at: datetime | None = None,
) -> tuple[Transfer, bool]:
    """Plan a transfer for a client and, if `is_sent`, send it off; say whether it is a new one.

    The same reference and goods again: the one there is. Raises what `plan_transfer` and
    `dispatch_transfer` raise.
    """
    reference = reference.strip()
    if reference:
        known = same_transfer(
            reference=reference,
            client_id=client_id,
            source_id=source_id,
            destination_id=destination_id,
            lines=lines,
        )
        if known is not None:
            return known, False
    transfer = plan_transfer(
        source_id=source_id,
        destination_id=destination_id,
        lines=lines,
        reference=reference,
        expected_date=expected_date,
        client_id=client_id,
        now=now,
    )
    if is_sent:
        transfer = dispatch_transfer(
            transfer_id=transfer.pk,
            now=now,
            may_take_promised=may_take_promised,
            happened_at=happened_at,
        )
    return transfer, True


def _choose(
    transfer: Transfer,
    lines: Sequence[TransferLine],
    variants: Mapping[int, VariantRef],
    now: datetime,
    *,
    may_take_promised: bool,
) -> list[Take]:
    offers = offers_of(warehouse_id=transfer.source_id, variant_ids=variants.keys())
    chosen = choose(
        [
            Wish(
                variant_id=line.variant_id,
                quantity=line.quantity,
                remaining_days_min=variants[line.variant_id].remaining_days_min,
                lot_id=line.lot_id,
                serials=tuple(line.serials),
            )
            for line in lines
        ],
        offers,
        on=day_in(transfer.source.time_zone, now),
        may_take_promised=may_take_promised,
    )
    errors = []
    for line, takes in zip(lines, chosen, strict=True):
        found = sum((take.quantity for take in takes), ZERO)
        if found < line.quantity:
            variant = variants[line.variant_id]
            what = f"{variant.sku} lot {line.lot.code}" if line.lot else variant.sku
            detail = (
                f"{transfer.source.code} can send {plain(found)} {variant.stock_unit} of {what}, "
                f"{plain(line.quantity)} are to go."
            )
            pointer = f"/lines/{line.position - 1}/quantity"
            errors.append(FieldError(pointer, NotEnoughStock.code, detail))
    if errors:
        raise NotEnoughStock("Less is there than is to go.", errors=errors)
    return merged([take for takes in chosen for take in takes])


def _write_items(transfer: Transfer, movements: Sequence[StockMovement]) -> list[TransferItem]:
    """What lies on the road now, by lot."""
    sent: dict[int, Decimal] = defaultdict(Decimal)
    for line in movements:
        if line.quantity > 0:
            sent[line.stock_level_id] += line.quantity
    levels = StockLevel.objects.select_related("lot").filter(pk__in=sent)
    return TransferItem.objects.bulk_create(
        [
            TransferItem(
                transfer=transfer,
                road_level=level,
                variant_id=level.variant_id,
                sent=sent[level.pk],
            )
            for level in levels.order_by("pk")
        ]
    )
