"""Letters: to each client, supplier and warehouse what concerns them, and nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from catalog.partners.models import Partner
from catalog.units.rules import plain
from config.kernel.words import counted
from inventory.availability.selectors import trace
from inventory.recalls.models import Recall
from inventory.recalls.selectors import touched
from inventory.recalls.selectors.figures import LotProgress
from inventory.warehouses.models import LocationKind

ROWS_MAX = 1000
CLIENT, SUPPLIER, WAREHOUSE = "client", "supplier", "warehouse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom to write to; `key` names the letter in its address."""

    kind: str
    pk: int
    name: str
    partner: Partner | None
    concern: str

    @property
    def key(self) -> str:
        """`client-3`."""
        return f"{self.kind}-{self.pk}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A table of a letter; `more` says that there are rows beyond it."""

    title: str
    headings: Sequence[str]
    rows: list[list[Any]]
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is written to one recipient."""

    recipient: Recipient
    parts: tuple[Part, ...]


def recipients_of(recall: Recall, lots: Sequence[LotProgress]) -> list[Recipient]:
    """Everybody to write to: clients, suppliers, warehouses; eight queries."""
    ids = [lot.recalled.lot_id for lot in lots]
    found = [
        Recipient(
            kind=CLIENT,
            pk=buyer.client_id,
            name=buyer.partner.name if buyer.partner else buyer.name,
            partner=buyer.partner,
            concern=_concern(buyer),
        )
        for buyer in touched.buyers_of(recall.pk, ids)
        if buyer.client_id is not None
    ]
    found += [
        Recipient(
            kind=SUPPLIER,
            pk=source.partner.pk,
            name=source.partner.name,
            partner=source.partner,
            concern=f"supplied {counted(source.lot_count, 'lot')}",
        )
        for source in touched.sources_of(ids)
    ]
    found += [
        Recipient(
            kind=WAREHOUSE,
            pk=warehouse.pk,
            name=f"{warehouse.name} ({warehouse.code})",
            partner=warehouse.operator,
            concern="keeps or has kept some",
        )
        for warehouse in touched.warehouses_of(ids)
    ]
    return found


def letter_to(recall: Recall, lots: Sequence[LotProgress], recipient: Recipient) -> Letter:
    """What this recipient has to know: a few queries, whoever it is."""
    if recipient.kind == CLIENT:
        return _to_client(recall, lots, recipient)
    if recipient.kind == SUPPLIER:
        return _to_supplier(lots, recipient)
    return _to_warehouse(lots, recipient)


def _to_client(recall: Recall, lots: Sequence[LotProgress], recipient: Recipient) -> Letter:
    ids = [lot.recalled.lot_id for lot in lots]
    lines, more = _first(touched.orders_of_client(ids, recipient.pk))
    lost, more_lost = _first(
        touched.losses_of(recall.pk).filter(reservation__client_id=recipient.pk)
    )
    got: dict[int, Decimal] = {}
    for line in lines:
        lot_id = line.stock_level.lot_id
        got[lot_id] = got.get(lot_id, Decimal(0)) - line.quantity
    own = [lot for lot in lots if lot.recalled.lot_id in got]
    orders = [
        [
            line.reference,
            _day(line.happened_at),
            line.stock_level.variant.sku,
            _code(line.stock_level.lot.code),
            _quantity(-line.quantity, line.stock_level.variant.product.stock_unit),
        ]
        for line in lines
    ]
    losses = [
        [
            loss.reservation.reference,
            loss.variant.sku,
            _quantity(loss.lost, loss.variant.product.stock_unit),
            _quantity(loss.found, loss.variant.product.stock_unit),
            _quantity(loss.short, loss.variant.product.stock_unit),
        ]
        for loss in lost
    ]
    return Letter(
        recipient=recipient,
        parts=_filled(
            Part(
                title="Lots",
                headings=["SKU", "Product", "Lot", "Expires", "You got"],
                rows=[[*_named(lot), _quantity(got[lot.recalled.lot_id], lot.unit)] for lot in own],
            ),
            Part(
                title="Your orders that got some",
                headings=["Order", "Left on", "SKU", "Lot", "Quantity"],
                rows=orders,
                more=more,
            ),
            Part(
                title="Your reservations that kept some",
                headings=["Reservation", "SKU", "Lost", "From other lots", "Missing"],
                rows=losses,
                more=more_lost,
            ),
        ),
    )


def _to_supplier(lots: Sequence[LotProgress], recipient: Recipient) -> Letter:
    own = [lot for lot in lots if lot.recalled.lot.supplier_id == recipient.pk]
    arrivals, more = _first(trace.arrivals([lot.recalled.lot_id for lot in own]))
    return Letter(
        recipient=recipient,
        parts=_filled(
            Part(
                title="Lots",
                headings=[
                    "SKU",
                    "Product",
                    "Lot",
                    "Expires",
                    "Came in",
                    "On hand",
                    "With customers",
                ],
                rows=[
                    [
                        *_named(lot),
                        _quantity(lot.balance.came_in, lot.unit),
                        _quantity(lot.balance.on_hand, lot.unit),
                        _quantity(lot.balance.with_customers, lot.unit),
                    ]
                    for lot in own
                ],
            ),
            Part(
                title="Your deliveries",
                headings=["Delivery", "Came in on", "Warehouse", "SKU", "Lot", "Quantity"],
                rows=[
                    [
                        line.reference,
                        _day(line.happened_at),
                        line.stock_level.location.warehouse.code,
                        line.stock_level.variant.sku,
                        _code(line.stock_level.lot.code),
                        _quantity(line.quantity, line.stock_level.variant.product.stock_unit),
                    ]
                    for line in arrivals
                ],
                more=more,
            ),
        ),
    )


def _to_warehouse(lots: Sequence[LotProgress], recipient: Recipient) -> Letter:
    ids = [lot.recalled.lot_id for lot in lots]
    lying, more = _first(trace.whereabouts(ids).filter(location__warehouse_id=recipient.pk))
    return Letter(
        recipient=recipient,
        parts=_filled(
            Part(
                title="Lock these away",
                headings=["Place", "SKU", "Product", "Lot", "Quantity"],
                rows=[
                    [
                        "on the road to you"
                        if level.location.kind == LocationKind.IN_TRANSIT
                        else level.location.code,
                        level.variant.sku,
                        level.variant.product.name,
                        _code(level.lot.code),
                        _quantity(level.on_hand, level.variant.product.stock_unit),
                    ]
                    for level in lying
                ],
                more=more,
            ),
            Part(
                title="Lots that may come back",
                headings=["SKU", "Product", "Lot", "Expires"],
                rows=[list(_named(lot)) for lot in lots],
            ),
        ),
    )


def _filled(*parts: Part) -> tuple[Part, ...]:
    return tuple(part for part in parts if part.rows)


def _first(rows: Any) -> tuple[list[Any], bool]:
    found = list(rows[: ROWS_MAX + 1])
    return found[:ROWS_MAX], len(found) > ROWS_MAX


def _concern(buyer: touched.Buyer) -> str:
    parts = []
    if buyer.order_count:
        parts.append(f"got some in {counted(buyer.order_count, 'order')}")
    if buyer.loss_count:
        parts.append(f"lost some in {counted(buyer.loss_count, 'reservation')}")
    return ", ".join(parts)


def _named(lot: LotProgress) -> tuple[str, str, str, str]:
    of = lot.recalled.lot
    return of.variant.sku, of.variant.product.name, _code(of.code), _day(of.expiry_date)


def _code(code: str) -> str:
    return code or "without lot code"


def _day(day: date | None) -> str:
    return f"{day:%Y-%m-%d}" if day else ""


def _quantity(value: Decimal, unit: str) -> str:
    return f"{plain(value)} {unit}"
