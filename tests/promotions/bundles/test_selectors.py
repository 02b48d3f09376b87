from decimal import Decimal

import pytest

from catalog.products.selectors import variants_by_sku
from inventory.reservations.composition import AskedBundle, Choice, compose
from tests.factories import bundles, catalog
from tests.factories.bundles import option, slot

pytestmark = pytest.mark.django_db


@pytest.fixture
def things():
    sun, red, blue = (
        catalog.cosmetic(sku="COS-SUN-50"),
        catalog.sports(sku="SE-CAP-RED"),
        catalog.sports(sku="SE-CAP-BLUE"),
    )
    bundles.bundle(
        slot("Sun", option(sun, 2)),
        slot("Cap", option(red, default=True), option(blue)),
        sku="BDL-MARATHON-SET",
    )
    bundles.bundle(
        slot("Sun", option(sun)), slot("Cap", option(red), option(blue)), sku="BDL-BEACH-SET"
    )
    skus = ["COS-SUN-50", "SE-CAP-RED", "SE-CAP-BLUE", "BDL-MARATHON-SET", "BDL-BEACH-SET"]
    return variants_by_sku(skus)


def parts(composition):
    return [(part.slot, part.variant.sku, part.quantity) for part in composition.parts]


def test_the_hook_says_what_bundles_are_made_of_with_these_choices(things):
    plain, blue, open_one = compose.ask(
        [
            AskedBundle(bundle=things["BDL-MARATHON-SET"]),
            AskedBundle(
                bundle=things["BDL-MARATHON-SET"], choices=[Choice("cap", things["SE-CAP-BLUE"])]
            ),
            AskedBundle(bundle=things["BDL-BEACH-SET"]),
        ]
    )

    assert parts(plain) == [("sun", "COS-SUN-50", Decimal(2)), ("cap", "SE-CAP-RED", Decimal(1))]
    assert parts(blue)[1] == ("cap", "SE-CAP-BLUE", Decimal(1))
    assert parts(open_one) == [("sun", "COS-SUN-50", Decimal(1))]
    assert [s.slot for s in open_one.open_slots] == ["cap"]
    assert [o.variant.sku for o in open_one.open_slots[0].options] == ["SE-CAP-RED", "SE-CAP-BLUE"]


def test_wrong_choices_are_told_by_their_place(things):
    (composition,) = compose.ask(
        [
            AskedBundle(
                bundle=things["BDL-MARATHON-SET"],
                choices=[
                    Choice("cap", things["SE-CAP-BLUE"]),
                    Choice("sun", things["SE-CAP-RED"]),
                ],
            )
        ]
    )

    (problem,) = composition.problems
    assert (problem.index, problem.is_about_slot, problem.code) == (1, False, "not-an-option")


def test_many_bundles_are_read_in_as_many_queries_as_one(things, django_assert_num_queries):
    asked = [AskedBundle(bundle=things[sku]) for sku in ("BDL-MARATHON-SET", "BDL-BEACH-SET")] * 20
    compose.ask(asked)

    with django_assert_num_queries(3):
        compose.ask(asked)


def test_a_bundle_without_slots_has_nothing_in_it(things):
    empty = catalog.bundle(sku="BDL-EMPTY-SET")

    (composition,) = compose.ask(
        [AskedBundle(bundle=variants_by_sku(["BDL-EMPTY-SET"]).popitem()[1])]
    )

    assert (list(composition.parts), list(composition.open_slots)) == ([], [])
    assert empty.variants.count() == 1
