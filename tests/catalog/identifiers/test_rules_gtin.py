import csv
import gzip
import timeit
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.identifiers.errors import InvalidGtin
from catalog.identifiers.rules import (
    check_digit,
    compress_upc_a,
    expand_upc_e,
    has_right_check_digit,
    normalise_gtin,
)
from config.kernel.errors import DomainError


def digits(length):
    return st.text("0123456789", min_size=length, max_size=length)


def with_check_digit(stem):
    return f"{stem}{check_digit(stem)}"


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("400638133393", 1),  # EAN-13
        ("01234567890", 5),  # UPC-A
        ("9638507", 4),  # EAN-8
        ("10614141123456789", 7),  # SSCC
        ("541234500015", 0),  # GLN
    ],
)
def test_check_digit_is_the_one_gs1_prints(stem, expected):
    assert check_digit(stem) == expected


@pytest.mark.parametrize(
    ("text", "symbology", "value", "form"),
    [
        ("4006381333931", None, "04006381333931", "gtin-13"),
        ("012345678905", None, "00012345678905", "gtin-12"),
        ("96385074", None, "00000096385074", "gtin-8"),
        ("10614141999993", None, "10614141999993", "gtin-14"),
        ("04252614", None, "00042100005264", "upc-e"),
        ("01234565", None, "00012345000065", "upc-e"),
        ("02345673", "EAN-8", "00000002345673", "gtin-8"),
        ("04252614", "UPC-E", "00042100005264", "upc-e"),
        ("4006381333931", "EAN-13", "04006381333931", "gtin-13"),
        ("4006381333931", "QR", "04006381333931", "gtin-13"),
        ("  4006381333931\r\n", None, "04006381333931", "gtin-13"),
        ("'4006381333931", None, "04006381333931", "gtin-13"),
        ("\x1f4006381333931", None, "04006381333931", "gtin-13"),
        ("\ufeff4006381333931", None, "04006381333931", "gtin-13"),
        ('="4006381333931"', None, "04006381333931", "gtin-13"),
        ("4 006381 333931", None, "04006381333931", "gtin-13"),
        ("4-006381-333931", None, "04006381333931", "gtin-13"),
        ("4006381333931.0", None, "04006381333931", "gtin-13"),
        ("4006381333931,00", None, "04006381333931", "gtin-13"),
    ],
)
def test_reads_every_form_into_14_digits(text, symbology, value, form):
    gtin = normalise_gtin(text, symbology=symbology)

    assert (gtin.value, gtin.form) == (value, form)


@pytest.mark.parametrize(
    ("text", "reason", "told"),
    [
        ("", "empty", "No barcode is given."),
        (" ' ", "empty", "No barcode is given."),
        ("4006381333932", "wrong-check-digit", "ends in 2, the digits before it ask for 1"),
        ("400638133393", "wrong-check-digit", "ask for 0"),
        ("04252615", "wrong-check-digit", "stands for 04210000526 and must end in 4, not 5"),
        ("02345611", "wrong-check-digit", "As EAN-8 it would be right"),
        ("4,00638E+12", "spreadsheet-number", '"4,00638E+12" was cut by a spreadsheet'),
        ("4.00638E+12", "spreadsheet-number", "format the column as text"),
        ("4e12", "spreadsheet-number", "format the column as text"),
        ("4.006.381.333.931", "spreadsheet-number", "thousands separators"),
        ("4,006,381,333,931", "spreadsheet-number", "thousands separators"),
        ("12345678905", "lost-leading-zeros", "has 11 digits: it would be 012345678905"),
        ("12345678905.0", "lost-leading-zeros", "it would be 012345678905"),
        ("4252614", "lost-leading-zeros", "it would be 04252614 (UPC-E)"),
        ("1234567890", "wrong-length", "has 10 digits; a barcode has 8, 12, 13 or 14"),
        ("7", "wrong-length", "has 1 digit;"),
        ("1" * 500, "wrong-length", "has 500 digits"),
        ("00000000", "placeholder", "all zeros"),
        ("0000000000000", "placeholder", "all zeros"),
        ("40O6381333931", "not-digits", '"O" is not a digit'),
        ("-4006381333931", "not-digits", '"-" is not a digit'),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", "not-digits", "is not a digit"),
        ("٤.0", "not-digits", "is not a digit"),
        ("=HYPERLINK(1)", "not-digits", "is not a digit"),
    ],
)
def test_refuses_and_says_why(text, reason, told):
    with pytest.raises(InvalidGtin) as refusal:
        normalise_gtin(text)

    assert refusal.value.reason == reason
    assert refusal.value.value == text
    assert told in refusal.value.detail


def test_symbology_settles_the_length():
    with pytest.raises(InvalidGtin) as refusal:
        normalise_gtin("4006381333931", symbology="UPC-A")

    assert refusal.value.reason == "wrong-length"
    assert "has 13 digits, but UPC-A has 12" in refusal.value.detail


def test_a_refusal_is_an_error_of_the_domain_and_of_a_form_field():
    with pytest.raises(InvalidGtin) as refusal:
        normalise_gtin("x")

    assert isinstance(refusal.value, DomainError)
    assert isinstance(refusal.value, ValueError)
    assert (refusal.value.code, refusal.value.status) == ("invalid-code", 422)


@pytest.mark.parametrize(
    ("stem", "prefix"),
    [
        ("200000000000", "20"),
        ("299999999999", "29"),
        ("020000000001", "02"),
        ("040000000001", "04"),
        ("20000000001", "02"),  # UPC-A of number system 2
        ("40000000001", "04"),
        ("1200000000000", "20"),  # a case of them
        ("030000000001", None),
        ("400638133393", None),
        ("2549858", None),  # GTIN-8: its 13-digit form starts with 00
    ],
)
def test_restricted_circulation_is_read_on_the_13_digit_form(stem, prefix):
    gtin = normalise_gtin(with_check_digit(stem))

    assert gtin.restricted_prefix == prefix
    assert gtin.is_restricted == (prefix is not None)


@given(st.sampled_from([11, 12, 13]).flatmap(digits).filter(lambda d: d.strip("0")))
def test_a_right_check_digit_is_accepted_and_every_other_refused(stem):
    right = with_check_digit(stem)

    assert normalise_gtin(right).value == right.zfill(14)
    for last in set("0123456789") - {right[-1]}:
        with pytest.raises(InvalidGtin):
            normalise_gtin(stem + last)


@given(digits(12))
def test_one_wrong_digit_never_passes(stem):
    right = with_check_digit(stem)

    for i, digit in enumerate(right):
        wrong = right[:i] + str((int(digit) + 1) % 10) + right[i + 1 :]
        assert not has_right_check_digit(wrong)


@given(st.sampled_from("01"), digits(6).filter(lambda d: d.strip("0")))
def test_upc_e_expands_and_compresses_back(number_system, body):
    upc_a = expand_upc_e(f"{number_system}{body}0")
    upc_a = with_check_digit(upc_a[:-1])

    short = compress_upc_a(upc_a)

    assert short is not None
    assert expand_upc_e(short) == upc_a
    assert normalise_gtin(short, symbology="upc-e").value == f"00{upc_a}"


@given(digits(11))
def test_a_upc_a_has_a_short_form_only_if_it_expands_back(stem):
    upc_a = with_check_digit(stem)

    short = compress_upc_a(upc_a)

    assert short is None or expand_upc_e(short) == upc_a


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        gtin = normalise_gtin(text)
    except InvalidGtin:
        return

    assert len(gtin.value) == 14
    assert has_right_check_digit(gtin.value)


def test_a_clean_code_is_read_in_microseconds():
    seconds = min(timeit.repeat(lambda: normalise_gtin("4006381333931"), number=2_000, repeat=5))

    assert seconds / 2_000 < 20e-6  # about 2 µs; the bound leaves room for a busy machine


@pytest.mark.parametrize(
    ("file", "rows"),
    [
        ("cosmetics_products/cosmetics_barcodes_uhtt.csv.gz", 32_573),
        ("sports_products/sports_barcodes_uhtt.csv.gz", 15_757),
    ],
)
def test_every_real_barcode_is_read(real_data, file, rows):
    forms = Counter()
    with gzip.open(real_data / file, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            known = normalise_gtin(row["gtin"], symbology=row["symbology"])
            forms[row["symbology"], known.form] += 1
            normalise_gtin(row["gtin"])

    assert forms.total() == rows
    assert {form for _, form in forms} <= {"gtin-8", "gtin-12", "gtin-13", "upc-e"}
    assert all(form == "upc-e" for symbology, form in forms if symbology == "UPC-E")


def test_every_real_padded_gtin_14_is_read_but_the_one_that_is_none(real_data):
    path = real_data / "cosmetics_products" / "raw" / "datakick_us_gtin_items.csv"
    refused = []
    with path.open(encoding="utf-8", errors="replace", newline="") as lines:
        texts = [row["GTIN-14"] for row in csv.DictReader(lines)]
    for text in texts:
        try:
            normalise_gtin(text)
        except InvalidGtin as refusal:
            refused.append(refusal.reason)

    assert (len(texts), refused) == (6_561, ["not-digits"])
