from datetime import date
from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse

from catalog.identifiers.models import Barcode, SkuAlias
from config.kernel.alerts import Alert
from config.kernel.money import Money
from inventory.lots.models import Lot, LotHold
from inventory.purchasing import services
from inventory.purchasing.models import ShipmentNotice, ShipmentNoticeLine
from inventory.purchasing.services import LineDraft
from inventory.stock.models import StockLevel, StockMovement
from tests.factories import catalog, people
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db

GOODS_IN = "admin:goods_in"
NOTICES = "admin:inventory_shipmentnotice_changelist"
EACH = "04012345678901"
CASE = "14012345678908"


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """The clock of the admin stands at the factories' now."""
    monkeypatch.setattr("config.kernel.clock.now", lambda: make.NOW)


@pytest.fixture
def sun():
    product = catalog.cosmetic(
        sku="COS-SUNFLUID-50", name="Sun Fluid SPF 50", remaining_days_min=30
    )
    variant = catalog.variant(product)
    Barcode.objects.create(variant=variant, gtin=EACH)
    Barcode.objects.create(variant=variant, gtin=CASE, packaging_level="case", quantity=12)
    return variant


@pytest.fixture
def ball():
    return catalog.variant(catalog.sports(sku="SE-BALL-5", name="Match football"))


@pytest.fixture
def delivery(sun, ball):
    """Lumen's DN-77 for Berlin: two lots of sun fluid."""
    return announced(
        LineDraft(
            variant_id=sun.pk,
            quantity=Decimal(24),
            lot_code="L1",
            production_date=date(2026, 9, 1),
            expiry_date=date(2029, 1, 31),
            unit_cost=Money("4.10", "EUR"),
        ),
        LineDraft(
            variant_id=sun.pk, quantity=Decimal(12), lot_code="L2", expiry_date=date(2029, 2, 28)
        ),
    )


def announced(*lines: LineDraft, reference: str = "DN-77") -> ShipmentNotice:
    return services.announce_shipment(
        supplier_id=catalog.supplier("LUMEN", name="Lumen Labs").pk,
        warehouse_id=make.warehouse().pk,
        reference=reference,
        lines=lines,
        now=make.NOW,
        user_id=None,
    )


@pytest.fixture
def receiver(client):
    make.warehouse()
    user = people.staff(
        "inventory.receive_stock", "inventory.adjust_stock", "inventory.view_shipmentnotice"
    )
    client.force_login(user)
    return user


def scan(client, code: str, notice: ShipmentNotice | None = None):
    query = {"code": code} | ({"notice": notice.pk} if notice else {})
    return client.get(reverse(GOODS_IN), query)


def filled(response) -> dict[str, object]:
    """What the scan has filled in."""
    form = response.context["form"]
    assert form is not None, response.context["problem"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, "")}


def receive(client, variant, notice: ShipmentNotice | None = None, **fields: str):
    data = {"variant": variant.pk, "location": "DOCK", "quantity": "1", "unit": "each"}
    data |= {"notice": notice.pk} if notice else {"warehouse": make.warehouse().pk}
    return client.post(reverse(GOODS_IN), data | fields, follow=True)


def text(response) -> str:
    return unescape(response.content.decode())


def test_a_gs1_scan_fills_product_lot_dates_and_quantity(client, receiver, delivery):
    response = scan(client, f"(01){CASE}(11)260901(17)290131(10)L1(30)2", delivery)

    assert "Sun Fluid SPF 50" in text(response)
    assert filled(response) == {
        "lot_code": "L1",
        "quantity": "24",  # two cases of twelve
        "unit": "each",
        "production_date": date(2026, 9, 1),
        "expiry_date": date(2029, 1, 31),
        "location": "DOCK",
    }


def test_a_raw_scan_with_separators_is_read_alike(client, receiver, delivery):
    response = scan(client, f"]C101{EACH}10L1\x1d17290131", delivery)

    assert filled(response)["lot_code"] == "L1"
    assert filled(response)["expiry_date"] == date(2029, 1, 31)
    assert filled(response)["quantity"] == "1"


def test_the_gtin_of_a_case_means_twelve(client, receiver, sun):
    response = scan(client, CASE)

    assert filled(response)["quantity"] == "12"
    assert response.context["goods"].variant.sku == "COS-SUNFLUID-50"


def test_an_announced_lot_is_enough_to_type(client, receiver, delivery):
    response = scan(client, "L2", delivery)

    assert filled(response) == {
        "lot_code": "L2",
        "quantity": "12",
        "unit": "each",
        "expiry_date": date(2029, 2, 28),
        "location": "DOCK",
    }


def test_a_lot_on_file_is_known_without_a_delivery(client, receiver, sun):
    make.receive(sun, 3, lot="10D9T", expires="2029-01-31")

    response = scan(client, "10D9T")

    assert filled(response)["lot_code"] == "10D9T"
    assert filled(response)["expiry_date"] == date(2029, 1, 31)


@pytest.mark.parametrize("code", ["COS-SUNFLUID-50", "LL-100"])
def test_a_sku_or_the_suppliers_code_asks_for_lot_and_quantity(client, receiver, delivery, code):
    variant = delivery.lines.first().variant
    SkuAlias.objects.create(
        variant=variant, scheme="supplier", partner=delivery.supplier, code="LL-100"
    )

    response = scan(client, code, delivery)

    assert filled(response) == {"unit": "each", "location": "DOCK"}


def test_the_only_open_line_of_a_product_fills_its_lot_with_a_note(client, receiver, sun):
    notice = announced(
        LineDraft(
            variant_id=sun.pk, quantity=Decimal(12), lot_code="L2", expiry_date=date(2029, 2, 28)
        )
    )

    response = scan(client, EACH, notice)

    assert filled(response)["lot_code"] == "L2"
    assert "compare them with the goods" in text(response)


def test_confirmed_goods_are_booked_and_counted_on_their_line(client, receiver, delivery):
    sun = delivery.lines.first().variant

    response = receive(
        client, sun, delivery, lot_code="L1", quantity="24", expiry_date="2029-01-31"
    )

    line = StockMovement.objects.get()
    assert (line.kind, line.quantity, line.reference) == ("receipt", 24, "DN-77")
    assert (line.actor, line.stock_level.location.code) == (receiver, "DOCK")
    lot = Lot.objects.get()
    assert (lot.code, lot.expiry_date) == ("L1", date(2029, 1, 31))
    assert (lot.production_date, lot.unit_cost) == (date(2026, 9, 1), Decimal("4.1"))
    assert [line.received_quantity for line in delivery.lines.order_by("position")] == [24, 0]
    page = text(response)
    assert "Received 24 each of COS-SUNFLUID-50 Sun Fluid SPF 50, lot L1 in BER · DOCK." in page
    adjust = reverse("admin:inventory_stocklevel_adjust", args=[line.stock_level_id])
    assert f"{adjust}?back=" in page
    assert "1 of 2 lines complete" in page
    assert not LotHold.objects.exists()


def test_an_unknown_lot_goes_on_hold_loudly(client, receiver, delivery):
    sun = delivery.lines.first().variant

    response = receive(client, sun, delivery, lot_code="XX", expiry_date="2029-01-31")

    assert "COS-SUNFLUID-50 lot XX is ON HOLD and cannot be sold." in text(response)
    assert "lot XX was not announced" in text(response)
    assert LotHold.objects.get().lot.code == "XX"
    assert Alert.objects.filter(kind="delivery-discrepancy").count() == 1


def test_a_short_shelf_life_goes_on_hold_without_a_delivery_too(client, receiver, sun):
    response = receive(client, sun, lot_code="L9", expiry_date="2026-12-10", quantity="3")

    page = text(response)
    assert "COS-SUNFLUID-50 lot L9 is ON HOLD" in page
    assert "expires 2026-12-10, but 30 days must be left to sell it" in page
    assert LotHold.objects.get().lot.code == "L9"


def test_goods_without_a_delivery_keep_their_cost_and_papers(client, receiver, sun):
    receive(
        client,
        sun,
        lot_code="L9",
        expiry_date="2029-12-10",
        unit_cost="4.20",
        currency="eur",
        reference="Paper 7",
        location="a-1",
    )

    line = StockMovement.objects.get()
    assert (line.reference, line.stock_level.location.code) == ("Paper 7", "A-1")
    lot = Lot.objects.get()
    assert (lot.unit_cost, lot.currency) == (Decimal("4.2"), "EUR")


def test_a_quantity_in_another_unit_is_converted(client, receiver, ball):
    receive(client, ball, quantity="2", unit="dozen")

    assert StockLevel.objects.get().on_hand == 24


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("(01)04012345678902(10)L1", "04012345678902"),  # wrong check digit
        ("4012345678902", "4012345678902"),
        ("05000000000005", "GTIN 05000000000005 names none of our products."),
        ("COS-NOBODY-1", '"COS-NOBODY-1" names none of our products.'),
        ("hello", "It is no lot, SKU or alias of ours either."),
        ("4,01235E+12", "4,01235E+12"),
        ("(10)L1", "The code names lot L1, but no product. Scan the barcode of the product."),
        (f"(01){EACH}(17)291331", "(17)"),  # no month 13
    ],
)
def test_a_bad_scan_says_what_is_wrong_and_changes_nothing(client, receiver, sun, code, said):
    before = make.stock_state()

    response = scan(client, code)

    assert response.status_code == 200
    assert said in response.context["problem"]
    assert response.context["form"] is None
    assert make.stock_state() == before


def test_a_product_the_delivery_does_not_hold_is_named_with_it(client, receiver, delivery, ball):
    response = scan(client, "SE-BALL-5", delivery)
    before = make.stock_state()
    booked = receive(client, ball, delivery)

    assert response.context["problem"] == (
        "SE-BALL-5 (Match football) is not in delivery DN-77 of Lumen Labs. Nothing was received."
    )
    assert "SE-BALL-5 is not in delivery DN-77 of LUMEN." in text(booked)
    assert make.stock_state() == before
    assert not ShipmentNoticeLine.objects.filter(received_quantity__gt=0).exists()


def test_a_lot_name_of_several_products_asks_for_the_barcode(client, receiver, sun):
    other = catalog.variant(catalog.cosmetic(sku="COS-OTHER-1"))
    make.receive(sun, 1, lot="SAME", expires="2029-01-31")
    make.receive(other, 1, lot="SAME", expires="2029-01-31")

    problem = scan(client, "SAME").context["problem"]

    assert "Several products have a lot SAME: COS-OTHER-1, COS-SUNFLUID-50." in problem
    assert "Scan the barcode of the product." in problem


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"quantity": "0"}, "quantity", "quantity 0 is not greater than zero"),
        ({"quantity": "-3"}, "quantity", "quantity -3 is not greater than zero"),
        ({"quantity": "1.5"}, "quantity", "1.5 each is not possible"),
        ({"quantity": "999999999999"}, "quantity", "more than 999,999,999"),
        ({"quantity": "lots"}, "quantity", "Enter a number."),
        ({"quantity": ""}, "quantity", "This field is required."),
        ({"lot_code": ""}, "lot_code", "This field is required."),
        ({"expiry_date": ""}, "expiry_date", "lot L9: give its expiry date"),
        ({"expiry_date": "2026-11-01"}, "expiry_date", "2026-11-01 is in the past"),
        (
            {"production_date": "2029-06-01", "expiry_date": "2029-01-31"},
            "expiry_date",
            "2029-01-31 is before the production date 2029-06-01",
        ),
        ({"production_date": "2026-12-24"}, "production_date", "2026-12-24 is in the future"),
        ({"expiry_date": "31.31.2029"}, "expiry_date", "Enter a valid date."),
        ({"location": "Z-9"}, "location", "BER has no open place Z-9."),
        ({"unit_cost": "4.20"}, "currency", "Cost 4.2 needs its currency, such as EUR."),
        ({"unit_cost": "4.20", "currency": "QQQ"}, "currency", "QQQ is no currency"),
        ({"unit_cost": "-1", "currency": "EUR"}, "unit_cost", "unit_cost -1 is not zero or more"),
    ],
)
def test_wrong_goods_are_refused_beside_the_field(client, receiver, sun, fields, field, said):
    before = make.stock_state()
    right = {"lot_code": "L9", "quantity": "3", "expiry_date": "2029-01-31"}

    response = receive(client, sun, **(right | fields))

    errors = response.context["form"].errors
    assert said in " ".join(errors.get(field, [])), errors
    assert make.stock_state() == before


def test_another_date_than_the_lots_is_refused(client, receiver, sun):
    make.receive(sun, 3, lot="L1", expires="2029-01-31")
    before = make.stock_state()

    response = receive(client, sun, lot_code="L1", expiry_date="2029-03-31")

    assert "on file with the expiry date 2029-01-31; 2029-03-31 was given" in text(response)
    assert make.stock_state() == before


def test_a_cancelled_delivery_takes_nothing(client, receiver, delivery):
    services.cancel_notice(notice_id=delivery.pk, now=make.NOW)
    sun = delivery.lines.first().variant
    before = make.stock_state()

    response = receive(client, sun, delivery, lot_code="L1", expiry_date="2029-01-31")

    assert "Delivery DN-77 was cancelled." in text(response)
    assert make.stock_state() == before


def test_a_scan_without_a_delivery_offers_the_one_that_expects_it(client, receiver, delivery):
    response = scan(client, EACH)

    page = text(response)
    assert "Delivery DN-77 of Lumen Labs expects this product." in page
    assert f"?notice={delivery.pk}&code={EACH}" in page


def test_the_last_warehouse_is_remembered(client, receiver, sun):
    lax = make.warehouse("LAX", time_zone="America/Los_Angeles")

    client.get(reverse(GOODS_IN), {"warehouse": lax.pk})
    response = scan(client, EACH)

    assert response.context["here"].warehouse == lax


def test_a_shop_without_warehouses_is_told_to_open_one(client):
    client.force_login(people.staff("inventory.receive_stock"))

    assert "Open one first." in text(client.get(reverse(GOODS_IN)))


def test_goods_in_is_for_those_who_may_receive(client, sun):
    client.force_login(people.staff("inventory.view_shipmentnotice", "inventory.view_stocklevel"))
    before = make.stock_state()

    assert client.get(reverse(GOODS_IN)).status_code == 403
    assert receive(client, sun, lot_code="L9", expiry_date="2029-01-31").status_code == 403
    assert make.stock_state() == before


@pytest.mark.parametrize("query", [{"notice": "x"}, {"notice": "99"}, {"warehouse": "²"}])
def test_a_strange_address_shows_the_page_all_the_same(client, receiver, query):
    assert client.get(reverse(GOODS_IN), query).status_code == 200


def test_a_delivery_is_shown_line_by_line(client, receiver, delivery):
    sun = delivery.lines.first().variant
    receive(client, sun, delivery, lot_code="L1", quantity="6", expiry_date="2029-01-31")

    page = text(client.get(reverse("admin:inventory_shipmentnotice_change", args=[delivery.pk])))

    for said in (
        "Lumen Labs",
        "Partly received",
        "0 of 2",
        "24 each",
        "6 each",
        "25 %",
        "4.10 EUR",
    ):
        assert said in page
    assert f"{reverse(GOODS_IN)}?notice={delivery.pk}" in page


def test_a_delivery_is_cancelled_before_and_closed_after_goods_came(client, delivery):
    sun = delivery.lines.first().variant
    other = announced(
        LineDraft(
            variant_id=sun.pk, quantity=Decimal(1), lot_code="L3", expiry_date=date(2029, 1, 1)
        ),
        reference="DN-78",
    )
    services.receive_scan(
        notice_id=other.pk,
        variant_id=sun.pk,
        lot_code="XX",
        expiry_date=date(2029, 1, 1),
        quantity=Decimal(1),
        now=make.NOW,
    )
    ShipmentNotice.objects.filter(pk=other.pk).update(status="partly_received", closed_at=None)
    client.force_login(
        people.staff(
            "inventory.view_shipmentnotice",
            "inventory.receive_stock",
            "inventory.cancel_shipmentnotice",
        )
    )
    data = {"_confirm": "yes", "reason": "Supplier says so"}

    client.post(reverse("admin:inventory_shipmentnotice_cancel", args=[delivery.pk]), data)
    client.post(reverse("admin:inventory_shipmentnotice_close", args=[other.pk]), data)

    delivery.refresh_from_db()
    other.refresh_from_db()
    assert (delivery.status, other.status) == ("cancelled", "received")
    history = client.get(reverse("admin:inventory_shipmentnotice_history", args=[delivery.pk]))
    assert "Cancelled: Supplier says so" in text(history)


def test_a_delivery_gets_its_day(client, delivery):
    client.force_login(
        people.staff("inventory.view_shipmentnotice", "inventory.date_shipmentnotice")
    )
    url = reverse("admin:inventory_shipmentnotice_set_date", args=[delivery.pk])

    client.post(url, {"_confirm": "yes", "expected_date": "2999-01-31"})

    delivery.refresh_from_db()
    assert delivery.expected_date == date(2999, 1, 31)
    page = client.get(reverse("admin:inventory_shipmentnotice_change", args=[delivery.pk]))
    assert "31 Jan 2999" in text(page)


def test_a_day_that_is_past_is_refused(client, delivery):
    client.force_login(
        people.staff("inventory.view_shipmentnotice", "inventory.date_shipmentnotice")
    )
    url = reverse("admin:inventory_shipmentnotice_set_date", args=[delivery.pk])

    client.post(url, {"_confirm": "yes", "expected_date": "2020-01-31"})

    delivery.refresh_from_db()
    assert delivery.expected_date is None


@pytest.mark.parametrize("name", ["close", "cancel", "set_date"])
def test_who_may_only_look_ends_no_delivery(client, delivery, name):
    client.force_login(people.staff("inventory.view_shipmentnotice"))

    response = client.post(
        reverse(f"admin:inventory_shipmentnotice_{name}", args=[delivery.pk]),
        {"_confirm": "yes", "reason": "Because"},
    )

    assert response.status_code == 403
    delivery.refresh_from_db()
    assert delivery.status == "expected"


def test_lists_and_goods_in_ask_no_query_per_row(
    client, receiver, sun, django_assert_max_num_queries
):
    lines = [
        LineDraft(
            variant_id=sun.pk,
            quantity=Decimal(2),
            lot_code=f"L{number}",
            expiry_date=date(2029, 1, 31),
        )
        for number in range(60)
    ]
    notices = [announced(*lines[:3], reference=f"DN-{number}") for number in range(55)]
    busy = announced(*lines)
    for number in range(20):
        receive(client, sun, busy, lot_code=f"L{number}", expiry_date="2029-01-31")
    client.get(reverse(NOTICES))

    with django_assert_max_num_queries(12):
        listed = client.get(reverse(NOTICES))
    with django_assert_max_num_queries(12):
        client.get(reverse("admin:inventory_shipmentnotice_change", args=[busy.pk]))
    with django_assert_max_num_queries(19):
        scan(client, EACH, busy)

    assert len(listed.context["cl"].result_list) == 50
    assert len(notices) == 55
