from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.identifiers.errors import InvalidSku
from catalog.identifiers.rules import is_sku, mint_sku, sku_candidates, validate_sku


@pytest.mark.parametrize(
    "sku",
    [
        "COS-SUNFLUID-50",
        "SE-BALL-5",
        "BDL-GIFT-2026",
        "COS-A-B-C-D-E",
        "COS-" + "A" * 34 + "-B",
    ],
)
def test_accepts_the_standard(sku):
    assert validate_sku(sku) == sku
    assert is_sku(sku)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "COS-SUNFLUID",
        "COS-A-B-C-D-E-F",
        "COS--A-B",
        "COS-A-B-",
        "XX-A-B",
        "COS-SUN FLUID-50",
        "COS-SÜN-50",
        "COS-A-B\n",
        "COS-A-\u0665",
        "COS-" + "A" * 35 + "-B",
    ],
)
def test_refuses_everything_else(text):
    with pytest.raises(InvalidSku) as refusal:
        validate_sku(text)

    assert refusal.value.code == "invalid-sku"
    assert "2 to 5 groups" in refusal.value.detail
    assert not is_sku(text)


def test_names_the_sku_that_was_meant():
    with pytest.raises(InvalidSku) as refusal:
        validate_sku(" cos-sunfluid-50")

    assert "did you mean COS-SUNFLUID-50?" in refusal.value.detail


@pytest.mark.parametrize(
    ("kind", "words", "expected"),
    [
        ("sports", ("", "Ball", "5"), "SE-BALL-5"),
        ("cosmetic", ("Lumen", "Lumen Sun Fluid SPF 50", "50 ml"), "COS-LUMEN-SUNFLUIDSPF50-50ML"),
        ("cosmetic", ("Lumen", "Sun Fluid 50 ml", "50 ml"), "COS-LUMEN-SUNFLUID-50ML"),
        ("cosmetic", ("Häß", "L'Œuvre brûlée", "1.7 fl oz"), "COS-HASS-LOEUVREBRULEE-1P7FLOZ"),
        ("sports", ("Мир", "Мяч", "5"), "SE-MIR-MYACH-5"),
        ("sports", ("", "日本", ""), "SE-ITEM-1"),
        ("bundle", ("", "Gift", ""), "BDL-GIFT-1"),
    ],
)
def test_mints_from_brand_name_and_options(kind, words, expected):
    assert mint_sku(kind, *words) == expected


def test_counts_on_where_the_plain_sku_is_taken():
    taken = {"SE-RIDGE-CAP", "SE-RIDGE-CAP-2"}

    assert mint_sku("sports", "Ridge", "Cap", taken=taken) == "SE-RIDGE-CAP-3"
    assert mint_sku("sports", "Ridge", "Cap", taken=taken.__contains__) == "SE-RIDGE-CAP-3"


def test_thousands_of_equal_names_stay_unique_with_few_tries():
    taken, tries = set(), []

    def is_taken(sku):
        tries.append(sku)
        return sku in taken

    for _ in range(2_000):
        taken.add(mint_sku("sports", "Ridge", "Cap", taken=is_taken))

    assert len(taken) == 2_000
    assert all(map(is_sku, taken))
    assert len(tries) / 2_000 < 30


def test_candidates_go_on_from_plain_to_numbered():
    assert list(islice(sku_candidates("sports", "Ridge", "Cap"), 3)) == [
        "SE-RIDGE-CAP",
        "SE-RIDGE-CAP-2",
        "SE-RIDGE-CAP-3",
    ]


@given(
    st.sampled_from(["cosmetic", "sports", "bundle"]),
    st.lists(st.text(max_size=60), max_size=8),
    st.integers(0, 12),
)
def test_whatever_the_words_the_sku_follows_the_standard_and_is_free(kind, words, count):
    taken = set(islice(sku_candidates(kind, *words), count))

    sku = mint_sku(kind, *words, taken=taken)

    assert validate_sku(sku) not in taken
    assert sku == mint_sku(kind, *words, taken=taken)
    assert len(taken) == count
