from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.kernel.alerts import Alert
from config.kernel.outbox import OutboxEvent
from inventory.counting import services
from inventory.counting.errors import (
    BeingCounted,
    CorrectedMeanwhile,
    NotAllCounted,
    NothingToCount,
    SamePersonCounts,
    UnknownCount,
    WrongStage,
)
from inventory.counting.models import CountEntry, CountLine, CycleCount
from inventory.lots.errors import LotRequired, UnknownLot
from inventory.lots.models import Lot
from inventory.reservations.models import ReservationLine
from inventory.stock import services as stock
from inventory.stock.errors import InvalidQuantity, NotEnoughStock, ReasonRequired
from inventory.stock.models import StockLevel, StockMovement
from inventory.stock.reasons import StockReason
from tests.factories import catalog, inventory, reservations
from tests.factories.inventory import NOW

LATER = NOW + timedelta(minutes=10)


def planned(*, start=True, now=NOW, units=0, percent=0, **choice):
    count = services.plan_count(
        warehouse_id=inventory.warehouse().pk,
        scope="Everything",
        tolerance_units=Decimal(units),
        tolerance_percent=Decimal(percent),
        now=now,
        **choice,
    )
    return services.start_count(count_id=count.pk, now=now) if start else count


def lines(count):
    return list(count.lines.order_by("position"))


def enter(count, *quantities, now=NOW, **more):
    figures = zip(lines(count), quantities, strict=True)
    return services.enter(
        count_id=count.pk,
        quantities={line.pk: Decimal(q) for line, q in figures if q is not None},
        now=now,
        **more,
    )


def counted_twice(count, *quantities, now=NOW):
    """To the decision: counted, counted again the same."""
    enter(count, *quantities, now=now)
    services.finish_round(count_id=count.pk, now=now)
    again = [
        quantity if line.status == "recount" else None
        for line, quantity in zip(lines(count), quantities, strict=True)
    ]
    enter(count, *again, now=now)
    return services.finish_round(count_id=count.pk, now=now)


def approve(count, reason=StockReason.LOST, note="", now=LATER):
    ids = list(count.lines.filter(status="difference").values_list("pk", flat=True))
    return services.approve(line_ids=ids, reason=reason, note=note, now=now)


def statuses(count):
    return [line.status for line in lines(count)]


def counts_booked():
    return list(
        StockMovement.objects.filter(kind="count")
        .order_by("pk")
        .values_list("quantity", "reason", "reference")
    )


def state():
    return {
        **reservations.state(),
        "counts": list(CycleCount.objects.order_by("pk").values_list()),
        "count lines": list(CountLine.objects.order_by("pk").values_list()),
        "entries": list(CountEntry.objects.order_by("pk").values_list()),
    }


def test_lists_what_lies_in_the_chosen_places_in_the_order_of_walking(ball, cream):
    inventory.receive(ball, 3, at=inventory.location("A-2"))
    inventory.receive(cream, 4, lot="L1", at=inventory.location("A-1"))
    inventory.receive(cream, 5, lot="L2", at=inventory.location("DOCK"))

    count = planned(
        start=False, location_ids=[inventory.location(code).pk for code in ("A-1", "A-2")]
    )

    assert count.reference == "COUNT-261124-1"
    assert count.status == "draft"
    assert [(x.location.code, x.variant.sku, x.lot_code) for x in lines(count)] == [
        ("A-1", "COS-CREAM-50", "L1"),
        ("A-2", "SE-BALL-5", ""),
    ]


def test_lists_the_chosen_skus_and_lots_wherever_they_lie(ball, cream):
    inventory.receive(ball, 3, at=inventory.location("A-2"))
    first = inventory.receive(cream, 4, lot="L1")
    inventory.receive(cream, 5, lot="L2")

    count = planned(variant_ids=[catalog.variant(ball).pk], lot_ids=[first.lot_id])

    assert [(x.variant.sku, x.lot_code) for x in lines(count)] == [
        ("SE-BALL-5", ""),
        ("COS-CREAM-50", "L1"),
    ]


def test_lists_a_class_by_how_often_it_is_picked(germany):
    fast, slow = catalog.sports(sku="SE-FAST-1"), catalog.sports(sku="SE-SLOW-1")
    for product in (fast, slow):
        inventory.receive(product, 50)
    for number in range(9):
        held = reservations.reserve(reservations.line(fast), reference=f"cart-{number}")
        reservations.services.commit(
            reservation_id=held.pk, order_reference=f"order-{number}", now=NOW
        )

    assert [x.variant.sku for x in lines(planned(abc_class="A"))] == ["SE-FAST-1"]
    assert [x.variant.sku for x in lines(planned(abc_class="C"))] == ["SE-SLOW-1"]
    with pytest.raises(NothingToCount):
        planned(abc_class="B")


def test_leaves_out_what_another_open_count_holds(ball, cream):
    inventory.receive(ball, 3)
    planned(start=False)
    inventory.receive(cream, 4, lot="L1")

    assert [x.variant.sku for x in lines(planned(start=False))] == ["COS-CREAM-50"]
    with pytest.raises(NothingToCount, match="BER: Everything"):
        planned(start=False)


def test_books_nothing_where_the_figures_match(ball):
    inventory.receive(ball, 10)
    count = planned()
    enter(count, 10)

    count = services.finish_round(count_id=count.pk, now=LATER)

    assert (count.status, count.closed_at) == ("closed", LATER)
    assert statuses(count) == ["matched"]
    assert counts_booked() == []
    event = OutboxEvent.objects.get(type="count.closed")
    assert event.payload["applied"] == 0
    assert not Alert.objects.exists()


def test_books_what_is_within_tolerance_at_once_and_asks_for_the_rest_again(ball, cream):
    inventory.receive(ball, 100, at=inventory.location("A-1"))
    inventory.receive(cream, 100, lot="L1", at=inventory.location("A-2"))
    count = planned(percent=2)
    enter(count, 98, 97)

    count = services.finish_round(count_id=count.pk, now=LATER)

    assert count.status == "second_count"
    assert statuses(count) == ["applied", "recount"]
    assert counts_booked() == [(-2, "Within tolerance", count.reference)]


def test_a_difference_counted_twice_waits_for_a_decision(ball):
    inventory.receive(ball, 10)
    count = planned()

    count = counted_twice(count, 7)

    assert count.status == "to_approve"
    (line,) = lines(count)
    assert (line.rounds, line.first_quantity, line.quantity, line.difference) == (2, 7, 7, -3)
    assert counts_booked() == []
    alert = Alert.objects.get(kind="count-to-approve")
    assert alert.permission == "inventory.approve_count"
    assert "1 difference to decide about" in alert.title
    assert OutboxEvent.objects.get(type="count.to_approve").payload["differences"] == 1


def test_a_slip_is_mended_by_entering_again_and_both_figures_are_kept(ball, ada, acting):
    inventory.receive(ball, 10)
    count = planned()
    with acting(ada):
        enter(count, 1)
        enter(count, 10)

    (line,) = lines(count)
    assert (line.rounds, line.quantity, line.first_quantity) == (1, 10, None)
    assert line.counted_by == ada
    entries = CountEntry.objects.order_by("pk").values_list("round", "quantity", "counted_by")
    assert list(entries) == [(1, 1, ada.pk), (1, 10, ada.pk)]


def test_the_second_count_may_prove_the_books_right(ball):
    inventory.receive(ball, 10)
    count = planned()
    enter(count, 7)
    services.finish_round(count_id=count.pk, now=NOW)
    enter(count, 10)

    count = services.finish_round(count_id=count.pk, now=NOW)

    assert count.status == "closed"
    assert statuses(count) == ["matched"]
    assert lines(count)[0].first_quantity == 7


def test_a_decision_books_with_its_reason_and_closes_the_count(ball, ada, acting):
    inventory.receive(ball, 10)
    count = counted_twice(planned(), 7)

    with acting(ada):
        approve(count, StockReason.LOST, "behind the shelf")

    count.refresh_from_db()
    (line,) = lines(count)
    assert (count.status, count.closed_by_name) == ("closed", ada.username)
    assert (line.status, line.decided_by, line.movement.quantity) == ("applied", ada, -3)
    assert counts_booked() == [(-3, "lost: behind the shelf", count.reference)]
    assert line.movement.happened_at == NOW
    assert StockLevel.objects.get().on_hand == 7
    assert Alert.objects.get().resolved_at == LATER


def test_what_is_not_believed_changes_no_books(ball):
    inventory.receive(ball, 10)
    count = counted_twice(planned(), 7)
    ids = [lines(count)[0].pk]
    with pytest.raises(ReasonRequired):
        services.reject(line_ids=ids, note="", now=LATER)

    services.reject(line_ids=ids, note="counted the wrong shelf", now=LATER)

    count.refresh_from_db()
    assert (count.status, statuses(count)) == ("closed", ["rejected"])
    assert StockLevel.objects.get().on_hand == 10


def test_what_is_doubted_is_counted_once_more(ball):
    inventory.receive(ball, 10)
    count = counted_twice(planned(), 7)

    services.count_again(line_ids=[lines(count)[0].pk], now=LATER)

    count.refresh_from_db()
    assert (count.status, statuses(count)) == ("second_count", ["recount"])
    assert Alert.objects.get().resolved_at == LATER
    enter(count, 9, now=LATER)
    services.finish_round(count_id=count.pk, now=LATER)
    (line,) = lines(count)
    assert (line.rounds, line.quantity, line.first_quantity, line.difference) == (3, 9, 7, -1)


def test_an_empty_field_is_not_a_zero(ball, cream):
    inventory.receive(ball, 10, at=inventory.location("A-1"))
    inventory.receive(cream, 5, lot="L1", at=inventory.location("A-2"))
    count = planned()
    enter(count, 10, None)
    before = state()

    with pytest.raises(NotAllCounted, match="1 line of COUNT-261124-1 has no figure"):
        services.finish_round(count_id=count.pk, now=NOW)

    assert state() == before
    count = services.finish_round(count_id=count.pk, now=NOW, leave_uncounted=True)
    assert (count.status, statuses(count)) == ("closed", ["matched", "left"])
    assert StockLevel.objects.get(lot__code="L1").on_hand == 5


def test_a_zero_is_a_figure(ball):
    inventory.receive(ball, 10)
    count = counted_twice(planned(), 0)

    approve(count)

    assert StockLevel.objects.get().on_hand == 0


def test_what_is_sold_while_it_is_counted_stays_sold(ball):
    inventory.receive(ball, 10)
    count = counted_twice(planned(), 9)
    held = reservations.reserve(reservations.line(ball, 4), now=LATER)
    reservations.services.commit(reservation_id=held.pk, order_reference="o-1", now=LATER)

    approve(count, now=LATER + timedelta(minutes=1))

    assert StockLevel.objects.get().on_hand == 5
    assert counts_booked()[0][0] == -1


def test_what_had_left_before_the_count_and_is_written_later_makes_no_difference(ball):
    level = inventory.receive(ball, 10, now=NOW - timedelta(hours=2))
    count = counted_twice(planned(), 7)
    reservations.reserve(reservations.line(ball, 3))
    with transaction.atomic():
        stock.ship(
            quantities={level.pk: Decimal(3)},
            reference="o-1",
            happened_at=NOW - timedelta(minutes=1),
            now=LATER,
        )

    approve(count, now=LATER)

    assert counts_booked() == []
    (line,) = lines(count)
    assert (line.status, line.difference, line.movement) == ("applied", 0, None)


def test_a_correction_after_the_count_may_hold_its_difference_already(ball):
    level = inventory.receive(ball, 10)
    count = counted_twice(planned(), 7)
    stock.adjust(stock_level_id=level.pk, quantity_delta=Decimal(-3), reason="seen", now=LATER)
    before = state()

    with pytest.raises(CorrectedMeanwhile, match="SE-BALL-5 open lot in DOCK"):
        approve(count, now=LATER)

    assert state() == before


def test_less_than_nothing_is_not_booked(ball):
    level = inventory.receive(ball, 10)
    count = counted_twice(planned(), 6)
    stock.write_off(stock_level_id=level.pk, quantity=Decimal(8), reason="fire", now=LATER)
    before = state()

    with pytest.raises(NotEnoughStock, match="only 2 are left"):
        approve(count)

    assert state() == before


def test_a_count_below_what_is_promised_takes_it_back(ball):
    inventory.receive(ball, 10)
    older = reservations.reserve(reservations.line(ball, 6), seconds=86400)
    newer = reservations.reserve(
        reservations.line(ball, 4), seconds=86400, now=NOW + timedelta(minutes=1)
    )
    count = counted_twice(planned(), 7)

    approve(count)

    assert ReservationLine.objects.get(reservation=older).shortage == 0
    assert ReservationLine.objects.get(reservation=newer).shortage == 3
    assert f"Count: lost ({count.reference})" == newer.changes.get(kind="lost").reason
    assert services.reconcile(now=LATER) == []


def test_goods_on_no_list_are_counted_and_their_lot_is_made_when_they_are_booked(cream):
    inventory.receive(cream, 5, lot="L1", at=inventory.location("A-1"))
    count = planned()
    variant, place = catalog.variant(cream), inventory.location("A-2")

    services.enter_found(
        count_id=count.pk,
        variant_id=variant.pk,
        location_id=place.pk,
        lot_code="L9",
        expiry_date=date(2028, 1, 31),
        quantity=Decimal(3),
        now=NOW,
    )

    assert not Lot.objects.filter(code="L9").exists()
    enter(count, 5, None)
    services.finish_round(count_id=count.pk, now=NOW)
    enter(count, None, 3)
    services.finish_round(count_id=count.pk, now=NOW)
    approve(count, StockReason.FOUND)
    level = StockLevel.objects.get(lot__code="L9")
    assert (level.location, level.on_hand) == (place, 3)
    assert level.lot.expiry_date == date(2028, 1, 31)


def test_what_is_on_the_list_after_all_is_counted_there(cream):
    inventory.receive(cream, 5, lot="L1", at=inventory.location("A-1"))
    count = planned()

    line = services.enter_found(
        count_id=count.pk,
        variant_id=catalog.variant(cream).pk,
        location_id=inventory.location("A-1").pk,
        lot_code="L1",
        quantity=Decimal(4),
        now=NOW,
    )

    assert [found.pk for found in lines(count)] == [line.pk]
    assert (line.status, line.quantity, line.is_found) == ("counted", 4, False)


@pytest.mark.parametrize(
    ("lot", "error"), [("", LotRequired), ("NEW", UnknownLot)], ids=["no lot", "unknown lot"]
)
def test_found_goods_need_what_a_lot_needs(cream, lot, error):
    inventory.receive(cream, 5, lot="L1")
    count = planned()
    before = state()

    with pytest.raises(error):
        services.enter_found(
            count_id=count.pk,
            variant_id=catalog.variant(cream).pk,
            location_id=inventory.location("A-2").pk,
            lot_code=lot,
            quantity=Decimal(3),
            now=NOW,
        )

    assert state() == before


def test_found_goods_that_another_count_holds_are_refused(ball, cream):
    inventory.receive(ball, 10, at=inventory.location("A-1"))
    planned()
    inventory.receive(cream, 5, lot="L1", at=inventory.location("A-2"))
    other = planned()

    with pytest.raises(BeingCounted):
        services.enter_found(
            count_id=other.pk,
            variant_id=catalog.variant(ball).pk,
            location_id=inventory.location("A-1").pk,
            quantity=Decimal(3),
            now=NOW,
        )


@pytest.mark.parametrize("quantity", ["-1", "1.5", "NaN", "1000000000"])
def test_a_figure_that_cannot_be_is_refused(ball, quantity):
    inventory.receive(ball, 10)
    count = planned()
    before = state()

    with pytest.raises(InvalidQuantity):
        enter(count, quantity)

    assert state() == before


def test_who_counted_first_leaves_the_second_count_to_somebody_else(ball, ada, bob, acting):
    inventory.receive(ball, 10)
    count = planned()
    with acting(ada):
        enter(count, 7)
        services.finish_round(count_id=count.pk, now=NOW)
        with pytest.raises(SamePersonCounts, match="let somebody else"):
            enter(count, 7)

    with acting(bob):
        enter(count, 7)

    assert lines(count)[0].counted_by == bob


def test_who_is_alone_counts_again_and_so_does_who_says_so(ball, ada, acting):
    inventory.receive(ball, 10)
    count = planned()
    with acting(ada):
        enter(count, 7)
        services.finish_round(count_id=count.pk, now=NOW)

        enter(count, 7)

    assert lines(count)[0].rounds == 2


def test_who_says_that_nobody_else_is_there_counts_again(ball, ada, bob, acting):
    inventory.receive(ball, 10)
    count = planned()
    with acting(ada):
        enter(count, 7)
        services.finish_round(count_id=count.pk, now=NOW)

        enter(count, 7, may_repeat=True)

    assert lines(count)[0].rounds == 2


def test_each_stage_allows_what_belongs_to_it(ball):
    inventory.receive(ball, 10)
    count = planned(start=False)
    with pytest.raises(WrongStage, match="at the stage draft, not counting or second count"):
        enter(count, 7)
    services.start_count(count_id=count.pk, now=NOW)
    with pytest.raises(WrongStage):
        services.start_count(count_id=count.pk, now=NOW)
    count = counted_twice(count, 7)
    with pytest.raises(WrongStage):
        enter(count, 7)
    approve(count)
    ids = [line.pk for line in lines(count)]
    with pytest.raises(WrongStage, match="nothing to decide about, it is booked"):
        services.approve(line_ids=ids, reason=StockReason.LOST, note="", now=LATER)
    with pytest.raises(WrongStage):
        services.cancel_count(count_id=count.pk, reason="x", now=LATER)
    with pytest.raises(UnknownCount):
        services.reject(line_ids=[0], note="x", now=LATER)
    assert StockLevel.objects.get().on_hand == 7


def test_a_cancelled_count_books_nothing_more_and_frees_its_lines(ball):
    inventory.receive(ball, 10)
    count = counted_twice(planned(), 7)

    services.cancel_count(count_id=count.pk, reason="stocktaking instead", now=LATER)

    count.refresh_from_db()
    assert (count.status, statuses(count)) == ("cancelled", ["left"])
    assert Alert.objects.get().resolution == "The count was cancelled."
    assert StockLevel.objects.get().on_hand == 10
    assert len(lines(planned())) == 1


def test_a_thousand_lines_take_few_queries(germany, django_assert_max_num_queries):
    for number in range(8):
        inventory.receive(catalog.sports(sku=f"SE-MANY-{number}"), 10)
    count = planned()

    with django_assert_max_num_queries(12):
        enter(count, *range(8))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_whatever_is_sold_and_comes_in_meanwhile_the_books_end_as_they_should(ball, data):
    """A plain model: what really lies there, moved by hand; the books must end equal to it."""
    with transaction.atomic():
        _count_while_goods_move(ball, data)
        transaction.set_rollback(True)


def _count_while_goods_move(ball, data):
    now = NOW
    level = inventory.receive(ball, 100, now=now)
    really = Decimal(100) - data.draw(st.integers(min_value=1, max_value=20))
    count = counted_twice(planned(now=now), really, now=now)
    for _ in range(data.draw(st.integers(min_value=0, max_value=4))):
        now += timedelta(minutes=1)
        quantity = Decimal(data.draw(st.integers(min_value=1, max_value=10)))
        if data.draw(st.booleans()):
            inventory.receive(ball, int(quantity), now=now)
            really += quantity
        else:
            stock.write_off(stock_level_id=level.pk, quantity=quantity, reason="x", now=now)
            really -= quantity

    approve(count, now=now)

    level.refresh_from_db()
    assert level.on_hand == really
    assert services.reconcile(now=now) == []
