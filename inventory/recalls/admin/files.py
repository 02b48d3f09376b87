"""What a recall touches, as files: whole, read in chunks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from inventory.availability.selectors import trace
from inventory.recalls.models import Recall
from inventory.recalls.selectors import touched
from inventory.stock import display as shown

CHUNK = 1000
ORDERS = [
    "order",
    "client",
    "reservation",
    "sku",
    "product",
    "lot",
    "quantity",
    "unit",
    "warehouse",
    "left_at",
]
RESERVATIONS = [
    "reservation",
    "client",
    "made_at",
    "sku",
    "lost",
    "found",
    "missing",
    "unit",
    "state",
]


def order_rows(recall: Recall) -> Iterator[list[Any]]:
    """Every line with which some of the lots left, the newest first."""
    ids = list(recall.lots.values_list("lot_id", flat=True))
    lines: Iterator[Any] = touched.orders_of(ids).iterator(chunk_size=CHUNK)
    while chunk := list(islice(lines, CHUNK)):
        for departure in trace.with_buyers(chunk):
            level = departure.line.stock_level
            yield [
                departure.line.reference,
                ", ".join(sorted({b.client for b in departure.buyers if b.client})),
                ", ".join(b.reference for b in departure.buyers),
                level.variant.sku,
                level.variant.product.name,
                level.lot.code,
                shown.figure(departure.quantity),
                level.variant.product.stock_unit,
                level.location.warehouse.code,
                departure.line.happened_at,
            ]


def reservation_rows(recall: Recall) -> Iterator[list[Any]]:
    """Every reservation that lost some; those that missed some in front."""
    for loss in touched.losses_of(recall.pk).iterator(chunk_size=CHUNK):
        reservation = loss.reservation
        yield [
            reservation.reference,
            reservation.client.name if reservation.client else "",
            reservation.created_at,
            loss.variant.sku,
            shown.figure(loss.lost),
            shown.figure(loss.found),
            shown.figure(loss.short),
            loss.variant.product.stock_unit,
            reservation.get_status_display(),
        ]


FILES: Mapping[str, tuple[Sequence[str], Callable[[Recall], Iterator[list[Any]]]]] = {
    "orders": (ORDERS, order_rows),
    "reservations": (RESERVATIONS, reservation_rows),
}
