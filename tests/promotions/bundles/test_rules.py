from decimal import Decimal

import pytest

from promotions.bundles.rules import (
    OPTIONS_MAX,
    SLOTS_MAX,
    Option,
    Slot,
    composition_problems,
    fill,
)

RED, BLUE, CREAM, BOTTLE = 1, 2, 3, 4


def option(variant_id, quantity="1", **fields):
    return Option(
        variant_id=variant_id, sku=f"SE-THING-{variant_id}", quantity=Decimal(quantity), **fields
    )


def slot(code, *options, **fields):
    return Slot(code=code, name=code.title(), options=options, **fields)


CAP = slot("cap", option(RED, is_default=True), option(BLUE))
SUN = slot("sun", option(CREAM, is_default=True))
SHAKER = slot("shaker", option(BOTTLE), is_optional=True)


def taken(filled):
    return [(slot.code, option.variant_id) for slot, option in filled.taken]


def test_a_slot_not_named_takes_its_default():
    filled = fill([SUN, CAP], [])

    assert taken(filled) == [("sun", CREAM), ("cap", RED)]
    assert (filled.to_choose, filled.refusals) == ([], [])


def test_a_choice_takes_the_place_of_the_default():
    assert taken(fill([SUN, CAP], [("cap", BLUE)])) == [("sun", CREAM), ("cap", BLUE)]


def test_what_is_optional_comes_only_when_it_is_chosen():
    assert taken(fill([SUN, SHAKER], [])) == [("sun", CREAM)]
    assert taken(fill([SUN, SHAKER], [("shaker", BOTTLE)])) == [("sun", CREAM), ("shaker", BOTTLE)]


def test_a_slot_without_default_is_still_to_be_chosen():
    no_default = slot("cap", option(RED), option(BLUE))

    assert fill([SUN, no_default], []).to_choose == [no_default]
    assert fill([SUN, no_default], [("cap", RED)]).to_choose == []


@pytest.mark.parametrize(
    ("choices", "index", "is_about_slot", "code", "said"),
    [
        ([("hat", RED)], 0, True, "unknown-slot", 'no slot "hat"; its slots are: sun, cap'),
        ([("cap", RED), ("cap", BLUE)], 1, True, "repeated-slot", '"cap" is chosen twice'),
        ([("cap", CREAM)], 0, False, "not-an-option", "takes one of: SE-THING-1, SE-THING-2"),
    ],
)
def test_a_wrong_choice_is_named_with_what_there_is(choices, index, is_about_slot, code, said):
    (refusal,) = fill([SUN, CAP], choices).refusals

    assert (refusal.index, refusal.is_about_slot, refusal.code) == (index, is_about_slot, code)
    assert said in refusal.detail


def test_slots_with_options_make_a_bundle():
    assert composition_problems([SUN, CAP, SHAKER]) == []


@pytest.mark.parametrize(
    ("slots", "pointer", "code"),
    [
        ([], "/slots", "nothing-in-it"),
        ([SHAKER], "/slots", "nothing-in-it"),
        ([slot(f"s{n}", option(n)) for n in range(SLOTS_MAX + 1)], "/slots", "too-many"),
        ([SUN, slot("Sun Cream", option(RED))], "/slots/1/code", "invalid"),
        ([SUN, slot("x" * 41, option(RED))], "/slots/1/code", "invalid"),
        ([SUN, SUN], "/slots/1/code", "repeated"),
        ([Slot(code="sun", name=" ", options=[option(RED)])], "/slots/0/name", "invalid"),
        ([slot("sun")], "/slots/0/options", "number-of-options"),
        (
            [slot("sun", *[option(n) for n in range(OPTIONS_MAX + 1)])],
            "/slots/0/options",
            "number-of-options",
        ),
        (
            [slot("cap", option(RED, is_default=True), option(BLUE, is_default=True))],
            "/slots/0/options",
            "one-default",
        ),
        (
            [SUN, slot("cap", option(RED, is_default=True), is_optional=True)],
            "/slots/1/options",
            "optional-default",
        ),
        ([slot("cap", option(RED), option(RED))], "/slots/0/options/1/sku", "repeated"),
        ([slot("s", option(RED, is_bundle=True))], "/slots/0/options/0/sku", "bundle-in-bundle"),
        ([slot("s", option(RED, "0"))], "/slots/0/options/0/quantity", "invalid-quantity"),
        ([slot("s", option(RED, "1.5"))], "/slots/0/options/0/quantity", "invalid-quantity"),
        (
            [slot("s", option(RED, "0.00001", stock_unit="g"))],
            "/slots/0/options/0/quantity",
            "invalid-quantity",
        ),
    ],
)
def test_what_makes_no_bundle_is_named(slots, pointer, code):
    assert [problem[:2] for problem in composition_problems(slots)] == [(pointer, code)]
