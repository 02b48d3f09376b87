"""Goods with serial numbers are counted piece by piece."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from inventory.counting import services
from inventory.counting.errors import CorrectedMeanwhile
from inventory.counting.models import CountEntry
from inventory.stock import services as stock
from inventory.stock.errors import InvalidSerial
from inventory.stock.models import SerialNumber, StockLevel, StockMovement
from inventory.stock.reasons import StockReason
from inventory.stock.selectors.serials import passages_of, serials_on, to_be_named
from tests.factories import catalog, inventory, reservations
from tests.factories.inventory import NOW
from tests.inventory.counting.test_services_counts import lines, planned, state, statuses

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def watch(germany):
    return catalog.sports(sku="SE-WATCH-1", is_serial_tracked=True)


@pytest.fixture
def level(watch):
    return received(watch, "W1", "W2", "W3")


def received(product, *serials, at="A-1"):
    return inventory.receive(
        product, len(serials), at=inventory.location(at), serials=list(serials)
    )


def scan(count, *places, now=NOW, without=0):
    """What was scanned line by line, each as one text; `without` a number in the first."""
    pieces = {
        line.pk: text.split()
        for line, text in zip(lines(count), places, strict=True)
        if text is not None
    }
    more = {lines(count)[0].pk: without}
    services.enter(
        count_id=count.pk,
        quantities={pk: Decimal(len(own) + more.get(pk, 0)) for pk, own in pieces.items()},
        serials=pieces,
        now=now,
    )


def counted(count, *places, now=NOW, without=0):
    """To the decision: counted, counted again the same."""
    scan(count, *places, now=now, without=without)
    count = services.finish_round(count_id=count.pk, now=now)
    if count.status == "second_count":
        again = [
            text if line.status == "recount" else None
            for line, text in zip(lines(count), places, strict=True)
        ]
        scan(count, *again, now=now, without=without)
        count = services.finish_round(count_id=count.pk, now=now)
    return count


def approve(*count_lines, reason=StockReason.COUNT, note="", now=LATER):
    return services.approve(
        line_ids=[line.pk for line in count_lines], reason=reason, note=note, now=now
    )


def there(level):
    return serials_on([level.pk]).get(level.pk, [])


def on_hand(level):
    return StockLevel.objects.get(pk=level.pk).on_hand


def history(serial):
    """Every line about a piece, the newest first."""
    piece = SerialNumber.objects.get(serial=serial)
    return [
        (p.movement.kind, p.movement.quantity, p.movement.stock_level.location.code)
        for p in passages_of(piece.pk)
    ]


def booked():
    rows = StockMovement.objects.filter(kind="count").order_by("pk")
    return list(rows.values_list("stock_level__location__code", "quantity", "reason"))


def is_right():
    return services.reconcile(now=LATER) == []


def test_what_was_scanned_is_what_the_books_have(level):
    count = counted(planned(), "W3 W1 W2")

    assert statuses(count) == ["matched"]
    (line,) = lines(count)
    assert (line.quantity, line.serials, line.book_serials) == (
        3,
        ["W3", "W1", "W2"],
        ["W1", "W2", "W3"],
    )
    assert [entry.serials for entry in CountEntry.objects.all()] == [["W3", "W1", "W2"]]
    assert booked() == []


def test_a_missing_piece_lies_there_no_more_and_its_history_says_so(level):
    count = counted(planned(), "W1 W3")
    (line,) = lines(count)
    assert (line.status, line.difference, line.pieces.missing) == ("difference", -1, ("W2",))

    approve(line, reason=StockReason.LOST, note="looked twice")

    assert (there(level), on_hand(level)) == (["W1", "W3"], 2)
    assert booked() == [("A-1", -1, "lost: looked twice")]
    assert history("W2") == [("count", -1, "A-1"), ("receipt", 3, "A-1")]
    assert to_be_named().count() == 0
    assert is_right()


def test_a_piece_that_nobody_knew_comes_into_the_books(level):
    count = counted(planned(), "W1 W2 W3 W9")

    approve(*lines(count))

    assert (there(level), on_hand(level)) == (["W1", "W2", "W3", "W9"], 4)
    assert history("W9") == [("count", 1, "A-1")]
    assert is_right()


def test_one_piece_in_the_place_of_another_is_a_difference_though_the_number_is_right(level):
    count = counted(planned(), "W1 W2 W9")
    (line,) = lines(count)
    assert (line.status, line.difference) == ("difference", 0)

    approve(line)

    assert (there(level), on_hand(level)) == (["W1", "W2", "W9"], 3)
    assert booked() == [("A-1", -1, ""), ("A-1", 1, "")]
    assert is_right()


def test_a_piece_that_was_sold_and_lies_there_is_back(level):
    sold = reservations.reserve(reservations.line("SE-WATCH-1"))
    reservations.services.commit(reservation_id=sold.pk, order_reference="O-1", now=NOW)
    stock.name_serials(
        movement_id=StockMovement.objects.get(kind="sale").pk, serials=["W2"], now=NOW
    )
    assert there(level) == ["W1", "W3"]

    count = counted(planned(), "W1 W2 W3")
    approve(*lines(count))

    assert (there(level), on_hand(level)) == (["W1", "W2", "W3"], 3)
    assert [kind for kind, *_ in history("W2")] == ["count", "sale", "receipt"]
    assert is_right()


def test_a_piece_of_another_place_is_taken_from_there(watch, level):
    other = received(watch, "W7", "W8", at="A-2")
    count = counted(planned(location_ids=[inventory.location("A-1").pk]), "W1 W2 W3 W7")

    approve(*lines(count))

    assert (there(level), on_hand(level)) == (["W1", "W2", "W3", "W7"], 4)
    assert (there(other), on_hand(other)) == (["W8"], 1)
    assert sorted(booked()) == [("A-1", 1, ""), ("A-2", -1, "found in BER A-1")]
    assert history("W7") == [("count", 1, "A-1"), ("count", -1, "A-2"), ("receipt", 2, "A-2")]
    assert is_right()


def test_what_was_promised_of_the_place_a_piece_is_taken_from_gives_way(watch, level):
    other = received(watch, "W7", at="A-2")
    promised = reservations.reserve(reservations.line("SE-WATCH-1", 4))
    count = counted(planned(location_ids=[inventory.location("A-1").pk]), "W1 W2 W7")

    approve(*lines(count))

    assert [on_hand(level), on_hand(other)] == [3, 0]
    assert promised.lines.get().shortage == 1
    assert reservations.broken_invariants() == []


def test_pieces_that_changed_places_are_booked_together(watch, level):
    other = received(watch, "W7", "W8", at="A-2")
    count = counted(planned(), "W1 W2 W7", "W3 W8")
    assert [line.difference for line in lines(count)] == [0, 0]

    approve(*lines(count))

    assert (there(level), on_hand(level)) == (["W1", "W2", "W7"], 3)
    assert (there(other), on_hand(other)) == (["W3", "W8"], 2)
    assert is_right()


def test_booked_one_by_one_the_other_place_is_counted_again(watch, level):
    other = received(watch, "W7", "W8", at="A-2")
    count = counted(planned(), "W1 W2 W3 W7", "W8")
    first, second = lines(count)
    second.refresh_from_db()
    scan_later = NOW + timedelta(minutes=1)

    approve(first, now=scan_later)

    assert (there(level), there(other)) == (["W1", "W2", "W3", "W7"], ["W8"])
    assert on_hand(other) == 1
    approve(second)  # counted at the same moment: the books have it already
    assert on_hand(other) == 1
    assert is_right()


def test_a_place_that_was_counted_before_its_piece_was_found_elsewhere(watch, level):
    received(watch, "W7", "W8", at="A-2")
    count = planned()
    scan(count, None, "W8", now=NOW)
    scan(count, "W1 W2 W3 W7", None, now=NOW + timedelta(minutes=1))
    services.finish_round(count_id=count.pk, now=NOW + timedelta(minutes=2))
    scan(count, None, "W8", now=NOW + timedelta(minutes=3))
    scan(count, "W1 W2 W3 W7", None, now=NOW + timedelta(minutes=4))
    services.finish_round(count_id=count.pk, now=NOW + timedelta(minutes=5))
    first, second = lines(count)

    approve(first)

    before = state()
    with pytest.raises(CorrectedMeanwhile), transaction.atomic():
        approve(second)
    assert state() == before


def test_a_piece_of_another_lot_becomes_one_of_this(germany):
    product = catalog.sports(sku="SE-TENT-1", is_serial_tracked=True)
    first = inventory.receive(product, 1, lot="L1", serials=["T1"], at=inventory.location("A-1"))
    second = inventory.receive(product, 2, lot="L2", serials=["T2", "T3"])
    count = counted(planned(lot_ids=[first.lot_id]), "T1 T3")

    approve(*lines(count))

    assert (there(first), there(second)) == (["T1", "T3"], ["T2"])
    assert SerialNumber.objects.get(serial="T3").lot_id == first.lot_id
    assert is_right()


def test_a_piece_on_the_road_stays_with_its_transfer(watch, level):
    from tests.factories import transfers

    inventory.warehouse("LAX", time_zone="America/Los_Angeles")
    transfers.sent(transfers.line(catalog.variant(watch), 1, serials=["W2"]), now=NOW)
    road = SerialNumber.objects.get(serial="W2").stock_level_id

    count = counted(planned(location_ids=[inventory.location("A-1").pk]), "W1 W2 W3")
    approve(*lines(count))

    assert SerialNumber.objects.get(serial="W2").stock_level_id == road
    assert (there(level), on_hand(level)) == (["W1", "W3"], 3)
    assert [line.unnamed for line in to_be_named()] == [1]
    assert is_right()


def test_an_unnamed_sale_is_the_missing_piece(level):
    sold = reservations.reserve(reservations.line("SE-WATCH-1"))
    reservations.services.commit(reservation_id=sold.pk, order_reference="O-1", now=NOW)

    count = counted(planned(now=LATER), "W1 W3", now=LATER)
    approve(*lines(count))

    assert (there(level), on_hand(level)) == (["W1", "W3"], 2)
    assert booked() == []
    assert history("W2") == [("sale", -1, "A-1"), ("receipt", 3, "A-1")]
    assert to_be_named().count() == 0
    assert is_right()


def test_pieces_without_a_readable_number_are_named_later(level):
    count = counted(planned(), "W1 W2 W3", without=2)
    assert lines(count)[0].quantity == 5

    approve(*lines(count))

    assert on_hand(level) == 5
    (line,) = to_be_named()
    assert line.unnamed == 2
    assert is_right()


def test_pieces_that_nobody_had_named_are_named_by_the_next_count(level):
    stock.adjust(stock_level_id=level.pk, quantity_delta=Decimal(2), reason="found", now=NOW)
    assert to_be_named().count() == 1
    count = counted(planned(now=LATER), "W1 W2 W3 W8 W9", now=LATER)
    assert lines(count)[0].difference == 0

    approve(*lines(count))

    assert (there(level), on_hand(level)) == (["W1", "W2", "W3", "W8", "W9"], 5)
    assert booked() == []
    assert to_be_named().count() == 0
    assert is_right()


def test_counted_by_quantity_alone_what_differs_is_named_later(level):
    count = planned()
    (line,) = lines(count)
    for _ in range(2):
        services.enter(count_id=count.pk, quantities={line.pk: Decimal(2)}, now=NOW)
        services.finish_round(count_id=count.pk, now=NOW)

    approve(line)

    assert (there(level), on_hand(level)) == (["W1", "W2", "W3"], 2)
    assert [waiting.unnamed for waiting in to_be_named()] == [1]


def test_where_nothing_lies_all_pieces_are_missing(level):
    count = counted(planned(), "")
    assert lines(count)[0].pieces.missing == ("W1", "W2", "W3")

    approve(*lines(count))

    assert (there(level), on_hand(level)) == ([], 0)
    assert to_be_named().count() == 0
    assert is_right()


def test_pieces_on_no_list_are_found(watch):
    count_of = received(watch, "W1", at="A-1")
    count = planned()
    scan(count, "W1")
    line = services.enter_found(
        count_id=count.pk,
        variant_id=catalog.variant(watch).pk,
        location_id=inventory.location("A-2").pk,
        quantity=Decimal(2),
        serials=["W8", "W9"],
        now=NOW,
    )
    count = services.finish_round(count_id=count.pk, now=NOW)
    services.enter(
        count_id=count.pk,
        quantities={line.pk: Decimal(2)},
        serials={line.pk: ["W8", "W9"]},
        now=NOW,
    )
    services.finish_round(count_id=count.pk, now=NOW)

    (booked_line,) = approve(line)

    assert there(booked_line.stock_level) == ["W8", "W9"]
    assert there(count_of) == ["W1"]
    assert is_right()


def test_within_tolerance_pieces_are_booked_at_once(level):
    count = planned(units=1)

    scan(count, "W1 W3")
    count = services.finish_round(count_id=count.pk, now=NOW)

    assert statuses(count) == ["applied"]
    assert there(level) == ["W1", "W3"]
    assert is_right()


def test_each_piece_that_differs_counts_against_the_tolerance(level):
    count = planned(units=1)

    scan(count, "W1 W2 W9")
    count = services.finish_round(count_id=count.pk, now=NOW)

    assert statuses(count) == ["recount"]
    assert there(level) == ["W1", "W2", "W3"]


def test_a_second_count_replaces_the_pieces_of_the_first(level):
    count = planned()
    scan(count, "W1 W3")
    services.finish_round(count_id=count.pk, now=NOW)

    scan(count, "W1 W2 W3")
    count = services.finish_round(count_id=count.pk, now=NOW)

    assert statuses(count) == ["matched"]
    assert [entry.serials for entry in CountEntry.objects.order_by("pk")] == [
        ["W1", "W3"],
        ["W1", "W2", "W3"],
    ]


def test_what_is_not_believed_changes_nothing(level):
    count = counted(planned(), "W1 W9")

    services.reject(line_ids=[lines(count)[0].pk], note="no", now=LATER)

    assert (there(level), on_hand(level)) == (["W1", "W2", "W3"], 3)
    assert not SerialNumber.objects.filter(serial="W9").exists()


def test_what_was_sold_after_the_count_is_neither_missing_nor_found(level):
    count = counted(planned(), "W1 W2 W3 W9")
    sold = reservations.reserve(reservations.line("SE-WATCH-1"))
    after = NOW + timedelta(minutes=5)
    reservations.services.commit(reservation_id=sold.pk, order_reference="O-1", now=after)
    stock.name_serials(
        movement_id=StockMovement.objects.get(kind="sale").pk, serials=["W2"], now=after
    )

    approve(*lines(count))

    assert (there(level), on_hand(level)) == (["W1", "W3", "W9"], 3)
    assert is_right()


def test_refuses_pieces_that_cannot_be(ball, watch, level):
    inventory.receive(ball, 3, at=inventory.location("A-2"))
    received(watch, "W7", at="A-2")
    count = planned()
    before = state()

    def enter(*entered):
        services.enter(
            count_id=count.pk,
            quantities={line.pk: Decimal(quantity) for line, quantity, _ in entered},
            serials={line.pk: serials for line, _, serials in entered},
            now=NOW,
        )

    here, balls, beside = lines(count)
    for entered, said in [
        ([(balls, 1, ["B1"])], "SE-BALL-5: these goods carry no serial numbers; B1 was given"),
        ([(here, 2, ["W1", "W1"])], "W1 is given twice"),
        ([(here, 1, ["W1", "W2"])], "2 serial numbers are given for 1 pieces"),
        ([(here, 1, ["W1"]), (beside, 1, ["W1"])], "W1 was scanned in A-1 too"),
    ]:
        with pytest.raises(InvalidSerial, match=said), transaction.atomic():
            enter(*entered)
    assert state() == before
    enter((here, 1, ["W1"]))
    with pytest.raises(InvalidSerial, match="W1 was scanned in A-1 too"), transaction.atomic():
        enter((beside, 1, ["W1"]))


def test_a_piece_that_two_counts_found_is_counted_again(watch, level):
    received(watch, "W7", at="A-2")
    counts = [planned(location_ids=[inventory.location(code).pk]) for code in ("A-1", "A-2")]
    found = [
        lines(counted(count, text))[0]
        for count, text in zip(counts, ["W1 W2 W3 W9", "W7 W9"], strict=True)
    ]
    before = state()

    with pytest.raises(InvalidSerial, match="W9 was scanned in two places"), transaction.atomic():
        approve(*found)

    assert state() == before


PIECES = [f"W{number}" for number in range(8)]


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    lies=st.lists(st.integers(0, 2), min_size=8, max_size=8),
    seen=st.lists(st.integers(0, 2), min_size=8, max_size=8),
    unnamed=st.integers(0, 2),
    sold=st.integers(0, 2),
    without=st.integers(0, 2),
    is_together=st.booleans(),
)
# The first place was counted without a piece that may have been sold; then the second had it.
@example(
    lies=[0, 2, 2, 1, 1, 0, 0, 1],
    seen=[1, 2, 0, 0, 2, 0, 1, 0],
    unnamed=2,
    sold=2,
    without=2,
    is_together=False,
)
def test_whatever_is_scanned_each_piece_lies_where_it_was_seen(
    watch, lies, seen, unnamed, sold, without, is_together
):
    with transaction.atomic():
        levels = {
            place: received(
                watch,
                *[s for s, at in zip(PIECES, lies, strict=True) if at == place],
                "X" * place,
                at=f"A-{place}",
            )
            for place in (1, 2)
        }
        if unnamed:
            stock.adjust(
                stock_level_id=levels[1].pk,
                quantity_delta=Decimal(unnamed),
                reason="found",
                now=NOW,
            )
        sold = min(sold, int(on_hand(levels[1])) - 1)
        if sold:
            stock.adjust(
                stock_level_id=levels[1].pk, quantity_delta=Decimal(-sold), reason="sold", now=NOW
            )
        count = planned(now=LATER)
        texts = [
            " ".join([*(s for s, at in zip(PIECES, seen, strict=True) if at == place), "X" * place])
            for place in (1, 2)
        ]
        by_place = {"A-1": texts[0], "A-2": texts[1]}
        count = counted(
            count,
            *[by_place[line.location.code] for line in lines(count)],
            now=LATER,
            without=without,
        )
        open_lines = [line for line in lines(count) if line.status == "difference"]
        for chosen in [open_lines] if is_together else [[line] for line in open_lines]:
            if chosen:
                approve(*chosen, now=LATER)

        for place, level in levels.items():
            assert set(by_place[f"A-{place}"].split()) <= set(there(level))
            quantity = len(by_place[f"A-{place}"].split()) + (without if place == 1 else 0)
            assert on_hand(level) == quantity
        assert services.reconcile(now=LATER) == []
        transaction.set_rollback(True)
