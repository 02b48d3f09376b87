from base64 import b64encode
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from catalog.identifiers.services import add_barcode
from catalog.models import Product
from catalog.products.services import TextDraft, VariantDraft
from tests.factories import bundles, catalog, inventory, reservations
from tests.factories.bundles import option, slot

URL = "/api/v1/products"
LIPS = ("finish", "shades", "vegan")


@pytest.fixture
def api(db):
    inventory.serves("DE", inventory.warehouse())
    return reservations.caller("catalog:read")


def names(response):
    assert response.status_code == 200, response.content
    return [product["name"] for product in response.json()["results"]]


def test_a_product_comes_with_all_that_a_list_page_needs(api):
    category = catalog.category("face-cream")
    product = catalog.cosmetic(
        name="Calm Cream",
        brand_id=catalog.brand("Lumen").pk,
        category_id=category.pk,
        variants=[
            VariantDraft(sku="COS-CALM-50", shade="rose", content_quantity=50, content_unit="ml"),
            VariantDraft(sku="COS-CALM-99"),
        ],
    )
    first, _ = product.variants.order_by("pk")
    add_barcode(variant_id=first.pk, gtin="4006381333931")
    inventory.receive(first, 3)

    response = api.get(URL, {"market": "DE"})

    (shown,) = response.json()["results"]
    assert shown.pop("updated_at").endswith("Z")
    assert shown == {
        "id": product.pk,
        "kind": "cosmetic",
        "name": "Calm Cream",
        "brand": "Lumen",
        "category": "face-cream",
        "sellable": True,
        "sellable_reasons": [],
        "variants": [
            {
                "sku": "COS-CALM-50",
                "gtins": ["04006381333931"],
                "options": {"size": None, "shade": "rose", "colour": None},
                "content": {"quantity": "50", "unit": "ml"},
                "availability": {"available": "3", "unit": "each", "status": "low"},
            },
            {
                "sku": "COS-CALM-99",
                "gtins": [],
                "options": {"size": None, "shade": None, "colour": None},
                "content": None,
                "availability": {"available": "0", "unit": "each", "status": "out_of_stock"},
            },
        ],
    }
    assert response["Cache-Control"].startswith("public, max-age=")
    assert response["Vary"] == "Accept-Language"
    assert response["ETag"]


def test_what_is_not_on_sale_is_not_listed(api):
    catalog.sports(name="On sale")
    catalog.sports(name="Draft", active=False)

    assert names(api.get(URL, {"market": "DE"})) == ["On sale"]


def test_pages_follow_one_another_without_loss_or_repeat(api):
    for number in range(7):
        catalog.sports(name=f"Ball {number}")
    seen, url = [], f"{URL}?market=DE&kind=sports&page_size=3"

    while url:
        page = api.get(url).json()
        seen.append([product["name"] for product in page["results"]])
        url = page["next"]

    assert seen == [
        ["Ball 0", "Ball 1", "Ball 2"],
        ["Ball 3", "Ball 4", "Ball 5"],
        ["Ball 6"],
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"kind": "cosmetic"}, ["Cream"]),
        ({"kind": "sports"}, ["Ball", "Bat"]),
        ({"kind": "bundle"}, []),
        ({"brand": "ridge"}, ["Bat"]),
        ({"brand": "nobody"}, []),
        ({"category": "games"}, ["Ball", "Bat"]),
        ({"category": "bats"}, ["Bat"]),
        ({"category": "nothing"}, []),
        ({"search": "ba"}, ["Ball", "Bat"]),
        ({"search": "creme"}, ["Cream"]),
        ({"search": "se-ball"}, ["Ball"]),
        ({"search": "ridge", "kind": "sports"}, ["Bat"]),
        ({"search": "%"}, []),
    ],
)
def test_filters(api, query, found):
    games = catalog.category("games")
    bats = catalog.category("bats", parent_id=games.pk)
    catalog.cosmetic(name="Cream", texts=[TextDraft(language="de", name="Creme")])
    catalog.sports(name="Ball", sku="SE-BALL-5", category_id=games.pk)
    catalog.sports(name="Bat", brand_id=catalog.brand("Ridge").pk, category_id=bats.pk)

    assert names(api.get(URL, {"market": "DE", **query})) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"attr.finish": "matte"}, ["Matte"]),
        ({"attr.finish": "matte", "attr.shades": "12"}, ["Matte"]),
        ({"attr.finish": "gloss", "attr.shades": "12"}, []),
        ({"attr.shades": "1.5"}, ["Gloss"]),
        ({"attr.vegan": "true"}, ["Gloss"]),
        ({"attr.nothing": "1"}, []),
        ({"attr.finish__contains": "m"}, []),
        ({"attr.contains": "m"}, []),
        ({"attr.finish": '{"a": 1}'}, []),
        ({"attr.finish": "["}, []),
        ({"attr.shades": "1e999"}, []),
        ({"attr.shades": "NaN"}, []),
        ({"attr.shades": '"\\ud800"'}, []),
        ({"attr.shades": "9" * 100}, []),
    ],
)
def test_filters_by_the_attributes_of_a_category(api, query, found):
    lips = catalog.category("lips", attributes_schema={"properties": {name: {} for name in LIPS}})
    matte = {"finish": "matte", "shades": 12}
    gloss = {"finish": "gloss", "shades": 1.5, "vegan": True}
    catalog.cosmetic(name="Matte", category_id=lips.pk, attributes=matte)
    catalog.cosmetic(name="Gloss", category_id=lips.pk, attributes=gloss)

    assert names(api.get(URL, {"market": "DE", **query})) == found


def test_only_what_has_changed_since_then(api):
    old, new = catalog.sports(name="Old"), catalog.sports(name="New")
    Product.objects.filter(pk=old.pk).update(updated_at=new.updated_at - timedelta(days=1))

    since = new.updated_at.isoformat()

    assert names(api.get(URL, {"market": "DE", "updated_since": since})) == ["New"]


def test_a_page_costs_the_same_queries_whatever_its_size(api, django_assert_max_num_queries):
    for _ in range(30):
        inventory.receive(catalog.sports(), 3)
        inventory.receive(catalog.cosmetic(), 3)
    api.get(URL, {"market": "DE"})

    with django_assert_max_num_queries(12):
        assert len(names(api.get(URL, {"market": "DE", "page_size": 60}))) == 60


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"market": "XX"},
        {"market": "DE", "kind": "food"},
        {"market": "DE", "page_size": "201"},
        {"market": "DE", "page_size": "x"},
        {"market": "DE", "cursor": "x"},
        {"market": "DE", "updated_since": "yesterday"},
        {"market": "DE", "attr.": "x"},
        {"market": "DE", "attr.finish": "x" * 101},
        {"market": "DE", "attr.finish": "\x00"},
    ],
)
def test_a_query_that_makes_no_sense_is_400_and_says_why(api, query):
    response = api.get(URL, query)

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["errors"]


@pytest.mark.parametrize(("scopes", "status"), [((), 401), (("stock:read",), 403)])
def test_needs_a_token_with_the_scope(api, scopes, status):
    assert reservations.caller(*scopes).get(URL, {"market": "DE"}).status_code == status


def pulled(api):
    """Each page of a pull of everything that changed since long ago."""
    pages, url = [], f"{URL}?market=DE&updated_since=2020-01-01T00:00:00Z&page_size=2"
    while url:
        page = api.get(url).json()
        pages.append(page)
        url = page["next"]
    return pages


def test_changes_come_in_the_order_they_were_made_and_pages_lead_both_ways(api):
    balls = [catalog.sports(name=f"Ball {number}") for number in range(5)]
    at = balls[0].updated_at
    Product.objects.update(updated_at=at)  # as a bulk import leaves them
    Product.objects.filter(pk=balls[1].pk).update(updated_at=at + timedelta(seconds=1))

    pages = pulled(api)

    shown = [[product["name"] for product in page["results"]] for page in pages]
    assert shown == [["Ball 0", "Ball 2"], ["Ball 3", "Ball 4"], ["Ball 1"]]
    assert pages[0]["previous"] is None
    back = api.get(pages[2]["previous"]).json()
    assert [product["name"] for product in back["results"]] == shown[1]
    assert names(api.get(back["next"])) == shown[2]
    assert names(api.get(back["previous"])) == shown[0]


def test_what_changes_between_two_pages_hides_nothing(api):
    balls = [catalog.sports(name=f"Ball {number}") for number in range(5)]
    Product.objects.update(updated_at=balls[0].updated_at)
    first = api.get(URL, {"market": "DE", "updated_since": "2020-01-01T00:00:00Z", "page_size": 2})

    add_barcode(variant_id=catalog.variant(balls[0]).pk, gtin="4006381333931")

    rest = first.json()["next"]
    seen = []
    while rest:
        page = api.get(rest).json()
        seen += [product["name"] for product in page["results"]]
        rest = page["next"]
    assert seen == ["Ball 2", "Ball 3", "Ball 4", "Ball 0"]


@pytest.mark.parametrize("position", ["1", "x,1", "2026-01-01T00:00:00Z,", "9" * 40, ",", "\x00,1"])
def test_a_cursor_of_changes_written_by_hand_is_refused(api, position):
    cursor = b64encode(urlencode({"p": position}).encode()).decode()

    response = api.get(
        URL, {"market": "DE", "updated_since": "2020-01-01T00:00:00Z", "cursor": cursor}
    )

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/cursor"


def test_a_bundle_says_what_is_in_it_and_what_can_be_chosen(api):
    cream, red = catalog.cosmetic(sku="COS-CREAM-50"), catalog.sports(sku="SE-CAP-RED")
    blue = catalog.sports(sku="SE-CAP-BLUE")
    bundles.bundle(
        slot("Cream", option(cream, 2)),
        slot("Cap", option(red, default=True), option(blue)),
        sku="BDL-MARATHON-SET",
    )

    (product,) = api.get(URL, {"market": "DE", "kind": "bundle"}).json()["results"]
    others = api.get(URL, {"market": "DE", "kind": "sports"}).json()["results"]

    assert product["bundle"]["slots"][0] == {
        "slot": "cream",
        "name": "Cream",
        "is_optional": False,
        "options": [{"sku": "COS-CREAM-50", "quantity": "2", "unit": "each", "is_default": True}],
    }
    assert [
        (option["sku"], option["is_default"]) for option in product["bundle"]["slots"][1]["options"]
    ] == [("SE-CAP-RED", True), ("SE-CAP-BLUE", False)]
    assert not any("bundle" in other for other in others)


def test_a_page_of_bundles_costs_the_same_queries_whatever_its_size(
    api, django_assert_max_num_queries
):
    cream = catalog.cosmetic(sku="COS-CREAM-50")
    for _ in range(20):
        bundles.of((cream, 1))
    api.get(URL, {"market": "DE"})

    with django_assert_max_num_queries(18):
        found = api.get(URL, {"market": "DE", "kind": "bundle", "page_size": 60}).json()

    assert len(found["results"]) == 20
