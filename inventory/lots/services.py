"""Writing lots and holds, as parts of changes of stock: `inventory.stock.services` calls them."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from catalog.products.selectors import VariantRef
from config.kernel.history import set_reason
from inventory.lots.errors import LotDatesDiffer, UnknownLot
from inventory.lots.models import HoldReason, Lot, LotHold
from inventory.lots.rules import check_dates_on_receipt, check_new_lot


def find_or_make_lot(
    *,
    variant: VariantRef,
    code: str,
    production_date: date | None,
    expiry_date: date | None,
    supplier_id: int | None,
    received_at: datetime,
    on: date,
) -> Lot:
    """The lot that came in on a day: the one on file, whose gaps are filled, or a new one.

    Two goods-in at once make it once: the second waits for the first and finds its lot.
    Raises LotRequired, LotCodeTooLong, ExpiryRequired, ExpiryInPast, ExpiryBeforeProduction,
    ProductionInFuture, LotDatesDiffer.
    """
    assert connection.in_atomic_block, "a lot comes with the stock that is received into it"
    code = code.strip()
    known = Lot.objects.filter(variant_id=variant.id, code=code).first()
    if known is not None:
        _check_same_dates(known, production_date, expiry_date, variant.sku)
    check_new_lot(
        code=code,
        production_date=production_date or (known.production_date if known else None),
        expiry_date=expiry_date or (known.expiry_date if known else None),
        is_lot_tracked=variant.is_lot_tracked,
        sku=variant.sku,
    )
    check_dates_on_receipt(
        code=code,
        production_date=production_date,
        expiry_date=expiry_date or (known.expiry_date if known else None),
        on=on,
        sku=variant.sku,
    )
    lot, _ = Lot.objects.get_or_create(
        variant_id=variant.id,
        code=code,
        defaults={
            "production_date": production_date,
            "expiry_date": expiry_date,
            "supplier_id": supplier_id,
            "received_at": received_at,
        },
    )
    _check_same_dates(lot, production_date, expiry_date, variant.sku)
    _fill_gaps(lot, production_date=production_date, supplier_id=supplier_id)
    return lot


def set_cost(*, lot: Lot, amount: Decimal, currency: str, reason: str) -> None:
    """Note what one stock unit of this lot costs; the history keeps what it was before."""
    if (lot.unit_cost, lot.currency) == (amount, currency):
        return
    lot.unit_cost, lot.currency = amount, currency
    set_reason(lot, reason)
    lot.save(update_fields=["unit_cost", "currency"])


def open_holds(
    *, lots: Collection[Lot], reason: HoldReason, note: str, now: datetime, user_id: int | None
) -> list[LotHold]:
    """Hold those of these lots that are not on hold for this reason yet; answer the new holds."""
    held = set(
        LotHold.objects.filter(lot__in=lots, reason=reason, released_at__isnull=True).values_list(
            "lot_id", flat=True
        )
    )
    return LotHold.objects.bulk_create(
        [
            LotHold(lot=lot, reason=reason, note=note, placed_at=now, placed_by_id=user_id)
            for lot in lots
            if lot.pk not in held
        ]
    )


def close_holds(*, hold_ids: Collection[int], note: str, now: datetime, user_id: int | None) -> int:
    """End these holds, if they are still open; answer how many were."""
    return LotHold.objects.filter(pk__in=hold_ids, released_at__isnull=True).update(
        released_at=now, released_by_id=user_id, release_note=note
    )


def get_lots(lot_ids: Collection[int]) -> list[Lot]:
    """These lots with their variants, in the order of their keys. Raises UnknownLot."""
    lots = list(Lot.objects.select_related("variant").filter(pk__in=lot_ids).order_by("pk"))
    missing = sorted(set(lot_ids) - {lot.pk for lot in lots})
    if missing:
        raise UnknownLot(f"There is no lot {', '.join(map(str, missing))}.")
    return lots


def _check_same_dates(
    lot: Lot, production_date: date | None, expiry_date: date | None, sku: str
) -> None:
    if expiry_date is not None and expiry_date != lot.expiry_date:
        raise LotDatesDiffer(
            f"{sku} lot {lot.code} is on file with the expiry date {lot.expiry_date or 'none'}; "
            f"{expiry_date} was given."
        )
    if (
        None not in (production_date, lot.production_date)
        and production_date != lot.production_date
    ):
        raise LotDatesDiffer(
            f"{sku} lot {lot.code} is on file with the production date {lot.production_date}; "
            f"{production_date} was given."
        )


def _fill_gaps(lot: Lot, *, production_date: date | None, supplier_id: int | None) -> None:
    changed = []
    if lot.production_date is None and production_date is not None:
        lot.production_date = production_date
        changed.append("production_date")
    if lot.supplier_id is None and supplier_id is not None:
        lot.supplier_id = supplier_id
        changed.append("supplier")
    if changed:
        set_reason(lot, "Said by a later receipt.")
        lot.save(update_fields=changed)
