"""Goods on the road and pieces: broken on purpose, past the services, and found."""

from decimal import Decimal

import pytest

from inventory.counting.rules import Invariant
from inventory.counting.services import reconcile
from inventory.stock.models import SerialMovement, SerialNumber, StockMovement
from inventory.transfers.models import TransferItem
from tests.factories import catalog, inventory, transfers
from tests.factories.inventory import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sites(db):
    inventory.warehouse()
    inventory.warehouse("LAX", time_zone="America/Los_Angeles")


def found():
    return [(breach.invariant, breach.values) for breach in reconcile(now=NOW)]


def test_finds_goods_on_the_road_that_no_transfer_knows():
    ball = catalog.variant(catalog.sports())
    inventory.receive(ball, 10)
    transfers.sent(transfers.line(ball, 4))
    assert found() == []

    TransferItem.objects.update(received=Decimal(1))

    assert found() == [(Invariant.ROAD, {"on hand": "4", "transfers": "3"})]


def test_finds_a_piece_that_lies_where_no_line_of_the_ledger_brought_it():
    watch = catalog.variant(catalog.sports(is_serial_tracked=True))
    level = inventory.receive(watch, 2, serials=["W1", "W2"])
    assert found() == []

    SerialNumber.objects.create(
        variant=watch, serial="W3", lot=level.lot, stock_level=level, first_seen_at=NOW
    )

    assert found() == [(Invariant.SERIALS, {"pieces there": "3", "named": "2"})]


def test_finds_a_line_that_names_more_pieces_than_came():
    watch = catalog.variant(catalog.sports(is_serial_tracked=True))
    level = inventory.receive(watch, 1, serials=["W1"])
    piece = SerialNumber.objects.create(
        variant=watch, serial="W2", lot=level.lot, stock_level=level, first_seen_at=NOW
    )

    SerialMovement.objects.create(serial=piece, movement=StockMovement.objects.get(), named_at=NOW)

    assert found() == [(Invariant.SERIALS, {"pieces named": "2", "quantity": "1"})]
