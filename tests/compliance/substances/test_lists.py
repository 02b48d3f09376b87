"""Printed ingredient lists: what is read, what is split, what is refused and why."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.substances.rules.lists import INGREDIENTS_MAX, TEXT_LENGTH_MAX, parse_list
from compliance.substances.rules.names import repair


def names(text):
    return [ingredient.name for ingredient in parse_list(text).ingredients]


def codes(text):
    return [problem.code for problem in parse_list(text).problems]


@pytest.mark.parametrize(
    "text",
    [
        "Aqua, Glycerin, Parfum",
        "Aqua,Glycerin,Parfum.",
        "Aqua; Glycerin; Parfum",
        "Aqua • Glycerin • Parfum",
        "Aqua | Glycerin | Parfum",
        "Aqua\nGlycerin\nParfum",
        "Aqua,\r\nGlycerin,\r\nParfum",
        "Aqua. Glycerin. Parfum.",
        "['Aqua', 'Glycerin', 'Parfum']",
        '["Aqua", "Glycerin", "Parfum"]',
        "Aqua (and) Glycerin (and) Parfum",
        "Aqua, Glycerin, and Parfum",
        "Ingredients: Aqua, Glycerin, Parfum",
        "INGREDIENTS (INCI): Aqua, Glycerin, Parfum",
        "Ingrédients : Aqua, Glycerin, Parfum",
        "Aqua*, Glycerin**, Parfum†",
        "*Aqua, Glycerin¹, Parfum",
        "Aqua, Glycerin, Parfum. *Organic. Free from parabens, sulfates and dyes.",
        "Aqua, Glycerin, Parfum. Please be aware that ingredient lists may change.",
        "Aqua, Organic Glycerin, Parfum",
        "Aqua™, Glycerin®, Parfum",
        "Aqua,\u200b Glycerin\u00a0, Parfum",
        "<p>Aqua</p>, <b>Glycerin</b>, Parfum",
    ],
)
def test_the_same_list_is_read_however_it_is_set(text):
    assert names(text) == ["Aqua", "Glycerin", "Parfum"]


def test_slashes_part_names_where_nothing_else_does():
    assert names("Aqua / Glycerin / Parfum / Linalool") == [
        "Aqua",
        "Glycerin",
        "Parfum",
        "Linalool",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "1,2-Hexanediol",
        "N,N-Dimethyl Octanamide",
        "2,2'-Methylenebis-4-Aminophenol",
        "1-Hydroxyethyl 4,5-Diamino Pyrazole Sulfate",
        "10-Hydroxy-1,8-P-Menthadiene",
        "1,2,4-Trihydroxybenzene",
        "Caprylic/Capric Triglyceride",
        "Camellia Sinensis (Green Tea, White Tea) Leaf Extract",
        "2-Ethoxy-2,6,6-Trimethyl-9-Methylenebicyclo[3.3.1]nonane",
        "HC Blue No. 2",
        "Alcohol Denat",
        "PEG/PPG-18/18 Dimethicone",
        "Acrylates/C10-30 Alkyl Acrylate Crosspolymer",
    ],
)
def test_a_name_keeps_its_commas_slashes_and_dots(name):
    assert names(f"Aqua, {name}, Parfum") == ["Aqua", name, "Parfum"]


def test_locants_are_told_from_what_ends_in_a_number():
    assert names("PEG-8,1,2-Hexanediol,Steareth-20,10-Hydroxydecanoic Acid") == [
        "PEG-8",
        "1,2-Hexanediol",
        "Steareth-20",
        "10-Hydroxydecanoic Acid",
    ]


def test_a_locant_that_was_cut_off_comes_back():
    assert names("Aqua, 1, 2-Hexanediol, Parfum") == ["Aqua", "1,2-Hexanediol", "Parfum"]


def test_words_broken_at_the_end_of_a_line_are_whole_again():
    assert names("Aqua, Sodium Hyaluro-\nnate, Cetearyl\nAlcohol") == [
        "Aqua",
        "Sodium Hyaluronate",
        "Cetearyl Alcohol",
    ]


def test_an_entry_keeps_its_text_and_its_place():
    first, second = parse_list("Aqua, Titanium Dioxide (nano)*").ingredients

    assert (first.text, first.position) == ("Aqua", 1)
    assert (second.text, second.name, second.position) == (
        "Titanium Dioxide (nano)*",
        "Titanium Dioxide",
        2,
    )
    assert second.is_nano


@pytest.mark.parametrize(
    ("text", "name", "percent"),
    [
        ("Niacinamide 5%", "Niacinamide", "5"),
        ("5% Niacinamide", "Niacinamide", "5"),
        ("Niacinamide (5 %)", "Niacinamide", "5"),
        ("Salicylic Acid 0,5 %", "Salicylic Acid", "0.5"),
        ("Avobenzone 3.0%", "Avobenzone", "3.0"),
        ("Alcohol <1%", "Alcohol", None),
        ("Urea 1-5%", "Urea", None),
        ("Retinol (in a 1% solution of oil)", "Retinol (in a solution of oil)", None),
        ("Glycerin", "Glycerin", None),
    ],
)
def test_a_percentage_is_taken_from_the_name(text, name, percent):
    entry = parse_list(f"Aqua, {text}, Parfum").ingredients[1]

    assert entry.name == name
    assert (None if entry.percent is None else str(entry.percent)) == percent


@pytest.mark.parametrize(
    "between",
    [
        "May contain:",
        "+/-",
        "[+/-",
        "(+/-):",
        "May Contain / Peut Contenir:",
        "May contain (+/-):",
        "Peut contenir",
        "Kann enthalten:",
        "MayContain:",
    ],
)
def test_shades_are_told_from_what_every_product_holds(between):
    read = parse_list(f"Talc, Mica, Silica, {between} CI 77891, CI 77491").ingredients

    assert [(one.name, one.may_contain) for one in read] == [
        ("Talc", False),
        ("Mica", False),
        ("Silica", False),
        ("CI 77891", True),
        ("CI 77491", True),
    ]


def test_colours_under_one_name_are_several():
    assert names("Talc, Iron Oxides (CI 77491, CI 77492, CI 77499), Red 6 (CI 15850)") == [
        "Talc",
        "CI 77491",
        "CI 77492",
        "CI 77499",
        "Red 6 (CI 15850)",
    ]


def test_what_a_perfume_is_made_of_is_named_too():
    assert names("Aqua, Parfum (Linalool, Limonene)") == ["Aqua", "Parfum", "Linalool", "Limonene"]


def test_active_and_other_ingredients_are_one_list():
    read = parse_list(
        "Active Ingredients: Zinc Oxide 10%. Inactive Ingredients: Water, Glycerin, Squalane."
    )

    assert [one.name for one in read.ingredients] == ["Zinc Oxide", "Water", "Glycerin", "Squalane"]
    assert read.problems == ()


def test_claims_before_the_list_are_no_part_of_it():
    read = parse_list(
        "-Niacinamide: Supports a strong skin barrier, and visibly brightens skin tone. "
        "-Squalane: Keeps the skin soft. Water, Glycerin, Niacinamide, Squalane."
    )

    assert [one.name for one in read.ingredients] == [
        "Water",
        "Glycerin",
        "Niacinamide",
        "Squalane",
    ]
    assert {problem.code for problem in read.problems} == {"remark"}


def test_a_sentence_within_a_list_is_named_and_left_out():
    read = parse_list("Aqua, Glycerin, which is very good for your skin, Parfum, Linalool")

    assert [one.name for one in read.ingredients] == ["Aqua", "Glycerin", "Parfum", "Linalool"]
    assert [(p.code, p.text) for p in read.problems] == [
        ("prose", "which is very good for your skin")
    ]


def test_a_kit_is_split_into_its_products():
    read = parse_list(
        "Shampoo: Aqua, Sodium Laureth Sulfate, Glycerin. "
        "Conditioner: Aqua, Cetearyl Alcohol, Parfum, Citric Acid."
    )

    assert not read.is_list
    assert [(title, [one.name for one in part]) for title, part in read.parts] == [
        ("Shampoo", ["Aqua", "Sodium Laureth Sulfate", "Glycerin"]),
        ("Conditioner", ["Aqua", "Cetearyl Alcohol", "Parfum", "Citric Acid"]),
    ]
    assert read.problems[0].code == "several-products"
    assert read.problems[0].detail == (
        "The text holds the lists of 2 products (Shampoo, Conditioner)."
    )


def test_a_heading_within_a_line_takes_no_ingredient_with_it():
    read = parse_list(
        "Shampoo: Aqua, Sodium Laureth Sulfate, Parfum Conditioner: Aqua, Glycerin, Parfum"
    )

    assert [one.name for one in read.parts[0][1]] == ["Aqua", "Sodium Laureth Sulfate", "Parfum"]
    assert read.parts[1][0] == "Conditioner"


def test_a_second_list_without_a_heading_is_another_product():
    text = "Water, Glycerin, Squalane, Parfum, Citral. Water, Urea, Panthenol, Alcohol."

    assert codes(text) == ["several-products"]
    assert [title for title, _ in parse_list(text).parts] == ["List 1", "List 2"]


@pytest.mark.parametrize("text", ["", "  \n ", "-", "N/A", "None", "No info", ",,, ;;", "***"])
def test_nothing_is_no_list(text):
    assert codes(text) == ["empty"]
    assert names(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Our cream makes your skin soft and it is the best that you can buy for your face.",
        "Please contact us for the ingredients of this product.",
        "These products are free from parabens, and they do not contain any synthetic dyes.",
    ],
)
def test_a_text_is_refused_as_one(text):
    read = parse_list(text)

    assert [p.code for p in read.problems] == ["prose"]
    assert read.ingredients == ()


def test_a_list_of_ten_thousand_is_refused():
    read = parse_list(", ".join(f"Name {number} Oil" for number in range(10_000)))

    assert read.problems[0].code == "too-many"
    assert read.problems[0].detail == (
        f"The list has 10,000 ingredients: a product has at most {INGREDIENTS_MAX}."
    )
    assert read.ingredients == ()


def test_an_ingredient_of_five_thousand_characters_is_refused():
    read = parse_list("Aqua, " + "a" * 5_000)

    assert read.problems[0].code == "too-long"
    assert "One ingredient has 5,000 characters" in read.problems[0].detail
    assert read.ingredients == ()


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("Aqua, Glycerin 105%", "105% is more than 100 %."),
        ("Aqua 60%, Glycerin 50%", "The percentages add up to 110 %: more than 100 %."),
    ],
)
def test_percentages_over_a_hundred_are_refused(text, detail):
    read = parse_list(text)

    assert [(p.code, p.detail) for p in read.problems] == [("bad-percentage", detail)]
    assert read.ingredients == ()


def test_a_megabyte_is_refused_at_once():
    assert codes("Aqua, " * 200_000) == ["too-long"]


@pytest.mark.parametrize(
    "piece",
    [
        "a ",
        "(",
        "a,",
        "1,",
        "- ",
        ": ",
        "a: ",
        ". A",
        "* ",
        "+/- ",
        "&",
        "<a",
        "a\n",
        "5% ",
        "Ã",
        "'[",
    ],
)
def test_no_text_takes_long(piece):
    text = (piece * TEXT_LENGTH_MAX)[:TEXT_LENGTH_MAX]
    begun = time.process_time()

    parse_list(text)

    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    ("damaged", "whole"),
    [
        ("CrÃ¨me", "Crème"),
        ("dâ€™abeille", "d'abeille"),
        ("Glycerin Â", "Glycerin "),
        ("Aqua&amp;Glyc&eacute;rine", "Aqua&Glycérine"),
        ("Poly\u00adsorbate", "Polysorbate"),
        ("C10\u201330", "C10-30"),
    ],
)
def test_damage_that_is_always_the_same_is_repaired(damaged, whole):
    assert repair(damaged) == whole


WORDS = st.sampled_from(
    ["Aqua", "Glycerin", "1,2-Hexanediol", "Citric Acid", "PEG-40 Stearate", "CI 77891", "Parfum"]
)


@given(st.lists(WORDS, min_size=2, max_size=30), st.sampled_from([", ", "; ", " | ", " • "]))
def test_a_clean_list_comes_back_as_it_was(entries, separator):
    text = separator.join(entries)
    whole = parse_list(text)

    read = [one for _, part in whole.parts for one in part] or list(whole.ingredients)

    assert [one.name for one in read] == entries


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400))
def test_any_text_is_read_or_refused(text):
    read = parse_list(text)

    assert read.ingredients or read.problems
    assert not (read.ingredients and read.parts)


@given(st.text(alphabet="abcXY019 ,;.:()[]*/%+-'\n|•", max_size=300))
def test_nothing_is_invented(text):
    read = parse_list(text)

    printed = {character for character in text.casefold() if character.isalnum()} | set("ci")
    for one in read.ingredients:
        assert {c for c in one.name.casefold() if c.isalnum()} <= printed
