"""Goods come back: on hand at once, in a place that is never sold from."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import UNITS, plain
from config.kernel.context import actor_id
from config.kernel.errors import InvalidInput
from config.kernel.outbox import publish
from inventory.lots.errors import UnknownLot
from inventory.lots.models import Lot
from inventory.lots.rules import day_in
from inventory.lots.selectors import lots_by_code
from inventory.lots.services import make_unidentified
from inventory.returns.errors import InvalidReturn, MoreThanSold, NotInReturn
from inventory.returns.events import ReturnQuantity, ReturnReceived
from inventory.returns.models import (
    ReturnAuthorization,
    ReturnChangeKind,
    ReturnItem,
    ReturnLine,
    ReturnPart,
    ReturnStatus,
)
from inventory.returns.rules import SoldLine, spread
from inventory.returns.selectors import orders_called, sold_lines
from inventory.returns.services.history import at_line, lock_return, write_down
from inventory.returns.services.pieces import check_pieces
from inventory.stock import services as stock
from inventory.stock.locks import lock_levels
from inventory.stock.models import StockLevel
from inventory.stock.rules import check_quantity, check_serials
from inventory.warehouses.errors import UnknownWarehouse
from inventory.warehouses.models import Warehouse
from inventory.warehouses.selectors import warehouse_by_id
from inventory.warehouses.services import returns_of

UNIDENTIFIED = "Came back of an unknown lot."


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """So much of a line has come, in stock units.

    `lot_code` is the lot on the goods; None: as announced, else nobody knows.
    """

    position: int
    quantity: Decimal
    lot_code: str | None = None
    serials: Sequence[str] = ()


@dataclass(slots=True)
class _Goods:
    line: ReturnLine
    lot: Lot | None
    quantity: Decimal
    serials: list[str] = field(default_factory=list)


@transaction.atomic
def receive_return(
    *,
    return_id: UUID,
    warehouse_id: int,
    now: datetime,
    arrivals: Sequence[Arrived] | None = None,
    happened_at: datetime | None = None,
) -> ReturnAuthorization:
    """Take in what has come back; without arrivals all that was announced and has not come.

    It is on hand where returns lie, and not for sale. More than announced is taken if as much was
    sold. Goods of a tracked product whose lot nobody knows get a lot of their own, on hold. Raises
    UnknownReturn, ReturnEnded, UnknownWarehouse, NotInReturn, InvalidReturn (naming each wrong
    line), MoreThanSold, HappensInFuture, InvalidSerial, UnknownSerial, SerialInStock.
    """
    found = lock_return(return_id)
    warehouse = warehouse_by_id(warehouse_id)
    if warehouse is None:
        raise UnknownWarehouse(f"There is no warehouse {warehouse_id}.")
    lines = {ln.position: ln for ln in ReturnLine.objects.filter(authorization=found)}
    if arrivals is None:
        arrivals = [
            Arrived(position=ln.position, quantity=ln.quantity - ln.received, serials=ln.serials)
            for ln in sorted(lines.values(), key=lambda one: one.position)
            if ln.quantity > ln.received
        ]
    if not arrivals:
        raise InvalidInput("Say of one line at least how much has come.")
    variants = variants_by_id({line.variant_id for line in lines.values()})
    goods = _understood(arrivals, lines, variants)
    sold = _cover(found, goods)
    check_pieces(
        [(variants[one.line.variant_id], one.serials) for one in goods],
        order_reference="" if found.is_blind else found.order_reference,
    )
    lock_levels(variant_ids={one.line.variant_id for one in goods})
    _take_in(found, goods, warehouse, variants, sold, now, happened_at)
    found.status, found.warehouse = ReturnStatus.RECEIVED, warehouse
    found.received_at, found.inspected_at = now, None
    found.save(update_fields=["status", "warehouse", "received_at", "inspected_at"])
    _tell(found, goods, warehouse, variants, now)
    return found


def _understood(
    arrivals: Sequence[Arrived],
    lines: Mapping[int, ReturnLine],
    variants: Mapping[int, VariantRef],
) -> list[_Goods]:
    """What came, with its lot where it is known. Raises NotInReturn, InvalidReturn."""
    strange = [number for number, one in enumerate(arrivals) if one.position not in lines]
    if strange:
        raise NotInReturn(
            "Some lines are not in this return.",
            errors=[
                at_line(n, "line", NotInReturn.code, f"There is no line {arrivals[n].position}.")
                for n in strange
            ],
        )
    named = {
        (lines[one.position].variant_id, one.lot_code)
        for one in arrivals
        if one.lot_code is not None
    }
    lots = lots_by_code(named)
    open_lots = lots_by_code({(v.id, "") for v in variants.values() if not v.is_lot_tracked})
    claimed = Lot.objects.in_bulk([ln.lot_id for ln in lines.values() if ln.lot_id is not None])
    errors, goods = [], []
    for number, one in enumerate(arrivals):
        line = lines[one.position]
        variant = variants[line.variant_id]
        try:
            check_quantity(one.quantity, UNITS[variant.stock_unit], what=variant.sku)
            serials = check_serials(one.serials, quantity=one.quantity, what=variant.sku)
        except InvalidInput as error:
            pointer = error.errors[0].pointer.lstrip("/")
            errors.append(at_line(number, pointer, error.code, error.detail))
            continue
        if one.lot_code is None:
            lot = claimed.get(line.lot_id or 0) or open_lots.get((variant.id, ""))
        else:
            lot = lots.get((variant.id, one.lot_code))
            if lot is None:
                name = f"lot {one.lot_code}" if one.lot_code else "open lot"
                detail = f"{variant.sku} has no {name} on file."
                errors.append(at_line(number, "lot", UnknownLot.code, detail))
                continue
        goods.append(_Goods(line=line, lot=lot, quantity=one.quantity, serials=list(serials)))
    if errors:
        raise InvalidReturn("Some lines cannot have come back like this.", errors=errors)
    return goods


def _cover(found: ReturnAuthorization, goods: Sequence[_Goods]) -> list[SoldLine]:
    """What comes beyond what was announced counts against the sale, too; what was sold.

    Raises MoreThanSold.
    """
    if found.is_blind:
        return []
    come: dict[int, Decimal] = defaultdict(Decimal)
    for one in goods:
        come[one.line.pk] += one.quantity
    lines = {one.line.pk: one.line for one in goods}
    parts, sold = _counted(found)
    errors = []
    for line_id, quantity in sorted(come.items()):
        line = lines[line_id]
        counted = sum((part.quantity for part in parts[line_id]), Decimal(0))
        beyond = max(line.received + quantity - counted, Decimal(0))
        same = [row for row in sold.values() if row.variant_id == line.variant_id]
        more = spread(beyond, same, lot_id=line.lot_id)
        missing = beyond - sum((share for _, share in more), Decimal(0))
        if missing:
            number = next(n for n, one in enumerate(goods) if one.line.pk == line_id)
            detail = (
                f"Line {line.position}: {plain(missing)} more came than was sold under "
                f"{found.order_reference} and is not back yet; take it as a return of its own."
            )
            errors.append(at_line(number, "quantity", MoreThanSold.code, detail))
            continue
        for row, share in more:
            _count_against(line, row, share, parts[line_id])
            sold[row.line_id] = replace(row, returned=row.returned + share)
    if errors:
        raise MoreThanSold("More came back than was sold.", errors=errors)
    return list(sold.values())


def _counted(
    found: ReturnAuthorization,
) -> tuple[dict[int, list[ReturnPart]], dict[int, SoldLine]]:
    """What each line counts against the sale, and the sale itself, locked."""
    parts: dict[int, list[ReturnPart]] = defaultdict(list)
    sellers = set()
    own = ReturnPart.objects.filter(line__authorization=found).order_by("pk")
    for part in own.select_related("sold_line__reservation"):
        parts[part.line_id].append(part)
        sellers.add(part.sold_line.reservation.client_id)
    orders = [
        order.pk
        for order in orders_called(found.order_reference).select_for_update(no_key=True)
        if order.client_id in sellers
    ]
    return parts, {row.line_id: row for row in sold_lines(orders)}


def _count_against(
    line: ReturnLine, sold: SoldLine, quantity: Decimal, parts: Sequence[ReturnPart]
) -> None:
    known = next((part for part in parts if part.sold_line_id == sold.line_id), None)
    if known is None:
        ReturnPart.objects.create(line=line, sold_line_id=sold.line_id, quantity=quantity)
        return
    known.quantity += quantity
    known.save(update_fields=["quantity"])


def _take_in(
    found: ReturnAuthorization,
    goods: Sequence[_Goods],
    warehouse: Warehouse,
    variants: Mapping[int, VariantRef],
    sold: Sequence[SoldLine],
    now: datetime,
    happened_at: datetime | None,
) -> None:
    place = returns_of(warehouse_id=warehouse.pk)
    today = day_in(warehouse.time_zone, now)
    unknown: dict[tuple[int, int], Lot] = {}
    for one in goods:
        variant = variants[one.line.variant_id]
        is_identified = one.lot is not None or not variant.is_lot_tracked
        key = (variant.id, one.line.pk if variant.is_lot_tracked else 0)
        lot = one.lot or unknown.get(key)
        if lot is None:
            lot = unknown[key] = _lot_for_unknown(found, one.line, variant, sold, today, now)
        (level,) = stock.take_back(
            goods=[stock.SentBack(lot=lot, quantity=one.quantity, serials=one.serials)],
            location=place,
            reference=found.reference,
            reason=one.line.get_reason_display(),
            now=now,
            happened_at=happened_at,
        )
        _count(one.line, level, one.quantity, is_identified=is_identified)
        one.line.received += one.quantity
    ReturnLine.objects.bulk_update({one.line.pk: one.line for one in goods}.values(), ["received"])


def _count(line: ReturnLine, level: StockLevel, quantity: Decimal, *, is_identified: bool) -> None:
    item = ReturnItem.objects.filter(line=line, stock_level=level).first()
    if item is None:
        ReturnItem.objects.create(
            line=line, stock_level=level, received=quantity, is_identified=is_identified
        )
        return
    item.received += quantity
    item.save(update_fields=["received"])


def _lot_for_unknown(
    found: ReturnAuthorization,
    line: ReturnLine,
    variant: VariantRef,
    sold: Sequence[SoldLine],
    today: date,
    now: datetime,
) -> Lot:
    """Goods of an unknown lot lie in one of their own, on hold, that ends with the first sold.

    Goods that need no lot go into the open lot, made where it never was.
    """
    known = ReturnItem.objects.filter(line=line, is_identified=False)
    earlier = known.select_related("stock_level__lot").order_by("pk").first()
    if earlier is not None:
        lot: Lot = earlier.stock_level.lot
        return lot
    if not variant.is_lot_tracked:
        return make_unidentified(variant_id=variant.id, code="", expiry_date=None, received_at=now)
    lot_ids = {lot_id for one in sold if one.variant_id == variant.id for lot_id in one.lots}
    dates = Lot.objects.filter(pk__in=lot_ids, expiry_date__isnull=False)
    first = dates.order_by("expiry_date").values_list("expiry_date", flat=True).first()
    lot = make_unidentified(
        variant_id=variant.id,
        code=f"UNKNOWN-{found.reference}",
        expiry_date=first or today,
        received_at=now,
    )
    stock.keep_apart(lot=lot, note=UNIDENTIFIED, now=now, user_id=actor_id())
    return lot


def _tell(
    found: ReturnAuthorization,
    goods: Sequence[_Goods],
    warehouse: Warehouse,
    variants: Mapping[int, VariantRef],
    now: datetime,
) -> None:
    pieces = []
    for line in {one.line.pk: one.line for one in goods}.values():
        variant = variants[line.variant_id]
        text = f"{variant.sku}: {plain(line.received)} of {plain(line.quantity)}"
        pieces.append(f"{text} {variant.stock_unit}")
    write_down(found, ReturnChangeKind.RECEIVED, f"In {warehouse.code}: {'; '.join(pieces)}.", now)
    publish(
        ReturnReceived(
            occurred_at=now,
            return_id=found.pk,
            reference=found.reference,
            order_reference=found.order_reference,
            warehouse=warehouse.code,
            lines=tuple(
                ReturnQuantity(
                    sku=variants[one.line.variant_id].sku,
                    quantity=one.quantity,
                    lot=one.lot.code if one.lot else "",
                )
                for one in goods
            ),
        )
    )
