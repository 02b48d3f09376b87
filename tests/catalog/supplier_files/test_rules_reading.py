"""Files as suppliers send them: encodings, separators, ragged lines, workbooks, bad input."""

import io
import struct
import zipfile
from datetime import date, datetime

import openpyxl
import pytest

from catalog.supplier_files.errors import (
    FileEmpty,
    FileTooLarge,
    HeaderMissing,
    NotATable,
    TooManyColumns,
    TooManyRows,
    ZipBomb,
)
from catalog.supplier_files.rules import csv_files, tables, xlsx_files
from catalog.supplier_files.rules.reading import read_table

SIMPLE = "name,brand,list_price\nCrème,Été,4.20\nGel,Été,5\n"


def cells_of(table):
    return [row.cells for row in table.rows()]


def workbook(*rows, **sheets):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for title, other in sheets.items():
        sheet = book.create_sheet(title)
        for row in other:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("codec", "mark", "encoding"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8-sig"),
        ("cp1252", b"", "cp1252"),
        ("utf-16", b"", "utf-16"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
    ],
)
def test_tells_the_encoding_and_keeps_the_first_heading_whole(codec, mark, encoding):
    table = read_table(mark + SIMPLE.encode(codec))

    assert table.encoding == encoding
    assert table.headings == ("name", "brand", "list_price")
    assert cells_of(table) == [["Crème", "Été", "4.20"], ["Gel", "Été", "5"]]


def test_bytes_that_cp1252_does_not_know_make_it_latin_1():
    table = read_table(b"name,brand\nCr\xe8me\x81,X\n")

    assert table.encoding == "latin-1"
    assert cells_of(table) == [["Crème\x81", "X"]]


def test_a_few_broken_bytes_do_not_turn_utf_8_into_something_else():
    text = ("name,brand\n" + "Crème,Été\n" * 20).encode() + b"Cr\xe8me,X\n"

    table = read_table(text)

    assert table.encoding == "utf-8 (damaged)"
    assert cells_of(table)[0] == ["Crème", "Été"]
    assert cells_of(table)[-1] == ["Cr\ufffdme", "X"]
    assert table.notes


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_tells_the_separator(delimiter):
    table = read_table(SIMPLE.replace(",", delimiter).encode())

    assert table.delimiter == delimiter
    assert table.headings == ("name", "brand", "list_price")


def test_decimal_commas_do_not_hide_the_semicolon():
    table = read_table(b"Bezeichnung;EK;UVP\nGel, mild;4,20;12,90\nSeife, fest;3,10;8,00\n")

    assert table.delimiter == ";"
    assert cells_of(table)[0] == ["Gel, mild", "4,20", "12,90"]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_follows_the_separator_that_excel_names_in_the_first_line(separator):
    text = f"sep={separator}\nname{separator}brand\nGel{separator}X\n"

    table = read_table(text.encode())

    assert table.heading_line == 2
    assert [(row.line, row.cells) for row in table.rows()] == [(3, ["Gel", "X"])]


def test_passes_over_a_preamble_and_says_so():
    text = (
        '"Created: 09/09/2026"\n"LUMEN","Price list"\n\n"Texts",Prices\nname,brand,price\nGel,X,1\n'
    )

    table = read_table(text.encode())

    assert table.heading_line == 5
    assert table.headings == ("name", "brand", "price")
    assert [(row.line, row.cells) for row in table.rows()] == [(6, ["Gel", "X", "1"])]
    assert table.notes == ("4 lines above the headings were passed over.",)


def test_reads_headings_nobody_knows():
    table = read_table(b"Nimi,Tuotemerkki\nGeeli,Oma\n")

    assert table.headings == ("Nimi", "Tuotemerkki")


def test_a_quoted_line_break_is_one_row_and_lines_keep_their_numbers():
    text = 'name,ingredients\nGel,"Aqua,\nGlycerin"\nSoap,Aqua\n'

    rows = list(read_table(text.encode()).rows())

    assert [(row.line, row.cells, row.problem) for row in rows] == [
        (2, ["Gel", "Aqua,\nGlycerin"], None),
        (4, ["Soap", "Aqua"], None),
    ]


@pytest.mark.parametrize("rest", ["", 'C,"x"\n', 'C,"x\n', "\n" * 300 + "C,x\n"])
def test_an_open_quote_costs_one_row_and_hides_none(rest):
    text = 'name,brand\nA,"x\nB,y\n' + rest

    rows = list(read_table(text.encode()).rows())

    assert rows[0].line == 2
    assert rows[0].problem.code == "open-quote"
    assert rows[0].problem.is_fatal
    assert rows[1].cells == ["B", "y"]
    assert len(rows) == 2 + rest.count("\n")
    assert [row.line for row in rows] == list(range(2, 2 + len(rows)))


def test_blank_lines_are_rows_too():
    text = "name,brand\nA,x\n\n ,\nB,y\n\n"

    rows = list(read_table(text.encode()).rows())

    assert [(row.line, row.problem and row.problem.code) for row in rows] == [
        (2, None), (3, "blank-line"), (4, "blank-line"), (5, None), (6, "blank-line"),
    ]  # fmt: skip


def test_a_short_row_is_filled_and_flagged():
    (row,) = read_table(b"name,brand,size\nA,x\n").rows()

    assert row.cells == ["A", "x", ""]
    assert (row.problem.code, row.problem.is_fatal) == ("short-row", False)


def test_a_long_row_is_refused_unless_only_blanks_stick_out():
    rows = list(read_table(b"name,ingredients\nA,Aqua,Glycerin\nB,Aqua,,\n").rows())

    assert (rows[0].problem.code, rows[0].problem.is_fatal) == ("long-row", True)
    assert rows[0].cells == ["A", "Aqua", "Glycerin"]
    assert "'Glycerin'" in rows[0].problem.detail
    assert (rows[1].cells, rows[1].problem) == (["B", "Aqua"], None)


def test_a_zero_byte_costs_its_row():
    rows = list(read_table(b"name,brand\nA\x00,x\nB,y\n" + b"C,zzzzzzzzzzzz\n" * 20).rows())

    assert (rows[0].problem.code, rows[0].problem.is_fatal) == ("nul-byte", True)
    assert rows[1].cells == ["B", "y"]


def test_headings_are_tidied_and_told_apart():
    table = read_table(b" name ,Price,Price,,brand,,\nA,1,2,3,x,,\n")

    assert table.headings == ("name", "Price", "Price (2)", "column 4", "brand")


def test_rows_can_be_read_twice(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(SIMPLE, encoding="utf-8")

    table = read_table(path)

    assert cells_of(table) == cells_of(table)


@pytest.mark.parametrize("data", [b"", b"\n\n  \n", b"\xef\xbb\xbf", b"name,brand\n"])
def test_refuses_a_file_without_rows(data):
    with pytest.raises(FileEmpty) as refusal:
        read_table(data)

    assert refusal.value.code == "file-empty"


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 name,brand",
        b"<!DOCTYPE html><table><tr><td>name</td></tr></table>",
        b"<html>",
        b'{"name": "A"}',
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\x89PNG\r\n\x1a\n",
        b"\x1f\x8b\x08",
        bytes(range(256)) * 20,
        b"UNA:+.? 'UNB+UNOC:3+SENDER'",
        b"Dear shop,\nplease find our list attached.\nRegards\n",
    ],
)
def test_refuses_what_is_no_table(data):
    with pytest.raises(NotATable) as refusal:
        read_table(data)

    assert refusal.value.code == "not-a-table"
    assert refusal.value.detail.endswith(".")


def test_refuses_a_table_without_headings():
    with pytest.raises(HeaderMissing) as refusal:
        read_table(b"4006381333931,4.20\n4006381333948,5\n")

    assert refusal.value.code == "header-missing"


def test_refuses_60_mb(tmp_path):
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.truncate(60 * 1024 * 1024)

    with pytest.raises(FileTooLarge) as refusal:
        read_table(path)

    assert refusal.value.detail == "The file has 60 MB; 50 MB is the most we read."


def test_refuses_100_columns():
    headings = ",".join(f"heading {chr(65 + n % 26)}{n}" for n in range(100))

    with pytest.raises(TooManyColumns):
        read_table(f"{headings}\n{',' * 99}\n".encode())


@pytest.mark.parametrize("make", ["csv", "xlsx"])
def test_refuses_more_rows_than_the_limit_and_takes_the_limit(monkeypatch, make):
    monkeypatch.setattr(csv_files, "ROWS_MAX", 3)
    monkeypatch.setattr(xlsx_files, "ROWS_MAX", 3)

    def table(count):
        if make == "csv":
            return read_table(("name,brand\n" + "A,x\n" * count).encode())
        return read_table(workbook(["name", "brand"], *[["A", "x"]] * count))

    assert len(list(table(3).rows())) == 3
    with pytest.raises(TooManyRows):
        list(table(4).rows())


def test_the_limits_are_those_we_promise():
    assert (tables.FILE_BYTES_MAX, tables.ROWS_MAX, tables.COLUMNS_MAX) == (
        52_428_800,
        100_000,
        64,
    )


def test_reads_a_workbook_without_damage_to_numbers_and_dates():
    at_half_past_eight = datetime(2027, 3, 31, 8, 30)  # noqa: DTZ001 - sheets know no time zone
    data = workbook(
        ["gtin", "name", "list_price", "cost_price", "expires_on", "quantity"],
        [4006381333931, "Gel", 4.2, 1.234, date(2027, 3, 31), 12.0],
        ["0400638133393", None, 0.1 + 0.2, 100, at_half_past_eight, True],
    )

    table = read_table(data)

    assert table.file_format == "xlsx"
    assert cells_of(table) == [
        ["4006381333931", "Gel", "4.2", "1.2340", "2027-03-31", "12"],
        ["0400638133393", "", "0.3", "100", "2027-03-31 08:30:00", "TRUE"],
    ]


def test_a_formula_costs_its_row_and_is_not_calculated():
    data = workbook(["name", "list_price"], ["Gel", "=1+1"], ["Soap", 2])

    rows = list(read_table(data).rows())

    assert (rows[0].problem.code, rows[0].problem.is_fatal) == ("formula", True)
    assert "B2" in rows[0].problem.detail
    assert rows[0].cells == ["Gel", "=1+1"]
    assert rows[1].problem is None


def test_in_csv_a_formula_is_a_text_like_any_other():
    (row,) = read_table(b'name,brand\n"=HYPERLINK(""http://x"")",@x\n').rows()

    assert (row.cells, row.problem) == (['=HYPERLINK("http://x")', "@x"], None)


def test_blank_lines_of_a_sheet_count_but_not_those_below_the_last():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["name", "brand"])
    sheet["A4"] = "Gel"
    sheet["A9"].number_format = "0.00"
    stream = io.BytesIO()
    book.save(stream)

    rows = list(read_table(stream.getvalue()).rows())

    assert [(row.line, row.problem and row.problem.code) for row in rows] == [
        (2, "blank-line"), (3, "blank-line"), (4, None),
    ]  # fmt: skip
    assert rows[2].cells == ["Gel", ""]


def test_says_that_only_the_first_sheet_is_read():
    table = read_table(workbook(["name", "brand"], ["A", "x"], Old=[["name"], ["B"]]))

    assert cells_of(table) == [["A", "x"]]
    assert table.notes == ('Only the first of 2 sheets, "Sheet", is read.',)


def zipped(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        for name, data in members.items():
            archive.writestr(f"{name}.xml", data)
    return stream.getvalue()


def test_refuses_a_zip_bomb_by_its_directory():
    with pytest.raises(ZipBomb) as refusal:
        read_table(zipped(sheet=b"0" * (30 * 1024 * 1024)))

    assert refusal.value.code == "zip-bomb"


def test_refuses_a_zip_bomb_whose_directory_lies():
    size = 30 * 1024 * 1024
    data = zipped(sheet=b"0" * size).replace(struct.pack("<L", size), struct.pack("<L", 100))

    with pytest.raises((NotATable, ZipBomb)):
        read_table(data)


@pytest.mark.parametrize(
    "data",
    [
        zipped(sheet=b"<x/>"),
        workbook(["name", "brand"], ["A", "x"])[:-200],
        b"PK\x03\x04" + b"0" * 100,
        zipped(sheet=b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'),
    ],
)
def test_refuses_a_broken_or_hostile_workbook(data):
    with pytest.raises(NotATable):
        read_table(data)


def test_refuses_an_archive_that_is_no_workbook():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("list.csv", SIMPLE)

    with pytest.raises(NotATable):
        read_table(stream.getvalue())


def test_refuses_an_empty_workbook():
    with pytest.raises(FileEmpty):
        read_table(workbook())
    with pytest.raises(FileEmpty):
        read_table(workbook(["name", "brand"]))
