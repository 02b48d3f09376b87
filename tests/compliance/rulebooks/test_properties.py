"""What holds for every text, real or not: no figure is lost, none is made up."""

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.rulebooks.rules.conditions import read_conditions
from compliance.rulebooks.rules.products import read_products
from compliance.rulebooks.rules.scopes import holds
from compliance.rulebooks.rules.shapes import PURPOSE_AREAS, Facts, Form, Purpose
from compliance.rulebooks.sources import packaged_annexes
from tests.compliance.rulebooks.reading import read, row

FIGURE = re.compile(r"(?<![\d.,])(\d+(?:[.,]\d+)?)\s*(%|ppm|mg/kg)")
UNITS = {"%": Decimal(1), "ppm": Decimal("0.0001"), "mg/kg": Decimal("0.0001")}


def figures(text):
    return {Decimal(n.replace(",", ".")) * UNITS[unit] for n, unit in FIGURE.findall(text)}


def percents(text):
    return {Decimal(n.replace(",", ".")) for n, unit in FIGURE.findall(text) if unit == "%"}


def assert_nothing_lost_or_made_up(source):
    found = read_conditions(source)
    text = "\n".join((source.product_type, source.concentration, source.other, source.wording))
    in_rows = {limit.max_percent for limit in found.limits} - {None}
    kept = in_rows | {found.declare_leave_on, found.declare_rinse_off}
    kept |= percents(found.conditions) | percents(" ".join(own.basis for own in found.limits))
    wanted = percents(source.product_type) | percents(source.concentration)
    wanted |= percents(source.other)
    assert found.doubts or wanted <= kept, (source.number, wanted - kept)
    certain = {own.max_percent for own in found.limits if own.is_certain} - {None}
    assert certain <= figures(text.replace("%%", "%")), (source.number, certain)


def test_no_percentage_of_the_annexes_is_lost_and_no_certain_one_is_made_up():
    rows = [r for annex in packaged_annexes() if annex.section != "II" for r in annex.rows]

    for source in rows:
        assert_nothing_lost_or_made_up(source)

    assert len(rows) == 627


PIECES = st.sampled_from(
    [
        "0.5%", "3,0 %", "100 mg/kg", "(a) ", "(b) ", "(a) and (b) ", "For (a): ", "\n",
        "General use", "Professional use", "as acid", "(as Hg)", " of the mixture", ". ",
        "Not to be used in eye products", "except", "when mixed with others", "12 % ",
        ("After mixing under oxidative conditions the maximum concentration applied to hair must "
        "not exceed 1,5 %"), "Purity: 99%", "(i) ", "(ii) ", "As from 3 June 2021: ", "pH 7 ",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=8).map("".join)
PRODUCTS = st.sampled_from(
    [
        "", "Rinse-off products", "(a) Hair products\n(b) Other products", "Body lotion",
        "(a) Toothpaste\n(b) Mouthwash\n(c) Other products", "something else",
        "(a) Leave-on products\n(b) Rinse-off products",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(PRODUCTS, TEXTS, TEXTS)
def test_no_text_loses_a_percentage_or_makes_one_up(products, concentration, other):
    assert_nothing_lost_or_made_up(row(products, concentration, other))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_can_be_read(concentration, other):
    found = read("", concentration, other)

    assert found.conditions is not None


FACTS = st.builds(
    Facts,
    product_type=st.sampled_from(["leave-on", "rinse-off"]),
    purpose=st.sampled_from([purpose.value for purpose in Purpose]),
    body_area=st.sampled_from(sorted({a for areas in PURPOSE_AREAS.values() for a in areas})),
    form=st.sampled_from([form.value for form in Form]),
    is_for_under_threes=st.booleans(),
    is_professional=st.booleans(),
)


@pytest.mark.parametrize(
    "words",
    [
        "Toothpaste", "Rinse-off hair products", "Leave-on products other than oral products",
        "Deodorants (non-spray)", "Face products with the exception of spray products",
        "Self-tanning products for the face",
    ],
)  # fmt: skip
@settings(max_examples=100, deadline=None)
@given(facts=FACTS)
def test_other_products_are_exactly_those_that_the_words_before_do_not_mean(words, facts):
    first = read_products(words)
    rest = read_products("Other products", [first])

    meant = any(holds(scope, facts) for scope in first.sure)
    others = [scope for scope in rest.sure if holds(scope, facts)]
    assert len(others) == (0 if meant else 1)
