from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from promotions.bundles.errors import InvalidComposition, UnknownBundle
from promotions.bundles.models import BundleOption, BundleSlot
from promotions.bundles.services import OptionDraft, SlotDraft, set_composition
from tests.factories import bundles, catalog
from tests.factories.bundles import option, slot

pytestmark = pytest.mark.django_db


@pytest.fixture
def marathon():
    return catalog.bundle(sku="BDL-MARATHON-SET")


@pytest.fixture
def sun():
    return catalog.cosmetic(sku="COS-SUN-50")


@pytest.fixture
def red():
    return catalog.sports(sku="SE-CAP-RED")


@pytest.fixture
def blue():
    return catalog.sports(sku="SE-CAP-BLUE")


def contents(bundle):
    options = BundleOption.objects.filter(slot__bundle=bundle)
    return list(
        options.order_by("slot__position", "position").values_list(
            "slot__code", "variant__sku", "quantity", "is_default"
        )
    )


def test_a_bundle_gets_its_slots_in_their_order_with_codes_from_their_names(
    marathon, sun, red, blue
):
    set_composition(
        bundle_id=marathon.pk,
        slots=[
            slot("Sun care", option(sun, 2)),
            slot("Cap", option(red, default=True), option(blue)),
        ],
    )

    assert contents(marathon) == [
        ("sun-care", "COS-SUN-50", Decimal(2), True),
        ("cap", "SE-CAP-RED", Decimal(1), True),
        ("cap", "SE-CAP-BLUE", Decimal(1), False),
    ]


def test_saving_again_writes_only_what_has_changed_and_tells_why(marathon, sun, red, blue):
    first = [slot("Sun", option(sun)), slot("Cap", option(red, default=True), option(blue))]
    set_composition(bundle_id=marathon.pk, slots=first)
    cap = BundleSlot.objects.get(code="cap")

    other = [slot("Sun", option(sun)), slot("Cap", option(red), option(blue, default=True))]
    set_composition(bundle_id=marathon.pk, slots=other, reason="blue sells better")

    assert BundleSlot.objects.get(code="cap").pk == cap.pk
    assert contents(marathon)[1:] == [
        ("cap", "SE-CAP-RED", Decimal(1), False),
        ("cap", "SE-CAP-BLUE", Decimal(1), True),
    ]
    assert BundleSlot.history.count() == 2
    told = BundleOption.history.filter(history_change_reason="blue sells better")
    assert sorted(told.values_list("variant__sku", "is_default")) == [
        ("SE-CAP-BLUE", True),
        ("SE-CAP-RED", False),
    ]


def test_slots_and_options_that_are_not_named_any_more_go(marathon, sun, red, blue):
    first = [slot("Sun", option(sun)), slot("Cap", option(red, default=True), option(blue))]
    set_composition(bundle_id=marathon.pk, slots=first)

    set_composition(bundle_id=marathon.pk, slots=[slot("Cap", option(blue))], reason="smaller")

    assert contents(marathon) == [("cap", "SE-CAP-BLUE", Decimal(1), True)]
    gone = BundleOption.history.filter(history_type="-")
    assert sorted(gone.values_list("variant__sku", flat=True)) == ["COS-SUN-50", "SE-CAP-RED"]


def test_a_change_is_found_by_those_who_pull_what_has_changed(marathon, sun):
    before = marathon.updated_at

    set_composition(bundle_id=marathon.pk, slots=[slot("Sun", option(sun))])

    marathon.refresh_from_db()
    assert marathon.updated_at > before


def test_what_is_wrong_is_named_field_by_field_and_changes_nothing(marathon, sun, red):
    set_composition(bundle_id=marathon.pk, slots=[slot("Sun", option(sun))])
    inner = bundles.of((red, 1), sku="BDL-INNER-SET")

    with pytest.raises(InvalidComposition) as refusal:
        set_composition(
            bundle_id=marathon.pk,
            slots=[slot("Sun", option(sun, "0")), slot("Set", option(inner)), slot("Sun")],
        )

    assert [(error.pointer, error.code) for error in refusal.value.errors] == [
        ("/slots/0/options/0/quantity", "invalid-quantity"),
        ("/slots/1/options/0/sku", "bundle-in-bundle"),
        ("/slots/2/code", "repeated"),
        ("/slots/2/options", "number-of-options"),
    ]
    assert contents(marathon) == [("sun", "COS-SUN-50", Decimal(1), True)]


def test_unknown_bundles_and_variants_are_refused(marathon, sun):
    nothing = [SlotDraft(name="Sun", options=[OptionDraft(variant_id=0)])]

    with pytest.raises(InvalidComposition) as refusal:
        set_composition(bundle_id=marathon.pk, slots=nothing)
    with pytest.raises(UnknownBundle):
        set_composition(bundle_id=sun.pk, slots=[slot("Sun", option(sun))])

    assert [error.pointer for error in refusal.value.errors] == ["/slots/0/options/0/sku"]
    assert not BundleSlot.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [{"is_default": True}, {"quantity": Decimal(0)}, {"is_default": False, "variant": "same"}],
)
def test_the_database_holds_the_rules_of_an_option_too(marathon, red, blue, fields):
    set_composition(bundle_id=marathon.pk, slots=[slot("Cap", option(red, default=True))])
    cap = BundleSlot.objects.get()
    variant = catalog.variant(red if fields.pop("variant", "") else blue)

    with pytest.raises(IntegrityError), transaction.atomic():
        BundleOption.objects.create(slot=cap, variant=variant, **fields)
