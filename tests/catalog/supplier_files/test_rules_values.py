# ruff: noqa: RUF001 - odd blanks, quotes and signs are what files hold
"""Numbers, dates and words as suppliers write them."""

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.supplier_files.rules.dates import DateOrder, date_order_of, parse_date
from catalog.supplier_files.rules.hints import gather_hints, named_hints
from catalog.supplier_files.rules.numbers import (
    DecimalMark,
    decimal_mark_of,
    parse_days,
    parse_decimal,
    parse_integer,
    parse_months,
    parse_price,
)
from catalog.supplier_files.rules.problems import ValueProblem
from catalog.supplier_files.rules.words import (
    clean_code,
    clean_text,
    minor_unit_digits,
    parse_currency,
    parse_kind,
    parse_materials,
    parse_product_type,
)


def refused(parse, text, *args, **kwargs):
    with pytest.raises(ValueProblem) as problem:
        parse(text, *args, **kwargs)
    return problem.value.code


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4.20", "4.20"), ("4,20", "4.20"), ("1.234,56", "1234.56"), ("1,234.56", "1234.56"),
        ("1 234,5", "1234.5"), ("1\u202f234,5", "1234.5"), ("1'234.50", "1234.50"),
        ("1,234,567", "1234567"), ("1.234.567", "1234567"), ("0,125", "0.125"), ("0.125", "0.125"),
        ("1234,567", "1234.567"), (".5", "0.5"), ("12.", "12"), ("-4.20", "-4.20"),
        ("−4,20", "-4.20"), ("(4.20)", "-4.20"), ("4.20-", "-4.20"), ("+3", "3"), ("0", "0"),
    ],
)  # fmt: skip
def test_reads_a_number_in_any_usual_notation(text, number):
    assert parse_decimal(text) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("abc", "not-a-number"), ("1.2.3", "not-a-number"), ("1 2", "not-a-number"),
        ("=1+2", "not-a-number"), ("", "not-a-number"), ("12,34,56", "not-a-number"),
        ("NaN", "not-a-number"), ("Infinity", "not-a-number"), ("1_000", "not-a-number"),
        ("٣", "not-a-number"), ("4,00638E+12", "spreadsheet-number"),
        ("1e5", "spreadsheet-number"), ("1,234", "ambiguous-number"),
        ("12.345", "ambiguous-number"),
    ],
)  # fmt: skip
def test_refuses_a_number_that_is_none_or_can_be_two(text, code):
    assert refused(parse_decimal, text) == code


def test_a_known_decimal_mark_settles_the_ambiguous_number():
    assert parse_decimal("1,234", DecimalMark.COMMA) == Decimal("1.234")
    assert parse_decimal("1,234", DecimalMark.POINT) == Decimal(1234)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("4,20", ","), ("4.2", "."), ("1.234,56", ","), ("1,234,567", "."), ("1,234", None),
        ("12", None), ("abc", None), ("12,50 €", ","), ("$62.00 ", "."),
    ],
)  # fmt: skip
def test_tells_which_mark_a_number_proves(text, mark):
    assert decimal_mark_of(text) == mark


@given(amount=st.decimals(min_value=0, max_value=999_999, places=2))
def test_every_price_survives_each_notation(amount):
    english = f"{amount:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    french = german.replace(".", "\u202f")

    assert parse_decimal(english) == amount
    assert parse_decimal(german) == amount
    assert parse_decimal(french) == amount


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("$62.00 ", "62.00", "USD"), ("12 €", "12", "EUR"), ("€ 12,50", "12.50", "EUR"),
        ("12.50 EUR", "12.50", "EUR"), ("EUR12", "12", "EUR"), ("£9.99", "9.99", "GBP"),
        ("US$ 5", "5", "USD"), ("CHF 12.-", "12", "CHF"), ("1.234,50 €", "1234.50", "EUR"),
        ("12,-", "12", None), ("12", "12", None),
    ],
)  # fmt: skip
def test_reads_a_price_with_its_currency(text, amount, currency):
    number, currencies = parse_price(text)

    assert number == Decimal(amount)
    assert currency is None if currencies is None else currency in currencies


@pytest.mark.parametrize("text", ["12 boxes", "$9.90 $8.00", "price", "€"])
def test_refuses_a_price_with_other_words(text):
    assert refused(parse_price, text) == "not-a-number"


def test_a_refused_price_names_the_whole_cell():
    with pytest.raises(ValueProblem, match="€1,234"):
        parse_price("€1,234")


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("17850.0", 17850), ("1,0", 1)])
def test_reads_a_whole_number(text, number):
    assert parse_integer(text) == number


def test_refuses_part_of_a_whole_number():
    assert refused(parse_integer, "1.5") == "not-whole"


@pytest.mark.parametrize(
    ("text", "months"),
    [("12", 12), ("12M", 12), ("12 months", 12), ("6 Monate", 6), ("12 mois", 12), ("12.0", 12),
     ("2 years", 24), ("24м", 24)],
)  # fmt: skip
def test_reads_months(text, months):
    assert parse_months(text) == months


@pytest.mark.parametrize("text", ["12 days", "a year", "-3", "1.5"])
def test_refuses_what_are_no_months(text):
    assert refused(parse_months, text) == "not-months"


@pytest.mark.parametrize(("text", "days"), [("900", 900), ("900 days", 900), ("720 Tage", 720)])
def test_reads_days(text, days):
    assert parse_days(text) == days


def test_refuses_months_where_days_are_asked_for():
    assert refused(parse_days, "30 months") == "not-days"


@pytest.mark.parametrize(
    "text",
    [
        "2027-03-31", "2027/03/31", "2027.3.31", "20270331", "2027-03-31 00:00:00",
        "2027-03-31T00:00:00Z", "31.03.2027", "31.3.27", "31/03/2027", "03/31/2027", "31-03-2027",
        "31 Mar 2027", "31-Mar-27", "31. März 2027", "31 mars 2027", "March 31, 2027",
        "03/2027", "03.2027", "2027-03", "03/27", "Mar 2027", "März 2027", "best before 03/2027",
        "Best before end: 03/2027", "EXP 03/27", "EXP. 31.03.2027", "MHD: 03.2027",
        "mindestens haltbar bis 31.03.2027", "à consommer de préférence avant fin 03/2027",
        "46477", "46477.0",
    ],
)  # fmt: skip
def test_reads_an_expiry_date_in_every_usual_form(text):
    assert parse_date(text, is_expiry=True) == date(2027, 3, 31)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("03/04/2027", "ambiguous-date"), ("27-03-31", "ambiguous-date"),
        ("30.02.2027", "not-a-date"), ("2027-02-30", "not-a-date"), ("13/2027", "not-a-date"),
        ("soon", "not-a-date"), ("99999", "not-a-date"), ("12", "not-a-date"), ("", "not-a-date"),
        ("1999-12-31", "implausible-date"), ("31.12.1899", "implausible-date"),
        ("31.03.0027", "implausible-date"),
    ],
)  # fmt: skip
def test_refuses_a_date_that_is_none_or_can_be_two(text, code):
    assert refused(parse_date, text, is_expiry=True) == code


def test_a_known_order_settles_the_ambiguous_date_and_refuses_the_other():
    assert parse_date("03/04/2027", DateOrder.DAY_FIRST) == date(2027, 4, 3)
    assert parse_date("03/04/2027", DateOrder.MONTH_FIRST) == date(2027, 3, 4)
    assert parse_date("27-03-31", DateOrder.YEAR_FIRST) == date(2027, 3, 31)
    assert refused(parse_date, "31/03/2027", DateOrder.MONTH_FIRST) == "not-a-date"


def test_a_month_alone_is_no_date_of_production():
    assert refused(parse_date, "03/2027") == "day-missing"


def test_a_month_alone_ends_on_its_last_day_in_a_leap_year_too():
    assert parse_date("02/2028", is_expiry=True) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("text", "order"),
    [("31/03/2027", "dmy"), ("03/31/27", "mdy"), ("03/04/2027", None), ("31.03.2027", None),
     ("2027-03-31", None), ("soon", None)],
)  # fmt: skip
def test_tells_which_order_a_date_proves(text, order):
    assert date_order_of(text) == order


@given(day=st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31)))
def test_every_day_survives_each_form(day):
    serial = (day - date(1899, 12, 30)) // timedelta(days=1)

    for text in (
        day.isoformat(),
        f"{day:%d.%m.%Y}",
        f"{day:%Y%m%d}",
        str(serial),
        f"{day:%d %b %Y}",
    ):
        assert parse_date(text) == day
    assert parse_date(f"{day:%d/%m/%Y}", DateOrder.DAY_FIRST) == day


def test_a_column_is_read_as_its_other_values_prove():
    rows = [
        {"cost_price": "1,234", "expires_on": "03/04/2027"},
        {"cost_price": "4,20", "expires_on": "31/03/2027"},
    ]

    hints = gather_hints(rows)

    assert hints.decimal_marks["cost_price"] is DecimalMark.COMMA
    assert hints.date_orders["expires_on"] is DateOrder.DAY_FIRST


def test_a_column_without_proof_follows_the_rest_of_the_file():
    hints = gather_hints([{"cost_price": "1,234", "list_price": "4,20", "quantity": ""}])

    assert hints.decimal_marks["cost_price"] is DecimalMark.COMMA


def test_a_column_that_proves_both_decides_nothing():
    hints = gather_hints([{"cost_price": "4,20"}, {"cost_price": "4.20"}])

    assert "cost_price" not in hints.decimal_marks


def test_what_the_mapping_names_comes_before_any_proof():
    hints = gather_hints([{"cost_price": "4,20"}], decimal_mark=".", date_order="mdy")

    assert hints == named_hints(decimal_mark=".", date_order="mdy")
    assert hints.decimal_marks["cost_price"] is DecimalMark.POINT


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  a   b ", "a b"), ("Crème", "Crème"), ("Cre\u0300me", "Crème"), ("L’Oréal", "L’Oréal"),
        ("\ufeffGel\xa0mild", "Gel mild"), ("Aqua,\nGlycerin", "Aqua, Glycerin"),
        ('=HYPERLINK("x")', '=HYPERLINK("x")'), ("+49", "+49"), ("@home", "@home"),
        ("-10 %", "-10 %"),
    ],
)  # fmt: skip
def test_tidies_a_text_and_leaves_what_looks_like_a_formula(text, clean):
    assert clean_text(text, max_length=50) == clean


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CrÃ¨me", "wrong-encoding"), ("Lâ€™Oreal", "wrong-encoding"),
        ("ÐºÑ€ÐµÐ¼", "wrong-encoding"),
        ("Cr\ufffdme", "damaged-characters"), ("a\x1fb", "control-character"),
        ("a\x85b", "control-character"), ("#NAME?", "spreadsheet-error"), ("x" * 51, "too-long"),
    ],
)  # fmt: skip
def test_names_damage_in_a_text(text, code):
    assert refused(clean_text, text, max_length=50) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("'0012", "0012"),
        ("\x1f0012", "0012"),
        (" A-1 ", "A-1"),
        ("17850.0", "17850"),
        ("1.0", "1.0"),
    ],
)
def test_frees_a_code_of_what_spreadsheets_put_around_it(text, code):
    assert clean_code(text, max_length=40) == code


def test_a_code_shortened_by_a_spreadsheet_is_refused():
    assert refused(clean_code, "4,00638E+12", max_length=40) == "spreadsheet-number"


@pytest.mark.parametrize(
    ("text", "kind"),
    [("cosmetic", "cosmetic"), ("Cosmetics", "cosmetic"), ("Kosmetik", "cosmetic"),
     ("sports", "sports"), ("SPORT", "sports"), ("Sportgerät", "sports")],
)  # fmt: skip
def test_reads_a_kind(text, kind):
    assert parse_kind(text) == kind


@pytest.mark.parametrize(
    ("text", "product_type"),
    [("leave-on", "leave-on"), ("Leave On", "leave-on"), ("sans rinçage", "leave-on"),
     ("rinse_off", "rinse-off"), ("abzuspülen", "rinse-off"), ("à rincer", "rinse-off")],
)  # fmt: skip
def test_reads_a_product_type(text, product_type):
    assert parse_product_type(text) == product_type


def test_refuses_unknown_words():
    assert refused(parse_kind, "bundle") == "unknown-kind"
    assert refused(parse_product_type, "cream") == "unknown-product-type"
    assert refused(parse_currency, "EURO5") == "unknown-currency"
    assert refused(parse_currency, "$") == "unknown-currency"


def test_reads_a_currency():
    assert [parse_currency(text) for text in ("EUR", "usd", "€")] == ["EUR", "USD", "EUR"]
    assert [minor_unit_digits(code) for code in ("EUR", "JPY")] == [2, 0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cotton 80 %, elastane 20 %", [("cotton", 80), ("elastane", 20)]),
        ("80% cotton 20% elastane", [("cotton", 80), ("elastane", 20)]),
        ("80 % Baumwolle / 20 % Elasthan", [("Baumwolle", 80), ("Elasthan", 20)]),
        ("Polyamid (80%), Elasthan (20%)", [("Polyamid", 80), ("Elasthan", 20)]),
        ("99.5% cotton, 0,5% lurex", [("cotton", Decimal("99.5")), ("lurex", Decimal("0.5"))]),
        ("EVA foam, rubber", [("EVA foam", None), ("rubber", None)]),
        ("polypropylene 100 %", [("polypropylene", 100)]),
    ],
)
def test_reads_materials_with_shares(text, expected):
    assert [(material.name, material.share) for material in parse_materials(text)] == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("cotton 80%, elastane 30%", "materials-over-100"),
        ("cotton 0 %", "materials-over-100"),
        ("wool 50 %, 50 %", "materials-not-understood"),
        ("50 cotton", "materials-not-understood"),
    ],
)
def test_refuses_materials_that_do_not_add_up(text, code):
    assert refused(parse_materials, text) == code


@given(text=st.text(max_size=60))
def test_no_text_breaks_a_parser(text):
    parsers = (
        parse_decimal, parse_price, parse_integer, parse_months, parse_days, parse_date,
        parse_kind, parse_product_type, parse_currency, parse_materials,
    )  # fmt: skip
    for parse in parsers:
        with suppress(ValueProblem):
            parse(text)
