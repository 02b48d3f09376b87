"""Recalls: chosen, frozen at once, accounted for to the last unit, closed or withdrawn."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from catalog.products.errors import UnknownProduct
from config.kernel.alerts import Alert, open_alerts
from config.kernel.context import bind
from config.kernel.outbox import OutboxEvent
from inventory.counting.services import reconcile
from inventory.lots.models import HoldReason, LotHold
from inventory.lots.services import make_split
from inventory.recalls import services
from inventory.recalls.errors import (
    CannotTakeBack,
    InvalidChoice,
    InvalidText,
    MoreThanOutstanding,
    NothingToRecall,
    NotInRecall,
    RecallEnded,
    RecallIncomplete,
    RecallReferenceTaken,
    TooManyLots,
    UnknownRecall,
    UnknownSupplier,
    UnreadableChoice,
    WarehouseRequired,
)
from inventory.recalls.models import (
    ProgressKind,
    Recall,
    RecallLoss,
    RecallLot,
    RecallPlace,
    RecallProgress,
)
from inventory.recalls.selectors import progress_of
from inventory.recalls.services import choosing
from inventory.reservations import services as reservations
from inventory.reservations.errors import InsufficientStock
from inventory.reservations.selectors import ItemCode
from inventory.stock import services as stock
from inventory.stock.claims import rehearse
from inventory.stock.errors import InvalidQuantity, NotEnoughStock
from inventory.stock.models import MovementKind, StockLevel, StockMovement
from inventory.transfers.services import receive_transfer
from tests.factories import catalog, inventory, people, transfers
from tests.factories import recalls as make
from tests.factories import reservations as promise
from tests.factories.inventory import NOW
from tests.factories.recalls import named, recall, record

pytestmark = pytest.mark.django_db


def by_name(reference="RC-1", reason="Glass in the jar.", **choice):
    return services.start_recall(
        reference=reference, reason=reason, choice=services.Choice(**choice), now=NOW
    )


def sold(item, quantity, order, **fields):
    """So many units that left for an order."""
    reservation = promise.reserve(promise.line(item, quantity), **fields)
    reservations.commit(
        reservation_id=reservation.pk,
        order_reference=order,
        now=NOW,
        client_id=reservation.client_id,
    )
    return reservation


def balance(of, lot=None):
    lots, _ = progress_of(of)
    found = {one.recalled.lot_id: one.balance for one in lots}
    return found[lot.pk] if lot else next(iter(found.values()))


# Freezing


def test_freezes_a_lot_at_once_and_what_was_promised_of_it_comes_from_others(cream, lot):
    inventory.receive(cream, 2, lot="L2")
    first = promise.reserve(promise.line(cream, 2), client_id=promise.client().pk)
    second = promise.reserve(promise.line(cream, 3), now=NOW + timedelta(minutes=1))

    found = recall(lot)

    assert promise.kept(first) == [("L2", 2)]
    assert promise.kept(second) == []
    assert second.lines.get().shortage == 3
    hold = LotHold.objects.get()
    assert (hold.lot, hold.reason, hold.note) == (
        lot,
        HoldReason.RECALL,
        "RC-1: Glass in the jar.",
    )
    losses = {loss.reservation_id: loss for loss in RecallLoss.objects.filter(recall=found)}
    assert (losses[first.pk].lost, losses[first.pk].found, losses[first.pk].short) == (2, 2, 0)
    assert (losses[second.pk].lost, losses[second.pk].found, losses[second.pk].short) == (3, 0, 3)
    assert losses[first.pk].variant == lot.variant
    assert promise.broken_invariants() == []
    assert reconcile(now=NOW) == []


def test_writes_down_what_there_was_of_each_lot(cream, lot, los_angeles):
    inventory.receive(cream, 5, lot="L1", expires="2027-06-30", at=los_angeles)
    sold(cream, 4, "ORD-1")
    promise.reserve(promise.line(cream, 3))

    recall(lot)

    one = RecallLot.objects.get()
    assert (one.came_in, one.on_hand, one.with_customers) == (17, 13, 4)
    places = RecallPlace.objects.order_by("warehouse__code")
    assert list(places.values_list("warehouse__code", "on_hand", "reserved")) == [
        ("BER", 8, 3),
        ("LAX", 5, 0),
    ]


def test_tells_everybody_about_each_lot_and_alerts_once(cream, lot):
    other = inventory.receive(cream, 1, lot="L2").lot
    user = people.staff()

    with bind(actor_id=user.pk, actor_name="anna"):
        found = recall(lot, other)

    events = OutboxEvent.objects.filter(type="lot.recalled").order_by("pk")
    assert [event.subject for event in events] == ["COS-CREAM-50/L1", "COS-CREAM-50/L2"]
    assert events[0].payload == {
        "recall_id": str(found.pk),
        "reference": "RC-1",
        "reason": "Glass in the jar.",
        "sku": "COS-CREAM-50",
        "lot": "L1",
        "expires_on": "2027-06-30",
        "on_hand": "12",
        "with_customers": "0",
    }
    alert = open_alerts().get(kind="recall")
    assert alert.title == "Recall RC-1: 2 lots frozen"
    assert alert.url == f"/admin/inventory/recall/{found.pk}/change/"
    assert (found.started_by, found.started_by_name) == (user, "anna")
    assert LotHold.objects.filter(placed_by=user).count() == 2


def test_a_lot_in_forty_baskets_leaves_all_of_them(cream, lot):
    inventory.receive(cream, 40, lot="L1", expires="2027-06-30")
    inventory.receive(cream, 25, lot="L2")
    baskets = [
        promise.reserve(promise.line(cream, 1), now=NOW + timedelta(seconds=number))
        for number in range(40)
    ]

    found = recall(lot, now=NOW + timedelta(minutes=1))

    assert [promise.kept(basket) for basket in baskets] == [[("L2", 1)]] * 25 + [[]] * 15
    assert RecallLoss.objects.filter(recall=found).count() == 40
    assert RecallLoss.objects.filter(recall=found, short=1).count() == 15
    assert promise.broken_invariants() == []


def test_what_was_opened_from_a_lot_is_recalled_with_it(cream, lot, berlin):
    tester = catalog.variant(catalog.cosmetic(sku="COS-CREAM-TESTER"))
    sample = catalog.variant(catalog.cosmetic(sku="COS-CREAM-SAMPLE"))
    level = StockLevel.objects.get(lot=lot)
    stock.open_containers(
        stock_level_id=level.pk,
        quantity=Decimal(3),
        to_variant_id=tester.pk,
        reason="testers",
        now=NOW,
    )
    opened = StockLevel.objects.get(variant=tester)
    stock.open_containers(
        stock_level_id=opened.pk,
        quantity=Decimal(1),
        to_variant_id=sample.pk,
        reason="samples",
        now=NOW,
    )

    found = recall(lot)

    skus = RecallLot.objects.order_by("pk").values_list("lot__variant__sku", flat=True)
    assert list(skus) == ["COS-CREAM-50", "COS-CREAM-TESTER", "COS-CREAM-SAMPLE"]
    assert LotHold.objects.filter(released_at=None).count() == 3
    assert balance(found, lot).opened == 3
    assert balance(found, lot).accounted_for == 12
    assert balance(found, opened.lot).came_in == 3


def test_a_container_opened_while_we_looked_is_recalled_too(cream, lot, monkeypatch):
    tester = catalog.variant(catalog.cosmetic(sku="COS-CREAM-TESTER"))
    level = StockLevel.objects.get(lot=lot)
    lock, locked = services.starting.lock_levels, []

    def opened_just_before(*, variant_ids):
        if not locked:
            stock.open_containers(
                stock_level_id=level.pk,
                quantity=Decimal(2),
                to_variant_id=tester.pk,
                reason="testers",
                now=NOW,
            )
        locked.append(set(variant_ids))
        return lock(variant_ids=variant_ids)

    monkeypatch.setattr(services.starting, "lock_levels", opened_just_before)
    monkeypatch.setattr(
        services.starting.transaction, "set_rollback", lambda rollback: None
    )  # so that what "somebody else" did in here stays
    recall(lot)

    assert locked == [{lot.variant_id}, {lot.variant_id, tester.pk}]
    assert RecallLot.objects.count() == 2


def test_goods_of_the_lot_that_come_later_are_frozen_too(cream, lot, los_angeles):
    cargo = transfers.sent(transfers.line(lot.variant, 4, lot_code="L1"))
    recall(lot)

    inventory.receive(cream, 7, lot="L1", expires="2027-06-30")
    receive_transfer(transfer_id=cargo.pk, now=NOW)
    stock.adjust(
        stock_level_id=StockLevel.objects.filter(lot=lot).order_by("pk")[0].pk,
        quantity_delta=Decimal(1),
        reason="came back",
        kind=MovementKind.RETURN,
        now=NOW,
    )

    assert sum(StockLevel.objects.filter(lot=lot).values_list("on_hand", flat=True)) == 20
    with pytest.raises(InsufficientStock):
        promise.reserve(promise.line(cream, 1))


def test_goods_set_apart_from_a_recalled_lot_stay_recalled(cream, lot):
    found, withdrawn = recall(lot), recall(lot, reference="RC-2")
    services.withdraw_recall(recall_id=withdrawn.pk, reason="Twice.", now=NOW)

    with transaction.atomic():
        apart = make_split(source=lot, code="L1-BACK", received_at=NOW)

    hold = LotHold.objects.get(lot=apart)
    assert (hold.reason, hold.note) == (HoldReason.RECALL, "RC-1: Glass in the jar.")
    assert RecallLot.objects.get(lot=apart).recall == found
    assert balance(found, apart).total == 0


def test_goods_set_apart_from_other_lots_are_not_frozen(lot):
    with transaction.atomic():
        apart = make_split(source=lot, code="L1-BACK", received_at=NOW)

    assert not LotHold.objects.exists()
    assert not RecallLot.objects.filter(lot=apart).exists()


def test_a_rehearsal_says_who_would_lose_and_changes_nothing(cream, lot):
    kept = promise.reserve(promise.line(cream, 2))
    before = make.state()

    losses = rehearse(lambda: recall(lot))

    assert [(loss.reservation_id, loss.lost, loss.short) for loss in losses] == [(kept.pk, 2, 2)]
    assert make.state() == before


# The same again


def test_the_same_recall_again_is_the_one_there_is(cream, lot):
    other = inventory.receive(cream, 1, lot="L2").lot
    first = recall(lot, other)
    before = make.state()

    again, is_new = by_name(lots=[named(other), named(lot)])

    assert (again, is_new) == (first, False)
    assert make.state() == before
    assert OutboxEvent.objects.filter(type="lot.recalled").count() == 2


def test_another_recall_of_the_same_reference_is_refused(cream, lot):
    other = inventory.receive(cream, 1, lot="L2").lot
    recall(lot)
    before = make.state()

    with pytest.raises(RecallReferenceTaken) as refused:
        recall(other)

    assert refused.value.errors[0].pointer == "/reference"
    assert make.state() == before


def test_two_recalls_may_freeze_one_lot(lot):
    first, second = recall(lot), recall(lot, reference="RC-2")

    assert LotHold.objects.count() == 1
    assert {one.recall for one in RecallLot.objects.all()} == {first, second}


# Which lots


def test_chooses_by_supplier(cream, ball):
    alba, other = catalog.supplier("ALBA"), catalog.supplier("OTHER")
    inventory.receive(cream, 1, lot="L1", supplier_id=alba.pk)
    inventory.receive(cream, 1, lot="L2", supplier_id=other.pk)
    inventory.receive(ball, 1, lot="B1", supplier_id=alba.pk)

    found, _ = by_name(supplier="ALBA")

    assert found.chosen == {"supplier": "ALBA"}
    assert set(found.lots.values_list("lot__code", flat=True)) == {"L1", "B1"}


def test_chooses_by_production_days_both_included_and_by_item(cream):
    alba = catalog.supplier("ALBA")
    for day, code in ((1, "L1"), (2, "L2"), (5, "L5"), (6, "L6")):
        inventory.receive(cream, 1, lot=code, production_date=date(2026, 10, day))
    other = catalog.cosmetic(sku="COS-OTHER-50")
    inventory.receive(other, 1, lot="X2", production_date=date(2026, 10, 2), supplier_id=alba.pk)
    inventory.receive(cream, 1, lot="UNDATED")

    chosen = services.choose_lots(
        services.Choice(
            produced_from=date(2026, 10, 2),
            produced_to=date(2026, 10, 5),
            item=ItemCode(sku="COS-CREAM-50"),
        )
    )

    assert {found.code for found in chosen.lots} == {"L2", "L5"}
    assert chosen.without_production_date == 1
    assert chosen.named == {
        "sku": "COS-CREAM-50",
        "produced": {"from": "2026-10-02", "to": "2026-10-05"},
    }


def test_unknown_lots_are_named_each_and_nothing_is_frozen(lot):
    before = make.state()

    with pytest.raises(UnreadableChoice) as refused:
        by_name(
            lots=[
                named(lot),
                services.NamedLot(item=ItemCode(sku="COS-NONE-1"), lot="L1"),
                services.NamedLot(item=ItemCode(sku="COS-CREAM-50"), lot="L9"),
                services.NamedLot(item=ItemCode(gtin="4006381333931"), lot="L9"),
            ]
        )

    assert [(e.pointer, e.code) for e in refused.value.errors] == [
        ("/lots/1/sku", "unknown-product"),
        ("/lots/2/lot", "unknown-lot"),
        ("/lots/3/gtin", "unknown-product"),
    ]
    assert "L9" in refused.value.errors[1].detail
    assert make.state() == before


@pytest.mark.parametrize(
    ("choice", "error", "pointer"),
    [
        ({}, InvalidChoice, "/lots"),
        ({"item": ItemCode(sku="COS-CREAM-50")}, InvalidChoice, "/lots"),
        ({"supplier": "NOBODY"}, UnknownSupplier, "/supplier"),
        ({"supplier": "EMPTY"}, NothingToRecall, "/supplier"),
        ({"produced_from": date(2026, 1, 1)}, InvalidChoice, "/produced/to"),
        ({"produced_to": date(2026, 1, 1)}, InvalidChoice, "/produced/from"),
        (
            {"produced_from": date(2026, 2, 1), "produced_to": date(2026, 1, 1)},
            InvalidChoice,
            "/produced/from",
        ),
        (
            {"produced_from": date(2001, 1, 1), "produced_to": date(2001, 1, 2)},
            NothingToRecall,
            "/produced",
        ),
        ({"supplier": "EMPTY", "item": ItemCode(sku="COS-NONE-1")}, UnknownProduct, "/sku"),
    ],
)
def test_a_choice_that_makes_no_sense_names_its_field(lot, choice, error, pointer):
    catalog.supplier("EMPTY")
    before = make.state()

    with pytest.raises(error) as refused:
        by_name(**choice)

    assert refused.value.errors[0].pointer == pointer
    assert make.state() == before


def test_lots_and_a_supplier_at_once_are_refused(lot):
    catalog.supplier("ALBA")

    with pytest.raises(InvalidChoice):
        by_name(lots=[named(lot)], supplier="ALBA")


def test_no_recall_has_more_lots_than_fit(cream, lot, monkeypatch):
    alba = catalog.supplier("ALBA")
    monkeypatch.setattr(choosing, "LOTS_MAX", 2)
    for code in ("A1", "A2", "A3"):
        inventory.receive(cream, 1, lot=code, supplier_id=alba.pk)
    before = make.state()

    with pytest.raises(TooManyLots, match="More than 2 lots"):
        by_name(supplier="ALBA")
    with pytest.raises(TooManyLots, match="3 lots are named"):
        by_name(lots=[named(lot)] * 3)

    assert make.state() == before


@pytest.mark.parametrize(
    ("reference", "reason", "field"),
    [
        (" ", "Glass", "/reference"),
        ("x" * 101, "Glass", "/reference"),
        ("RC", " ", "/reason"),
        ("RC", "x" * 301, "/reason"),
    ],
)
def test_a_recall_says_what_it_is_called_and_why(lot, reference, reason, field):
    with pytest.raises(InvalidText) as refused:
        by_name(reference=reference, reason=reason, lots=[named(lot)])

    assert refused.value.errors[0].pointer == field
    assert not Recall.objects.exists()
    assert not LotHold.objects.exists()


# More lots


def test_lots_are_added_later(cream, lot):
    other = inventory.receive(cream, 3, lot="L2").lot
    found = recall(lot)

    services.add_lots(
        recall_id=found.pk,
        choice=services.Choice(lots=[named(lot), named(other)]),
        now=NOW + timedelta(hours=1),
    )

    assert list(found.lots.order_by("pk").values_list("lot__code", "added_at")) == [
        ("L1", NOW),
        ("L2", NOW + timedelta(hours=1)),
    ]
    assert LotHold.objects.filter(released_at=None).count() == 2
    assert Alert.objects.filter(kind="recall").count() == 1
    again, is_new = by_name(lots=[named(lot)])
    assert (again, is_new) == (found, False)


def test_adding_what_is_in_it_or_to_none_is_refused(lot):
    found = recall(lot)
    choice = services.Choice(lots=[named(lot)])

    with pytest.raises(NothingToRecall):
        services.add_lots(recall_id=found.pk, choice=choice, now=NOW)
    with pytest.raises(UnknownRecall):
        services.add_lots(recall_id="00000000-0000-0000-0000-000000000000", choice=choice, now=NOW)


# To the last unit


def test_every_unit_is_accounted_for_in_the_end(cream, lot, berlin):
    sold(cream, 5, "ORD-1")
    found = recall(lot)
    start = balance(found)

    record(found, lot, ProgressKind.RETURNED, 2, warehouse_id=berlin.pk, reference="RMA-7")
    record(found, lot, ProgressKind.DESTROYED, 2, note="photo seen")
    record(found, lot, ProgressKind.WRITTEN_OFF, 4, warehouse_id=berlin.pk)
    record(found, lot, ProgressKind.SENT_BACK, 3, warehouse_id=berlin.pk, reference="RA-1")
    middle = balance(found)
    record(found, lot, ProgressKind.USED_UP, 1)

    assert (start.total, start.on_hand, start.outstanding, start.percent) == (12, 7, 5, 58)
    assert (middle.on_hand, middle.returned, middle.written_off, middle.sent_back) == (2, 2, 4, 3)
    assert (middle.confirmed, middle.outstanding, middle.percent) == (2, 1, 91)
    end = balance(found)
    assert (end.total, end.outstanding, end.accounted_for, end.percent) == (12, 0, 12, 100)
    assert end.total == end.on_hand + end.written_off + end.sent_back + end.confirmed
    kinds = StockMovement.objects.order_by("pk").values_list("kind", "quantity", "reference")
    assert list(kinds)[2:] == [
        ("return", 2, "RMA-7"),
        ("write_off", -4, ""),
        ("supplier_return", -3, "RA-1"),
    ]
    assert services.close_recall(recall_id=found.pk, now=NOW).end_reason == "All is accounted for."
    assert reconcile(now=NOW) == []


def test_what_comes_back_is_frozen_and_lies_where_goods_come_in(cream, lot, los_angeles):
    sold(cream, 5, "ORD-1")
    found = recall(lot)

    record(found, lot, ProgressKind.RETURNED, 3, warehouse_id=los_angeles.pk)

    level = StockLevel.objects.get(location__warehouse=los_angeles)
    assert (level.lot, level.on_hand, level.location.kind) == (lot, 3, "dock")
    assert not StockLevel.objects.filter(reserved__gt=0).exists()


def test_what_leaves_a_warehouse_leaves_as_many_places_as_it_takes(cream, lot, berlin):
    inventory.receive(cream, 5, lot="L1", expires="2027-06-30", at=inventory.location("A-1"))
    found = recall(lot)

    record(found, lot, ProgressKind.WRITTEN_OFF, 15, warehouse_id=berlin.pk)

    assert sorted(StockLevel.objects.values_list("on_hand", flat=True)) == [0, 2]


@pytest.mark.parametrize(
    ("kind", "quantity", "in_berlin", "error"),
    [
        (ProgressKind.RETURNED, 6, True, MoreThanOutstanding),
        (ProgressKind.DESTROYED, 6, False, MoreThanOutstanding),
        (ProgressKind.USED_UP, 6, False, MoreThanOutstanding),
        (ProgressKind.WRITTEN_OFF, 8, True, NotEnoughStock),
        (ProgressKind.SENT_BACK, 8, True, NotEnoughStock),
        (ProgressKind.RETURNED, 1, False, WarehouseRequired),
        (ProgressKind.WRITTEN_OFF, 1, False, WarehouseRequired),
        (ProgressKind.DESTROYED, 1, True, WarehouseRequired),
        (ProgressKind.DESTROYED, 0, False, InvalidQuantity),
        (ProgressKind.DESTROYED, "0.5", False, InvalidQuantity),
    ],
)
def test_progress_that_cannot_be_is_refused(cream, lot, berlin, kind, quantity, in_berlin, error):
    sold(cream, 5, "ORD-1")
    found = recall(lot)
    before = make.state()

    with pytest.raises(error):
        record(found, lot, kind, quantity, warehouse_id=berlin.pk if in_berlin else None)

    assert make.state() == before


def test_progress_of_a_lot_that_is_not_in_it_is_refused(cream, lot):
    other = inventory.receive(cream, 3, lot="L2").lot
    found = recall(lot)

    with pytest.raises(NotInRecall):
        record(found, other, ProgressKind.DESTROYED, 1)


def test_what_was_confirmed_by_mistake_is_taken_back_once(cream, lot):
    sold(cream, 5, "ORD-1")
    found = recall(lot)
    wrong = record(found, lot, ProgressKind.DESTROYED, 4)

    services.take_back(progress_id=wrong.pk, note="another order", now=NOW)

    assert balance(found).outstanding == 5
    assert RecallProgress.objects.count() == 2
    for progress_id in RecallProgress.objects.values_list("pk", flat=True):
        with pytest.raises(CannotTakeBack):
            services.take_back(progress_id=progress_id, note="again", now=NOW)


def test_what_stands_in_the_ledger_is_not_taken_back(lot, berlin):
    found = recall(lot)
    booked = record(found, lot, ProgressKind.WRITTEN_OFF, 4, warehouse_id=berlin.pk)

    with pytest.raises(CannotTakeBack):
        services.take_back(progress_id=booked.pk, note="no", now=NOW)


# The end


def test_closes_with_units_outstanding_only_with_a_reason(cream, lot):
    sold(cream, 5, "ORD-1")
    found = recall(lot)

    with pytest.raises(RecallIncomplete, match="5 each"):
        services.close_recall(recall_id=found.pk, now=NOW)
    closed = services.close_recall(recall_id=found.pk, reason="No answer.", now=NOW)

    assert (closed.status, closed.end_reason) == ("closed", "No answer.")
    assert LotHold.objects.filter(released_at=None).count() == 1
    assert not open_alerts().filter(kind="recall").exists()


def test_a_closed_recall_is_over(cream, lot):
    found = recall(lot)
    services.close_recall(recall_id=found.pk, now=NOW)
    before = make.state()

    for call in (
        lambda: services.close_recall(recall_id=found.pk, now=NOW),
        lambda: services.withdraw_recall(recall_id=found.pk, reason="no", now=NOW),
        lambda: record(found, lot, ProgressKind.DESTROYED, 1),
        lambda: services.add_lots(
            recall_id=found.pk, choice=services.Choice(lots=[named(lot)]), now=NOW
        ),
    ):
        with pytest.raises(RecallEnded):
            call()

    assert make.state() == before


def test_a_withdrawn_recall_gives_the_lots_back_to_those_who_are_short(cream, lot):
    basket = promise.reserve(promise.line(cream, 3))
    found = recall(lot)

    services.withdraw_recall(recall_id=found.pk, reason="Wrong lot.", now=NOW)

    hold = LotHold.objects.get()
    assert hold.release_note == "Recall RC-1 withdrawn: Wrong lot."
    assert promise.kept(basket) == [("L1", 3)]
    assert Recall.objects.get().status == "withdrawn"
    assert promise.broken_invariants() == []


def test_withdrawing_one_recall_leaves_frozen_what_another_one_freezes(cream, lot):
    alone = inventory.receive(cream, 1, lot="L2").lot
    first = recall(lot, alone)
    recall(lot, reference="RC-2")

    services.withdraw_recall(recall_id=first.pk, reason="Wrong.", now=NOW)

    assert LotHold.objects.get(released_at=None).lot == lot


def test_withdrawing_leaves_other_holds(lot):
    stock.place_hold(lot_id=lot.pk, reason=HoldReason.QUALITY, note="smells", now=NOW, user_id=None)
    found = recall(lot)

    services.withdraw_recall(recall_id=found.pk, reason="Wrong.", now=NOW)

    assert LotHold.objects.get(released_at=None).reason == HoldReason.QUALITY


def test_withdrawing_needs_a_reason(lot):
    found = recall(lot)

    with pytest.raises(InvalidText):
        services.withdraw_recall(recall_id=found.pk, reason=" ", now=NOW)

    assert LotHold.objects.filter(released_at=None).count() == 1
