"""What became of recalled goods: booked in our stock, or confirmed by whoever had them."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import UNITS, plain
from config.kernel.context import actor_id, actor_name
from inventory.lots.models import Lot
from inventory.lots.rules import day_in
from inventory.recalls.errors import (
    CannotTakeBack,
    MoreThanOutstanding,
    NotInRecall,
    WarehouseRequired,
)
from inventory.recalls.models import BOOKED, ProgressKind, RecallLot, RecallProgress
from inventory.recalls.selectors import balances_of
from inventory.recalls.services.starting import checked_text, lock_recall
from inventory.stock import services as stock
from inventory.stock.errors import NotEnoughStock
from inventory.stock.locks import lock_levels
from inventory.stock.models import MovementKind, StockLevel
from inventory.stock.rules import check_quantity
from inventory.warehouses.models import KEPT_APART
from inventory.warehouses.selectors import receiving_location, warehouse_by_id

TEXT_LENGTH_MAX = {"reference": 100, "note": 200}


@transaction.atomic
def record_progress(
    *,
    recall_id: UUID,
    lot_id: int,
    kind: ProgressKind,
    quantity: Decimal,
    now: datetime,
    warehouse_id: int | None = None,
    reference: str = "",
    note: str = "",
) -> RecallProgress:
    """Write down what became of so many units of a lot, in its stock unit.

    What came back, was destroyed or sent back in a warehouse is booked in the ledger, frozen as it
    is; what ended elsewhere is confirmed. Raises UnknownRecall, RecallEnded, NotInRecall,
    InvalidQuantity, WarehouseRequired, MoreThanOutstanding, NotEnoughStock, InvalidText and, for
    pieces with serial numbers, SerialsRequired.
    """
    recall = lock_recall(recall_id)
    kind = ProgressKind(kind)
    reference = checked_text(
        reference, "reference", TEXT_LENGTH_MAX["reference"], is_required=False
    )
    note = checked_text(note, "note", TEXT_LENGTH_MAX["note"], is_required=False)
    recalled = (
        RecallLot.objects.select_related("lot__variant")
        .filter(recall=recall, lot_id=lot_id)
        .first()
    )
    if recalled is None:
        raise NotInRecall(f"Lot {lot_id} is not in recall {recall.reference}.")
    lot = recalled.lot
    variant = variants_by_id([lot.variant_id])[lot.variant_id]
    what = f"{variant.sku} {lot}"
    quantity = check_quantity(quantity, UNITS[variant.stock_unit], what=what)
    levels = lock_levels(variant_ids=[variant.id], with_names=True)
    _check_warehouse(kind, warehouse_id, what)
    if kind in (ProgressKind.RETURNED, ProgressKind.DESTROYED, ProgressKind.USED_UP):
        left = balances_of([lot.pk], recall_id=recall.pk)[lot.pk].outstanding
        if quantity > left:
            raise MoreThanOutstanding(
                f"{what}: {plain(left)} {variant.stock_unit} are outstanding, "
                f"{plain(quantity)} given."
            )
    if warehouse_id is not None:
        why = note or f"Recall {recall.reference}: {kind.label.lower()}"
        if kind is ProgressKind.RETURNED:
            _take_in(lot, variant, quantity, warehouse_id, why, reference or recall.reference, now)
        else:
            there = [
                level
                for level in levels
                if level.lot_id == lot.pk
                and level.location.warehouse_id == warehouse_id
                and level.location.kind not in KEPT_APART
                and level.on_hand > 0
            ]
            _take_out(kind, there, variant, what, quantity, why, reference or recall.reference, now)
    return RecallProgress.objects.create(
        recall_lot=recalled,
        kind=kind,
        quantity=quantity,
        warehouse_id=warehouse_id,
        reference=reference,
        note=note,
        recorded_at=now,
        actor_id=actor_id(),
        actor_name=actor_name(),
    )


@transaction.atomic
def take_back(*, progress_id: int, note: str, now: datetime) -> RecallProgress:
    """Take back what was confirmed by mistake; both records stay.

    Raises RecallEnded, CannotTakeBack (booked in the ledger, or taken back already), InvalidText.
    """
    found = RecallProgress.objects.select_related("recall_lot").filter(pk=progress_id).first()
    if found is None:
        raise CannotTakeBack(f"There is no record {progress_id}.")
    lock_recall(found.recall_lot.recall_id)
    note = checked_text(note, "note", TEXT_LENGTH_MAX["note"])
    if found.kind in BOOKED:
        raise CannotTakeBack("This stands in the ledger: adjust the stock with a reason.")
    is_gone = RecallProgress.objects.filter(reverses=found).exists()
    if found.reverses_id is not None or is_gone:
        raise CannotTakeBack("This record is taken back already.")
    return RecallProgress.objects.create(
        recall_lot=found.recall_lot,
        kind=found.kind,
        quantity=found.quantity,
        reference=found.reference,
        note=note,
        reverses=found,
        recorded_at=now,
        actor_id=actor_id(),
        actor_name=actor_name(),
    )


def _check_warehouse(kind: ProgressKind, warehouse_id: int | None, what: str) -> None:
    if kind in BOOKED and (warehouse_id is None or warehouse_by_id(warehouse_id) is None):
        raise WarehouseRequired(f"{what}: name the warehouse where it came in or left.")
    if kind not in BOOKED and warehouse_id is not None:
        raise WarehouseRequired(
            f"{what}: what was {kind.label.lower()} was in none of our warehouses."
        )


def _take_in(
    lot: Lot,
    variant: VariantRef,
    quantity: Decimal,
    warehouse_id: int,
    why: str,
    reference: str,
    now: datetime,
) -> None:
    """Goods of the lot come back: they lie where goods come in, and are frozen as the lot is."""
    place = receiving_location(warehouse_id)
    if place is None:
        raise WarehouseRequired("There is no place to put goods in this warehouse.")
    today = day_in(place.warehouse.time_zone, now)
    draft = stock.lot_found(variant=variant, code=lot.code, expiry_date=None, on=today)
    (level,) = stock.find_or_make_places([(draft, place.pk)], now=now)
    stock.adjust(
        stock_level_id=level.pk,
        quantity_delta=quantity,
        reason=why,
        kind=MovementKind.RETURN,
        reference=reference,
        now=now,
    )


def _take_out(
    kind: ProgressKind,
    levels: list[StockLevel],
    variant: VariantRef,
    what: str,
    quantity: Decimal,
    why: str,
    reference: str,
    now: datetime,
) -> None:
    """Goods of the lot leave for good, from as many places of the warehouse as it takes."""
    there = sum((level.on_hand for level in levels), Decimal(0))
    if quantity > there:
        raise NotEnoughStock(
            f"{what}: {plain(there)} {variant.stock_unit} on hand there, {plain(quantity)} asked."
        )
    for level in levels:
        part = min(level.on_hand, quantity)
        if kind is ProgressKind.SENT_BACK:
            stock.return_to_supplier(
                stock_level_id=level.pk, quantity=part, reason=why, reference=reference, now=now
            )
        else:
            stock.write_off(stock_level_id=level.pk, quantity=part, reason=why, now=now)
        quantity -= part
        if not quantity:
            return
