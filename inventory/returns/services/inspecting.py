"""What came back is looked at, and somebody says what becomes of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from catalog.products.selectors import variants_by_id
from catalog.units.rules import plain
from config.kernel.context import actor_id, actor_name
from config.kernel.errors import FieldError, InvalidInput
from config.kernel.outbox import publish
from inventory.lots.models import Lot
from inventory.lots.rules import day_in
from inventory.returns.errors import CannotRestock, NothingReceived
from inventory.returns.events import ReturnInspected, ReturnQuantity
from inventory.returns.models import (
    Disposition,
    ReturnAuthorization,
    ReturnChangeKind,
    ReturnItem,
    ReturnLine,
    ReturnOutcome,
    ReturnStatus,
)
from inventory.returns.rules import Obstacle
from inventory.returns.selectors import obstacles_of, waiting_items
from inventory.returns.services.bench import Bench, Verdict, check_verdicts, lay_out, shares_of
from inventory.returns.services.exchanges import decide_exchanges, lock_exchanges
from inventory.returns.services.history import at_line, lock_return, write_down
from inventory.returns.services.refurbishing import check_targets, own_lot
from inventory.stock import services as stock
from inventory.stock.locks import lock_levels
from inventory.stock.models import StockLevel
from inventory.warehouses.errors import UnknownLocation
from inventory.warehouses.models import KEPT_APART, Location
from inventory.warehouses.selectors import receiving_location

FIT_AGAIN = (Disposition.RESTOCK, Disposition.REFURBISH)


@transaction.atomic
def inspect_return(
    *,
    return_id: UUID,
    verdicts: Sequence[Verdict],
    now: datetime,
    exchanges: Mapping[int, bool] | None = None,
) -> ReturnAuthorization:
    """Say what becomes of goods that came back, all of it or nothing; a line may be split.

    Goods fit for sale go back to their own lot, what is refurbished or in quarantine into a lot of
    its own that is on hold, the rest leaves. What is refurbished may become a SKU of its own, and
    be for sale as that at once. `exchanges` sends (True) or refuses (False) the
    replacement of a line, by its position. Raises UnknownReturn, ReturnEnded, NothingReceived,
    NotInReturn, InvalidReturn, CannotRestock (naming why), NoExchange, UnknownLocation and what
    committing a reservation raises.
    """
    found = lock_return(return_id)
    exchanges = dict(exchanges or {})
    if not verdicts and not exchanges:
        raise InvalidInput("Say of one line at least what becomes of it.")
    lines = {ln.position: ln for ln in ReturnLine.objects.filter(authorization=found)}
    targets = {one.into_variant_id for one in verdicts if one.into_variant_id is not None}
    variants = variants_by_id({line.variant_id for line in lines.values()} | targets)
    check_verdicts(found, verdicts, lines, variants)
    check_targets(verdicts, lines, variants)
    held = lock_exchanges(exchanges, lines)
    lock_levels(variant_ids={*variants, *held.variant_ids}, with_names=True)
    bench = lay_out(found, verdicts, lines, variants, now)
    _check_fit(bench, verdicts)
    outcomes = [made for n, one in enumerate(verdicts) for made in _carry_out(bench, n, one)]
    decide_exchanges(found, exchanges, lines, now)
    _settle(bench, outcomes)
    return found


def _check_fit(bench: Bench, verdicts: Sequence[Verdict]) -> None:
    """Raises NothingReceived (more than waits), CannotRestock, naming every line and reason."""
    left: dict[int, Decimal] = {}
    missing: list[FieldError] = []
    unfit: list[FieldError] = []
    for number, one in enumerate(verdicts):
        line = bench.lines[one.position]
        variant = bench.variants[line.variant_id]
        shares = shares_of(bench, one, left)
        there = sum((part for _, part in shares), Decimal(0))
        if there < one.quantity:
            detail = (
                f"{variant.sku}: {plain(there)} {variant.stock_unit} of line {line.position} wait "
                f"to be decided, {plain(one.quantity)} given."
            )
            missing.append(at_line(number, "quantity", NothingReceived.code, detail))
            continue
        if one.disposition not in FIT_AGAIN:
            continue
        for item, _ in shares:
            unfit += [
                at_line(number, "disposition", why.code, f"{variant.sku}: {why.detail}")
                for why in _obstacles(bench, one, item)
            ]
    if missing:
        raise NothingReceived("More is decided than waits.", errors=missing)
    if unfit:
        unfit = list(dict.fromkeys(unfit))
        raise CannotRestock("Some goods may not go back on sale.", errors=unfit)


def _obstacles(bench: Bench, one: Verdict, item: ReturnItem) -> list[Obstacle]:
    # As what it would be sold: a SKU of its own may ask for other days left.
    variant = bench.variants[one.into_variant_id or item.line.variant_id]
    lot, is_known = _lot_as_read(bench, one, item)
    place = item.stock_level.location
    return obstacles_of(
        lot,
        variant,
        holds=bench.holds.get(lot.pk, set()),
        is_sealed=one.is_sealed,
        is_lot_known=is_known,
        today=day_in(place.warehouse.time_zone, bench.now),
    )


def _lot_as_read(bench: Bench, one: Verdict, item: ReturnItem) -> tuple[Lot, bool]:
    if one.lot_code is None:
        return item.stock_level.lot, item.is_identified
    return bench.lots[item.line.variant_id, one.lot_code], True


def _carry_out(bench: Bench, number: int, one: Verdict) -> list[ReturnOutcome]:
    """Do what was decided, and write it down."""
    made = []
    serials = [serial.strip() for serial in one.serials]
    for item, quantity in shares_of(bench, one, {}):
        own, serials = serials[: int(quantity)], serials[int(quantity) :]
        lot, is_known = _lot_as_read(bench, one, item)
        level = item.stock_level
        if lot.pk != level.lot_id:
            level = stock.change_lot(
                level=level,
                lot=lot,
                to=level.location,
                quantity=quantity,
                reason="Lot read on the goods",
                reference=bench.found.reference,
                now=bench.now,
                serials=own,
                is_recognised=True,
            )
        put = _put(bench, number, one, level, quantity, own)
        item.decided += quantity
        item.save(update_fields=["decided"])
        made.append(
            ReturnOutcome(
                line=item.line,
                disposition=one.disposition,
                quantity=quantity,
                lot=lot,
                is_lot_known=is_known,
                stock_level=put,
                is_sealed=one.is_sealed,
                condition=one.condition.strip(),
                reference=one.reference.strip(),
                serials=own,
                decided_at=bench.now,
                actor_id=actor_id(),
                actor_name=actor_name(),
            )
        )
    return ReturnOutcome.objects.bulk_create(made)


def _put(
    bench: Bench,
    number: int,
    one: Verdict,
    level: StockLevel,
    quantity: Decimal,
    serials: Sequence[str],
) -> StockLevel | None:
    """Where the goods lie afterwards; None: they are gone."""
    reference, now = bench.found.reference, bench.now
    if one.disposition in (Disposition.SCRAP, Disposition.SUPPLIER):
        is_to_supplier = one.disposition == Disposition.SUPPLIER
        stock.give_away(
            level=level,
            quantity=quantity,
            reason=one.condition.strip() or f"Return: {one.disposition.label.lower()}",
            reference=(one.reference.strip() or reference) if is_to_supplier else reference,
            now=now,
            serials=serials,
            is_to_supplier=is_to_supplier,
        )
        return None
    to = _place(bench, number, one, level)
    reason = f"Return: {one.disposition.label.lower()}"
    held = bool(bench.holds.get(level.lot_id))
    if one.disposition == Disposition.RESTOCK or (
        one.disposition == Disposition.QUARANTINE and held
    ):
        stock.put_back(
            level=level, to=to, quantity=quantity, reason=reason, reference=reference, now=now,
            serials=serials,
        )  # fmt: skip
        return StockLevel.objects.get(lot_id=level.lot_id, location_id=to.pk)
    if one.into_variant_id is not None:
        sku, into = (bench.variants[pk].sku for pk in (level.variant_id, one.into_variant_id))
        reason = f"{reason}, {sku} becomes {into}"
    return stock.change_lot(
        level=level,
        lot=own_lot(bench, one, level.lot),
        to=to,
        quantity=quantity,
        reason=reason,
        reference=reference,
        now=now,
        serials=serials,
    )


def _place(bench: Bench, number: int, one: Verdict, level: StockLevel) -> Location:
    """Where the goods are put. Raises UnknownLocation."""
    if one.location_id is None:
        place = receiving_location(level.location.warehouse_id)
    else:
        place = bench.places.get(one.location_id)
    warehouse = level.location.warehouse
    if (
        place is None
        or not place.is_active
        or place.kind in KEPT_APART
        or place.warehouse_id != warehouse.pk
    ):
        detail = f"{place.code if place else one.location_id} takes no goods in {warehouse.code}."
        error = at_line(number, "location", UnknownLocation.code, detail)
        raise UnknownLocation(detail, errors=[error])
    return place


def _settle(bench: Bench, outcomes: Sequence[ReturnOutcome]) -> None:
    """Say how far the inspection has come, and tell it."""
    found, now = bench.found, bench.now
    is_complete = not waiting_items(found.pk)
    if is_complete and found.status == ReturnStatus.RECEIVED:
        found.status, found.inspected_at = ReturnStatus.INSPECTED, now
        found.save(update_fields=["status", "inspected_at"])
    if not outcomes:
        return
    sums: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
    for one in outcomes:
        sku = bench.variants[one.line.variant_id].sku
        sums[sku, one.lot.code, str(one.disposition), _becomes(bench, one)] += one.quantity
    told = "; ".join(
        f"{sku} {lot or 'open lot'}: {plain(quantity)} {Disposition(fate).label.lower()}"
        f"{f' as {into}' if into else ''}"
        for (sku, lot, fate, into), quantity in sums.items()
    )
    write_down(found, ReturnChangeKind.INSPECTED, told, now)
    publish(
        ReturnInspected(
            occurred_at=now,
            return_id=found.pk,
            reference=found.reference,
            order_reference=found.order_reference,
            is_complete=is_complete,
            lines=tuple(
                ReturnQuantity(sku=sku, lot=lot, quantity=quantity, disposition=fate, into_sku=into)
                for (sku, lot, fate, into), quantity in sums.items()
            ),
        )
    )


def _becomes(bench: Bench, one: ReturnOutcome) -> str:
    """The SKU that the goods have become; blank: they are what they were."""
    if one.stock_level is None or one.stock_level.variant_id == one.line.variant_id:
        return ""
    return bench.variants[one.stock_level.variant_id].sku
