import random
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from catalog.models import Variant
from config.kernel import clock
from config.kernel.context import bind
from config.kernel.money import Money
from inventory.lots.models import LotHold
from inventory.purchasing.services import LineDraft, announce_shipment
from inventory.stock import services as stock
from inventory.stock.models import StockLevel, StockMovement
from tests.factories import catalog, people, transfers
from tests.factories import inventory as make
from tests.factories import reservations as promise

pytestmark = pytest.mark.django_db

VARIANTS = "admin:inventory_stockedvariant_changelist"
LOTS = "admin:inventory_lot_changelist"
SEE = (
    "inventory.view_lot",
    "inventory.view_stocklevel",
    "inventory.view_stockmovement",
    "inventory.view_reservation",
    "inventory.view_shipmentnotice",
)


@pytest.fixture
def cream():
    return catalog.variant(
        catalog.cosmetic(sku="COS-CREAM-50", name="Day Cream", remaining_days_min=30)
    )


@pytest.fixture
def today(monkeypatch):
    """The clock of the admin stands at the factories' now."""
    monkeypatch.setattr("config.kernel.clock.now", lambda: make.NOW)


def sign_in(client, *permissions: str):
    user = people.staff(*SEE, *permissions)
    client.force_login(user)
    return user


def row(client, **query):
    (found,) = client.get(reverse(VARIANTS), query).context["cl"].result_list
    return found


def page(client, url_name: str, key) -> str:
    response = client.get(reverse(f"admin:inventory_{url_name}_change", args=[key]))
    assert response.status_code == 200
    return response.content.decode()


def test_a_row_tells_available_from_what_may_not_be_sold(client, cream, today):
    make.receive(cream, 10, lot="GOOD", expires="2028-01-31")
    held = make.receive(cream, 5, lot="HELD", expires="2028-01-31")
    make.receive(cream, 3, lot="PAST", expires="2026-12-01")
    make.serves("DE", make.warehouse())
    promise.reserve(promise.line(cream, 4))
    stock.place_hold(lot_id=held.lot_id, reason="quality", note="Look", now=make.NOW, user_id=None)
    sign_in(client)

    found = row(client)

    assert (found.on_hand, found.reserved, found.available, found.blocked) == (18, 4, 6, 8)


@pytest.mark.parametrize(
    ("stock_filter", "skus"),
    [
        ("", {"COS-FULL", "COS-LOW", "COS-OUT", "COS-NEVER"}),
        ("some", {"COS-FULL", "COS-LOW"}),
        ("low", {"COS-LOW"}),
        ("out", {"COS-OUT"}),
        ("never", {"COS-NEVER"}),
        ("blocked", set()),
    ],
)
def test_products_are_filtered_by_how_much_there_is(client, today, stock_filter, skus):
    for sku, quantity in (("COS-FULL", 6), ("COS-LOW", 5), ("COS-OUT", 1)):
        level = make.receive(catalog.cosmetic(sku=f"{sku}-1"), quantity)
    stock.adjust(stock_level_id=level.pk, quantity_delta=Decimal(-1), reason="Lost", now=make.NOW)
    catalog.cosmetic(sku="COS-NEVER-1")
    sign_in(client)

    found = client.get(reverse(VARIANTS), {"stock": stock_filter}).context["cl"].result_list

    assert {variant.sku.removesuffix("-1") for variant in found} == skus


def mixed_stock():
    """Products with stock in many states, the same each time; the keys of the two warehouses."""
    shuffled = random.Random(11)
    places = [make.warehouse("BER"), make.warehouse("LAX", time_zone="America/Los_Angeles")]
    places.append(make.warehouse("OLD", is_sellable=False))
    for number in range(14):
        days = shuffled.choice([0, 0, 30, 90])
        product = catalog.cosmetic(sku=f"COS-MIXED-{number}", remaining_days_min=days)
        for lot in "ABC"[: shuffled.randint(0, 3)]:
            life = shuffled.choice([0, 1, 29, 30, 91, 400])
            level = make.receive(
                product,
                shuffled.randint(1, 6),
                at=shuffled.choice(places),
                lot=lot,
                expires=make.NOW.date() + timedelta(days=life),
            )
            what = shuffled.choice(["hold", "promise", "promise all", "use up", "", ""])
            if what == "hold":
                stock.place_hold(
                    lot_id=level.lot_id, reason="quality", note="Look", now=make.NOW, user_id=None
                )
            elif what.startswith("promise"):
                stock.set_aside(quantities={level.pk: level.on_hand if "all" in what else 1})
            elif what == "use up":
                stock.adjust(
                    stock_level_id=level.pk,
                    quantity_delta=-level.on_hand,
                    reason="Used",
                    now=make.NOW,
                )
    return [None, *(place.pk for place in places[:2])]


def states_by_hand(variant, warehouse_id):
    """What the filters should say of a variant, told level by level."""
    levels = StockLevel.objects.select_related("lot", "location__warehouse")
    levels = levels.filter(variant=variant)
    if warehouse_id:
        levels = levels.filter(location__warehouse=warehouse_id)
    least = timedelta(days=variant.product.get_real_instance().remaining_days_min)
    free, states = 0, set()
    for level in levels:
        place = level.location.warehouse
        today = clock.today(place.time_zone, make.NOW)
        is_blocked = (
            level.lot.expiry_date - least < today
            or LotHold.objects.filter(lot=level.lot, released_at=None).exists()
        )
        if level.on_hand:
            states |= {"some", "blocked"} if is_blocked else {"some"}
        if place.is_sellable and not is_blocked:
            free += level.on_hand - level.reserved
    if not levels:
        return {"never"}
    if free == 0:
        states.add("out")
    return states | ({"low"} if 0 < free <= 5 else set())


def test_the_states_to_filter_by_are_what_the_levels_say(client, today):
    warehouses = mixed_stock()
    sign_in(client)
    seen = set()

    for warehouse_id in warehouses:
        expected = {
            variant.sku: states_by_hand(variant, warehouse_id)
            for variant in Variant.objects.select_related("product")
        }
        for state in ("some", "low", "out", "blocked", "never"):
            query = {"stock": state} | ({"warehouse": warehouse_id} if warehouse_id else {})
            found = client.get(reverse(VARIANTS), query).context["cl"].result_list
            skus = {sku for sku, states in expected.items() if state in states}
            if warehouse_id and state == "never":
                skus = set()  # of a warehouse only what lies or lay there is shown
            assert {variant.sku for variant in found} == skus, (state, warehouse_id)
            seen |= {state} if skus else set()
    assert seen == {"some", "low", "out", "blocked", "never"}


def test_a_product_that_never_lay_here_is_blank_not_zero(client, cream, today):
    sign_in(client)

    content = client.get(reverse(VARIANTS)).content.decode()

    assert "COS-CREAM-50" in content
    assert "0 each" not in content
    (found,) = client.get(reverse(VARIANTS)).context["cl"].result_list
    assert found.on_hand is None


def test_the_figures_are_of_the_warehouse_one_filters_by(client, cream, today):
    berlin = make.warehouse()
    los_angeles = make.warehouse("LAX", time_zone="America/Los_Angeles")
    make.receive(cream, 10, at=berlin)
    make.receive(cream, 3, at=los_angeles)
    sign_in(client)

    assert row(client).on_hand == 13
    assert row(client, warehouse=los_angeles.pk).on_hand == 3


def test_value_is_told_by_currency_and_lots_without_cost_apart(client, cream, today):
    make.receive(cream, 10, lot="A", expires="2028-01-31", cost=Money("4.20", "EUR"))
    make.receive(cream, 2, lot="B", expires="2028-01-31", cost=Money("5", "USD"))
    make.receive(cream, 1, lot="C", expires="2028-01-31")
    sign_in(client)

    content = client.get(reverse(VARIANTS)).content.decode()

    assert "42.00 EUR + 10.00 USD (1 lot without cost)" in content


def test_the_page_of_a_sku_tells_its_whole_story(client, cream, today):
    berlin = make.warehouse()
    make.serves("DE", berlin)
    make.receive(cream, 10, lot="L1", expires="2027-01-01", reference="DN-1")
    held = make.receive(cream, 5, lot="L2", expires="2028-01-31")
    stock.place_hold(
        lot_id=held.lot_id, reason="quality", note="Pump leaks", now=make.NOW, user_id=None
    )
    promise.reserve(promise.line(cream, 4), reference="cart-7")
    announce_shipment(
        supplier_id=catalog.supplier("LUMEN").pk,
        warehouse_id=berlin.pk,
        reference="DN-9",
        lines=[
            LineDraft(
                variant_id=cream.pk,
                quantity=Decimal(24),
                lot_code="L9",
                expiry_date=held.lot.expiry_date,
            )
        ],
        now=make.NOW,
        user_id=None,
    )
    sign_in(client, "inventory.move_stock", "inventory.receive_stock")

    content = page(client, "stockedvariant", cream.pk)

    for text in (
        "Day Cream",
        "L1",
        "L2",
        "8 days left",
        "Pump leaks",
        "cart-7",
        "DN-9",
        "24 each",
        "+10 each",
        "DN-1",
        "BER · DOCK",
        "Put away",
    ):
        assert text in content
    assert "?code=COS-CREAM-50" in content  # receive more of it
    assert "Write off" not in content  # this user may not


def test_what_was_scanned_is_carried_on_to_goods_in(client, cream, today):
    sign_in(client, "inventory.receive_stock")
    url = reverse("admin:inventory_stockedvariant_change", args=[cream.pk])

    content = client.get(url, {"code": "(01)04012345678901(10)NEW"}).content.decode()

    assert "?code=%2801%2904012345678901%2810%29NEW" in content


def test_a_shortage_is_named_with_its_reservation(client, cream, today):
    make.serves("DE", make.warehouse())
    level = make.receive(cream, 5)
    promise.reserve(promise.line(cream, 4), reference="cart-7")
    stock.adjust(stock_level_id=level.pk, quantity_delta=Decimal(-3), reason="Lost", now=make.NOW)
    sign_in(client)

    assert "short of 2 each" in page(client, "stockedvariant", cream.pk)


def test_a_lot_is_put_on_hold_and_released_from_its_page(client, cream, today):
    level = make.receive(cream, 5, lot="L1", expires="2028-01-31")
    user = sign_in(client, "inventory.place_lothold", "inventory.release_lothold")

    held = client.post(
        reverse("admin:inventory_lot_hold", args=[level.lot_id]),
        {"_confirm": "yes", "hold": "quality", "reason": "Pump leaks"},
    )
    content = page(client, "lot", level.lot_id)
    released = client.post(
        reverse("admin:inventory_lot_release", args=[level.lot_id]),
        {"_confirm": "yes", "reason": "Only one"},
    )

    assert (held.status_code, released.status_code) == (302, 302)
    hold = LotHold.objects.get()
    assert (hold.placed_by, hold.note, hold.released_by, hold.release_note) == (
        user,
        "Pump leaks",
        user,
        "Only one",
    )
    assert "Pump leaks" in content
    assert "Only one" in page(client, "lot", level.lot_id)


def test_a_hold_names_the_client_that_placed_it(client, cream, today):
    level = make.receive(cream, 5, lot="L1", expires="2028-01-31")
    with bind(actor_name="api:lab"):
        stock.place_hold(
            lot_id=level.lot_id, reason="recall", note="Glass", now=make.NOW, user_id=None
        )
    sign_in(client)

    assert ", api:lab" in page(client, "lot", level.lot_id)
    assert ", api:lab" in page(client, "stockedvariant", cream.pk)


def test_what_is_on_the_road_is_changed_by_its_transfer_alone(client, cream, today):
    make.receive(cream, 5, lot="L1", expires="2028-01-31")
    make.warehouse("LAX")
    transfers.sent(transfers.line(cream, 5))
    (road,) = StockLevel.objects.filter(on_hand__gt=0)
    sign_in(client, "inventory.move_stock", "inventory.adjust_stock", "inventory.write_off_stock")

    content = page(client, "stockedvariant", cream.pk)

    assert reverse("admin:inventory_stocklevel_change", args=[road.pk]) in content
    assert f"/stocklevel/{road.pk}/write-off/" not in content


def test_a_whole_lot_is_written_off_and_another_sent_back(client, cream, today):
    first = make.receive(cream, 5, lot="L1", expires="2028-01-31")
    second = make.receive(cream, 7, lot="L2", expires="2028-01-31")
    sign_in(client, "inventory.write_off_stock", "inventory.return_to_supplier")

    client.post(
        reverse("admin:inventory_lot_write_off", args=[first.lot_id]),
        {"_confirm": "yes", "reason": "Leaking"},
    )
    client.post(
        reverse("admin:inventory_lot_return_to_supplier", args=[second.lot_id]),
        {"_confirm": "yes", "reason": "Wrong shade", "reference": "RMA-1"},
    )

    lines = StockMovement.objects.order_by("pk").values_list("kind", "quantity", "reason")
    assert list(lines)[2:] == [("write_off", -5, "Leaking"), ("supplier_return", -7, "Wrong shade")]


def test_lots_chosen_in_a_warehouse_are_written_off_there_alone(client, cream, today):
    here = make.receive(cream, 5, lot="L1", expires="2028-01-31")
    lax = make.warehouse("LAX", time_zone="America/Los_Angeles")
    there = make.receive(cream, 7, lot="L1", expires="2028-01-31", at=lax)
    sign_in(client, "inventory.write_off_stock")

    client.post(
        f"{reverse(LOTS)}?warehouse={lax.pk}",
        {
            "action": "write_off",
            "_selected_action": [here.lot_id],
            "_confirm": "yes",
            "reason": "Leaking",
        },
    )

    here.refresh_from_db()
    there.refresh_from_db()
    assert (here.on_hand, there.on_hand) == (5, 0)


@pytest.mark.parametrize("name", ["hold", "release", "write_off", "return_to_supplier"])
def test_who_may_only_look_changes_no_lot(client, cream, today, name):
    level = make.receive(cream, 5, lot="L1", expires="2028-01-31")
    before = make.stock_state()
    sign_in(client)

    response = client.post(
        reverse(f"admin:inventory_lot_{name}", args=[level.lot_id]),
        {"_confirm": "yes", "reason": "Because", "hold": "quality"},
    )

    assert response.status_code == 403
    assert make.stock_state() == before
    assert not LotHold.objects.exists()


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({}, {"SOON", "LATER", "PAST", ""}),
        ({"expiry": "past"}, {"PAST"}),
        ({"expiry": "7"}, {"SOON"}),
        ({"expiry": "90"}, {"SOON"}),
        ({"expiry": "never"}, {""}),
        ({"contents": "none"}, set()),
        ({"hold": "yes"}, {"LATER"}),
        ({"hold": "no", "contents": "some"}, {"SOON", "PAST", ""}),
        ({"q": "LATER"}, {"LATER"}),
        ({"q": "SE-BALL-5"}, {""}),
        ({"warehouse": "x"}, {"SOON", "LATER", "PAST", ""}),
    ],
)
def test_lots_are_found_by_what_matters(client, cream, today, query, codes):
    make.receive(cream, 1, lot="SOON", expires="2026-12-30")
    make.receive(cream, 1, lot="PAST", expires="2026-12-01")
    later = make.receive(cream, 1, lot="LATER", expires="2028-12-01")
    make.receive(catalog.sports(sku="SE-BALL-5"), 1)
    stock.place_hold(lot_id=later.lot_id, reason="quality", note="x", now=make.NOW, user_id=None)
    sign_in(client)

    found = client.get(reverse(LOTS), query).context["cl"].result_list

    assert {lot.code for lot in found} == codes


def test_a_page_that_does_not_exist_leads_back(client):
    sign_in(client)

    for url_name in ("stockedvariant", "lot", "stocklevel"):
        url = reverse(f"admin:inventory_{url_name}_change", args=[999_999])
        assert client.get(url).status_code == 302


def test_who_may_not_see_stock_sees_none_of_these_pages(client, cream):
    level = make.receive(cream, 5)
    client.force_login(people.staff())

    for url_name, key in (("stockedvariant", cream.pk), ("lot", level.lot_id)):
        url = reverse(f"admin:inventory_{url_name}_change", args=[key])
        assert client.get(url).status_code == 403
        assert client.get(reverse(f"admin:inventory_{url_name}_changelist")).status_code == 403


@pytest.fixture
def busy_shop(cream):
    """More rows than a page shows, and a SKU with many lots, promises and movements."""
    make.serves("DE", make.warehouse())
    for number in range(55):
        make.receive(catalog.sports() if number % 2 else catalog.cosmetic(), 3)
        level = make.receive(cream, 3, lot=f"L{number}", expires="2028-01-31")
        promise.reserve(promise.line(cream, 1))
    stock.place_hold(lot_id=level.lot_id, reason="quality", note="x", now=make.NOW, user_id=None)
    return level


@pytest.mark.parametrize("url_name", [VARIANTS, LOTS])
def test_lists_ask_no_query_per_row(
    client, busy_shop, today, django_assert_max_num_queries, url_name
):
    sign_in(client, "inventory.write_off_stock")
    client.get(reverse(url_name))

    with django_assert_max_num_queries(12):
        response = client.get(reverse(url_name))

    assert len(response.context["cl"].result_list) == 50


@pytest.mark.parametrize("url_name", ["stockedvariant", "lot", "stocklevel"])
def test_pages_ask_no_query_per_row(
    client, busy_shop, today, django_assert_max_num_queries, url_name
):
    keys = {
        "stockedvariant": busy_shop.variant_id,
        "lot": busy_shop.lot_id,
        "stocklevel": busy_shop.pk,
    }
    sign_in(client, "inventory.write_off_stock", "inventory.adjust_stock")
    page(client, url_name, keys[url_name])

    with django_assert_max_num_queries(16):
        page(client, url_name, keys[url_name])


def test_badges_are_plain_words_in_an_export(client, cream, today):
    level = make.receive(cream, 5, lot="L1", expires="2028-01-31")
    stock.place_hold(lot_id=level.lot_id, reason="quality", note="x", now=make.NOW, user_id=None)
    sign_in(client)

    response = client.get(reverse("admin:inventory_lot_export", args=["csv"]))

    _, row = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert row.startswith("L1,COS-CREAM-50,Day Cream,5,0,each,,2028-01-31,2028-01-01,On hold,")
