# ruff: noqa: RUF001 - Cyrillic units and special signs are what files hold
"""Units, conversion and contents."""

import csv
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.units.errors import FractionalCount, UnitMismatch, UnknownUnit
from catalog.units.rules import (
    UNITS,
    Content,
    ContentProblem,
    Dimension,
    convert,
    convert_exactly,
    find_content_in_name,
    parse_content,
    plain,
    resolve_unit,
)

JAR = Content(quantity=Decimal(50), unit=UNITS["ml"])
BOX = Content(quantity=Decimal(100), unit=UNITS["g"], pieces=3)
MEASURED = [unit for unit in UNITS.values() if not unit.is_count]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ml", "ml"), ("MLT", "ml"), ("ML", "ml"), ("мл", "ml"), ("H87", "each"), ("C62", "each"),
        ("PCE", "each"), ("EA", "each"), ("Stück", "each"), ("pcs.", "each"), ("шт", "each"),
        ("fl oz", "fl_oz"), ("fl. oz.", "fl_oz"), ("OZA", "fl_oz"), ("ONZ", "oz"), ("гр", "g"),
        ("KGM", "kg"), ("LTR", "l"), ("Liter", "l"), ("m", "m"), ("MTR", "m"), ("LBR", "lb"),
    ],
)  # fmt: skip
def test_knows_a_unit_by_code_rec_20_code_and_usual_spelling(text, code):
    assert resolve_unit(text).code == code


@pytest.mark.parametrize("text", ["", "bottle", "XYZ", "12"])
def test_refuses_a_unit_that_nobody_knows(text):
    with pytest.raises(UnknownUnit) as refusal:
        resolve_unit(text)

    assert refusal.value.code == "unit-mismatch"
    assert refusal.value.status == 422
    assert f'"{text}"' in str(refusal.value)


@pytest.mark.parametrize(
    ("quantity", "from_code", "to_code", "expected"),
    [
        ("1", "kg", "g", "1000"),
        ("1", "oz", "g", "28.3495"),
        ("1", "fl_oz", "ml", "29.5735"),
        ("1", "lb", "oz", "16"),
        ("128", "fl_oz", "gal", "1"),
        ("1", "ft", "in", "12"),
        ("0.00005", "g", "kg", "0"),
        ("0.05", "g", "kg", "0.0000"),
        ("0.15", "g", "kg", "0.0002"),
        ("2", "dozen", "each", "24"),
        ("24", "each", "dozen", "2"),
    ],
)
def test_converts_exactly_and_rounds_once_half_even(quantity, from_code, to_code, expected):
    assert convert(Decimal(quantity), UNITS[from_code], UNITS[to_code]) == Decimal(expected)


def test_content_bridges_pieces_and_volume_both_ways():
    assert convert(Decimal(3), UNITS["each"], UNITS["ml"], content=JAR) == Decimal(150)
    assert convert(Decimal("0.3"), UNITS["l"], UNITS["each"], content=JAR) == Decimal(6)
    assert convert(Decimal(2), UNITS["each"], UNITS["kg"], content=BOX) == Decimal("0.6")


def test_density_bridges_mass_and_volume_and_with_content_pieces_too():
    density = Decimal("0.8")

    assert convert(Decimal(10), UNITS["ml"], UNITS["g"], density=density) == Decimal(8)
    assert convert(Decimal(8), UNITS["g"], UNITS["ml"], density=density) == Decimal(10)
    assert convert(Decimal(80), UNITS["g"], UNITS["each"], content=JAR, density=density) == Decimal(
        2
    )


@pytest.mark.parametrize(
    ("from_code", "to_code", "content", "why"),
    [
        ("ml", "each", None, " without the product's content"),
        ("each", "ml", None, " without the product's content"),
        ("ml", "g", None, ", which measures volume, not mass"),
        ("each", "m", JAR, ": the product's content is in ml"),
        ("ml", "each", BOX, ": the product's content is in g"),
    ],
)
def test_refuses_to_cross_dimensions_that_nothing_bridges(from_code, to_code, content, why):
    with pytest.raises(UnitMismatch) as refusal:
        convert(Decimal(1), UNITS[from_code], UNITS[to_code], content=content)

    assert refusal.value.code == "unit-mismatch"
    stocked = f"The product is stocked in {to_code}: {from_code} cannot be converted"
    assert refusal.value.detail == f"{stocked}{why}."


def test_refuses_to_break_a_piece():
    with pytest.raises(UnitMismatch):
        convert(Decimal(75), UNITS["ml"], UNITS["each"], content=JAR)
    with pytest.raises(FractionalCount) as refusal:
        convert(Decimal("1.5"), UNITS["each"], UNITS["each"])

    assert refusal.value.code == "fractional-count"


def test_an_exact_conversion_refuses_what_would_be_rounded():
    assert convert_exactly(Decimal("1.5"), UNITS["kg"], UNITS["g"]) == Decimal(1500)
    with pytest.raises(UnitMismatch):
        convert_exactly(Decimal(1), UNITS["oz"], UNITS["g"])
    with pytest.raises(UnitMismatch):
        convert_exactly(Decimal("0.00001"), UNITS["g"], UNITS["g"])


@given(
    quantity=st.decimals(min_value=0, max_value=10**9, places=4),
    pair=st.sampled_from(
        [(a, b) for a in MEASURED for b in MEASURED if a.dimension is b.dimension]
    ),
)
def test_a_round_trip_is_off_by_no_more_than_the_rounding(quantity, pair):
    one, other = pair

    there = convert(quantity, one, other)
    back = convert(there, other, one)

    step_there = Fraction(1, 10**other.decimals) * other.factor / one.factor
    step_back = Fraction(1, 10**one.decimals)
    assert abs(Fraction(back) - Fraction(quantity)) <= (step_there + step_back) / 2


@given(
    quantity=st.integers(min_value=0, max_value=10**9),
    unit=st.sampled_from([unit for unit in MEASURED if unit.dimension is not Dimension.AREA]),
    content=st.sampled_from([JAR, BOX]),
)
def test_pieces_survive_the_way_through_their_content(quantity, unit, content):
    if unit.dimension is not content.unit.dimension:
        return

    there = convert(Decimal(quantity), UNITS["each"], content.unit, content=content)

    assert convert_exactly(there, content.unit, UNITS["each"], content=content) == quantity


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50 ml", "50 ml"),
        ("50мл", "50 ml"),
        ("150гр", "150 g"),
        ("0.7 L", "0.7 l"),
        ("1,5 l", "1.5 l"),
        ("1.250 kg", "1.25 kg"),
        ("1.7 fl oz", "1.7 fl_oz"),
        ("1.7 fl. oz / 50 mL", "50 ml"),
        ("Size: .5 oz/ 15 mL", "15 ml"),
        ("50 ml (1.7 fl oz)", "50 ml"),
        ("4 oz / 113 g", "113 g"),
        ("3 x 100 g", "3 x 100 g"),
        ("3x100g", "3 x 100 g"),
        ("100 g × 3", "3 x 100 g"),
        ("2 x 1.7 fl oz (100 ml)", "100 ml"),
        ("50 ml ℮", "50 ml"),
        ("30 pcs", "30 each"),
    ],
)
def test_reads_a_content(text, expected):
    assert str(parse_content(text)) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("50", "content-not-understood"),
        ("M", "content-not-understood"),
        ("", "content-not-understood"),
        ("0 ml", "content-not-understood"),
        ("100ml Duo Pack", "content-not-understood"),
        ("50 ml + 30 ml + 10 ml", "content-not-understood"),
        ("1.7 fl oz / 30 ml", "content-contradicts-itself"),
        ("50 ml / 50 g", "content-contradicts-itself"),
        ("1,000 ml", "ambiguous-number"),
        ("1.500 g", "ambiguous-number"),
    ],
)
def test_refuses_a_content_that_is_missing_ambiguous_or_contradictory(text, code):
    with pytest.raises(ContentProblem) as problem:
        parse_content(text)

    assert problem.value.code == code
    assert problem.value.detail


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Calm Cream 50 ml", "50 ml"),
        ("Крем 50мл", "50 ml"),
        ("Day Cream SPF 50, 1.7 fl oz / 50 mL", "50 ml"),
        ("Soap 3 x 100 g", "3 x 100 g"),
        ("Vitamin C 500 mg", None),
        ("5 in 1 Balm", None),
        ("Gift Set 50 ml", None),
        ("Shampoo 200 ml + Mask 50 ml", None),
        ("Shampoo 200 ml, now 250 ml", None),
        ("Cream", None),
    ],
)
def test_finds_a_size_in_a_name_only_where_it_stands_alone(name, expected):
    found = find_content_in_name(name)

    assert (str(found) if found else None) == expected


@pytest.mark.parametrize(("quantity", "text"), [("50.00", "50"), ("1E+3", "1000"), ("1.70", "1.7")])
def test_writes_a_quantity_without_zeros_at_the_end(quantity, text):
    assert plain(Decimal(quantity)) == text


def test_factors_are_those_of_the_published_table(real_data):
    by_rec20 = {unit.rec20: unit for unit in UNITS.values()}
    # The table's bases are kg, m3 and m; ours are g, ml and m.
    scale = {"mass": 1000, "volume": 10**6, "length": 1, "count": 1}
    checked = 0
    with (real_data / "units" / "unit_conversions.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            unit = by_rec20.get(row["code"])
            if unit is not None:
                assert unit.factor == Fraction(row["exact_factor"]) * scale[row["dimension"]]
                checked += 1

    assert checked == len(UNITS) - 1  # the square metre stands only in the long table
