"""Whether a rule is about a product: yes, no, or not to be said."""

import pytest

from compliance.rulebooks.rules.encoding import BadScope, scope_from_json, scope_to_json
from compliance.rulebooks.rules.scopes import holds
from compliance.rulebooks.rules.shapes import Facts, Scope

HAIR_DYE = Scope(purposes=frozenset({"hair_dye", "hair_dye_oxidative"}))
HAIR = Scope(body_areas=frozenset({"hair"}))
RINSE_OFF = Scope(product_types=frozenset({"rinse-off"}))
NOT_MOUTH = Scope(but_body_areas=frozenset({"mouth"}))
SPRAYS = Scope(forms=frozenset({"spray"}))
CHILDREN = Scope(is_for_under_threes=True)
NOT_RINSED_HAIR = Scope(product_types=frozenset({"leave-on"}), body_areas=frozenset({"hair"}))


@pytest.mark.parametrize(
    ("scope", "facts", "answer"),
    [
        (Scope(), Facts(), True),
        (RINSE_OFF, Facts(product_type="rinse-off"), True),
        (RINSE_OFF, Facts(product_type="leave-on"), False),
        (RINSE_OFF, Facts(), None),
        (HAIR_DYE, Facts(purpose="hair_dye"), True),
        (HAIR_DYE, Facts(purpose="hair_care"), False),
        (HAIR_DYE, Facts(body_area="face"), False),
        (HAIR_DYE, Facts(body_area="hair"), None),
        (HAIR_DYE, Facts(), None),
        (HAIR, Facts(purpose="hair_dye"), True),
        (HAIR, Facts(purpose="toothpaste"), False),
        (HAIR, Facts(purpose="fragrance"), None),
        (NOT_MOUTH, Facts(body_area="mouth"), False),
        (NOT_MOUTH, Facts(body_area="face"), True),
        (NOT_MOUTH, Facts(purpose="mouthwash"), False),
        (NOT_MOUTH, Facts(purpose="make_up"), True),
        (NOT_MOUTH, Facts(), None),
        (SPRAYS, Facts(form="cream"), False),
        (SPRAYS, Facts(form="spray"), True),
        (SPRAYS, Facts(), None),
        (CHILDREN, Facts(is_for_under_threes=True), True),
        (CHILDREN, Facts(is_for_under_threes=False), False),
        (CHILDREN, Facts(), None),
        (NOT_RINSED_HAIR, Facts(product_type="rinse-off"), False),
        (NOT_RINSED_HAIR, Facts(product_type="leave-on"), None),
    ],
)
def test_holds_answers_yes_no_or_unknown(scope, facts, answer):
    assert holds(scope, facts) is answer


def test_a_scope_comes_back_from_json_as_it_was():
    scope = Scope(
        product_types=frozenset({"leave-on"}),
        but_purposes=frozenset({"make_up", "deodorant"}),
        is_professional=False,
    )

    said = scope_to_json(scope)

    assert said == {
        "product_types": ["leave-on"],
        "but_purposes": ["deodorant", "make_up"],
        "is_professional": False,
    }
    assert scope_from_json(said) == scope


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({"colour": ["red"]}, "colour"),
        ({"purposes": ["perfumery"]}, "'perfumery'"),
        ({"forms": "spray"}, "forms"),
        ({"is_professional": "yes"}, "is_professional"),
        (["leave-on"], "object"),
    ],
)
def test_a_scope_that_makes_no_sense_is_refused_by_name(said, names):
    with pytest.raises(BadScope, match=names):
        scope_from_json(said)
