"""How a printed name is understood: by name, by answer, by part, by spelling, never by a guess."""

import pytest

from compliance.substances.rules.lists import parse_list
from compliance.substances.rules.names import name_key
from compliance.substances.rules.shapes import MatchKind, SubstanceRef
from compliance.substances.rules.vocabulary import Vocabulary, unknown_names

NAMES = (
    "AQUA",
    "WATER",
    "PARFUM",
    "GLYCERIN",
    "HELIANTHUS ANNUUS SEED OIL",
    "BUTYROSPERMUM PARKII BUTTER",
    "SALIX ALBA EXTRACT",
    "SALIX ALBA BARK EXTRACT",
    "CI 77491",
    "CI 77891",
    "CI 19140",
    "CI 60730",
    "CI 60725",
    "TITANIUM DIOXIDE",
    "IRON OXIDES",
    "ALUMINUM HYDROXIDE",
    "SODIUM LAURETH SULFATE",
    "HYDROLYZED SILK",
    "PEG-40 HYDROGENATED CASTOR OIL",
    "ETHYLHEXYLGLYCERIN",
    "ALCOHOL DENAT.",
    "1,2-HEXANEDIOL",
    "ACRYLAMIDE",
    "YEAST EXTRACT",
    "ALOE BARBADENSIS LEAF JUICE",
    "CAPRYLIC/CAPRIC TRIGLYCERIDE",
)
CAS = {"AQUA": "7732-18-5", "WATER": "7732-18-5", "GLYCERIN": "56-81-5"}


def made(answers=None, synonyms=None):
    inci = {name_key(name): number for number, name in enumerate(NAMES, 1)}
    refs = [
        SubstanceRef(id=number, inci_name=name, cas_numbers=(CAS[name],) if name in CAS else ())
        for number, name in enumerate(NAMES, 1)
    ]
    return Vocabulary(refs, inci=inci, synonyms=synonyms or {}, answers=answers or {})


def meaning(text):
    substance, match = made().find(text)
    return (substance.inci_name if substance else None), match


@pytest.mark.parametrize(
    ("text", "inci_name", "match"),
    [
        ("Glycerin", "GLYCERIN", MatchKind.EXACT),
        ("glycerin.", "GLYCERIN", MatchKind.EXACT),
        ("1, 2-Hexanediol", "1,2-HEXANEDIOL", MatchKind.EXACT),
        ("Alcohol Denat.", "ALCOHOL DENAT.", MatchKind.EXACT),
        ("Caprylic / Capric Triglyceride", "CAPRYLIC/CAPRIC TRIGLYCERIDE", MatchKind.EXACT),
        ("Fragrance", "PARFUM", MatchKind.SYNONYM),
        ("Eau", "AQUA", MatchKind.SYNONYM),
        ("FD&C Yellow No. 5", "CI 19140", MatchKind.SYNONYM),
        ("Shea Butter", "BUTYROSPERMUM PARKII BUTTER", MatchKind.SYNONYM),
        ("Aqua/Water/Eau", "AQUA", MatchKind.PART),
        ("Parfum (Fragrance)", "PARFUM", MatchKind.PART),
        ("Yeast Extract/Extrait de Levure", "YEAST EXTRACT", MatchKind.PART),
        (
            "Helianthus Annuus (Sunflower) Seed Oil",
            "HELIANTHUS ANNUUS SEED OIL",
            MatchKind.PART,
        ),
        (
            "Butyrospermum Parkii (Shea Butter)",
            "BUTYROSPERMUM PARKII BUTTER",
            MatchKind.PART,
        ),
        ("Salix Alba (Willow Bark) Extract", "SALIX ALBA BARK EXTRACT", MatchKind.PART),
        ("Aloe Vera (Aloe Barbadensis) Leaf Juice", "ALOE BARBADENSIS LEAF JUICE", MatchKind.PART),
        ("Titanium Dioxide (CI 77891)", "TITANIUM DIOXIDE", MatchKind.PART),
        ("Iron Oxides (CI 77491)", "CI 77491", MatchKind.PART),
        ("Iron Oxides CI77491", "CI 77491", MatchKind.PART),
        ("Violet 2 (CI 60730)", "CI 60730", MatchKind.PART),
        ("Iron Oxides", "IRON OXIDES", MatchKind.EXACT),
        ("Aluminium Hydroxide", "ALUMINUM HYDROXIDE", MatchKind.SPELLING),
        ("Sodium Laureth Sulphate", "SODIUM LAURETH SULFATE", MatchKind.SPELLING),
        ("Hydrolysed Silk", "HYDROLYZED SILK", MatchKind.SPELLING),
        ("PEG 40 Hydrogenated Castor Oil", "PEG-40 HYDROGENATED CASTOR OIL", MatchKind.SPELLING),
        ("Ethylhexyl-Glycerin", "ETHYLHEXYLGLYCERIN", MatchKind.SPELLING),
    ],
)
def test_a_printed_name_is_understood(text, inci_name, match):
    assert meaning(text) == (inci_name, match)


@pytest.mark.parametrize(
    "text",
    [
        "Glycerim",
        "Glycerin and Parfum",
        "Acrylamide/Sodium",
        "Glycerin/Acrylamide",
        "Acrylamide/Sodium Acrylate Copolymer",
        "PEG-41 Hydrogenated Castor Oil",
        "CI 77492",
        "Salix Alba",
        "Vegetable Stuff",
        "",
        "---",
    ],
)
def test_what_is_only_alike_is_not_understood(text):
    assert meaning(text) == (None, MatchKind.NONE)


def test_an_answer_goes_before_another_name_and_after_the_inci_name():
    glycerin = NAMES.index("GLYCERIN") + 1
    known = made(answers={"fragrance": glycerin, "aqua": glycerin, "tested": None})

    assert known.find("Fragrance")[0].inci_name == "GLYCERIN"
    assert known.find("Aqua")[0].inci_name == "AQUA"
    assert known.find("Tested") == (None, MatchKind.REMEMBERED)


def test_another_name_of_a_person_goes_before_ours():
    known = made(synonyms={"fragrance": NAMES.index("GLYCERIN") + 1})

    assert known.find("Fragrance")[0].inci_name == "GLYCERIN"


def test_a_number_may_stand_at_several_substances():
    known = made()

    assert [own.inci_name for own in known.by_cas("7732-18-5")] == ["AQUA", "WATER"]
    assert known.by_cas("0-0-0") == ()


def test_by_name_knows_names_and_reads_nothing_into_them():
    known = made()

    assert known.by_name("fragrance").inci_name == "PARFUM"
    assert known.by_name("Parfum (Fragrance)") is None


def test_nearest_names_are_proposed_best_first():
    near = made().nearest("Glycerim", limit=2)

    assert near[0][0].inci_name == "GLYCERIN"
    assert near[0][1] > 80
    assert made().nearest("") == []


def test_a_list_is_understood_entry_by_entry():
    parsed = parse_list("Aqua, Glycerin, Moon Dust")

    understood = made().understand(parsed.ingredients)

    assert [one.substance and one.substance.inci_name for one in understood] == [
        "AQUA",
        "GLYCERIN",
        None,
    ]
    assert list(unknown_names(understood)) == ["Moon Dust"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("1, 2-Hexanediol", "1,2-hexanediol"),
        ("PEG - 40", "peg-40"),
        ("CRÈME  fraîche", "creme fraiche"),
        ("Aqua / Water", "aqua/water"),
        ("Aqua\\Water", "aqua/water"),
        ("Alcohol Denat.", "alcohol denat"),
        ("Bicyclo[3.3.1]nonane", "bicyclo(3.3.1)nonane"),
        ("*Limonene**", "limonene"),
        ("Tocopherol\u2122", "tocopherol"),
    ],
)
def test_a_key_is_the_name_without_what_means_nothing(text, key):
    assert name_key(text) == key
    assert name_key(key) == key
