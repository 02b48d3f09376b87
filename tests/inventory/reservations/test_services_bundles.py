"""Bundles: whole or not at all, in competition with everything that needs their components."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from catalog.products.errors import UnknownProduct
from catalog.products.services import change_stage
from catalog.units.errors import FractionalCount
from config.kernel.alerts import Alert
from config.kernel.errors import InvalidInput
from config.kernel.outbox import OutboxEvent
from inventory.reservations import services
from inventory.reservations.errors import (
    InsufficientStock,
    InvalidChoice,
    NotSellable,
    ReferenceInUse,
    ReservationExpired,
)
from inventory.reservations.models import ChangeKind, ReservationChange, ReservationLine
from inventory.stock import services as stock
from inventory.stock.models import StockLevel, StockMovement
from promotions.bundles.services import set_composition
from tests.factories import bundles, catalog, inventory, reservations
from tests.factories.bundles import option, slot
from tests.factories.reservations import NOW, line, reserve

pytestmark = pytest.mark.django_db
LATE = NOW + timedelta(hours=1)


@pytest.fixture
def red(germany):
    return catalog.sports(sku="SE-CAP-RED")


@pytest.fixture
def blue(germany):
    return catalog.sports(sku="SE-CAP-BLUE")


@pytest.fixture
def marathon(cream, red, blue):
    """Two creams and a cap, red unless blue is chosen."""
    return bundles.bundle(
        slot("Cream", option(cream, 2)),
        slot("Cap", option(red, default=True), option(blue)),
        sku="BDL-MARATHON-SET",
    )


@pytest.fixture
def stocked(cream, red, blue):
    """Five creams in two lots, three red caps, one blue."""
    inventory.receive(cream, 2, lot="A", expires="2028-01-31")
    inventory.receive(cream, 3, lot="B", expires="2028-06-30")
    inventory.receive(red, 3)
    inventory.receive(blue, 1)


def lines(reservation):
    return [
        (row.slot, row.variant.sku, row.quantity, row.shortage)
        for row in reservation.lines.select_related("variant").order_by("position")
    ]


def reserved():
    return {
        sku: quantity
        for sku, quantity in StockLevel.objects.order_by("pk").values_list(
            "variant__sku", "reserved"
        )
        if quantity
    }


def refused(error, *wanted, **fields):
    """The refusal of a reservation that has changed nothing."""
    before = reservations.state()
    with pytest.raises(error) as refusal:
        reserve(*wanted, **fields)
    assert reservations.state() == before
    return refusal.value


def write_off(sku, quantity, lot=""):
    levels = StockLevel.objects.filter(variant__sku=sku, lot__code__contains=lot)
    level = levels.order_by("pk")[0]
    stock.write_off(stock_level_id=level.pk, quantity=Decimal(quantity), reason="broken", now=NOW)


def test_a_bundle_keeps_its_components_first_expired_first(marathon, stocked):
    reservation = reserve(line(marathon, 2))

    assert lines(reservation) == [
        ("", "BDL-MARATHON-SET", 2, 0),
        ("cream", "COS-CREAM-50", 4, 0),
        ("cap", "SE-CAP-RED", 2, 0),
    ]
    assert reservations.kept(reservation) == [("A", 2), ("B", 2), ("", 2)]
    assert not reservation.lines.get(is_bundle=True).allocations.exists()
    assert reservations.broken_invariants() == []


def test_what_is_chosen_takes_the_place_of_the_default(marathon, stocked):
    reservation = reserve(line(marathon, 1, cap="SE-CAP-BLUE"))

    assert reserved() == {"COS-CREAM-50": 2, "SE-CAP-BLUE": 1}
    assert lines(reservation)[2] == ("cap", "SE-CAP-BLUE", 1, 0)


def test_an_optional_slot_is_filled_only_when_it_is_chosen(cream, ball, stocked):
    inventory.receive(ball, 5)
    bundles.bundle(
        slot("Cream", option(cream)), slot("Ball", option(ball), optional=True), sku="BDL-BEACH-SET"
    )

    without = reserve(line("BDL-BEACH-SET"))
    with_ball = reserve(line("BDL-BEACH-SET", 1, ball="SE-BALL-5"))

    assert len(lines(without)) == 2
    assert [row[1] for row in lines(with_ball)] == ["BDL-BEACH-SET", "COS-CREAM-50", "SE-BALL-5"]


@pytest.mark.parametrize(
    ("choices", "pointer", "code"),
    [
        ({"hat": "SE-CAP-RED"}, "/lines/1/choices/0/slot", "unknown-slot"),
        ({"cap": "COS-CREAM-50"}, "/lines/1/choices/0/sku", "not-an-option"),
    ],
)
def test_a_choice_that_cannot_be_made_is_named_by_its_place(
    marathon, stocked, red, choices, pointer, code
):
    refusal = refused(InvalidChoice, line(red), line(marathon, 1, **choices))

    assert [(error.pointer, error.code) for error in refusal.errors] == [(pointer, code)]


def test_an_unknown_product_among_the_choices_is_named(marathon, stocked):
    refusal = refused(UnknownProduct, line(marathon, 1, cream="COS-CREAM-50", cap="SE-CAP-GREEN"))

    assert [error.pointer for error in refusal.errors] == ["/lines/0/choices/1/sku"]


def test_a_slot_without_default_needs_a_choice(cream, red, blue, stocked):
    bundles.bundle(slot("Cap", option(red), option(blue)), sku="BDL-CAP-SET")

    refusal = refused(InvalidChoice, line("BDL-CAP-SET"))
    reserve(line("BDL-CAP-SET", 1, cap="SE-CAP-BLUE"))

    (error,) = refusal.errors
    assert (error.pointer, error.code) == ("/lines/0/choices", "choice-required")
    assert 'slot "cap": one of SE-CAP-RED, SE-CAP-BLUE' in error.detail
    assert reserved() == {"SE-CAP-BLUE": 1}


def test_only_bundles_have_something_to_choose(red, stocked):
    refusal = refused(InvalidChoice, line(red, 1, cap="SE-CAP-BLUE"))

    assert [(e.pointer, e.code) for e in refusal.errors] == [("/lines/0/choices", "not-a-bundle")]


def test_bundles_are_whole(marathon, stocked):
    refusal = refused(FractionalCount, line(marathon, "1.5"))

    assert [error.pointer for error in refusal.errors] == ["/lines/0/quantity"]


def test_more_components_than_can_be_counted_are_refused(marathon, stocked):
    refusal = refused(InvalidInput, line(marathon, 999_999_999_999), partial=True)

    assert [error.pointer for error in refusal.errors] == ["/lines/0/quantity"]


def test_a_component_off_sale_is_named_with_its_bundle(marathon, stocked, red):
    change_stage(product_id=red.pk, stage="discontinued", reason="old")

    refusal = refused(NotSellable, line(marathon))
    blue_one = reserve(line(marathon, 1, cap="SE-CAP-BLUE"))

    (reason,) = refusal.extra["reasons"]
    assert (reason["sku"], reason["component"], reason["code"]) == (
        "BDL-MARATHON-SET",
        "SE-CAP-RED",
        "discontinued",
    )
    assert blue_one.status == "held"


def test_a_bundle_off_sale_or_with_nothing_in_it_cannot_be_sold(cream, stocked):
    bundles.bundle(slot("Cream", option(cream)), sku="BDL-DRAFT-SET", active=False)
    catalog.bundle(sku="BDL-EMPTY-SET")

    draft = refused(NotSellable, line("BDL-DRAFT-SET"))
    empty = refused(NotSellable, line("BDL-EMPTY-SET"))

    assert [(r["sku"], r["code"]) for r in draft.extra["reasons"]] == [
        ("BDL-DRAFT-SET", "not-active")
    ]
    assert [(r["sku"], r["code"]) for r in empty.extra["reasons"]] == [
        ("BDL-EMPTY-SET", "nothing-in-it")
    ]


def test_what_is_short_is_said_in_bundles_and_only_of_what_was_asked(marathon, stocked):
    refusal = refused(InsufficientStock, line(marathon, 3))

    assert refusal.extra["shortages"] == [
        {"sku": "BDL-MARATHON-SET", "requested": 3, "available": 2}
    ]
    assert "COS-CREAM-50" not in refusal.detail


def test_lines_of_one_basket_that_share_a_component_compete_in_their_turn(marathon, stocked, cream):
    refusal = refused(InsufficientStock, line(marathon, 2), line(cream, 2))
    other = refused(InsufficientStock, line(cream, 2), line(marathon, 2))
    fits = reserve(line(marathon, 2), line(cream, 1))

    assert refusal.extra["shortages"] == [{"sku": "COS-CREAM-50", "requested": 2, "available": 1}]
    assert other.extra["shortages"] == [{"sku": "BDL-MARATHON-SET", "requested": 2, "available": 1}]
    assert fits.status == "held"
    assert reservations.broken_invariants() == []


def test_the_same_bundle_twice_with_other_choices_is_counted_together(marathon, stocked):
    refusal = refused(InsufficientStock, line(marathon, 2), line(marathon, 1, cap="SE-CAP-BLUE"))

    assert refusal.extra["shortages"] == [
        {"sku": "BDL-MARATHON-SET", "requested": 3, "available": 2}
    ]


def test_a_component_in_two_slots_is_counted_twice(cream, stocked):
    pair = bundles.of((cream, 1), (cream, 2), sku="BDL-CREAM-PAIR")

    refusal = refused(InsufficientStock, line(pair, 2))
    reservation = reserve(line(pair, 1))

    assert refusal.extra["shortages"] == [{"sku": "BDL-CREAM-PAIR", "requested": 2, "available": 1}]
    assert [row[2] for row in lines(reservation)] == [1, 1, 2]
    assert reservations.broken_invariants() == []


def test_partial_takes_whole_bundles_and_leaves_the_rest_of_the_components(
    marathon, stocked, cream
):
    reservation = reserve(line(marathon, 5), line(cream, 3), partial=True)

    assert lines(reservation) == [
        ("", "BDL-MARATHON-SET", 2, 0),
        ("cream", "COS-CREAM-50", 4, 0),
        ("cap", "SE-CAP-RED", 2, 0),
        ("", "COS-CREAM-50", 1, 0),
    ]
    assert reservations.broken_invariants() == []


def test_partial_with_not_one_whole_bundle_is_refused(marathon, cream, red):
    inventory.receive(cream, 1)
    inventory.receive(red, 9)

    refusal = refused(InsufficientStock, line(marathon, 2), partial=True)

    assert refusal.extra["shortages"] == [
        {"sku": "BDL-MARATHON-SET", "requested": 2, "available": 0}
    ]


def test_the_same_bundle_under_the_same_reference_is_the_one_held(marathon, stocked):
    client_id = reservations.client().pk
    same = {"client_id": client_id, "reference": "cart-1"}
    first = reserve(line(marathon), **same)

    assert reserve(line(marathon, 1, cap="SE-CAP-RED"), **same).pk == first.pk
    refused(ReferenceInUse, line(marathon, 1, cap="SE-CAP-BLUE"), **same)


def test_holds_whose_time_is_over_give_way_to_a_bundle(marathon, stocked, red):
    reserve(line(red, 3), seconds=60)

    reservation = reserve(line(marathon), now=LATE)

    assert reservation.status == "held"
    assert reservations.broken_invariants() == []


def test_a_commit_ships_the_components_and_nothing_of_the_bundle(marathon, stocked):
    reservation = reserve(line(marathon, 2))

    services.commit(reservation_id=reservation.pk, order_reference="o-1", now=NOW)

    sold = StockMovement.objects.filter(kind="sale").order_by("pk")
    assert list(sold.values_list("stock_level__variant__sku", "quantity")) == [
        ("COS-CREAM-50", -2),
        ("COS-CREAM-50", -2),
        ("SE-CAP-RED", -2),
    ]
    assert reservations.broken_invariants() == []


def test_a_release_frees_all_components(marathon, stocked):
    reservation = reserve(line(marathon, 2))

    services.release(reservation_id=reservation.pk, now=NOW)

    assert reserved() == {}


def test_a_late_commit_takes_the_components_again_or_says_that_the_time_is_over(marathon, stocked):
    kept, lost = reserve(line(marathon), seconds=60), reserve(line(marathon), seconds=60)
    assert services.release_expired(now=LATE) == 2
    write_off("SE-CAP-RED", 2)

    services.commit(reservation_id=kept.pk, order_reference="o-1", now=LATE)
    with pytest.raises(ReservationExpired):
        services.commit(reservation_id=lost.pk, order_reference="o-2", now=LATE)

    assert StockMovement.objects.filter(kind="sale").count() == 2
    assert reservations.broken_invariants() == []


def test_a_component_that_is_lost_is_a_shortage_of_bundles(marathon, stocked):
    reservation = reserve(line(marathon, 2))

    write_off("SE-CAP-RED", 2)

    assert lines(reservation) == [
        ("", "BDL-MARATHON-SET", 2, 0),
        ("cream", "COS-CREAM-50", 4, 0),
        ("cap", "SE-CAP-RED", 2, 1),
    ]
    alert = Alert.objects.get(kind="reservation-shortage")
    assert "is short of 1 each of SE-CAP-RED for BDL-MARATHON-SET" in alert.title
    event = OutboxEvent.objects.get(type="reservation.shortage")
    assert event.payload["lines"] == [
        {"sku": "SE-CAP-RED", "quantity": "1", "bundle": "BDL-MARATHON-SET"}
    ]
    with pytest.raises(InsufficientStock) as refusal:
        services.commit(reservation_id=reservation.pk, order_reference="o-1", now=NOW)
    assert refusal.value.extra["shortages"] == [
        {"sku": "BDL-MARATHON-SET", "requested": 2, "available": 1}
    ]
    assert reservations.broken_invariants() == []


def test_a_shortage_is_filled_when_the_component_comes_in(marathon, stocked, red):
    reservation = reserve(line(marathon, 3, cap="SE-CAP-RED"), partial=True)
    write_off("SE-CAP-RED", 2)

    inventory.receive(red, 1)

    assert lines(reservation)[2] == ("cap", "SE-CAP-RED", 2, 0)
    services.commit(reservation_id=reservation.pk, order_reference="o-1", now=NOW)
    assert reservations.broken_invariants() == []


def test_giving_up_a_shortage_cuts_whole_bundles_and_frees_their_other_components(
    marathon, stocked, cream
):
    reservation = reserve(line(marathon, 2))
    write_off("SE-CAP-RED", 2)
    short = ReservationLine.objects.get(shortage__gt=0)

    done = services.give_up_shortages(line_ids=[short.pk], reason="none will come", now=NOW)

    assert done == 1
    assert lines(reservation) == [
        ("", "BDL-MARATHON-SET", 1, 0),
        ("cream", "COS-CREAM-50", 2, 0),
        ("cap", "SE-CAP-RED", 1, 0),
    ]
    assert reservations.kept(reservation) == [("A", 2), ("", 1)]
    change = ReservationChange.objects.get(kind=ChangeKind.CUT)
    assert (change.lost, change.detail) == (1, "1 instead of 2 each of BDL-MARATHON-SET.")
    assert not Alert.objects.filter(resolved_at=None).exists()
    assert reserve(line(cream, 3)).status == "held"
    assert reservations.broken_invariants() == []


def test_what_giving_up_frees_goes_to_whoever_is_short_of_it(marathon, stocked, cream):
    reservation = reserve(line(marathon, 2))
    waiting = reserve(line(cream, 1))
    write_off("COS-CREAM-50", 1, lot="B")
    assert waiting.lines.get().shortage == 1
    write_off("SE-CAP-RED", 2)
    short = reservation.lines.get(shortage__gt=0)

    services.give_up_shortages(line_ids=[short.pk], reason="none will come", now=NOW)

    assert waiting.lines.get().shortage == 0
    assert reservations.broken_invariants() == []


def test_what_is_held_keeps_what_it_was_made_of(marathon, stocked, blue):
    reservation = reserve(line(marathon))

    set_composition(bundle_id=marathon.pk, slots=[slot("Cap", option(blue))])

    assert [row[1] for row in lines(reservation)] == [
        "BDL-MARATHON-SET",
        "COS-CREAM-50",
        "SE-CAP-RED",
    ]
    services.commit(reservation_id=reservation.pk, order_reference="o-1", now=NOW)
    assert reservations.broken_invariants() == []


def test_the_event_names_the_bundle_and_what_is_in_it(marathon, stocked, red):
    reserve(line(marathon, 2), line(red))

    event = OutboxEvent.objects.get(type="reservation.held")
    assert event.payload["lines"] == [
        {
            "sku": "BDL-MARATHON-SET",
            "quantity": "2",
            "components": [
                {"sku": "COS-CREAM-50", "quantity": "4"},
                {"sku": "SE-CAP-RED", "quantity": "2"},
            ],
        },
        {"sku": "SE-CAP-RED", "quantity": "1"},
    ]


@pytest.mark.parametrize(
    "fields", [{"slot": ""}, {"is_bundle": True}, {"parent": None}, {"slot": "cream"}]
)
def test_the_database_refuses_a_component_without_its_place(marathon, stocked, fields):
    cap = reserve(line(marathon)).lines.get(slot="cap")

    with pytest.raises(IntegrityError), transaction.atomic():
        ReservationLine.objects.filter(pk=cap.pk).update(**fields)


def test_the_database_refuses_a_shortage_of_the_bundle_itself(marathon, stocked):
    bundle = reserve(line(marathon)).lines.get(is_bundle=True)

    with pytest.raises(IntegrityError), transaction.atomic():
        ReservationLine.objects.filter(pk=bundle.pk).update(shortage=1)


def test_a_basket_with_bundles_is_written_in_as_many_queries_as_one_with_more(
    marathon, cream, red, blue, django_assert_max_num_queries
):
    for product in (cream, red, blue):
        inventory.receive(product, 100)
    with django_assert_max_num_queries(60) as few:
        reserve(line(marathon, 1, cap="SE-CAP-RED"), line(marathon, 1, cap="SE-CAP-BLUE"))

    with django_assert_max_num_queries(len(few)):
        reserve(*[line(marathon, 1, cap=cap) for cap in ("SE-CAP-RED", "SE-CAP-BLUE")] * 5)


class WholeBundles(TestCase):
    """Whatever is there: as many bundles as the sums say, and not one more."""

    @settings(max_examples=25, deadline=None)
    @given(
        there=st.lists(st.integers(0, 12), min_size=3, max_size=3),
        takes=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), min_size=1, max_size=4),
    )
    def test_n_can_be_reserved_and_one_more_cannot(self, there, takes):
        inventory.serves("DE", inventory.warehouse())
        things = [catalog.sports() for _ in there]
        for thing, quantity in zip(things, there, strict=True):
            if quantity:
                inventory.receive(thing, quantity)
        bundle = bundles.of(*[(things[index], quantity) for index, quantity in takes])
        needs = {i: sum(q for index, q in takes if index == i) for i, _ in takes}
        most = min(there[index] // need for index, need in needs.items())

        with pytest.raises(InsufficientStock) as refusal:
            reserve(line(bundle, most + 1))
        if most:
            reserve(line(bundle, most))

        assert refusal.value.extra["shortages"][0]["available"] == most
        assert reservations.broken_invariants() == []
