from datetime import date, timedelta
from decimal import Decimal

import pytest

from catalog.models import ImportRun
from config.kernel.alerts import Alert
from config.kernel.errors import InvalidInput
from config.kernel.money import Money
from config.kernel.outbox import OutboxEvent
from inventory.lots.errors import ExpiryRequired, LotDatesDiffer
from inventory.lots.models import LotHold
from inventory.purchasing import selectors, services
from inventory.purchasing.errors import (
    DeliveryCancelled,
    DeliveryHasEnded,
    DeliveryUnderWay,
    InvalidNotice,
    NothingReceived,
    NotInDelivery,
    ReferenceTaken,
    UnknownNotice,
)
from inventory.purchasing.models import ShipmentNotice, ShipmentNoticeLine
from inventory.purchasing.services import LineDraft
from inventory.stock.errors import InvalidQuantity
from inventory.stock.models import StockLevel, StockMovement
from inventory.warehouses.errors import UnknownLocation, UnknownWarehouse
from tests.factories import catalog
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db
NOW = make.NOW
EXPIRY = date(2027, 3, 31)


@pytest.fixture
def cream():
    return catalog.variant(catalog.cosmetic(sku="COS-CREAM-50", remaining_days_min=30))


@pytest.fixture
def ball():
    return catalog.variant(catalog.sports(sku="SE-BALL-5"))


def announce(*lines, reference="DN-7", **fields):
    facts = {
        "supplier_id": catalog.supplier("LUMEN").pk,
        "warehouse_id": make.warehouse().pk,
        "now": NOW,
        "user_id": None,
    }
    return services.announce_shipment(reference=reference, lines=lines, **facts | fields)


def lot(variant, quantity=10, **fields):
    facts = {"lot_code": "L1", "expiry_date": EXPIRY, "quantity": quantity} | fields
    facts["quantity"] = Decimal(facts["quantity"])
    return LineDraft(variant_id=variant.pk, **facts)


def scan(notice, variant, quantity=10, **fields):
    facts = {"lot_code": "L1", "expiry_date": EXPIRY, "now": NOW, "quantity": quantity} | fields
    facts["quantity"] = Decimal(facts["quantity"])
    return services.receive_scan(notice_id=notice.pk, variant_id=variant.pk, **facts)


def status(notice):
    notice.refresh_from_db()
    return notice.status


def run_of_a_file():
    return ImportRun.objects.create(
        supplier=catalog.supplier("LUMEN"),
        kind="delivery_note",
        file_name="note.csv",
        sha256="0" * 64,
        created_at=NOW,
    )


def everything():
    return (
        make.stock_state(),
        list(ShipmentNotice.objects.order_by("pk").values_list()),
        list(ShipmentNoticeLine.objects.order_by("pk").values_list()),
        LotHold.objects.count(),
        Alert.objects.count(),
    )


# announce


def test_a_delivery_is_expected_with_its_lines_in_their_order(cream, ball):
    notice = announce(
        lot(cream, 24, production_date=date(2026, 9, 1), unit_cost=Money("4.20", "EUR")),
        LineDraft(variant_id=ball.pk, quantity=Decimal(5)),
    )

    assert (notice.reference, notice.status, notice.created_at) == ("DN-7", "expected", NOW)
    first, second = selectors.notice_lines(notice.pk)
    assert (first.position, first.variant_id, first.lot_code, first.quantity) == (
        1,
        cream.pk,
        "L1",
        24,
    )
    assert (first.unit_cost, first.currency) == (Decimal("4.2"), "EUR")
    assert (second.position, second.lot_code, second.expiry_date) == (2, "", None)
    assert not StockMovement.objects.exists()
    event = OutboxEvent.objects.get(type="delivery.announced")
    assert (event.subject, event.payload["line_count"]) == ("DN-7", 2)


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"lot_code": ""}, "/lines/1/lot_code", "lot-required"),
        ({"expiry_date": None}, "/lines/1/expiry_date", "expiry-required"),
        ({"expiry_date": date(2026, 11, 23)}, "/lines/1/expiry_date", "expiry-in-past"),
        (
            {"production_date": date(2027, 4, 1)},
            "/lines/1/expiry_date",
            "expiry-before-production",
        ),
        ({"expiry_date": date(2027, 4, 1)}, "/lines/1/expiry_date", "lot-dates-differ"),
        ({"quantity": 0}, "/lines/1/quantity", "invalid-quantity"),
        ({"quantity": -4}, "/lines/1/quantity", "invalid-quantity"),
        ({"quantity": "1.5"}, "/lines/1/quantity", "invalid-quantity"),
        ({"quantity": 10**9}, "/lines/1/quantity", "invalid-quantity"),
        ({"unit_cost": Money("-1", "EUR")}, "/lines/1/unit_cost", "invalid-cost"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_announced(cream, fields, pointer, code):
    with pytest.raises(InvalidNotice) as refusal:
        announce(lot(cream), lot(cream, **fields))

    assert [(error.pointer, error.code) for error in refusal.value.errors] == [(pointer, code)]
    assert not ShipmentNotice.objects.exists()


def test_a_lot_on_file_with_another_expiry_is_refused_early(cream):
    make.receive(cream, 1, lot="L1", expires="2027-04-30")

    with pytest.raises(InvalidNotice, match="L1 is on file with the expiry date 2027-04-30"):
        announce(lot(cream))


def test_refuses_a_delivery_without_supplier_warehouse_number_or_lines(cream):
    stranger = catalog.supplier("STRANGER", is_supplier=False)
    for fields, error in [
        ({"supplier_id": stranger.pk}, InvalidInput),
        ({"warehouse_id": 0}, UnknownWarehouse),
        ({"reference": " "}, InvalidInput),
        ({"reference": "x" * 101}, InvalidInput),
    ]:
        with pytest.raises(error):
            announce(lot(cream), **fields)
    with pytest.raises(InvalidInput):
        announce()
    with pytest.raises(InvalidNotice):
        announce(LineDraft(variant_id=0, quantity=Decimal(1)))

    assert not ShipmentNotice.objects.exists()


def test_a_number_is_used_once_until_it_is_cancelled(cream):
    first = announce(lot(cream))
    with pytest.raises(ReferenceTaken, match="LUMEN has announced a delivery DN-7 already"):
        announce(lot(cream))

    services.cancel_notice(notice_id=first.pk, now=NOW)

    assert announce(lot(cream)).pk != first.pk


# receive


def test_what_comes_in_as_announced_is_free_to_sell(cream):
    notice = announce(lot(cream, 10, unit_cost=Money("4.20", "EUR")))

    movement = scan(notice, cream, 4)

    assert (movement.reference, movement.quantity) == ("DN-7", 4)
    level = StockLevel.objects.select_related("lot", "location").get()
    assert (level.on_hand, level.location.code) == (4, "DOCK")
    assert (level.lot.unit_cost, level.lot.supplier) == (Decimal("4.2"), notice.supplier)
    assert status(notice) == "partly_received"
    assert selectors.notice_lines(notice.pk).get().received_quantity == 4
    assert not LotHold.objects.exists()
    assert not Alert.objects.exists()


def test_a_delivery_is_received_when_nothing_is_missing(cream, ball):
    notice = announce(lot(cream, 10), LineDraft(variant_id=ball.pk, quantity=Decimal(2)))
    scan(notice, cream, 6)
    scan(notice, cream, 4)
    assert status(notice) == "partly_received"

    later = NOW + timedelta(hours=1)
    scan(notice, ball, 2, lot_code="", expiry_date=None, now=later)

    assert status(notice) == "received"
    assert notice.closed_at == later
    assert list(selectors.open_notices()) == []
    assert OutboxEvent.objects.filter(type="delivery.ended").count() == 1


def test_a_line_can_be_received_as_it_was_announced(cream):
    notice = announce(lot(cream, 10, production_date=date(2026, 9, 1)))
    line = selectors.notice_lines(notice.pk).get()

    services.receive_notice_line(
        line_id=line.pk, quantity=Decimal(10), location_id=make.location("A-1").pk, now=NOW
    )

    level = StockLevel.objects.select_related("lot", "location").get()
    assert (level.lot.code, level.lot.expiry_date, level.lot.production_date) == (
        "L1",
        EXPIRY,
        date(2026, 9, 1),
    )
    assert (level.location.code, level.on_hand) == ("A-1", 10)
    with pytest.raises(UnknownNotice):
        services.receive_notice_line(line_id=0, quantity=Decimal(1), now=NOW)


def test_a_scan_may_leave_out_the_expiry_of_an_announced_lot(cream):
    notice = announce(lot(cream, 10))

    scan(notice, cream, 10, expiry_date=None)

    assert StockLevel.objects.get().lot.expiry_date == EXPIRY
    assert not LotHold.objects.exists()


@pytest.mark.parametrize(
    ("fields", "discrepancy", "sentence"),
    [
        (
            {"lot_code": "X9"},
            "unknown-lot",
            "lot X9 was not announced (announced: L1)",
        ),
        (
            {"expiry_date": date(2027, 4, 30)},
            "expiry-differs",
            "expires 2027-04-30, announced was 2027-03-31",
        ),
        (
            {"now": make.NOW + timedelta(days=110)},
            "short-shelf-life",
            "expires 2027-03-31, but 30 days must be left to sell it",
        ),
        (
            {"quantity": 11},
            "over-delivery",
            "11 came in, 10 were announced",
        ),
    ],
)
def test_what_is_not_as_announced_waits_on_hold_for_the_buyer(cream, fields, discrepancy, sentence):
    notice = announce(lot(cream, 10))

    movement = scan(notice, cream, **fields)

    hold = LotHold.objects.get()
    assert (hold.reason, hold.note) == ("quarantine", sentence)
    assert hold.lot_id == StockLevel.objects.get(pk=movement.stock_level_id).lot_id
    alert = Alert.objects.get(kind="delivery-discrepancy")
    assert sentence in alert.detail
    assert alert.payload["discrepancies"] == [discrepancy]
    assert alert.url == f"/admin/inventory/shipmentnotice/{notice.pk}/change/"
    assert status(notice) == "received"


def test_refuses_a_scan_of_what_the_delivery_does_not_hold(cream, ball):
    notice = announce(lot(cream))
    before = everything()

    with pytest.raises(NotInDelivery) as refusal:
        scan(notice, ball, 1, lot_code="", expiry_date=None)

    assert refusal.value.code == "not-in-delivery"
    assert str(refusal.value) == "SE-BALL-5 is not in delivery DN-7 of LUMEN."
    assert everything() == before


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"quantity": 0}, InvalidQuantity),
        ({"quantity": -1}, InvalidQuantity),
        ({"quantity": "0.5"}, InvalidQuantity),
        ({"lot_code": "X9", "expiry_date": None}, ExpiryRequired),
        ({"location_id": 0}, UnknownLocation),
    ],
)
def test_a_refused_scan_changes_nothing(cream, fields, error):
    notice = announce(lot(cream))
    before = everything()

    with pytest.raises(error):
        scan(notice, cream, **fields)

    assert everything() == before


def test_refuses_goods_for_another_warehouse_and_for_unknown_deliveries(cream):
    notice = announce(lot(cream))
    make.warehouse("LAX", time_zone="America/Los_Angeles")

    with pytest.raises(UnknownLocation, match="goes to BER"):
        scan(notice, cream, location_id=make.location("A-1", "LAX").pk)
    with pytest.raises(UnknownNotice):
        services.receive_scan(
            notice_id=0, variant_id=cream.pk, quantity=Decimal(1), lot_code="L1", now=NOW
        )

    assert not StockMovement.objects.exists()


def test_refuses_a_lot_on_file_with_another_expiry(cream):
    notice = announce(lot(cream))
    make.receive(cream, 1, lot="X9", expires="2027-05-31")
    before = everything()

    with pytest.raises(LotDatesDiffer, match=r"2027-05-31; 2027-06-30 was given"):
        scan(notice, cream, 1, lot_code="X9", expiry_date=date(2027, 6, 30))

    assert everything() == before


# end


def test_a_short_delivery_is_closed_and_the_buyer_hears_what_is_missing(cream):
    notice = announce(lot(cream, 10))
    scan(notice, cream, 4)

    services.close_notice(notice_id=notice.pk, now=NOW)

    assert status(notice) == "received"
    alert = Alert.objects.get(kind="delivery-discrepancy")
    assert alert.title == "Delivery DN-7 came in short on 1 lines"
    assert alert.detail == "COS-CREAM-50 lot L1: 4 of 10"


def test_nothing_is_closed_that_has_not_begun_and_nothing_cancelled_that_has(cream):
    notice = announce(lot(cream, 10))
    with pytest.raises(NothingReceived):
        services.close_notice(notice_id=notice.pk, now=NOW)
    scan(notice, cream, 4)

    with pytest.raises(DeliveryUnderWay):
        services.cancel_notice(notice_id=notice.pk, now=NOW)

    assert status(notice) == "partly_received"


def test_a_cancelled_delivery_takes_no_goods(cream):
    notice = announce(lot(cream, 10))
    services.cancel_notice(notice_id=notice.pk, now=NOW)
    services.cancel_notice(notice_id=notice.pk, now=NOW)

    with pytest.raises(DeliveryCancelled):
        scan(notice, cream, 1)
    with pytest.raises(DeliveryCancelled):
        services.close_notice(notice_id=notice.pk, now=NOW)
    with pytest.raises(DeliveryHasEnded):
        services.add_lines(notice_id=notice.pk, lines=[lot(cream, 1)], import_run_id=None, now=NOW)

    assert status(notice) == "cancelled"
    assert not StockMovement.objects.exists()


# files


def test_mended_rows_join_the_delivery_and_can_be_taken_back_alone(cream, ball):
    first, mended = run_of_a_file(), run_of_a_file()
    notice = announce(lot(cream, 10), import_run_id=first.pk)
    services.add_lines(
        notice_id=notice.pk,
        lines=[LineDraft(variant_id=ball.pk, quantity=Decimal(2))],
        import_run_id=mended.pk,
        now=NOW,
    )
    assert [line.position for line in selectors.notice_lines(notice.pk)] == [1, 2]
    assert selectors.notice_of_run(mended.pk) == selectors.notice_of_run(first.pk) == notice

    services.withdraw_run(import_run_id=mended.pk, now=NOW)

    assert [line.variant_id for line in selectors.notice_lines(notice.pk)] == [cream.pk]
    assert status(notice) == "expected"


def test_a_file_is_taken_back_as_a_whole_while_nothing_has_come_in(cream):
    run = run_of_a_file()
    notice = announce(lot(cream, 10), import_run_id=run.pk)

    services.withdraw_run(import_run_id=run.pk, now=NOW)
    services.withdraw_run(import_run_id=run.pk, now=NOW)

    assert status(notice) == "cancelled"
    assert selectors.notice_lines(notice.pk).count() == 1


def test_a_file_stays_once_goods_have_come_in(cream):
    run = run_of_a_file()
    notice = announce(lot(cream, 10), import_run_id=run.pk)
    scan(notice, cream, 4)
    before = everything()

    with pytest.raises(DeliveryUnderWay, match="4 of COS-CREAM-50 lot L1 have come in"):
        services.withdraw_run(import_run_id=run.pk, now=NOW)

    assert everything() == before


# reads


def test_open_deliveries_show_how_far_they_are(cream, ball, django_assert_num_queries):
    notice = announce(lot(cream, 10), LineDraft(variant_id=ball.pk, quantity=Decimal(2)))
    announce(lot(cream, 3, lot_code="L9"), reference="DN-8")
    scan(notice, ball, 2, lot_code="", expiry_date=None)

    with django_assert_num_queries(1):
        rows = [
            (
                row.reference,
                row.line_count,
                row.complete_line_count,
                row.announced,
                row.received,
                row.warehouse.code,
                row.supplier.code,
            )
            for row in selectors.open_notices()
        ]

    assert rows == [
        ("DN-7", 2, 1, 12, 2, "BER", "LUMEN"),
        ("DN-8", 1, 0, 3, 0, "BER", "LUMEN"),
    ]
    assert list(selectors.notices_expecting(ball.pk)) == []
    assert [row.reference for row in selectors.notices_expecting(cream.pk)] == ["DN-7", "DN-8"]


def test_a_delivery_gets_a_day_and_loses_it_again(cream):
    notice = announce(lot(cream))
    day = NOW.date() + timedelta(days=3)

    services.set_expected_date(notice_id=notice.pk, expected_date=day, now=NOW)
    notice.refresh_from_db()
    assert notice.expected_date == day

    services.set_expected_date(notice_id=notice.pk, expected_date=None, now=NOW)
    notice.refresh_from_db()
    assert notice.expected_date is None


def test_refuses_a_day_that_is_past_and_a_delivery_that_has_ended(cream):
    yesterday = NOW.date() - timedelta(days=1)
    with pytest.raises(InvalidInput) as caught:
        announce(lot(cream), expected_date=yesterday)
    assert caught.value.errors[0].pointer == "/expected_date"
    assert not ShipmentNotice.objects.exists()
    notice = announce(lot(cream), expected_date=NOW.date())

    with pytest.raises(InvalidInput):
        services.set_expected_date(notice_id=notice.pk, expected_date=yesterday, now=NOW)
    services.cancel_notice(notice_id=notice.pk, now=NOW)
    with pytest.raises(DeliveryHasEnded):
        services.set_expected_date(notice_id=notice.pk, expected_date=NOW.date(), now=NOW)

    notice.refresh_from_db()
    assert notice.expected_date == NOW.date()


def test_what_is_expected_by_a_day_counts_what_is_late_and_not_what_has_no_day(cream):
    place = make.warehouse().pk
    announce(lot(cream, 4), reference="A", expected_date=NOW.date())
    soon = announce(lot(cream, 8), reference="B", expected_date=NOW.date() + timedelta(days=2))
    announce(lot(cream, 16), reference="C")
    scan(soon, cream, 3)
    asked = {"warehouse_ids": [place], "by": NOW.date() + timedelta(days=2)}

    assert selectors.incoming_by([cream.pk], **asked) == {cream.pk: 9}
    assert selectors.restock_dates(
        [cream.pk], warehouse_ids=[place], today=NOW.date() + timedelta(days=1)
    ) == {cream.pk: soon.expected_date}
