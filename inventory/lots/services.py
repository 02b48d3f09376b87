"""Writing lots and holds, as parts of changes of stock: `inventory.stock.services` calls them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from catalog.products.selectors import VariantRef
from config.kernel.context import actor_name
from config.kernel.history import create_recorded, set_reason
from inventory.lots.errors import LotDatesDiffer, UnknownLot
from inventory.lots.models import HoldReason, Lot, LotHold
from inventory.lots.rules import LOT_CODE_LENGTH_MAX, check_dates_on_receipt, check_new_lot
from inventory.lots.splits import lot_split


@dataclass(frozen=True, slots=True, kw_only=True)
class LotDraft:
    """Goods as they come in on a day: their lot, and what it costs if it is new."""

    variant: VariantRef
    code: str
    production_date: date | None
    expiry_date: date | None
    supplier_id: int | None
    unit_cost: Decimal | None
    currency: str
    on: date

    @property
    def key(self) -> tuple[int, str]:
        """By what a lot is found."""
        return self.variant.id, self.code


def find_or_make_lots(
    drafts: Sequence[LotDraft], *, received_at: datetime
) -> tuple[list[Lot], set[int]]:
    """The lot of each draft, on file or new, and the keys of the new ones.

    Two goods-in at once make a lot once: the second waits for the first and finds its lot.
    Raises BundleHasNoStock, LotRequired, LotCodeTooLong, ExpiryRequired, ExpiryInPast,
    ExpiryBeforeProduction, ProductionInFuture, LotDatesDiffer.
    """
    assert connection.in_atomic_block, "a lot comes with the stock that is received into it"
    known = _lots_by_key(drafts)
    for draft in drafts:
        _check(draft, known.get(draft.key))
    new = {draft.key: draft for draft in drafts if draft.key not in known}
    made = _make([new[key] for key in sorted(new)], received_at)
    if len(made) < len(new):
        known = _lots_by_key(drafts)
    known |= {(lot.variant_id, lot.code): lot for lot in made}
    lots = [known[draft.key] for draft in drafts]
    for lot, draft in zip(lots, drafts, strict=True):
        _check_same_dates(lot, draft.production_date, draft.expiry_date, draft.variant.sku)
    return lots, {lot.pk for lot in made}


def _lots_by_key(drafts: Sequence[LotDraft]) -> dict[tuple[int, str], Lot]:
    wanted = {draft.key for draft in drafts}
    lots = Lot.objects.filter(
        variant_id__in={variant_id for variant_id, _ in wanted},
        code__in={code for _, code in wanted},
    )
    found = {(lot.variant_id, lot.code): lot for lot in lots.order_by("pk")}
    return {key: lot for key, lot in found.items() if key in wanted}


def _check(draft: LotDraft, known: Lot | None) -> None:
    if known is not None:
        _check_same_dates(known, draft.production_date, draft.expiry_date, draft.variant.sku)
    check_new_lot(
        code=draft.code,
        production_date=draft.production_date or (known.production_date if known else None),
        expiry_date=draft.expiry_date or (known.expiry_date if known else None),
        is_lot_tracked=draft.variant.is_lot_tracked,
        is_bundle=draft.variant.is_bundle,
        sku=draft.variant.sku,
    )
    check_dates_on_receipt(
        code=draft.code,
        production_date=draft.production_date,
        expiry_date=draft.expiry_date or (known.expiry_date if known else None),
        on=draft.on,
        sku=draft.variant.sku,
    )


def _make(drafts: Sequence[LotDraft], received_at: datetime) -> list[Lot]:
    """The new lots; fewer than asked where somebody else has made some of them meanwhile."""
    if not drafts:
        return []
    new = [
        Lot(
            variant_id=draft.variant.id,
            code=draft.code,
            production_date=draft.production_date,
            expiry_date=draft.expiry_date,
            supplier_id=draft.supplier_id,
            unit_cost=draft.unit_cost,
            currency=draft.currency,
            received_at=received_at,
            updated_at=received_at,
        )
        for draft in drafts
    ]
    try:
        with transaction.atomic():
            return create_recorded(new)
    except IntegrityError:
        if len(drafts) == 1:
            return []
    return [lot for draft in drafts for lot in _make([draft], received_at)]


def fill_gaps(lot: Lot, draft: LotDraft) -> None:
    """Note what a later receipt says of a lot on file and nobody said before."""
    changed = []
    if lot.production_date is None and draft.production_date is not None:
        lot.production_date = draft.production_date
        changed.append("production_date")
    if lot.supplier_id is None and draft.supplier_id is not None:
        lot.supplier_id = draft.supplier_id
        changed.append("supplier")
    if changed:
        set_reason(lot, "Said by a later receipt.")
        lot.save(update_fields=changed)


def find_or_make_opened(
    *,
    variant: VariantRef,
    source: Lot,
    opened_on: date,
    expiry_date: date | None,
    unit_cost: Decimal | None,
    received_at: datetime,
) -> Lot:
    """The lot of what was opened of `source` on a day, as stock of `variant`.

    Containers of one lot that are opened on one day end on one day, and are one lot. The caller
    holds the locks of the variant's stock, so that nobody makes it a second time.
    """
    opened = Lot.objects.filter(
        variant_id=variant.id,
        opened_from=source,
        opened_on_date=opened_on,
        split_from__isnull=True,
    )
    known = opened.first()
    if known is not None:
        return known
    (lot,) = create_recorded(
        [
            Lot(
                variant_id=variant.id,
                code=_opened_code(variant.id, source, opened_on),
                production_date=source.production_date,
                expiry_date=expiry_date,
                supplier_id=source.supplier_id,
                unit_cost=unit_cost,
                currency=source.currency if unit_cost is not None else "",
                received_at=received_at,
                updated_at=received_at,
                opened_on_date=opened_on,
                opened_from=source,
            )
        ]
    )
    return lot


def _opened_code(variant_id: int, source: Lot, opened_on: date) -> str:
    """`L42/261124`: the lot and the day; counted on where that is taken."""
    end = f"/{opened_on:%y%m%d}"
    for number in count(1):
        tail = end if number == 1 else f"{end}-{number}"
        code = f"{(source.code or 'open')[: LOT_CODE_LENGTH_MAX - len(tail)]}{tail}"
        if not Lot.objects.filter(variant_id=variant_id, code=code).exists():
            return code
    raise AssertionError("counting does not end")


def make_split(
    *,
    source: Lot,
    code: str,
    received_at: datetime,
    variant_id: int | None = None,
    is_refurbished: bool = False,
    unit_cost: Decimal | None = None,
    currency: str = "",
) -> Lot:
    """A lot of its own for goods of `source` that came back; it lasts no longer, wherever it is.

    Of another variant where they are sold as that from now on. A code that is taken is counted on.
    Of a recalled lot it is recalled as well. The caller holds the locks of both variants' stock.
    """
    variant_id = source.variant_id if variant_id is None else variant_id
    if unit_cost is None:
        unit_cost, currency = source.unit_cost, source.currency
    (lot,) = create_recorded(
        [
            Lot(
                variant_id=variant_id,
                code=free_code(variant_id, code),
                production_date=source.production_date,
                expiry_date=source.expiry_date,
                supplier_id=source.supplier_id,
                unit_cost=unit_cost,
                currency=currency,
                received_at=received_at,
                updated_at=received_at,
                opened_on_date=source.opened_on_date,
                opened_from_id=source.opened_from_id,
                split_from=source,
                is_refurbished=is_refurbished,
            )
        ]
    )
    lot_split.ask(source=source, lot=lot, now=received_at)
    return lot


def make_unidentified(
    *, variant_id: int, code: str, expiry_date: date | None, received_at: datetime
) -> Lot:
    """A lot for goods of which nobody can say from which lot they are; a taken code is counted on.

    The caller holds the locks of the variant's stock.
    """
    (lot,) = create_recorded(
        [
            Lot(
                variant_id=variant_id,
                code=free_code(variant_id, code),
                expiry_date=expiry_date,
                received_at=received_at,
                updated_at=received_at,
            )
        ]
    )
    return lot


def free_code(variant_id: int, code: str) -> str:
    """The code, shortened to what a lot's may be, and counted on where it is taken."""
    for number in count(1):
        tail = "" if number == 1 else f"-{number}"
        found = f"{code[: LOT_CODE_LENGTH_MAX - len(tail)]}{tail}"
        if not Lot.objects.filter(variant_id=variant_id, code=found).exists():
            return found
    raise AssertionError("counting does not end")


def touch(lots: Collection[int] | QuerySet[Any, Any], *, now: datetime) -> None:
    """Something about these lots has changed: whoever pulls changes meets them again.

    The caller holds the locks of their variants' stock, so that nobody waits for these rows.
    """
    Lot.objects.filter(pk__in=lots, updated_at__lt=now).update(updated_at=now)


def set_cost(*, lot: Lot, amount: Decimal, currency: str, reason: str, now: datetime) -> None:
    """Note what one stock unit of this lot costs; the history keeps what it was before."""
    if (lot.unit_cost, lot.currency) == (amount, currency):
        return
    lot.unit_cost, lot.currency = amount, currency
    lot.updated_at = max(lot.updated_at, now)
    set_reason(lot, reason)
    lot.save(update_fields=["unit_cost", "currency", "updated_at"])


def open_holds(
    *, lots: Collection[Lot], reason: HoldReason, note: str, now: datetime, user_id: int | None
) -> list[LotHold]:
    """Hold those of these lots that are not on hold for this reason yet; answer the new holds."""
    held = set(
        LotHold.objects.filter(lot__in=lots, reason=reason, released_at__isnull=True).values_list(
            "lot_id", flat=True
        )
    )
    touch({lot.pk for lot in lots} - held, now=now)
    return LotHold.objects.bulk_create(
        [
            LotHold(
                lot=lot,
                reason=reason,
                note=note,
                placed_at=now,
                placed_by_id=user_id,
                placed_by_name=actor_name(),
            )
            for lot in lots
            if lot.pk not in held
        ]
    )


def close_holds(*, hold_ids: Collection[int], note: str, now: datetime, user_id: int | None) -> int:
    """End these holds, if they are still open; answer how many were."""
    holds = LotHold.objects.filter(pk__in=hold_ids, released_at__isnull=True)
    touch(holds.values("lot_id"), now=now)
    return holds.update(
        released_at=now,
        released_by_id=user_id,
        released_by_name=actor_name(),
        release_note=note,
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
