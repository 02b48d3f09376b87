import csv
import io
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from config.kernel.exports import csv_rows, neutralise_formula, xlsx_file

BERLIN = ZoneInfo("Europe/Berlin")
MOMENT = datetime(2026, 1, 2, 4, tzinfo=BERLIN)
ROW = ["=1+1", Decimal("-2.50"), None, date(2026, 1, 2), True, MOMENT]


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\tx", "\r=1"])
def test_neutralises_what_a_spreadsheet_would_run(text):
    assert neutralise_formula(text) == "'" + text


@pytest.mark.parametrize("value", ["a=1", "", " =1", Decimal(-1), None, -5])
def test_leaves_everything_else(value):
    assert neutralise_formula(value) == value


def test_writes_csv_that_spreadsheets_read():
    text = "".join(csv_rows(["@name", "b"], [ROW[:2], ["a,b", 'say "x"\n']]))

    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text[1:]))) == [
        ["'@name", "b"],
        ["'=1+1", "-2.50"],
        ["a,b", 'say "x"\n'],
    ]


def test_writes_blanks_dates_and_yes():
    text = "".join(csv_rows(["a"], [ROW[2:]]))

    assert text.splitlines()[1] == ",2026-01-02,yes,2026-01-02T04:00:00+01:00"


def test_writes_xlsx_with_texts_for_formulas_and_numbers_for_numbers():
    with xlsx_file(["=h"] * 6, [ROW, ["bell \x07"]], title="Lots [all]") as file:
        book = load_workbook(file)

    sheet = book.active
    assert sheet.title == "Lots  all "
    assert sheet["A1"].value == "'=h"
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("'=1+1", "s")
    assert sheet["B2"].value == -2.5
    assert sheet["C2"].value is None
    assert sheet["D2"].value == datetime(2026, 1, 2)  # noqa: DTZ001 - cells know no time zone
    assert sheet["E2"].value == "yes"
    assert sheet["F2"].value == datetime(2026, 1, 2, 3)  # noqa: DTZ001
    assert sheet["F2"].number_format == 'yyyy-mm-dd"T"hh:mm:ss"+00:00"'
    assert sheet["A3"].value == "bell "
