"""Bundles over HTTP: chosen, refused with pointers, answered with their components."""

import json
from decimal import Decimal

import pytest

from catalog.identifiers.services import add_barcode
from catalog.products.services import change_stage
from config.kernel import clock
from inventory.stock import services as stock
from inventory.stock.models import StockLevel
from tests.factories import bundles, catalog, inventory, reservations
from tests.factories.bundles import option, slot

URL = "/api/v1/reservations"
pytestmark = pytest.mark.django_db


@pytest.fixture
def api(db):
    return reservations.caller("reservations:write")


@pytest.fixture
def red(germany):
    return catalog.sports(sku="SE-CAP-RED")


@pytest.fixture(autouse=True)
def marathon(cream, red):
    """Two creams and a cap, red unless blue is chosen; five creams, three red caps, one blue."""
    blue = catalog.sports(sku="SE-CAP-BLUE")
    inventory.receive(cream, 5, lot="A", expires="2099-06-30")
    inventory.receive(red, 3)
    inventory.receive(blue, 1)
    return bundles.bundle(
        slot("Cream", option(cream, 2)),
        slot("Cap", option(red, default=True), option(blue)),
        sku="BDL-MARATHON-SET",
    )


def post(api, quantity="1", sku="BDL-MARATHON-SET", url=URL, **more):
    line = {"sku": sku, "quantity": quantity, "unit": "each"}
    if "choices" in more:
        line["choices"] = more.pop("choices")
    body = {"reference": "cart-1", "market": "DE", "lines": [line], **more}
    return api.post(url, body, format="json")


def refused(api, status, code, **fields):
    before = reservations.state()
    response = post(api, **fields)
    assert response.status_code == status, response.content
    assert reservations.state() == before
    problem = json.loads(response.content)
    assert problem["code"] == code
    return problem


def test_a_bundle_is_answered_with_its_components_and_what_keeps_them(api):
    response = post(api, "2")

    assert response.status_code == 201
    answer = response.json()
    assert answer["lines"] == [
        {
            "sku": "BDL-MARATHON-SET",
            "requested": "2",
            "quantity": "2",
            "unit": "each",
            "shortage": "0",
            "allocations": [],
            "components": [
                {
                    "slot": "cream",
                    "sku": "COS-CREAM-50",
                    "quantity": "4",
                    "unit": "each",
                    "shortage": "0",
                    "allocations": [
                        {
                            "warehouse": "BER",
                            "lot": "A",
                            "expires_on": "2099-06-30",
                            "quantity": "4",
                        }
                    ],
                },
                {
                    "slot": "cap",
                    "sku": "SE-CAP-RED",
                    "quantity": "2",
                    "unit": "each",
                    "shortage": "0",
                    "allocations": [
                        {"warehouse": "BER", "lot": None, "expires_on": None, "quantity": "2"}
                    ],
                },
            ],
        }
    ]
    assert api.get(f"{URL}/{answer['id']}").json() == answer


def test_other_products_have_no_components(api):
    (line,) = post(api, sku="SE-CAP-RED").json()["lines"]

    assert "components" not in line


def test_a_choice_is_named_by_sku_or_gtin(api):
    gtin = catalog.gtin()
    blue = catalog.Variant.objects.get(sku="SE-CAP-BLUE")
    add_barcode(variant_id=blue.pk, gtin=gtin)

    first = post(api, choices=[{"slot": "cap", "sku": "SE-CAP-BLUE"}])
    again = post(api, choices=[{"slot": "cap", "gtin": gtin}])
    other = post(api, choices=[])

    assert first.json()["lines"][0]["components"][1]["sku"] == "SE-CAP-BLUE"
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert (other.status_code, other.json()["code"]) == (409, "reference-in-use")


@pytest.mark.parametrize(
    ("choices", "code", "pointer", "word"),
    [
        (
            [{"slot": "hat", "sku": "SE-CAP-RED"}],
            "invalid-choice",
            "/lines/0/choices/0/slot",
            "unknown-slot",
        ),
        (
            [{"slot": "cream", "sku": "COS-CREAM-50"}, {"slot": "cap", "sku": "COS-CREAM-50"}],
            "invalid-choice",
            "/lines/0/choices/1/sku",
            "not-an-option",
        ),
        (
            [{"slot": "cap", "sku": "SE-CAP-RED"}, {"slot": "cap", "sku": "SE-CAP-RED"}],
            "invalid-choice",
            "/lines/0/choices/1/slot",
            "repeated-slot",
        ),
        (
            [{"slot": "cap", "sku": "SE-CAP-GREEN"}],
            "unknown-product",
            "/lines/0/choices/0/sku",
            "unknown-product",
        ),
        ([{"slot": "cap"}], "invalid-input", "/lines/0/choices/0/sku", "required"),
        ([{"sku": "SE-CAP-RED"}], "invalid-input", "/lines/0/choices/0/slot", "required"),
        ("red", "invalid-input", "/lines/0/choices", "not-a-list"),
    ],
)
def test_a_wrong_choice_is_pointed_at(api, choices, code, pointer, word):
    problem = refused(api, 422, code, choices=choices)

    error = problem["errors"][0]
    assert (error["pointer"], error["code"]) == (pointer, word)


def test_what_is_short_is_said_of_the_bundle(api):
    problem = refused(api, 409, "insufficient-stock", quantity="3")

    assert problem["shortages"] == [{"sku": "BDL-MARATHON-SET", "requested": "3", "available": "2"}]


def test_a_component_off_sale_is_named_beside_its_bundle(api, red):
    change_stage(product_id=red.pk, stage="discontinued", reason="old")

    problem = refused(api, 409, "not-sellable")

    (reason,) = problem["reasons"]
    assert (reason["sku"], reason["component"]) == ("BDL-MARATHON-SET", "SE-CAP-RED")


def test_a_lost_component_is_a_shortage_of_the_bundle_and_holds_up_the_sale(api):
    answer = post(api, "2").json()
    cap = StockLevel.objects.get(variant__sku="SE-CAP-RED")
    stock.write_off(stock_level_id=cap.pk, quantity=Decimal(2), reason="broken", now=clock.now())

    (line,) = api.get(f"{URL}/{answer['id']}").json()["lines"]
    commit = api.post(f"{URL}/{answer['id']}/commit", {"order_reference": "o-1"}, format="json")

    assert (line["shortage"], line["components"][1]["shortage"]) == ("1", "1")
    assert commit.status_code == 409
    assert commit.json()["shortages"] == [
        {"sku": "BDL-MARATHON-SET", "requested": "2", "available": "1"}
    ]


def test_a_sale_says_what_was_taken(api):
    answer = post(api).json()

    api.post(f"{URL}/{answer['id']}/commit", {"order_reference": "o-1"}, format="json")

    sold = api.get(f"{URL}/{answer['id']}").json()
    assert sold["status"] == "committed"
    assert sold["lines"] == answer["lines"]
