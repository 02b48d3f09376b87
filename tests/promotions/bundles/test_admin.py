"""What is in a bundle, written on one page: all of it or nothing, each error at its field."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from promotions.bundles.models import Bundle, BundleOption, BundleSlot
from tests.factories import bundles, catalog, people
from tests.factories.bundles import option, slot

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture
def sun():
    return catalog.cosmetic(sku="COS-SUN-50")


@pytest.fixture
def red():
    return catalog.sports(sku="SE-CAP-RED")


@pytest.fixture
def blue():
    return catalog.sports(sku="SE-CAP-BLUE")


@pytest.fixture
def marathon(sun, red, blue):
    return bundles.bundle(
        slot("Sun", option(sun, 2)),
        slot("Cap", option(red, default=True), option(blue)),
        sku="BDL-MARATHON-SET",
    )


def url(bundle):
    return reverse("admin:promotions_bundle_change", args=[bundle.pk])


def form(*slots, initial=0, **fields):
    """The page's form: each slot with its fields and its options' fields."""
    data = {"slots-TOTAL_FORMS": len(slots), "slots-INITIAL_FORMS": initial, **fields}
    for number, (facts, options) in enumerate(slots):
        prefix = f"slots-{number}"
        data |= {f"{prefix}-{name}": value for name, value in facts.items()}
        known = sum("id" in option for option in options)
        data |= {
            f"{prefix}-options-TOTAL_FORMS": len(options),
            f"{prefix}-options-INITIAL_FORMS": known,
        }
        for place, facts_of_option in enumerate(options):
            data |= {
                f"{prefix}-options-{place}-{name}": value for name, value in facts_of_option.items()
            }
    return data


def fields_of(bundle):
    """The form as the page shows it."""
    shown = []
    for row in BundleSlot.objects.filter(bundle=bundle).order_by("position"):
        facts = {"id": row.pk, "bundle": bundle.pk, "name": row.name, "code": row.code}
        if row.is_optional:
            facts["is_optional"] = "on"
        options = [
            {
                "id": known.pk,
                "slot": row.pk,
                "variant": known.variant_id,
                "quantity": known.quantity,
            }
            | ({"is_default": "on"} if known.is_default else {})
            for known in row.options.order_by("position")
        ]
        shown.append((facts, options))
    return shown


def contents(bundle):
    options = BundleOption.objects.filter(slot__bundle=bundle)
    return list(
        options.order_by("slot__position", "position").values_list(
            "slot__code", "variant__sku", "quantity", "is_default"
        )
    )


def test_slots_and_options_of_an_empty_bundle_are_written_at_once(boss, sun, red, blue):
    bundle = catalog.bundle(sku="BDL-MARATHON-SET")
    variants = [catalog.variant(product).pk for product in (sun, red, blue)]

    response = boss.post(
        url(bundle),
        form(
            ({"name": "Sun care"}, [{"variant": variants[0], "quantity": "2"}]),
            (
                {"name": "Cap"},
                [
                    {"variant": variants[1], "quantity": "1"},
                    {"variant": variants[2], "quantity": "1", "is_default": "on"},
                ],
            ),
            _reason="new this spring",
        ),
    )

    assert response.status_code == 302, response.context["errors"]
    assert contents(bundle) == [
        ("sun-care", "COS-SUN-50", 2, True),
        ("cap", "SE-CAP-RED", 1, False),
        ("cap", "SE-CAP-BLUE", 1, True),
    ]
    assert set(BundleOption.history.values_list("history_change_reason", flat=True)) == {
        "new this spring"
    }


def test_the_default_moves_and_options_and_slots_go(boss, marathon):
    sun, cap = fields_of(marathon)
    sun[0]["DELETE"] = "on"
    del cap[1][0]["is_default"]
    cap[1][1]["is_default"] = "on"

    response = boss.post(url(marathon), form(sun, cap, initial=2))

    assert response.status_code == 302
    assert contents(marathon) == [
        ("cap", "SE-CAP-RED", 1, False),
        ("cap", "SE-CAP-BLUE", 1, True),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda sun, cap: cap[1][1].update(is_default="on"), "cannot both be the default"),
        (lambda sun, cap: cap[0].update(is_optional="on"), "may be left out has no default"),
        (lambda sun, cap: sun[1][0].update(quantity="1.5"), "each is counted whole"),
        (lambda sun, cap: sun[1][0].update(quantity="0"), "greater than or equal to"),
        (lambda sun, cap: sun[1][0].update(DELETE="on"), "a slot has 1 to 50 options"),
        (lambda sun, cap: sun[0].update(name=""), "This field is required"),
    ],
)
def test_what_makes_no_bundle_is_said_and_nothing_is_saved(boss, marathon, change, said):
    before = contents(marathon)
    sun, cap = fields_of(marathon)
    change(sun, cap)

    response = boss.post(url(marathon), form(sun, cap, initial=2))

    assert response.status_code == 200
    assert said in response.content.decode()
    assert contents(marathon) == before


def test_a_bundle_within_a_bundle_is_refused(boss, marathon, red):
    inner = bundles.of((red, 1), sku="BDL-INNER-SET")
    sun, cap = fields_of(marathon)
    sun[1][0]["variant"] = catalog.variant(inner).pk

    response = boss.post(url(marathon), form(sun, cap, initial=2))

    assert "BDL-INNER-SET is a bundle itself" in response.content.decode()
    assert contents(marathon)[0][1] == "COS-SUN-50"


def test_the_list_says_what_is_in_each(boss, marathon):
    catalog.bundle(sku="BDL-EMPTY-SET", name="Empty")

    page = boss.get(reverse("admin:promotions_bundle_changelist")).content.decode()

    assert "2 x Sun · Cap (one of 2)" in page
    assert "Nothing yet" in page


def test_the_product_leads_to_what_is_in_it_and_keeps_its_history(boss, marathon, red):
    bundles.set_composition(
        bundle_id=marathon.pk, slots=[slot("Cap", option(red))], reason="smaller"
    )

    page = boss.get(reverse("admin:catalog_bundleproduct_change", args=[marathon.pk]))
    moved = boss.get(reverse("admin:promotions_bundle_history", args=[marathon.pk]))
    history = boss.get(moved.url).content.decode()

    assert url(marathon) in page.content.decode()
    assert "smaller" in history
    assert "Slot Sun" in history
    assert "Option COS-SUN-50" in history


def test_who_may_only_look_changes_nothing(client, marathon):
    client.force_login(people.staff("promotions.view_bundle"))
    before = contents(marathon)

    page = client.get(url(marathon))
    refused = client.post(url(marathon), form(*fields_of(marathon)[1:], initial=1))

    assert page.status_code == 200
    assert "COS-SUN-50" in page.content.decode()
    assert refused.status_code == 403
    assert contents(marathon) == before


def test_nobody_adds_or_deletes_a_bundle_here(boss, marathon):
    assert boss.get(reverse("admin:promotions_bundle_add")).status_code == 403
    assert (
        boss.post(reverse("admin:promotions_bundle_delete", args=[marathon.pk])).status_code == 403
    )
    assert Bundle.objects.filter(pk=marathon.pk).exists()
