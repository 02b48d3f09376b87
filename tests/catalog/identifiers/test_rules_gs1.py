import csv
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.identifiers.errors import InvalidIdentifier, InvalidScan
from catalog.identifiers.rules import ScanKind, check_digit, clean_scan, linters, parse_scan
from catalog.identifiers.rules.application_identifiers import APPLICATION_IDENTIFIERS
from catalog.identifiers.rules.digital_links import parse_digital_link
from catalog.identifiers.rules.elements import (
    FNC1,
    Element,
    build_bracketed,
    build_raw,
    find_association_problems,
    find_conflicting_repeats,
    find_exclusions,
    find_missing_requisites,
    find_unserialised_signature,
    parse_bracketed,
    parse_raw,
)
from catalog.identifiers.rules.scan_data import read_scan_data, write_scan_data
from catalog.identifiers.rules.scans import NetWeight, resolve_date, resolve_year

TODAY = date(2026, 11, 24)
GTIN = "04006381333931"

ASSOCIATION_RULES = {
    "validateAIrepeats": find_conflicting_repeats,
    "validateAImutex": find_exclusions,
    "validateAIrequisites": find_missing_requisites,
    "validateDigSigRequiresSerialisedKey": find_unserialised_signature,
}
# GS1's own tests ran these with an option set: unknown AIs or short GTINs permitted in links.
RUN_WITH_AN_OPTION = {
    ("https://brand.example.com/some-extra/pathinfo/01/9520123456788", "true"),
    ("https://id.gs1.org/01/9520123456788?3103=000195&3922=0299&17=201225", "true"),
    ("https://id.gs1.org/01/9520123456788?17=201225&3103=000195&3922=0299", "true"),
    ("https://example.com/01/09520123456788?99=XYZ&89=ABC123", "true"),
}
LINTERS_NOT_OURS = {
    "iso3166",
    "iso3166999",
    "iso3166alpha2",
    "iso4217",
    "packagetype",
    "couponcode",
    "couponposoffer",
    "linter",
}


@pytest.fixture(scope="module")
def vectors(real_data):
    with (real_data / "gs1" / "gs1_test_vectors.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def caret(elements):
    return build_raw(elements).replace(FNC1, "^")


def run(vector):
    """Do what the vector asks; give the message it makes, or raise."""
    text, kind = vector["input"], vector["kind"]
    if kind == "bracketed_ai_parse":
        return caret(parse_bracketed(text))
    if kind == "unbracketed_ai_process":
        parse_raw(text.replace("^", FNC1))
        return ""
    if kind == "digital_link_parse":
        is_strict = (text, vector["should_pass"]) not in RUN_WITH_AN_OPTION
        return caret(parse_digital_link(text, strict=is_strict))
    if kind == "scan_data_generate":
        return write_scan_data(vector["variant"], text)
    if kind == "scan_data_process":
        message = read_scan_data(text)
        assert message.symbology == vector["variant"]
        return message.text
    assert kind == "ai_association"
    elements = parse_bracketed(text, strict=False)  # some use an unknown AI
    if problems := ASSOCIATION_RULES[vector["variant"]](elements):
        raise InvalidScan(problems[0], reason="association", value=text)
    return ""


def outcome(vector):
    try:
        return "true", run(vector)
    except InvalidIdentifier:
        return "false", ""


def test_all_241_official_vectors_for_parsing_and_association(vectors):
    ours = [v for v in vectors if v["kind"] != "linter"]

    different = [
        (v["kind"], v["input"], got)
        for v in ours
        if (got := outcome(v)) != (v["should_pass"], v["expected"])
    ]

    assert different == []
    assert Counter(v["kind"] for v in ours) == {
        "unbracketed_ai_process": 61,
        "digital_link_parse": 57,
        "ai_association": 48,
        "scan_data_process": 33,
        "scan_data_generate": 25,
        "bracketed_ai_parse": 17,
    }


def test_all_official_vectors_of_the_linters_we_have(vectors):
    ours = [v for v in vectors if v["kind"] == "linter" and v["variant"] not in LINTERS_NOT_OURS]

    different = [
        (v["variant"], v["input"])
        for v in ours
        if (getattr(linters, v["variant"])(v["input"]) is None) != (v["should_pass"] == "true")
    ]

    assert different == []
    assert len(ours) == 1_368
    assert {"csum", "csumalpha", "yymmdd", "yymmd0", "yyyymmdd", "yyyymmd0", "hhmi", "hh"} <= {
        v["variant"] for v in ours
    }


def test_the_table_is_the_whole_dictionary(real_data):
    path = real_data / "gs1" / "gs1_application_identifiers.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    ais = set()
    for row in rows:
        first, _, last = row["ai"].partition("-")
        ais |= {str(n).zfill(len(first)) for n in range(int(first), int(last or first) + 1)}

    assert len(rows) == 224
    assert set(APPLICATION_IDENTIFIERS) == ais
    assert all(
        APPLICATION_IDENTIFIERS[row["ai"].partition("-")[0]].needs_fnc1
        == (row["fnc1_required"] == "yes")
        for row in rows
    )


IN_THE_WILD = [
    {"gtin": "09506000134352", "expires_on": date(2024, 1, 1)},
    "wrong-check-digit",
    {"sscc": "106141411234567897", "quantity": Decimal(24)},
    {
        "gtin": "09506000134352",
        "lot": "ABC123",
        "serial": "SN987654321",
        "expires_on": date(2025, 12, 1),
    },
    {
        "gtin": "09506000134352",
        "lot": "ABC123",
        "serial": "SN987654321",
        "expires_on": date(2025, 12, 1),
    },
    {"gtin": "09506000134352", "lot": "A B", "expires_on": date(2028, 9, 30)},
    {
        "gtin": "06972831641476",
        "lot": "LT46251211C",
        "serial": "P2251211237GDR75",
        "produced_on": date(2025, 12, 16),
        "expires_on": date(2027, 6, 15),
    },
    "empty-value",
    {"gtin": "04012345123456", "lot": "ABC", "serial": "XYZ", "expires_on": date(2026, 8, 3)},
    {"gtin": "04600439931256", "serial": "JgXJ5.T"},
    {"gtin": "04600439931256", "serial": "JgXJ5.T"},
    {"gtin": "04600439931256", "serial": "JgXJ5.T"},
    {
        "gtin": "00614141999996",
        "lot": "ABCDEF123456",
        "serial": "654321FEDCBA",
        "produced_on": date(2014, 8, 23),
        "net_weight": NetWeight(Decimal("12.34"), "kg"),
    },
    {"gtin": "18901415009581", "lot": "30124A14", "expires_on": date(2016, 1, 31)},
    {"gtin": "04600266010469", "serial": "MiXeD"},
    {"gtin": "04600682000013", "serial": "ABCDEF1234"},
    {"gtin": "06285096000842", "lot": "ABC", "serial": "XYZ", "expires_on": date(2029, 1, 31)},
    {
        "gtin": "06118000022107",
        "lot": "250987",
        "serial": "NWHFG1H8HN5P95",
        "expires_on": date(2027, 3, 1),
    },
    {"gtin": "04006381333931", "expires_on": date(2027, 12, 31)},
    {"gtin": "00036000291452", "serial": "SN9"},
    "too-short",
    {"gtin": "18721274620198"},
    {"gtin": "09501101530003"},
    {"gtin": "04260392550101", "expires_on": date(2027, 1, 1)},
]
FACTS = (
    "gtin",
    "sscc",
    "lot",
    "serial",
    "produced_on",
    "best_before_on",
    "expires_on",
    "quantity",
    "net_weight",
)


def facts(scan):
    return {name: value for name in FACTS if (value := getattr(scan, name)) is not None}


@pytest.mark.parametrize("spelling", ["<GS>", "\x1d", "{GS}", "\u241d", "^"])
def test_element_strings_found_in_the_wild(real_data, spelling):
    path = real_data / "gs1" / "element_strings_in_the_wild.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        texts = [row["scan"].replace("<GS>", spelling) for row in csv.DictReader(lines)]

    understood = []
    for text in texts:
        try:
            understood.append(facts(parse_scan(text, today=TODAY)))
        except InvalidScan as refusal:
            understood.append(refusal.reason)

    assert understood == IN_THE_WILD


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("4006381333931", ScanKind.GTIN, {"gtin": GTIN}),
        ("4006381333931\r\n", ScanKind.GTIN, {"gtin": GTIN}),
        ("4006381333931\x1d", ScanKind.GTIN, {"gtin": GTIN}),
        ("]E04006381333931", ScanKind.GTIN, {"gtin": GTIN}),
        ("]E3400638133393112", ScanKind.GTIN, {"gtin": GTIN}),
        ("]E402345673", ScanKind.GTIN, {"gtin": "00000002345673"}),
        ("04252614", ScanKind.GTIN, {"gtin": "00042100005264"}),
        ("]I110614141999993", ScanKind.GTIN, {"gtin": "10614141999993"}),
        ("]C04006381333931", ScanKind.GTIN, {"gtin": GTIN}),
        ("]E04006381333931|]e010LOT42", ScanKind.ELEMENTS, {"gtin": GTIN, "lot": "LOT42"}),
        (f"01{GTIN}", ScanKind.ELEMENTS, {"gtin": GTIN}),
        (f"(01){GTIN}(10)LOT(A)", ScanKind.ELEMENTS, {"gtin": GTIN, "lot": "LOT(A)"}),
        (f"(01) {GTIN} (10) L 42", ScanKind.ELEMENTS, {"gtin": GTIN, "lot": "L 42"}),
        (
            f"(01){GTIN}(17)270300(10)L42",
            ScanKind.ELEMENTS,
            {"gtin": GTIN, "lot": "L42", "expires_on": date(2027, 3, 31)},
        ),
        (
            f"(01){GTIN}(15)280200(11)260131(30)12",
            ScanKind.ELEMENTS,
            {
                "gtin": GTIN,
                "best_before_on": date(2028, 2, 29),
                "produced_on": date(2026, 1, 31),
                "quantity": Decimal(12),
            },
        ),
        (
            f"(01){GTIN}(3203)001500",
            ScanKind.ELEMENTS,
            {"gtin": GTIN, "net_weight": NetWeight(Decimal("1.500"), "lb")},
        ),
        (
            "(00)106141411234567897(02)04006381333931(37)24",
            ScanKind.ELEMENTS,
            {"sscc": "106141411234567897", "gtin": GTIN, "quantity": Decimal(24)},
        ),
        (
            f"https://id.gs1.org/01/{GTIN}/10/LOT%2F42?17=270331&linkType=all#top",
            ScanKind.LINK,
            {"gtin": GTIN, "lot": "LOT/42", "expires_on": date(2027, 3, 31)},
        ),
        ("]Q1HTTPS://Shop.Example/p/01/4006381333931", ScanKind.LINK, {"gtin": GTIN}),
    ],
)
def test_reads_what_scanners_send(text, kind, expected):
    scan = parse_scan(text, today=TODAY)

    assert (scan.kind, facts(scan)) == (kind, expected)


@pytest.mark.parametrize(
    "text",
    [
        f"(01){GTIN}(89)NEW(10)L42",
        f"]d201{GTIN}89NEW{FNC1}10L42",
        f"01{GTIN}10L42{FNC1}89NEW",
        f"https://id.gs1.org/01/{GTIN}/10/L42?89=NEW",
    ],
)
def test_an_unknown_ai_is_shown_and_the_rest_is_used(text):
    scan = parse_scan(text, today=TODAY)

    assert facts(scan) == {"gtin": GTIN, "lot": "L42"}
    assert Element("89", "NEW") in scan.elements
    assert [(w.code, w.detail) for w in scan.warnings] == [
        ("unknown-ai", '(89) is unknown here; its value "NEW" is not used.')
    ]


def test_an_unknown_ai_of_a_length_promised_by_gs1_needs_no_fnc1():
    scan = parse_scan(f"]d201{GTIN}1827010110L42", today=TODAY)

    assert facts(scan) == {"gtin": GTIN, "lot": "L42"}
    assert Element("18", "270101") in scan.elements


def test_a_code_that_is_the_name_of_a_lot_on_file_is_that_lot():
    scan = parse_scan(" 10D9T\r\n", today=TODAY, known_lot=True)

    assert clean_scan(" 10D9T\r\n") == "10D9T"
    assert (scan.kind, facts(scan)) == (ScanKind.LOT, {"lot": "10D9T"})


def test_an_element_without_an_item_is_read_with_a_warning():
    scan = parse_scan("10D9T", today=TODAY)

    assert facts(scan) == {"lot": "D9T"}
    assert [w.code for w in scan.warnings] == ["no-item"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"(01){GTIN}(10)A B", "bad-character"),
        (f"(01){GTIN}(10)LÖT", "bad-character"),
        (f"(01){GTIN}(37)5", "ai-pair"),
        (f"(01){GTIN}(8007)XX00", "bad-value"),
        (f"(01){GTIN}(400)A(400)B", "contradiction"),
        (f"https://id.gs1.org/01/{GTIN}?10=L", "link-order"),
    ],
)
def test_what_is_odd_but_harmless_is_a_warning(text, code):
    scan = parse_scan(text, today=TODAY)

    assert scan.gtin == GTIN
    assert code in [w.code for w in scan.warnings]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \x1d ", "empty"),
        ("4006381333932", "wrong-check-digit"),
        ("]E04006381333932", "wrong-check-digit"),
        ("(01)04006381333932(10)L42", "wrong-check-digit"),
        ("4,00638E+12", "spreadsheet-number"),
        ("12345678905", "lost-leading-zeros"),
        ("SE-BALL-5", "not-a-code"),
        ("]C0SE-BALL-5", "not-a-code"),
        (f"(01){GTIN}(10)", "empty-value"),
        (f"(01){GTIN}(17)271331", "bad-date"),
        (f"(01){GTIN}(17)270230", "bad-date"),
        (f"(01){GTIN}(17)27031", "too-short"),
        (f"(01){GTIN}(10){'L' * 21}", "too-long"),
        (f"(01){GTIN}(30)1A", "bad-character"),
        (f"(01){GTIN}(01)00614141999996", "contradiction"),
        (f"(01){GTIN}(10)A(10)B", "contradiction"),
        (f"01{GTIN}?", "no-ai"),
        (f"01{GTIN}10A\x07B", "bad-character"),
        ("https://example.com/", "no-link-key"),
        ("https://example.com/01/04006381333932", "wrong-check-digit"),
        (f"https://example.com/01/{GTIN}/10/%ZZ", "bad-escape"),
        ("(1)23", "no-ai"),
        ("1" * 9_000, "too-long"),
    ],
)
def test_a_malformed_code_is_refused(text, reason):
    with pytest.raises(InvalidIdentifier) as refusal:
        parse_scan(text, today=TODAY)

    assert (refusal.value.code, refusal.value.reason) == ("invalid-code", reason)


@pytest.mark.parametrize(
    ("today", "two_digits", "year"),
    [
        (date(2026, 1, 1), 26, 2026),
        (date(2026, 1, 1), 76, 2076),
        (date(2026, 1, 1), 77, 1977),
        (date(2026, 1, 1), 0, 2000),
        (date(2060, 1, 1), 10, 2110),
        (date(2060, 1, 1), 11, 2011),
        (date(1999, 1, 1), 49, 2049),
        (date(1999, 1, 1), 50, 1950),
    ],
)
def test_two_digit_years_slide_with_today(today, two_digits, year):
    assert resolve_year(two_digits, today) == year


def test_day_00_is_the_last_day_of_the_month():
    assert resolve_date("270200", TODAY) == date(2027, 2, 28)
    assert resolve_date("280200", TODAY) == date(2028, 2, 29)


def test_a_leap_day_of_a_common_year_is_refused():
    with pytest.raises(InvalidScan):
        parse_scan(f"(01){GTIN}(17)000229", today=date(2060, 1, 1))


def test_association_rules_run_together():
    problems = find_association_problems(
        [Element("01", GTIN), Element("37", "5"), Element("10", "A"), Element("10", "B")]
    )

    assert problems == [
        '(10) is both "A" and "B"',
        "(01) must not stand beside (37)",
        "(37) needs 00+02 or 00+8026 beside it",
    ]


CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCXYZ_abcxyz"
GTINS = st.text("0123456789", min_size=13, max_size=13).map(lambda d: f"{d}{check_digit(d)}")
TEXTS = st.text(CSET82, min_size=1, max_size=20)
DATES = st.dates(date(2000, 1, 1), date(2070, 12, 31)).map(lambda d: f"{d:%y%m%d}")
ELEMENTS = st.fixed_dictionaries(
    {"01": GTINS},
    optional={
        "10": TEXTS,
        "11": DATES,
        "17": DATES,
        "21": TEXTS,
        "30": st.integers(0, 99_999_999).map(str),
        "3103": st.integers(0, 999_999).map("{:06}".format),
        "240": TEXTS,
    },
).flatmap(lambda d: st.permutations(list(d.items())))


@given(ELEMENTS)
def test_what_is_built_is_read_back(pairs):
    elements = tuple(Element(ai, value, APPLICATION_IDENTIFIERS[ai].title) for ai, value in pairs)

    assert parse_raw(build_raw(elements)) == elements
    assert parse_bracketed(build_bracketed(elements)) == elements
    assert parse_scan("]d2" + build_raw(elements)[1:], today=TODAY).gtin == dict(pairs)["01"]


@given(st.text(max_size=40) | st.text("()0123456789]dCQE\x1d^<GS>/:httpA", max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        scan = parse_scan(text, today=TODAY)
    except InvalidIdentifier:
        return

    assert scan.elements
