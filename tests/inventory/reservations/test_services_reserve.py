from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from catalog.identifiers.services import add_alias, add_barcode
from catalog.products.errors import UnknownProduct
from catalog.products.services import VariantDraft, change_stage
from catalog.units.errors import FractionalCount, UnitMismatch
from config.kernel.context import bind
from config.kernel.errors import InvalidInput
from config.kernel.outbox import OutboxEvent
from inventory.lots.models import HoldReason
from inventory.reservations import services
from inventory.reservations.errors import (
    InsufficientStock,
    NotSellable,
    ReferenceInUse,
    UnknownChannel,
    UnknownMarket,
)
from inventory.reservations.models import Reservation
from inventory.reservations.selectors import ItemCode
from inventory.reservations.services import WantedLine, holding
from inventory.stock.models import StockLevel
from tests.factories import catalog, inventory, reservations
from tests.factories.reservations import NOW, kept, line, reserve

LATER = NOW + timedelta(hours=1)


def refused(error, *lines, **kwargs):
    """The refusal, which has changed nothing."""
    before, events = reservations.state(), OutboxEvent.objects.count()
    with pytest.raises(error) as caught:
        reserve(*lines, **kwargs)
    assert reservations.state() == before
    assert OutboxEvent.objects.count() == events
    return caught.value


def test_holds_the_lot_that_expires_first(cream, berlin):
    inventory.receive(cream, 5, lot="LATE", expires="2028-06-30")
    early = inventory.receive(cream, 5, lot="EARLY", expires="2027-06-30")

    reservation = reserve(line(cream, 3))

    early.refresh_from_db()
    assert kept(reservation) == [("EARLY", 3)]
    assert (early.on_hand, early.reserved) == (5, 3)
    assert (reservation.status, reservation.expires_at) == ("held", NOW + timedelta(seconds=900))
    assert reservations.broken_invariants() == []


def test_splits_a_line_over_lots_only_when_it_must(cream):
    inventory.receive(cream, 5, lot="B", expires="2028-06-30")
    inventory.receive(cream, 5, lot="A", expires="2027-06-30")

    assert kept(reserve(line(cream, 5))) == [("A", 5)]
    assert kept(reserve(line(cream, 2))) == [("B", 2)]


def test_takes_from_the_next_lot_what_the_first_one_lacks(cream):
    inventory.receive(cream, 5, lot="B", expires="2028-06-30")
    inventory.receive(cream, 5, lot="A", expires="2027-06-30")

    assert kept(reserve(line(cream, 7))) == [("A", 5), ("B", 2)]


def test_asks_the_markets_first_warehouse_first(cream, berlin, los_angeles):
    inventory.receive(cream, 5, lot="FAR", expires="2027-01-31", at=los_angeles)
    inventory.receive(cream, 5, lot="NEAR", expires="2028-01-31", at=berlin)

    assert kept(reserve(line(cream, 5))) == [("NEAR", 5)]
    assert kept(reserve(line(cream, 1))) == [("FAR", 1)]


def test_takes_nothing_from_a_warehouse_that_does_not_serve_the_market(cream):
    catalog.market("US-CA")
    inventory.receive(cream, 5)

    error = refused(InsufficientStock, line(cream, 1), market="US-CA")

    assert error.extra["shortages"] == [{"sku": "COS-CREAM-50", "requested": 1, "available": 0}]


def test_takes_nothing_from_a_warehouse_that_does_not_sell(cream, germany):
    outlet = inventory.warehouse("OUT", is_sellable=False)
    inventory.serves("DE", outlet)
    inventory.receive(cream, 5, at=outlet)

    refused(InsufficientStock, line(cream, 1))


def test_takes_nothing_from_a_lot_on_hold(cream):
    inventory.receive(cream, 5, hold=HoldReason.QUALITY, hold_note="smells")

    refused(InsufficientStock, line(cream, 1))


def test_passes_over_a_lot_past_its_sell_by_in_the_warehouses_own_day(cream, berlin, los_angeles):
    # 23:30 in Berlin is the next day already, while Los Angeles has the whole day before it.
    night = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    inventory.receive(cream, 5, lot="BER", expires="2026-12-31", at=berlin)
    inventory.receive(cream, 5, lot="LAX", expires="2026-12-31", at=los_angeles)

    assert kept(reserve(line(cream, 1), now=night)) == [("LAX", 1)]


@pytest.mark.parametrize("who", ["product", "market", "channel"])
def test_the_largest_minimum_of_remaining_days_counts(germany, who):
    product = catalog.cosmetic(remaining_days_min=60 if who == "product" else 0)
    germany.remaining_days_min = 60 if who == "market" else 10
    germany.save()
    channel = catalog.channel("web", remaining_days_min=60 if who == "channel" else 0)
    inventory.receive(product, 5, lot="SHORT", expires=NOW.date() + timedelta(days=59))
    inventory.receive(product, 5, lot="LONG", expires=NOW.date() + timedelta(days=60))

    assert kept(reserve(line(product, 1), channel=channel.code)) == [("LONG", 1)]


def test_passes_over_a_lot_past_its_sell_by_on_the_promised_day(cream):
    inventory.receive(cream, 5, lot="SHORT", expires="2026-12-20")
    inventory.receive(cream, 5, lot="LONG", expires="2027-12-20")

    assert kept(reserve(line(cream, 1), deliver_on=date(2026, 12, 21))) == [("LONG", 1)]
    assert kept(reserve(line(cream, 1), deliver_on=date(2026, 12, 20))) == [("SHORT", 1)]


def test_reserves_every_line_or_none(cream, ball):
    inventory.receive(cream, 5)
    inventory.receive(ball, 2)

    error = refused(InsufficientStock, line(cream, 5), line(ball, 3))

    assert error.extra["shortages"] == [{"sku": "SE-BALL-5", "requested": 3, "available": 2}]
    assert (error.code, error.status) == ("insufficient-stock", 409)


def test_two_lines_of_one_sku_compete_honestly(ball):
    inventory.receive(ball, 5)

    error = refused(InsufficientStock, line(ball, 3), line(ball, 3))

    assert error.extra["shortages"] == [{"sku": "SE-BALL-5", "requested": 6, "available": 5}]
    assert kept(reserve(line(ball, 3), line(ball, 2))) == [("", 3), ("", 2)]


def test_partial_takes_what_there_is(cream, ball):
    inventory.receive(cream, 5, lot="A")
    inventory.receive(ball, 2)

    reservation = reserve(line(cream, 1), line(ball, 3), partial=True)

    assert kept(reservation) == [("A", 1), ("", 2)]
    lines = reservation.lines.order_by("position")
    assert [(x.quantity, x.requested_quantity, x.shortage) for x in lines] == [
        (1, 1, 0),
        (2, 3, 0),
    ]


def test_partial_keeps_a_line_of_which_there_is_nothing_at_zero(cream, ball):
    inventory.receive(cream, 5, lot="A")

    reservation = reserve(line(ball, 3), line(cream, 1), partial=True)

    assert kept(reservation) == [("A", 1)]
    assert [x.quantity for x in reservation.lines.order_by("position")] == [0, 1]


def test_partial_of_nothing_at_all_is_refused(cream, ball):
    error = refused(InsufficientStock, line(cream, 1), line(ball, 1), partial=True)

    assert [shortage["sku"] for shortage in error.extra["shortages"]] == [
        "COS-CREAM-50",
        "SE-BALL-5",
    ]


def test_the_same_reference_and_lines_again_is_the_same_reservation(cream, ball):
    inventory.receive(cream, 5)
    inventory.receive(ball, 5)
    client_id = reservations.client().pk
    first = reserve(line(cream), line(ball), reference="cart-1", client_id=client_id)
    before = reservations.state()

    again, is_new = services.reserve(
        client_id=client_id,
        reference="cart-1",
        lines=[line(ball), line(cream)],
        market="DE",
        now=LATER - timedelta(minutes=55),
    )

    assert (again.pk, is_new) == (first.pk, False)
    assert reservations.state() == before


@pytest.mark.parametrize(
    "change", [{"quantity": 2}, {"market": "US-CA"}, {"deliver_on": date(2027, 1, 1)}]
)
def test_the_same_reference_for_something_else_is_refused(ball, change):
    catalog.market("US-CA")
    inventory.receive(ball, 5)
    reserve(line(ball, 1), reference="cart-1")

    quantity = change.pop("quantity", 1)
    error = refused(ReferenceInUse, line(ball, quantity), reference="cart-1", **change)

    assert error.code == "reference-in-use"


def test_another_client_may_use_the_same_reference(ball):
    inventory.receive(ball, 5)
    one, other = reservations.client(), reservations.client()

    reserve(line(ball), reference="cart-1", client_id=one.pk)
    reserve(line(ball), reference="cart-1", client_id=other.pk)

    assert Reservation.objects.filter(reference="cart-1", status="held").count() == 2


def test_a_reference_is_free_again_once_its_reservation_has_ended(ball):
    inventory.receive(ball, 5)
    first = reserve(line(ball, 2), reference="cart-1")
    services.release(reservation_id=first.pk, now=NOW)

    second = reserve(line(ball, 3), reference="cart-1")

    assert second.pk != first.pk
    assert kept(second) == [("", 3)]


def test_ones_own_overdue_reservation_ends_and_makes_room_for_the_new_one(ball):
    inventory.receive(ball, 5)
    first = reserve(line(ball, 4), reference="cart-1", seconds=60)

    second = reserve(line(ball, 5), reference="cart-1", now=LATER)

    first.refresh_from_db()
    assert (first.status, first.ended_at) == ("expired", LATER)
    assert kept(second) == [("", 5)]
    assert reservations.broken_invariants() == []


def test_holds_whose_time_is_over_give_way_at_once(cream, ball):
    inventory.receive(ball, 5)
    inventory.receive(cream, 5)
    overdue = reserve(line(ball, 5), line(cream, 5), seconds=60)

    reservation = reserve(line(ball, 5), now=NOW + timedelta(seconds=60))

    overdue.refresh_from_db()
    assert overdue.status == "expired"
    assert kept(reservation) == [("", 5)]
    assert set(StockLevel.objects.values_list("reserved", flat=True)) == {0, 5}
    assert OutboxEvent.objects.filter(type="reservation.expired").count() == 1
    assert reservations.broken_invariants() == []


def test_a_hold_whose_time_is_not_over_keeps_its_stock(ball):
    inventory.receive(ball, 5)
    reserve(line(ball, 5), seconds=60)

    refused(InsufficientStock, line(ball, 1), now=NOW + timedelta(seconds=59))


def test_promises_on_a_lot_that_ran_out_last_night_choose_before_somebody_new(cream):
    inventory.receive(cream, 3, lot="OVER", expires="2026-12-31")
    older = reserve(line(cream, 3), seconds=7 * 86400, now=datetime(2026, 12, 30, 9, tzinfo=UTC))
    inventory.receive(cream, 5, lot="FRESH", expires="2027-12-31")
    # Five minutes after midnight in Berlin: no sweep has been by.
    now = datetime(2026, 12, 31, 23, 5, tzinfo=UTC)

    error = refused(InsufficientStock, line(cream, 3), now=now)
    newer = reserve(line(cream, 2), now=now)

    assert error.extra["shortages"] == [
        {"sku": "COS-CREAM-50", "requested": Decimal(3), "available": Decimal(2)}
    ]
    assert (kept(older), kept(newer)) == ([("FRESH", 3)], [("FRESH", 2)])
    assert reservations.broken_invariants() == []


def test_a_lot_that_has_run_out_for_another_market_alone_keeps_its_promises(cream, berlin):
    catalog.market("US-CA", remaining_days_min=30)
    inventory.serves("US-CA", berlin)
    inventory.receive(cream, 3, lot="A", expires="2026-12-31")
    older = reserve(line(cream, 2), seconds=7 * 86400, now=datetime(2026, 12, 9, tzinfo=UTC))

    reserve(line(cream, 1), now=datetime(2026, 12, 10, tzinfo=UTC))

    assert kept(older) == [("A", 2)]


@pytest.mark.parametrize(
    ("stage", "code"), [("draft", "not-active"), ("discontinued", "discontinued")]
)
def test_only_products_on_sale_can_be_reserved(stage, code):
    product = catalog.sports(active=stage == "discontinued", sku="SE-OFF-1")
    if stage == "discontinued":
        change_stage(product_id=product.pk, stage=stage, reason="test")
    inventory.receive(product, 5)

    error = refused(NotSellable, line(product, 1))

    assert (error.code, error.status) == ("not-sellable", 409)
    assert [(r["sku"], r["code"]) for r in error.extra["reasons"]] == [("SE-OFF-1", code)]
    assert [e.pointer for e in error.errors] == ["/lines/0"]


def test_an_item_is_found_by_sku_gtin_or_alias(ball):
    inventory.receive(ball, 5)
    gtin = catalog.gtin()
    variant = catalog.variant(ball)
    add_barcode(variant_id=variant.pk, gtin=gtin)
    add_alias(variant_id=variant.pk, scheme="marketplace", code="MP-1")
    items = [
        ItemCode(sku="SE-BALL-5"),
        ItemCode(gtin=gtin),
        ItemCode(alias="MP-1", alias_scheme="marketplace"),
    ]

    reservation = reserve(
        *(WantedLine(item=item, quantity=Decimal(1), unit="each") for item in items)
    )

    assert kept(reservation) == [("", 1), ("", 1), ("", 1)]


def test_every_unknown_item_is_named_with_its_place(ball):
    inventory.receive(ball, 5)
    bad_gtin = WantedLine(item=ItemCode(gtin="4006381333932"), quantity=Decimal(1), unit="each")

    error = refused(UnknownProduct, line("SE-NONE-1"), line(ball), bad_gtin)

    assert [(e.pointer, e.code) for e in error.errors] == [
        ("/lines/0/sku", "unknown-product"),
        ("/lines/2/gtin", "invalid-code"),
    ]


def test_a_quantity_in_another_unit_of_the_dimension_is_converted_exactly():
    oil = catalog.cosmetic(stock_unit="ml")
    inventory.receive(oil, 5000, lot="A")

    reservation = reserve(line(oil, "1.5", "l"), line(oil, 250, "MLT"))

    assert kept(reservation) == [("A", 1500), ("A", 250)]
    first = reservation.lines.get(position=1)
    assert (first.requested_quantity, first.requested_unit) == (Decimal("1.5"), "l")


@pytest.mark.parametrize(
    ("quantity", "unit", "error", "pointer"),
    [
        ("1", "kg", UnitMismatch, "/lines/0/unit"),
        ("1", "bushel", UnitMismatch, "/lines/0/unit"),
        ("1.5", "each", FractionalCount, "/lines/0/quantity"),
        ("999999999999", "dozen", InvalidInput, "/lines/0/quantity"),
    ],
)
def test_a_quantity_that_cannot_be_is_refused(ball, quantity, unit, error, pointer):
    inventory.receive(ball, 5)

    refusal = refused(error, line(ball, quantity, unit))

    assert refusal.status == 422
    assert [e.pointer for e in refusal.errors] == [pointer]


def test_unknown_markets_and_channels_are_refused(ball):
    inventory.receive(ball, 5)

    market = refused(UnknownMarket, line(ball), market="XX")
    channel = refused(UnknownChannel, line(ball), channel="fax")

    assert [e.pointer for e in market.errors] == ["/market"]
    assert [e.pointer for e in channel.errors] == ["/channel"]


def test_no_lines_or_too_many_are_refused(ball):
    refused(InvalidInput)
    refused(InvalidInput, *[line(ball)] * 1001)


def test_the_channel_says_how_long_it_holds(ball):
    catalog.channel("market-place", hold_seconds=120)
    inventory.receive(ball, 5)

    reservation = reserve(line(ball), channel="market-place")

    assert reservation.expires_at == NOW + timedelta(seconds=120)


def test_reserving_moves_nothing_and_says_what_it_did(ball):
    level = inventory.receive(ball, 5)
    movements = level.movements.count()

    with bind(request_id="req-1"):
        reservation = reserve(line(ball, 2), reference="cart-7")

    assert level.movements.count() == movements
    assert reservation.request_id == "req-1"
    event = OutboxEvent.objects.get(type="reservation.held")
    assert (event.subject, event.request_id) == (str(reservation.pk), "req-1")
    assert event.payload == {
        "reservation_id": str(reservation.pk),
        "reference": "cart-7",
        "market": "DE",
        "lines": [{"sku": "SE-BALL-5", "quantity": "2"}],
    }


def test_stock_in_transit_is_not_promised(ball, berlin):
    inventory.receive(ball, 5)
    level = StockLevel.objects.get()
    transit, _ = berlin.locations.get_or_create(code="TRANSIT", kind="in_transit")
    StockLevel.objects.filter(pk=level.pk).update(location=transit)

    refused(InsufficientStock, line(ball, 1))


def test_variants_of_one_product_do_not_mix():
    shirt = catalog.sports(
        variants=[
            VariantDraft(sku="SE-SHIRT-M", size="M"),
            VariantDraft(sku="SE-SHIRT-L", size="L"),
        ]
    )
    medium, large = shirt.variants.order_by("sku").reverse()
    inventory.receive(large, 5)

    error = refused(InsufficientStock, line(medium, 1))

    assert error.extra["shortages"][0]["sku"] == "SE-SHIRT-M"


def test_only_the_updates_of_stock_levels_grow_with_the_lines(django_assert_max_num_queries, ball):
    products = [catalog.sports() for _ in range(20)]
    for product in products:
        inventory.receive(product, 5)
    lines = [line(product) for product in products]

    with django_assert_max_num_queries(17 + 20):
        reserve(*lines)


def test_holds_that_are_over_and_locked_by_somebody_else_give_way_too(ball, monkeypatch):
    inventory.receive(ball, 5)
    overdue = reserve(line(ball, 4), seconds=60)
    monkeypatch.setattr(holding, "OVERDUE_AT_ONCE_MAX", 0)

    reservation = reserve(line(ball, 5), now=LATER)

    assert (kept(overdue), kept(reservation)) == ([], [("", 5)])
    assert overdue.lines.get().shortage == 4
    assert reservations.broken_invariants() == []
