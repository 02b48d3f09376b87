"""What becomes of a promise: extended, released, committed, or its time runs out."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from catalog.products.selectors import variants_by_id
from config.kernel.errors import FieldError, InvalidInput, NotFound
from config.kernel.money import Money
from config.kernel.outbox import publish
from inventory.reservations.errors import (
    InsufficientStock,
    ReservationEnded,
    ReservationExpired,
)
from inventory.reservations.events import ReservationCommitted
from inventory.reservations.models import (
    Allocation,
    ChangeKind,
    Reservation,
    ReservationLine,
    ReservationStatus,
)
from inventory.reservations.rules import why_not_sellable
from inventory.reservations.selectors import line_tree, shortage_of
from inventory.reservations.services.choosing import pick_for
from inventory.reservations.services.claims import (
    fill_shortages,
    give_way,
    void_levels,
)
from inventory.reservations.services.clearing import check_cleared
from inventory.reservations.services.history import Change, record_changes
from inventory.reservations.services.holding import end, lock_for, variants_of
from inventory.reservations.services.keeping import keep_picks
from inventory.stock import services as stock
from inventory.stock.locks import lock_levels

RELEASE_BATCH = 200


@transaction.atomic
def extend(
    *, reservation_id: UUID, ttl: timedelta, now: datetime, client_id: int | None = None
) -> Reservation:
    """Keep the promise for this long from now; never for less than it is kept already.

    Without a client, whoever's it is. Raises NotFound, ReservationExpired, ReservationEnded.
    """
    reservation = _locked(reservation_id, client_id)
    if reservation.status in (ReservationStatus.RELEASED, ReservationStatus.COMMITTED):
        raise _ended(reservation)
    if reservation.status == ReservationStatus.EXPIRED or reservation.expires_at <= now:
        raise _expired(reservation)
    if now + ttl > reservation.expires_at:
        reservation.expires_at = now + ttl
        reservation.save(update_fields=["expires_at"])
        _write_down(reservation, ChangeKind.EXTENDED, now, f"Kept until {_at(reservation)}.")
    return reservation


@transaction.atomic
def release(
    *, reservation_id: UUID, now: datetime, client_id: int | None = None, reason: str = ""
) -> Reservation:
    """Give the promise up; one that was given up or has expired stays as it is.

    Without a client, whoever's it is. Raises NotFound, ReservationEnded (it was committed).
    """
    reservation = _locked(reservation_id, client_id)
    if reservation.status == ReservationStatus.COMMITTED:
        raise _ended(reservation)
    if reservation.status == ReservationStatus.HELD:
        lock_levels(variant_ids=variants_of([reservation]))
        end([reservation], status=ReservationStatus.RELEASED, now=now, reason=reason)
    return reservation


@transaction.atomic
def release_many(*, reservation_ids: Collection[UUID], reason: str, now: datetime) -> int:
    """Give up all of these that are still held; how many. The others stay as they are."""
    held = list(
        Reservation.objects.select_for_update(no_key=True)
        .filter(pk__in=reservation_ids, status=ReservationStatus.HELD)
        .order_by("pk")
    )
    if held:
        lock_levels(variant_ids=variants_of(held))
        end(held, status=ReservationStatus.RELEASED, now=now, reason=reason)
    return len(held)


@transaction.atomic
def commit(
    *,
    reservation_id: UUID,
    order_reference: str,
    now: datetime,
    client_id: int | None = None,
    unit_prices: Mapping[str, Money] | None = None,
    may_be_short: bool = False,
) -> Reservation:
    """Let the promised stock leave for an order; the same order again changes nothing.

    `unit_prices` says by SKU what a stock unit was sold for, for the forecast and the margin. After
    its time it is tried once more to take the stock. Where it `may_be_short`, because some of it
    is on its way already, what is short stays owed. Raises NotFound, InvalidInput (no order, or a
    price of what is not in the reservation), ReservationEnded, ReservationExpired,
    InsufficientStock (part of it was taken away and is not back), NotSellable (compliance has taken
    it off sale in the market; what has left is sold nevertheless).
    """
    if not order_reference:
        raise InvalidInput("A sale needs the order's reference.")
    reservation = _locked(reservation_id, client_id)
    if reservation.status == ReservationStatus.COMMITTED:
        if reservation.order_reference != order_reference:
            raise _ended(reservation)
        return reservation
    if reservation.status == ReservationStatus.RELEASED:
        raise _ended(reservation)
    if reservation.status == ReservationStatus.EXPIRED:
        _take_again(reservation, now, has_left=may_be_short)
    else:
        _make_whole(reservation, now, may_be_short)
    _keep_prices(reservation, unit_prices or {})
    _ship(reservation, order_reference, now)
    return reservation


@transaction.atomic
def release_expired(*, now: datetime, batch: int = RELEASE_BATCH) -> int:
    """End the held reservations whose time has run out, at most so many; how many it were.

    What somebody else is ending at this moment is passed over.
    """
    overdue = list(
        Reservation.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(status=ReservationStatus.HELD, expires_at__lte=now)
        .order_by("expires_at", "pk")[:batch]
    )
    if overdue:
        lock_levels(variant_ids=variants_of(overdue))
        end(overdue, status=ReservationStatus.EXPIRED, now=now)
    return len(overdue)


def _locked(reservation_id: UUID, client_id: int | None) -> Reservation:
    reservations = Reservation.objects.select_for_update(of=("self",), no_key=True).select_related(
        "market", "channel"
    )
    if client_id is not None:
        reservations = reservations.filter(client_id=client_id)
    reservation = reservations.filter(pk=reservation_id).first()
    if reservation is None:
        raise NotFound("There is no such reservation.")
    return reservation


def _ended(reservation: Reservation) -> ReservationEnded:
    how = reservation.status
    if reservation.order_reference:
        how += f" for order {reservation.order_reference}"
    return ReservationEnded(f"The reservation was {how}.", reservation_status=reservation.status)


def _expired(reservation: Reservation) -> ReservationExpired:
    return ReservationExpired(f"Its time ran out at {_at(reservation)}.")


def _at(reservation: Reservation) -> str:
    return f"{reservation.expires_at:%Y-%m-%d %H:%M:%S} UTC"


def _write_down(reservation: Reservation, kind: ChangeKind, now: datetime, detail: str) -> None:
    record_changes([Change(reservation_id=reservation.pk, kind=kind, detail=detail)], now)


def _lines(reservation: Reservation) -> list[ReservationLine]:
    return list(ReservationLine.objects.filter(reservation=reservation).order_by("position"))


def _take_again(reservation: Reservation, now: datetime, *, has_left: bool) -> None:
    """Promise an expired reservation's stock anew, all of it.

    Raises ReservationExpired, NotSellable.
    """
    lines = _lines(reservation)
    variants = variants_by_id({line.variant_id for line in lines})
    if any(why_not_sellable(variant.stage) for variant in variants.values()):
        raise _expired(reservation)
    lock_for(variant_ids=variants.keys(), now=now)
    if not has_left:
        check_cleared(reservation, now=now)
    leaves = [line for line in lines if line.quantity and not line.is_bundle]
    wanted = [(line, variants[line.variant_id]) for line in leaves]
    try:
        quantities = [(variant, line.quantity) for line, variant in wanted]
        picks = pick_for(reservation, quantities, now, partial=False)
    except InsufficientStock as error:
        raise _expired(reservation) from error
    # What it had kept before its time ran out was given back then, and is no part of the sale.
    Allocation.objects.filter(line__in=lines).delete()
    ReservationLine.objects.filter(pk__in=[line.pk for line in lines]).update(shortage=0)
    keep_picks({line.pk: found for (line, _), found in zip(wanted, picks, strict=True)})
    _write_down(reservation, ChangeKind.RETAKEN, now, "The stock was still free.")


def _make_whole(reservation: Reservation, now: datetime, may_be_short: bool) -> None:
    """See that a held reservation keeps all it promised, from lots that may still be sold today.

    Raises InsufficientStock, ReservationExpired, NotSellable.
    """
    variant_ids = variants_of([reservation])
    is_short = ReservationLine.objects.filter(reservation=reservation, shortage__gt=0).exists()
    if is_short:
        lock_for(variant_ids=variant_ids, besides=reservation, now=now)
    else:
        lock_levels(variant_ids=variant_ids)
    if not may_be_short:
        check_cleared(reservation, now=now)
    if is_short:
        fill_shortages(variant_ids=variant_ids, now=now)
    void = void_levels(reservation, now=now)
    if void:
        give_way(stock_level_ids=void, now=now, because="May no longer be sold.")
    lines = _lines(reservation)
    if not any(line.shortage for line in lines):
        return
    if reservation.expires_at <= now:
        raise _expired(reservation)
    if not may_be_short:
        raise _insufficient(lines)


def _insufficient(lines: Sequence[ReservationLine]) -> InsufficientStock:
    """What the client asked for and does not get: of a bundle, how many cannot be made whole."""
    short = [
        (line, shortage)
        for line, components in line_tree(lines)
        if (shortage := shortage_of(line, components))
    ]
    variants = variants_by_id({line.variant_id for line, _ in short})
    quantities: dict[int, tuple[Decimal, Decimal]] = {}
    for line, shortage in short:
        requested, kept = quantities.get(line.variant_id, (Decimal(0), Decimal(0)))
        quantities[line.variant_id] = (
            requested + line.quantity,
            kept + line.quantity - shortage,
        )
    return InsufficientStock(
        "Part of what was promised was taken away and has not come back.",
        shortages=[
            {"sku": variants[variant_id].sku, "requested": requested, "available": kept}
            for variant_id, (requested, kept) in quantities.items()
        ],
    )


def _keep_prices(reservation: Reservation, unit_prices: Mapping[str, Money]) -> None:
    """What the client asked for and what it was sold for. Raises InvalidInput."""
    if not unit_prices:
        return
    wanted = ReservationLine.objects.filter(reservation=reservation, parent__isnull=True)
    lines = list(wanted.select_related("variant").order_by("position"))
    strange = sorted(unit_prices.keys() - {line.variant.sku for line in lines})
    if strange:
        raise InvalidInput(
            "Some prices are of what is not in the reservation.",
            errors=[
                FieldError(f"/unit_prices/{sku}", "unknown-product", f"{sku} is not in it.")
                for sku in strange
            ],
        )
    priced = [line for line in lines if line.variant.sku in unit_prices]
    for line in priced:
        price = unit_prices[line.variant.sku]
        line.unit_price, line.price_currency = price.amount, price.currency.code
    ReservationLine.objects.bulk_update(priced, ["unit_price", "price_currency"])


def _ship(reservation: Reservation, order_reference: str, now: datetime) -> None:
    quantities: dict[int, Decimal] = defaultdict(Decimal)
    allocations = Allocation.objects.filter(line__reservation=reservation, is_open=True)
    for level_id, quantity in allocations.order_by("pk").values_list("stock_level_id", "quantity"):
        quantities[level_id] += quantity
    stock.ship(quantities=quantities, reference=order_reference, happened_at=now, now=now)
    allocations.update(is_open=False)
    reservation.status = ReservationStatus.COMMITTED
    reservation.order_reference = order_reference
    reservation.ended_at = now
    reservation.save(update_fields=["status", "order_reference", "ended_at"])
    _write_down(reservation, ChangeKind.COMMITTED, now, f"The stock left for {order_reference}.")
    publish(
        ReservationCommitted(
            occurred_at=now,
            reservation_id=reservation.pk,
            reference=reservation.reference,
            order_reference=order_reference,
        )
    )
