from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse

from inventory.lots.models import Lot
from inventory.stock import services
from inventory.stock.admin.levels import StockLevelAdmin
from inventory.stock.models import StockLevel, StockMovement
from inventory.warehouses.models import Location
from tests.factories import catalog, people
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db

LEVELS = "admin:inventory_stocklevel_changelist"
MOVEMENTS = "admin:inventory_stockmovement_changelist"


@pytest.fixture
def cream():
    return catalog.variant(catalog.cosmetic(sku="COS-CREAM-50", name="Day Cream"))


def action(name: str, level: StockLevel) -> str:
    return reverse(f"admin:inventory_stocklevel_{name}", args=[level.pk])


def sign_in(client, *permissions: str):
    user = people.staff("inventory.view_stocklevel", "inventory.view_stockmovement", *permissions)
    client.force_login(user)
    return user


def test_goods_are_put_away_from_the_dock_by_scanning_the_bin(client, cream):
    level = make.receive(cream, 12, lot="L1", expires="2028-01-31")
    user = sign_in(client, "inventory.move_stock")

    response = client.post(
        action("put_away", level), {"_confirm": "yes", "to_location": "a-1", "quantity": "12"}
    )

    assert response.status_code == 302
    level.refresh_from_db()
    moved = StockLevel.objects.get(location__code="A-1")
    assert (level.on_hand, moved.on_hand) == (0, 12)
    line = StockMovement.objects.get(stock_level=moved)
    assert (line.kind, line.reason, line.actor) == ("move", "Put away", user)


ACTIONS = ("put-away", "move", "adjust", "open-containers", "write-off", "return-to-supplier")
MAY = ("move_stock", "adjust_stock", "write_off_stock", "open_containers", "return_to_supplier")


def offered(client, level):
    """What the page of a level offers, and what the menu of its row does; both pages."""
    page = client.get(reverse("admin:inventory_stocklevel_change", args=[level.pk]))
    rows = client.get(reverse("admin:inventory_stocklevel_changelist"))
    pages = [unescape(response.content.decode()) for response in (page, rows)]
    links = [
        {name for name in ACTIONS if f"/stocklevel/{level.pk}/{name}/" in text} for text in pages
    ]
    return (*links, *pages)


@pytest.mark.parametrize(
    ("kind", "why", "where"),
    [
        ("in_transit", "These goods are on the road", "/admin/inventory/transferitem/"),
        ("returns", "came back from a customer", "/admin/inventory/returnauthorization/"),
    ],
)
def test_goods_kept_apart_offer_nothing_here_and_say_where(client, cream, kind, why, where):
    level = make.receive(cream, 12, lot="L1", expires="2028-01-31")
    Location.objects.filter(pk=level.location_id).update(kind=kind)
    sign_in(client, *(f"inventory.{name}" for name in MAY))

    on_page, in_row, page, rows = offered(client, level)

    assert (on_page, in_row) == (set(), set())
    assert why in page
    for text in (page, rows):
        assert f"{where}?q={cream.sku}" in text


def test_each_place_offers_what_can_be_done_there(client, cream):
    dock = make.receive(cream, 12, lot="L1", expires="2028-01-31")
    shelf = make.receive(cream, 3, lot="L2", expires="2028-01-31", at=make.location("A-1"))
    sign_in(client, *(f"inventory.{name}" for name in MAY))

    for level, moves in ((dock, "put-away"), (shelf, "move")):
        on_page, in_row, *_ = offered(client, level)

        assert on_page == {moves, "adjust", "open-containers", "write-off", "return-to-supplier"}
        assert in_row == {moves, "adjust", "write-off"}


def test_a_place_is_called_by_what_lies_there(client, cream):
    level = make.receive(cream, 12, lot="L1", expires="2028-01-31")
    sign_in(client, "inventory.move_stock")

    history = client.get(reverse("admin:inventory_stocklevel_history", args=[level.pk]))

    assert str(level) == "BER · DOCK: COS-CREAM-50, lot L1"
    assert f"stock level {level.pk}" not in history.content.decode().lower()


def test_a_blank_quantity_moves_all_that_lies_there(client, cream):
    level = make.receive(cream, 12, lot="L1", expires="2028-01-31")
    sign_in(client, "inventory.move_stock")

    client.post(
        action("move", level),
        {"_confirm": "yes", "to_location": "A-2", "quantity": "", "reason": "Make room"},
    )

    assert StockLevel.objects.get(location__code="A-2").on_hand == 12


def test_a_move_to_an_unknown_place_names_it_and_changes_nothing(client, cream):
    level = make.receive(cream, 12, lot="L1", expires="2028-01-31")
    before = make.stock_state()
    sign_in(client, "inventory.move_stock")

    response = client.post(
        action("move", level),
        {"_confirm": "yes", "to_location": "Z-99", "quantity": "3", "reason": "Make room"},
    )

    assert "BER has no open place Z-99" in response.content.decode()
    assert make.stock_state() == before


def test_more_than_lies_there_cannot_be_moved(client, cream):
    level = make.receive(cream, 12, lot="L1", expires="2028-01-31")
    before = make.stock_state()
    sign_in(client, "inventory.move_stock")

    response = client.post(
        action("move", level),
        {"_confirm": "yes", "to_location": "A-1", "quantity": "13", "reason": "Make room"},
    )

    assert (
        "COS-CREAM-50 lot L1 in BER DOCK: 12 each on hand, 13 asked." in response.content.decode()
    )
    assert make.stock_state() == before


def test_the_books_are_corrected_by_a_signed_quantity(client, cream):
    level = make.receive(cream, 12, lot="L1", expires="2028-01-31")
    sign_in(client, "inventory.adjust_stock")

    client.post(
        action("adjust", level), {"_confirm": "yes", "quantity": "-2", "reason": "Two broken"}
    )

    level.refresh_from_db()
    assert level.on_hand == 10
    line = StockMovement.objects.order_by("pk").last()
    assert (line.kind, line.quantity, line.reason) == ("adjustment", -2, "Two broken")


@pytest.mark.parametrize(
    ("quantity", "said"),
    [
        ("-13", "12 each on hand, 13 asked"),
        ("0", "quantity 0 is not greater than zero"),
        ("1.5", "quantity 1.5 is not whole, but each is counted whole"),
        ("9999999999", "more than 999,999,999"),
        ("", "This field is required."),
        ("two", "Enter a number."),
    ],
)
def test_a_wrong_correction_is_refused_in_words(client, cream, quantity, said):
    level = make.receive(cream, 12, lot="L1", expires="2028-01-31")
    before = make.stock_state()
    sign_in(client, "inventory.adjust_stock")

    response = client.post(
        action("adjust", level), {"_confirm": "yes", "quantity": quantity, "reason": "Count"}
    )

    assert response.status_code == 200
    assert said in response.content.decode()
    assert make.stock_state() == before


def test_nothing_changes_without_a_reason(client, cream):
    level = make.receive(cream, 12, lot="L1", expires="2028-01-31")
    before = make.stock_state()
    sign_in(client, "inventory.write_off_stock")

    response = client.post(action("write_off", level), {"_confirm": "yes", "quantity": "1"})

    assert response.status_code == 200
    assert make.stock_state() == before


def test_goods_are_written_off_and_sent_back(client, cream):
    level = make.receive(cream, 12, lot="L1", expires="2028-01-31")
    sign_in(client, "inventory.write_off_stock", "inventory.return_to_supplier")

    client.post(
        action("write_off", level), {"_confirm": "yes", "quantity": "2", "reason": "Leaking"}
    )
    client.post(
        action("return_to_supplier", level),
        {"_confirm": "yes", "quantity": "4", "reason": "Wrong shade", "reference": "RMA-9"},
    )

    level.refresh_from_db()
    assert level.on_hand == 6
    kinds = StockMovement.objects.order_by("pk").values_list("kind", "quantity", "reference")
    assert list(kinds)[1:] == [("write_off", -2, ""), ("supplier_return", -4, "RMA-9")]


@pytest.mark.parametrize("name", ["put_away", "move", "adjust", "write_off", "return_to_supplier"])
def test_who_may_only_look_changes_nothing(client, cream, name):
    level = make.receive(cream, 12, lot="L1", expires="2028-01-31")
    before = make.stock_state()
    sign_in(client)

    response = client.post(
        action(name, level),
        {"_confirm": "yes", "to_location": "A-1", "quantity": "1", "reason": "Because"},
    )

    assert response.status_code == 403
    assert make.stock_state() == before


def test_an_action_leads_back_to_the_page_it_was_started_on(client, cream):
    level = make.receive(cream, 12, lot="L1", expires="2028-01-31")
    page = reverse("admin:inventory_stockedvariant_change", args=[cream.pk])
    sign_in(client, "inventory.adjust_stock")
    data = {"_confirm": "yes", "quantity": "1", "reason": "Found one"}

    back = client.post(f"{action('adjust', level)}?back={page}", data)
    elsewhere = client.post(f"{action('adjust', level)}?back=//evil.example/", data)

    assert back["Location"] == page
    assert elsewhere["Location"] == reverse("admin:inventory_stocklevel_change", args=[level.pk])


def test_the_page_of_a_place_offers_what_fits(client, cream):
    on_dock = make.receive(cream, 12, lot="L1", expires="2028-01-31")
    in_bin = make.receive(cream, 5, lot="L1", expires="2028-01-31", at=make.location("A-1"))
    sign_in(client, "inventory.move_stock")

    dock_page = client.get(reverse("admin:inventory_stocklevel_change", args=[on_dock.pk]))
    bin_page = client.get(reverse("admin:inventory_stocklevel_change", args=[in_bin.pk]))

    assert action("put_away", on_dock) in dock_page.content.decode()
    assert action("move", on_dock) not in dock_page.content.decode()
    assert action("move", in_bin) in bin_page.content.decode()
    assert "+5 each" in bin_page.content.decode()


def test_empty_places_are_shown_on_request_only(client, cream):
    level = make.receive(cream, 12, lot="L1", expires="2028-01-31")
    services.adjust(
        stock_level_id=level.pk, quantity_delta=Decimal(-12), reason="Gone", now=make.NOW
    )
    sign_in(client)

    assert client.get(reverse(LEVELS)).context["cl"].result_count == 0
    everything = client.get(reverse(LEVELS), {"contents": "empty"})
    assert everything.context["cl"].result_count == 1


@pytest.mark.parametrize(
    ("contents", "places"),
    [
        ("", {"DOCK", "A-1", "A-2"}),
        ("dock", {"DOCK"}),
        ("held", {"A-1"}),
        ("past", {"A-2"}),
        ("promised", set()),
    ],
)
def test_places_are_filtered_by_what_lies_there(client, cream, contents, places):
    make.receive(cream, 12, lot="L1", expires="2099-01-31")
    held = make.receive(cream, 5, lot="L2", expires="2099-01-31", at=make.location("A-1"))
    make.receive(cream, 5, lot="L3", expires="2026-11-24", at=make.location("A-2"))
    Lot.objects.filter(code="L3").update(expiry_date="2020-01-01")
    services.place_hold(
        lot_id=held.lot_id, reason="quality", note="Look at it", now=make.NOW, user_id=None
    )
    sign_in(client)

    rows = client.get(reverse(LEVELS), {"contents": contents}).context["cl"].result_list

    assert {level.location.code for level in rows} == places


def test_the_ledger_says_what_who_and_why(client, cream):
    make.receive(cream, 12, lot="L1", expires="2028-01-31", reference="DN-1")
    level = StockLevel.objects.get()
    user = sign_in(client, "inventory.adjust_stock")
    client.post(
        action("adjust", level),
        {"_confirm": "yes", "quantity": "-2", "reason": "Two broken"},
        headers={"X-Request-ID": "req-77"},
    )

    page = client.get(reverse(MOVEMENTS)).content.decode()

    for text in ("+12 each", "\N{MINUS SIGN}2 each", "DN-1", "Two broken", user.username, "req-77"):
        assert text in page


@pytest.mark.parametrize("term", ["COS-CREAM-50", "cos-cream-50", "L1", "DN-1", "api:wms", "req-1"])
def test_the_ledger_is_searched_by_whole_words(client, cream, term):
    from config.kernel import context

    with context.bind(request_id="req-1", actor_name="api:wms"):
        make.receive(cream, 12, lot="L1", expires="2028-01-31", reference="DN-1")
    make.receive(catalog.sports(), 3)
    sign_in(client)

    found = client.get(reverse(MOVEMENTS), {"q": term}).context["cl"].result_list

    assert [line.quantity for line in found] == [12]


def test_nobody_writes_in_the_ledger_by_hand(client, cream):
    make.receive(cream, 12)
    line = StockMovement.objects.get()
    client.force_login(people.staff(*_all_of("stockmovement")))

    page = reverse("admin:inventory_stockmovement_change", args=[line.pk])

    assert client.get(page).status_code == 200
    assert client.post(page, {"quantity": "99"}).status_code == 403
    assert client.post(page.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert client.get(reverse("admin:inventory_stockmovement_add")).status_code == 403


def _all_of(model: str) -> list[str]:
    return [f"inventory.{verb}_{model}" for verb in ("view", "add", "change", "delete")]


def test_an_export_of_the_ledger_has_plain_columns(client, cream):
    make.receive(cream, 12, lot="=L1", expires="2028-01-31", reference="DN-1")
    sign_in(client)

    response = client.get(reverse("admin:inventory_stockmovement_export", args=["csv"]))

    heading, row = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert heading.startswith(
        "Happened at,Recorded at,Kind,Quantity,Unit,SKU,Product name,Lot code"
    )
    assert ",Receipt,12.0000,each,COS-CREAM-50,Day Cream,'=L1,BER · DOCK,,DN-1," in row


def test_a_long_ledger_is_counted_only_so_far(client, cream, monkeypatch):
    monkeypatch.setattr("config.kernel.admin.lists.COUNTED_MAX", 3)
    for _ in range(5):
        make.receive(cream, 1, lot="L1", expires="2028-01-31")
    sign_in(client)

    page = client.get(reverse(MOVEMENTS))

    assert "more than 3" in page.content.decode()
    assert str(page.context["cl"].result_count) == "more than 3"


@pytest.mark.parametrize("url_name", [LEVELS, MOVEMENTS])
def test_lists_ask_no_query_per_row(client, django_assert_max_num_queries, url_name):
    for number in range(55):
        make.receive(catalog.sports() if number % 2 else catalog.cosmetic(), 3)
    sign_in(client, "inventory.move_stock")
    client.get(reverse(url_name))

    with django_assert_max_num_queries(12):
        response = client.get(reverse(url_name))

    assert len(response.context["cl"].result_list) == 50


def test_a_bottle_is_opened_into_the_sku_that_was_scanned(client):
    perfume = catalog.variant(catalog.cosmetic(sku="COS-EDP-50", name="Eau de Parfum"))
    perfume.content_quantity, perfume.content_unit = Decimal(50), "ml"
    perfume.save()
    drops = catalog.variant(
        catalog.cosmetic(sku="COS-EDP-DROPS", name="Eau de Parfum", stock_unit="ml")
    )
    level = make.receive(perfume, 3, lot="L42", expires="2029-06-30")
    sign_in(client, "inventory.open_containers")
    url = action("open_containers", level)

    assert 'name="into"' in client.get(url).content.decode()
    refused = client.post(
        url, {"_confirm": "yes", "into": "COS-NONE-1", "quantity": "1", "reason": "Tester"}
    )
    assert "There is no SKU COS-NONE-1." in refused.content.decode()
    response = client.post(
        url, {"_confirm": "yes", "into": "cos-edp-drops", "quantity": "1", "reason": "Tester"}
    )

    assert response.status_code == 302
    level.refresh_from_db()
    assert (level.on_hand, StockLevel.objects.get(variant=drops).on_hand) == (2, 50)


def test_shoes_are_not_offered_to_be_opened(client, cream):
    shoe = make.receive(catalog.variant(catalog.sports()), 3)
    jar = make.receive(cream, 3, lot="L42", expires="2029-06-30")
    sign_in(client, "inventory.open_containers")

    def page(level):
        url = reverse("admin:inventory_stocklevel_change", args=[level.pk])
        return client.get(url).content.decode()

    assert action("open_containers", jar) in page(jar)
    assert action("open_containers", shoe) not in page(shoe)


def test_stock_by_place_is_shown_place_by_place_in_each_warehouse(client, monkeypatch):
    monkeypatch.setattr(StockLevelAdmin, "list_per_page", 3)
    first, second = make.warehouse("ZRH", bins=("B", "A")), make.warehouse("BER", bins=("A",))
    for sku in ("COS-Z-1", "COS-A-1"):
        variant = catalog.variant(catalog.cosmetic(sku=sku))
        for place in (first, second):
            for bin_ in place.locations.filter(kind="storage").order_by("pk"):
                make.receive(variant, 1, at=bin_)
    client.force_login(people.staff("inventory.view_stocklevel"))
    shown = []

    for page in (1, 2):
        shown += client.get(reverse(LEVELS), {"p": page}).context["cl"].result_list

    assert [(str(x.location.warehouse), x.location.code, x.variant.sku) for x in shown] == [
        ("ZRH", "A", "COS-A-1"),
        ("ZRH", "A", "COS-Z-1"),
        ("ZRH", "B", "COS-A-1"),
        ("ZRH", "B", "COS-Z-1"),
        ("BER", "A", "COS-A-1"),
        ("BER", "A", "COS-Z-1"),
    ]
