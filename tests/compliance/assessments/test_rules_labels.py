from datetime import date
from decimal import Decimal

import pytest

from compliance.assessments.rules.labels import PartKey, label_sheet, listed
from compliance.assessments.rules.languages import LANGUAGES, NAMES, languages_needed
from compliance.jurisdictions.rules import JURISDICTIONS
from compliance.rulebooks.rules.shapes import Facts, LabelWarning
from compliance.substances.rules.shapes import Ingredient, MatchKind, SubstanceRef, Understood

CREAM = Facts(product_type="leave-on", purpose="skin_care")
CHILDREN = LabelWarning(text="Not to be used for children under 3 years of age")


def understood(*names, **more):
    """Names in the order of a list, each known as an INCI name of the same letters."""
    return [entry(name, position=n, **more) for n, name in enumerate(names, 1)]


def entry(name, *, known=True, position=1, substance_id=0, **fields):
    ref = SubstanceRef(id=substance_id or sum(name.encode()), inci_name=name.upper())
    return Understood(
        ingredient=Ingredient(text=name, name=name, position=position, **fields),
        substance=ref if known else None,
        match=MatchKind.EXACT if known else MatchKind.NONE,
    )


def sheet(**fields):
    given = {
        "product": "Calm Cream",
        "market": "DE",
        "country": "DE",
        "on": date(2026, 11, 24),
        "ingredients": understood("Aqua", "Glycerin"),
        "facts": CREAM,
        "function": "Face cream",
        "content": "50 ml",
        "label_text": "Avoid the eyes.",
        "pao_months": 12,
        "shelf_life_days": 1095,
        "responsible_person": "Lumen GmbH, Lindenweg 4, 10115 Berlin",
        "origin": "FR",
        "languages": ["de", "en"],
    }
    return label_sheet(**given | fields)


def test_a_complete_label_lacks_nothing():
    found = sheet()

    assert found.missing == ()
    assert [part.key for part in found.parts] == list(PartKey)
    assert found.part(PartKey.INGREDIENTS).lines == ("Ingredients: AQUA, GLYCERIN",)
    assert found.part(PartKey.INGREDIENTS).reference == "Article 19(1)(g)"
    assert found.part(PartKey.CONTENT).is_translated


def test_a_label_of_which_nothing_is_known_says_all_that_is_missing():
    found = label_sheet(
        product="Cream",
        market="DE",
        country="DE",
        on=date(2026, 1, 1),
        ingredients=[],
        facts=Facts(),
    )

    assert found.missing == (
        "Function: what it is for, unless its looks say so",
        "Content: the content by weight or volume",
        "Ingredients: the list of ingredients",
        "Durability: how long it keeps unopened",
        "Responsible person: name and address of who answers for it here",
        "Country of origin: where it was made, if it is imported",
        "Languages: the texts in German",
    )


def test_ingredients_stand_as_printed_where_shares_are_not_known():
    names = understood("Glycerin", "Aqua")

    assert listed(names, facts=CREAM).text == "GLYCERIN, AQUA"


def test_known_shares_descend_and_below_one_percent_the_printed_order_stands():
    names = understood("Parfum", "Glycerin", "Limonene", "Aqua", "Linalool")
    shares = [("Parfum", "0.3"), ("Glycerin", "5"), ("Limonene", "0.9"), ("Aqua", "80")]
    percents = {entry(name).substance.id: Decimal(share) for name, share in shares}
    percents[entry("Linalool").substance.id] = Decimal("0.95")

    found = listed(names, facts=CREAM, percents=percents)

    assert found.text == "AQUA, GLYCERIN, PARFUM, LIMONENE, LINALOOL"


def test_one_percent_is_not_below_one_percent():
    names = understood("Panthenol", "Glycerin")
    percents = {
        entry("Panthenol").substance.id: Decimal(1),
        entry("Glycerin").substance.id: Decimal(2),
    }

    assert listed(names, facts=CREAM, percents=percents).text == "GLYCERIN, PANTHENOL"


def test_colorants_come_last_by_their_number_and_shades_after_them():
    names = [
        *understood("CI 77491", "Talc", "Red Iron Oxide", "Mica"),
        *understood("CI 77891", "CI 77499", may_contain=True),
    ]
    red = entry("Red Iron Oxide").substance.id

    found = listed(names, facts=Facts(purpose="make_up"), colorants={red: "CI 77492"})

    assert found.text == "TALC, MICA, CI 77491, CI 77492 [+/- CI 77891, CI 77499]"


def test_what_colours_hair_is_listed_like_any_other_ingredient():
    names = understood("CI 60730", "Aqua")

    assert listed(names, facts=Facts(purpose="hair_dye")).text == "CI 60730, AQUA"


def test_nano_follows_the_name_and_what_stands_twice_is_listed_once():
    names = [
        *understood("Aqua", "Glycerin", "Aqua"),
        entry("Titanium Dioxide", is_nano=True),
        entry("Titanium Dioxide"),
    ]

    assert listed(names, facts=CREAM).text == (
        "AQUA, GLYCERIN, TITANIUM DIOXIDE [nano], TITANIUM DIOXIDE"
    )


def test_a_name_nobody_knows_stays_as_printed_and_is_marked():
    found = sheet(ingredients=[*understood("Aqua"), entry("Moon Dust", known=False)])

    assert found.part(PartKey.INGREDIENTS).lines == ("Ingredients: AQUA, Moon Dust",)
    assert found.missing == ('Ingredients: the legal name of "Moon Dust"',)


def test_allergens_that_must_be_named_and_do_not_stand_there_are_missing():
    found = sheet(
        ingredients=understood("Aqua", "Parfum", "Limonene"), allergens=["LIMONENE", "LINALOOL"]
    )

    part = found.part(PartKey.ALLERGENS)
    assert (part.lines, part.missing) == (("LIMONENE",), ("LINALOOL among the ingredients",))


def test_perfume_without_a_word_on_allergens_is_asked_for():
    found = sheet(ingredients=understood("Aqua", "Parfum"))

    (missing,) = found.part(PartKey.ALLERGENS).missing
    assert missing.endswith("or that there are none: ask the supplier")


@pytest.mark.parametrize(
    ("label_text", "missing"),
    [
        ("NOT to be used for children,\nunder 3 years of age!", ()),
        ("Avoid the eyes.", (CHILDREN.text,)),
        ("", (CHILDREN.text,)),
        ("Not to be used for children under 3 years of ageing", (CHILDREN.text,)),
    ],
)
def test_a_warning_stands_on_the_label_by_its_words(label_text, missing):
    found = sheet(warnings=[CHILDREN, CHILDREN], label_text=label_text)

    assert found.part(PartKey.WARNINGS).missing == missing


def test_a_product_that_needs_no_warning_says_so():
    found = sheet(label_text="")

    assert found.part(PartKey.WARNINGS).lines == ("None is needed by its ingredients.",)


@pytest.mark.parametrize(
    ("days", "pao", "lines", "missing"),
    [
        (
            913,
            12,
            (
                "Best used before the end of: month and year of each lot",
                "12 M in the open jar",
            ),
            (),
        ),
        (913, None, ("Best used before the end of: month and year of each lot",), ()),
        (914, 12, ("12 M in the open jar",), ()),
        (914, None, (), ("the period after opening: it keeps for more than 30 months",)),
        (None, 12, ("12 M in the open jar",), ("how long it keeps unopened",)),
    ],
)
def test_up_to_thirty_months_a_date_and_beyond_the_period_after_opening(days, pao, lines, missing):
    part = sheet(shelf_life_days=days, pao_months=pao).part(PartKey.DURABILITY)

    assert (part.lines, part.missing) == (lines, missing)


def test_what_is_used_at_once_needs_no_period_after_opening():
    part = sheet(pao_months=None, is_used_at_once=True).part(PartKey.DURABILITY)

    assert part.missing == ()


def test_in_america_durability_is_not_asked_for_and_its_own_law_is_named():
    found = sheet(country="US", region="CA", market="US-CA", shelf_life_days=None, origin="DE")

    assert found.missing == ()
    assert found.part(PartKey.DURABILITY).lines == ("Not asked for here.",)
    assert found.part(PartKey.INGREDIENTS).reference == "21 CFR 701.3"
    assert found.part(PartKey.ORIGIN).lines == ("Made in DE",)


@pytest.mark.parametrize(
    ("country", "languages", "missing"),
    [
        ("DE", ["de-AT"], ()),
        ("DE", ["en"], ("German",)),
        ("BE", ["fr"], ("Dutch", "German")),
        ("FI", ["sv"], ("Finnish",)),
        ("LU", ["de"], ()),
        ("LU", ["nl"], ("French, German or Luxembourgish",)),
        ("NO", ["nb"], ()),
        ("MT", [], ("English or Maltese",)),
    ],
)
def test_texts_are_needed_in_every_language_of_the_country_or_in_one_it_takes(
    country, languages, missing
):
    assert languages_needed(country).missing(languages) == missing


def test_every_country_of_a_jurisdiction_has_its_languages():
    countries = {country for own in JURISDICTIONS.values() for country in own.countries}

    assert countries == set(LANGUAGES)
    assert {c for n in LANGUAGES.values() for c in (*n.all_of, *n.any_of)} <= set(NAMES)


def test_a_country_whose_languages_nobody_knows_is_said_to_be_one():
    found = sheet(country="BR", market="BR")

    assert "Languages: the languages of BR: we do not know them" in found.missing
