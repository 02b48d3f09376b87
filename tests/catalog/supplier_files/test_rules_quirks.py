# ruff: noqa: RUF001 - odd signs and Cyrillic units are what files hold
"""Every quirk seen in the wild, rebuilt in a small file of our own and read from end to end."""

from datetime import date

import pytest

from catalog.supplier_files.rules.columns import FileKind, match_columns, row_reader
from catalog.supplier_files.rules.delivery_rows import DeliveryRow, parse_delivery_row
from catalog.supplier_files.rules.hints import gather_hints
from catalog.supplier_files.rules.product_rows import ProductRow, parse_product_row
from catalog.supplier_files.rules.reading import read_table

TODAY = date(2026, 11, 24)


def read_file(data):
    """Read a whole file as an import does: one result, row or codes of problems, for each line."""
    table = read_table(data)
    matching = match_columns(table.headings)
    constants = {}
    if matching.kind is FileKind.PRODUCT_LIST and "kind" in matching.missing:
        constants = {"kind": "cosmetic"}
    read = row_reader(table.headings, matching.columns, kind=matching.kind, constants=constants)
    whole = [row for row in table.rows() if not (row.problem and row.problem.is_fatal)]
    hints = gather_hints(read(row.cells) for row in whole)
    results = []
    for row in table.rows():
        if row.problem and row.problem.is_fatal:
            results.append([row.problem.code])
            continue
        if matching.kind is FileKind.PRODUCT_LIST:
            result = parse_product_row(read(row.cells), hints)
        else:
            result = parse_delivery_row(read(row.cells), hints, today=TODAY)
        is_row = isinstance(result, ProductRow | DeliveryRow)
        results.append(result if is_row else [problem.code for problem in result])
    return results


def one(text, encoding="utf-8"):
    (result,) = read_file(text.encode(encoding))
    return result


def test_cp1252_bytes_in_a_csv():
    assert one("Label,Brand,Name,Price\nCream,LA MER,Crème,175\n", "cp1252").name == "Crème"


def test_a_byte_order_mark_does_not_swallow_the_first_heading():
    row = one("Barcode,Item Name\n4006381333931,Gel\n", "utf-8-sig")

    assert (row.gtin, row.name) == ("04006381333931", "Gel")


def test_semicolons_of_a_german_spreadsheet():
    row = one("EAN;Bezeichnung;EK\n4006381333931;Gel;1.234,50\n")

    assert str(row.cost_price) == "1234.50"


def test_tabs_in_a_file_called_csv():
    assert one("gtin\tname\n4006381333931\tGel\n").gtin == "04006381333931"


def test_unquoted_commas_in_the_last_column_are_refused_not_guessed():
    assert one("brand,product_name,ingredients\nX,Gel,Aqua,Glycerin\n") == ["long-row"]


def test_decimal_commas_decide_the_number_with_three_digits():
    rows = read_file(b"name;EK\nA;1,234\nB;4,20\n")

    assert [str(row.cost_price) for row in rows] == ["1.234", "4.20"]


def test_a_number_with_three_digits_alone_is_refused():
    assert one("name;EK\nA;1,234\n") == ["ambiguous-number"]


@pytest.mark.parametrize(
    ("gtin", "expected"),
    [
        ("4,00638E+12", ["spreadsheet-number"]),
        ("4.00638E+12", ["spreadsheet-number"]),
        ("400638133393", ["wrong-check-digit"]),
        ("12345678905", ["lost-leading-zeros"]),
        ("78950000533", ["wrong-length"]),
        ("012345678901", ["wrong-check-digit"]),
        ("2000000000008", ["restricted-prefix"]),
    ],
)
def test_barcodes_mangled_by_spreadsheets_are_explained(gtin, expected):
    assert one(f'ean;name\n"{gtin}";Gel\n') == expected


@pytest.mark.parametrize(
    ("gtin", "expected"),
    [
        ("'4006381333931", "04006381333931"),
        ("\x1f4006381333931", "04006381333931"),
        ("4006381333931.0", "04006381333931"),
        ("00000000959742", "00000000959742"),
        ("01234565", "00012345000065"),
    ],
)
def test_markers_floats_padding_and_upc_e_are_understood(gtin, expected):
    assert one(f"ean;name\n{gtin};Gel\n").gtin == expected


def test_leading_zeros_of_our_own_codes_are_kept():
    assert one("Artikelnummer;Bezeichnung\n0010;Gel\n").supplier_code == "0010"


def test_whole_numbers_written_as_floats():
    assert one("code,lot,quantity\n17850.0,L1,12.0\n").quantity == 12


def test_a_price_with_a_sign_and_a_blank_behind_it():
    row = one("name,brand,price\nGel,X,$62.00 \n")

    assert (str(row.list_price), row.currency) == ("62.00", None)


def test_a_list_price_of_zero_is_no_price():
    assert one("name,list_price\nShoe,0\n") == ["zero"]


def test_two_units_in_one_cell_must_agree():
    rows = read_file(b"name,content\nA,1.7 fl. oz / 50 mL\nB,1.7 fl. oz / 30 mL\n")

    assert str(rows[0].content) == "50 ml"
    assert rows[1] == ["content-contradicts-itself"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("Крем 50мл", "50 ml"), ("Мыло 150гр", "150 g"), ("Bar 3 x 100 g", "3 x 100 g")],
)
def test_a_size_glued_to_the_name(name, content):
    assert str(one(f"name,brand\n{name},X\n").content) == content


def test_returns_and_write_offs_are_no_delivery():
    rows = read_file(b"code,lot,quantity,unit_cost\nA,L,-6,1\nB,L,6,-1\nC,L,0,1\n")

    assert rows == [["negative"], ["negative"], ["zero"]]


def test_several_names_and_marks_in_an_ingredient_list_stay_as_printed():
    printed = "WATER/AQUA/EAU, 1,2-Hexanediol, Lavandula Oil*, [May contain +/-: CI 77491]"

    assert one(f'name,ingredients\nGel,"{printed}"\n').ingredients == printed


@pytest.mark.parametrize(
    ("expiry", "expected"),
    [
        ("46477", date(2027, 3, 31)),
        ("best before 03/2027", date(2027, 3, 31)),
        ("EXP 03/27", date(2027, 3, 31)),
        ("2027-03", date(2027, 3, 31)),
        ("31.03.2027", date(2027, 3, 31)),
        ("03/31/2027", date(2027, 3, 31)),
    ],
)
def test_serial_dates_months_and_orders(expiry, expected):
    assert one(f"code,lot,expires_on,quantity\nA,L,{expiry},1\n").expires_on == expected


def test_the_column_decides_the_order_of_its_dates():
    rows = read_file(b"code,lot,MHD,Menge\nA,L,03/04/2027,1\nB,L,31/03/2027,1\n")

    assert [row.expires_on for row in rows] == [date(2027, 4, 3), date(2027, 3, 31)]


def test_short_rows_say_less():
    rows = read_file(b"name,brand,content\nGel,X\n")

    assert rows[0].content is None


def test_preamble_lines_are_no_rows():
    rows = read_file(b'"File creation date: 09/09/2026"\nLUMEN,"Price list"\nname,brand\nGel,X\n')

    assert [row.name for row in rows] == ["Gel"]
