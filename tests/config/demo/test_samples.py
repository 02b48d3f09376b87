import csv
import io
from contextlib import closing
from pathlib import Path

import pytest
from openpyxl import load_workbook

from config.demo.content import PRODUCTS
from config.demo.content.categories import CATEGORIES
from config.demo.content.shapes import check_digit
from config.demo.content.supplier_list import LINES

SAMPLES = Path(__file__).parents[3] / "samples"
PRODUCT_HEADINGS = (
    "kind,sku,supplier_code,gtin,name,brand,category,size,colour,shade,content,ingredients,"
    "product_type,pao_months,shelf_life_days,sport,materials,cost_price,list_price,currency"
)
DELIVERY_HEADINGS = "code,lot,produced_on,expires_on,quantity,unit,unit_cost,currency"
CODES = {v.supplier_code: p for p in PRODUCTS for v in p.variants}
GTINS = {v.gtin.zfill(14) for p in PRODUCTS for v in p.variants}


def read(name, *, encoding="utf-8", delimiter=","):
    text = (SAMPLES / name).read_bytes().decode(encoding)
    heading, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return heading, rows


def clean_products():
    heading, rows = read("product_list_clean.csv")
    assert heading == PRODUCT_HEADINGS.split(",")
    return [dict(zip(heading, row, strict=True)) for row in rows]


def workbook_products():
    with closing(load_workbook(SAMPLES / "product_list.xlsx", read_only=True)) as book:
        assert book.active is not None
        heading, *rows = book.active.iter_rows(values_only=True)
    assert list(heading) == PRODUCT_HEADINGS.split(",")
    return [
        {str(key): str(value or "") for key, value in zip(heading, row, strict=True)}
        for row in rows
    ]


@pytest.mark.parametrize("products", [clean_products, workbook_products])
def test_clean_product_lists_bring_new_goods_with_right_barcodes(products):
    rows = products()
    gtins = [row["gtin"] for row in rows if row["gtin"]]

    assert len(rows) in {6, 10}
    assert [g for g in gtins if len(g) != 13 or g[-1] != check_digit(g[:-1])] == []
    assert GTINS & {g.zfill(14) for g in gtins} == set()
    assert {row["category"] for row in rows} - {c.name for c in CATEGORIES} == {""}


def test_only_the_last_row_of_the_clean_list_is_a_product_of_the_demo():
    known = [row["supplier_code"] for row in clean_products() if row["supplier_code"] in CODES]

    assert known == ["LUM-0120"]


def test_the_clean_delivery_note_names_products_of_the_demo_in_their_units():
    heading, rows = read("delivery_note_clean.csv")

    assert heading == DELIVERY_HEADINGS.split(",")
    assert len(rows) == 8
    for code, _, produced_on, expires_on, _, unit, _, currency in rows:
        assert CODES[code].supplier == "LUMEN"
        assert CODES[code].stock_unit == unit
        assert "2026" < produced_on < "2028" < expires_on
        assert currency == "EUR"


def test_the_dirty_product_list_is_windows_1252_with_its_own_headings():
    raw = (SAMPLES / "product_list_dirty.csv").read_bytes()
    heading, rows = read("product_list_dirty.csv", encoding="cp1252", delimiter=";")

    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    assert not set(heading) & set(PRODUCT_HEADINGS.split(","))
    assert len(rows) == 16
    assert [number for number, row in enumerate(rows, 1) if not row] == [6, 16]


def test_the_dirty_delivery_note_has_one_unknown_code():
    heading, rows = read("delivery_note_dirty.csv", delimiter=";")

    assert heading == DELIVERY_HEADINGS.split(",")
    assert len(rows) == 15
    assert [row[0] for row in rows if row and row[0] not in CODES] == ["LUM-5999"]


def test_samples_and_the_import_of_the_demo_do_not_touch_the_same_codes():
    demo = {line.split(";")[2] for line, _ in LINES if line} - set(CODES)
    sample = {row["supplier_code"] for row in clean_products()}

    assert demo & sample == set()


def test_the_readme_describes_every_file():
    text = (SAMPLES / "README.md").read_text(encoding="utf-8")

    assert [f.name for f in SAMPLES.iterdir() if f.name not in text and f.name != "README.md"] == []
