"""What a market may not sell is not in its shop window, and its own page says why."""

import pytest

from catalog.products.services import change_stage
from compliance.models import Clearance
from config.kernel import clock
from tests.factories import bundles, catalog, inventory, reservations
from tests.factories.bundles import option, slot
from tests.factories.clearances import take_off_sale

URL = "/api/v1/products"
IN_REVIEW = "Compliance has not cleared the product for this market yet."


@pytest.fixture
def api(db):
    berlin = inventory.warehouse()
    inventory.serves("DE", berlin)
    inventory.serves("US-CA", berlin)
    return reservations.caller("catalog:read")


@pytest.fixture
def cap(api):
    return catalog.sports(name="Cap", sku="SE-CAP-RED")


@pytest.fixture
def ball(api):
    return catalog.sports(name="Ball", sku="SE-BALL-5")


def off_sale(product, code="DE"):
    take_off_sale(product, catalog.market(code), at=clock.now())


def listed(api, **asked):
    response = api.get(URL, {"market": "DE", **asked})
    assert response.status_code == 200, response.content
    return sorted(product["name"] for product in response.json()["results"])


def shown(api, sku, market="DE"):
    response = api.get(f"{URL}/{sku}", {"market": market})
    assert response.status_code == 200, response.content
    return response.json()


def test_what_is_off_sale_in_a_market_is_not_listed_for_it(api, cap, ball):
    off_sale(cap)

    assert listed(api) == ["Ball"]
    assert listed(api, market="US-CA") == ["Ball", "Cap"]


def test_what_was_never_cleared_is_not_listed(api, cap):
    Clearance.objects.all().delete()

    assert listed(api) == []


def test_what_is_listed_is_sellable(api, cap):
    (product,) = api.get(URL, {"market": "DE"}).json()["results"]

    assert (product["sellable"], product["sellable_reasons"]) == (True, [])


def test_a_bundle_is_listed_where_all_that_it_takes_may_be_sold(api, cap, ball):
    kit = bundles.of((cap, 1), (ball, 1), sku="BDL-KIT-1")
    Clearance.objects.filter(product=kit.pk).delete()

    assert listed(api, kind="bundle") == [kit.name]
    off_sale(ball)
    assert listed(api, kind="bundle") == []
    assert listed(api, kind="bundle", market="US-CA") == [kit.name]


def test_a_bundle_with_a_choice_is_listed_while_one_may_be_sold(api, cap, ball):
    gift = bundles.bundle(slot("Gift", option(cap), option(ball)), sku="BDL-GIFT-1")

    off_sale(cap)
    assert listed(api, kind="bundle") == [gift.name]
    off_sale(ball)
    assert listed(api, kind="bundle") == []


def test_a_product_is_shown_by_any_of_its_skus(api, cap):
    product = shown(api, "SE-CAP-RED")

    assert product["id"] == cap.pk
    assert (product["sellable"], product["sellable_reasons"]) == (True, [])
    assert product["variants"][0]["sku"] == "SE-CAP-RED"


def test_says_why_a_product_is_not_sold_there(api, cap):
    off_sale(cap)

    product = shown(api, "SE-CAP-RED")

    assert product["sellable"] is False
    assert product["sellable_reasons"] == [{"code": "not-cleared", "detail": IN_REVIEW}]
    assert product["variants"][0]["availability"]["status"] == "not_sellable"
    assert shown(api, "SE-CAP-RED", market="US-CA")["sellable"] is True


def test_says_of_a_stage_what_reserving_says(api, cap):
    change_stage(product_id=cap.pk, stage="discontinued", reason="test")

    reasons = shown(api, "SE-CAP-RED")["sellable_reasons"]

    assert reasons == [{"code": "discontinued", "detail": "The product is no longer sold."}]


def test_names_the_component_for_which_a_bundle_is_not_sold(api, cap, ball):
    bundles.of((cap, 1), (ball, 1), sku="BDL-KIT-1")
    off_sale(ball)

    reasons = shown(api, "BDL-KIT-1")["sellable_reasons"]

    assert reasons == [{"code": "not-cleared", "detail": f"SE-BALL-5: {IN_REVIEW}"}]


def test_says_that_there_is_nothing_to_choose(api, cap):
    bundles.bundle(slot("Gift", option(cap)), slot("Free", option(cap), optional=True))
    gift = bundles.bundle(
        slot("Gift", option(cap), option(catalog.sports(sku="SE-OTHER-1"))), sku="BDL-GIFT-1"
    )
    Clearance.objects.exclude(product=gift.pk).delete()

    (reason,) = shown(api, "BDL-GIFT-1")["sellable_reasons"]

    assert reason["code"] == "nothing-to-choose"


def test_what_nobody_knows_is_not_found(api):
    unknown = api.get(f"{URL}/SE-NO-SUCH", {"market": "DE"})
    nowhere = api.get(f"{URL}/SE-NO-SUCH", {"market": "XX"})
    no_market = api.get(f"{URL}/SE-NO-SUCH")

    assert (unknown.status_code, unknown.json()["detail"]) == (
        404,
        'Nothing of ours is called "SE-NO-SUCH".',
    )
    assert (nowhere.status_code, nowhere.json()["errors"][0]["code"]) == (400, "unknown-market")
    assert no_market.status_code == 400
