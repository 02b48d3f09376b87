"""Dirty files of the real world, read to the last line; the counts are kept."""

import gzip
from collections import Counter

import pytest

from catalog.supplier_files.rules.columns import FileKind, match_columns, row_reader
from catalog.supplier_files.rules.hints import gather_hints
from catalog.supplier_files.rules.product_rows import ProductRow, parse_product_row
from catalog.supplier_files.rules.reading import read_table

# file, kind of its products, what becomes of its rows (a row may have several problems)
FILES = [
    ("cosmetics_products/products_with_ingredients.csv", "cosmetic", {
        "good": 3786, "rejected": 189, "content content-not-understood": 143,
        "content content-contradicts-itself": 13, "ingredients spreadsheet-error": 23,
        "ingredients damaged-characters": 1, "list_price not-a-number": 11,
        "name spreadsheet-error": 1,
    }),
    ("cosmetics_products/cosmetics_barcodes_uhtt.csv.gz", "cosmetic", {
        "good": 32481, "rejected": 92, "gtin restricted-prefix": 92,
    }),
    ("cosmetics_products/raw/datakick_us_gtin_items.csv", "cosmetic", {
        "good": 6508, "rejected": 53, "brand too-long": 43, "size too-long": 8,
        "name too-long": 1, "gtin not-digits": 1,
    }),
    ("cosmetics_products/raw/sephora_cosmetics_latin1.csv", "cosmetic", {
        "good": 1159, "rejected": 24, "ingredients spreadsheet-error": 23,
        "name spreadsheet-error": 1,
    }),
    ("cosmetics_products/raw/skincareapi_AB1.csv", "cosmetic", {
        "good": 1, "rejected": 406, "row long-row": 406,
    }),
    ("cosmetics_products/raw/skincareapi_AB2.csv", "cosmetic", {
        "rejected": 423, "row long-row": 423,
    }),
    ("cosmetics_products/raw/skincareapi_Prod1.csv", "cosmetic", {
        "rejected": 414, "row long-row": 414,
    }),
    ("cosmetics_products/raw/skincareapi_Prod2.csv", "cosmetic", {
        "good": 1, "rejected": 84, "row long-row": 84,
    }),
    ("cosmetics_products/raw/skincareapi_red1.csv", "cosmetic", {
        "rejected": 54, "row long-row": 54,
    }),
    ("sports_products/sports_products.csv", "sports", {
        "good": 4284, "rejected": 359, "list_price zero": 359,
    }),
    ("sports_products/sports_barcodes_uhtt.csv.gz", "sports", {
        "good": 15702, "rejected": 55, "gtin restricted-prefix": 55,
    }),
    ("ugly_csv/brazil_cosmetics_ean.csv", "cosmetic", {
        "good": 34, "rejected": 2, "gtin wrong-length": 2,
    }),
]  # fmt: skip


def outcome(table, kind):
    matching = match_columns(table.headings, FileKind.PRODUCT_LIST)
    read = row_reader(
        table.headings, matching.columns, kind=matching.kind, constants={"kind": kind}
    )
    whole = (row for row in table.rows() if not (row.problem and row.problem.is_fatal))
    hints = gather_hints(read(row.cells) for row in whole)
    counts = Counter()
    for row in table.rows():
        if row.problem and row.problem.is_fatal:
            counts.update(["rejected", f"row {row.problem.code}"])
            continue
        result = parse_product_row(read(row.cells), hints)
        if isinstance(result, ProductRow):
            counts["good"] += 1
        else:
            counts["rejected"] += 1
            counts.update({f"{problem.column} {problem.code}" for problem in result})
    return counts


@pytest.mark.parametrize(("name", "kind", "expected"), FILES, ids=[name for name, _, _ in FILES])
def test_every_row_of_a_real_product_file_is_accounted_for(real_data, name, kind, expected):
    path = real_data / name
    source = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path

    assert outcome(read_table(source), kind) == expected


@pytest.mark.parametrize(
    ("name", "heading_line", "rows"),
    [
        ("cosmetics_regulation/raw/cosing_annex_III_2026-09-09.csv", 5, 381),
        ("cosmetics_regulation/raw/cosing_annex_II_2026-09-09.csv", 5, 1758),
        ("cosmetics_regulation/raw/cosing_annex_IV_2026-09-09.csv", 5, 154),
        ("cosmetics_regulation/raw/cosing_annex_V_2026-09-09.csv", 5, 58),
        ("cosmetics_regulation/raw/cosing_annex_VI_2026-09-09.csv", 5, 34),
        ("sales_history/raw/online_retail_2010-12-01.csv", 1, 3108),
        ("units/unece_rec20_units.csv", 1, 2136),
    ],
)
def test_preambles_and_line_breaks_of_real_files_are_understood(
    real_data, name, heading_line, rows
):
    table = read_table(real_data / name)

    assert table.heading_line == heading_line
    assert [row.problem for row in table.rows()] == [None] * rows
