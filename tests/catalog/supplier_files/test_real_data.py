"""Every real file of cosmetics and sports goods is imported to the last row; the counts are kept.

The catalogue has no categories here, so the suppliers' own are left unmapped; `kind`, which none of
the files has, is given for all rows.
"""

import gzip
from collections import Counter

import pytest

from catalog.models import Product, Variant
from catalog.supplier_files import services
from catalog.supplier_files.models import ImportRow
from catalog.supplier_files.selectors import describe_file
from tests.catalog.supplier_files.files import NOW, counts, upload
from tests.factories import catalog as make

pytestmark = pytest.mark.django_db

# file, kind of its products, rows, created, rejected, products, what the rejected rows lack
FILES = [
    (
        "cosmetics_products/products_with_ingredients.csv",
        "cosmetic",
        3975,
        3652,
        323,
        3652,
        {
            "content content-contradicts-itself": 13,
            "content content-not-understood": 143,
            "ingredients contradiction": 9,
            "ingredients spreadsheet-error": 23,
            "list_price not-a-number": 9,
            "name repeated": 125,
            "name spreadsheet-error": 1,
        },
    ),
    (
        "cosmetics_products/cosmetics_barcodes_uhtt.csv.gz",
        "cosmetic",
        32573,
        32469,
        104,
        32469,
        {"gtin repeated": 12, "gtin restricted-prefix": 92},
    ),
    (
        "cosmetics_products/raw/datakick_us_gtin_items.csv",
        "cosmetic",
        6561,
        6460,
        101,
        6183,
        {
            "brand too-long": 43,
            "gtin not-digits": 1,
            "ingredients contradiction": 19,
            "name repeated": 29,
            "name too-long": 1,
            "size too-long": 8,
        },
    ),
    (
        "cosmetics_products/raw/sephora_cosmetics_latin1.csv",
        "cosmetic",
        1183,
        1159,
        24,
        1159,
        {"ingredients spreadsheet-error": 23, "name spreadsheet-error": 1},
    ),
    (
        "cosmetics_products/raw/skincareapi_AB1.csv",
        "cosmetic",
        407,
        1,
        406,
        1,
        {"row long-row": 406},
    ),
    (
        "cosmetics_products/raw/skincareapi_AB2.csv",
        "cosmetic",
        423,
        0,
        423,
        0,
        {"row long-row": 423},
    ),
    (
        "cosmetics_products/raw/skincareapi_Prod1.csv",
        "cosmetic",
        414,
        0,
        414,
        0,
        {"row long-row": 414},
    ),
    (
        "cosmetics_products/raw/skincareapi_Prod2.csv",
        "cosmetic",
        85,
        1,
        84,
        1,
        {"row long-row": 84},
    ),
    ("cosmetics_products/raw/skincareapi_red1.csv", "cosmetic", 54, 0, 54, 0, {"row long-row": 54}),
    (
        "sports_products/sports_products.csv",
        "sports",
        4643,
        4050,
        593,
        3882,
        {
            "list_price zero": 359,
            "materials contradiction": 29,
            "name repeated": 186,
            "supplier_code repeated": 19,
        },
    ),
    (
        "sports_products/sports_barcodes_uhtt.csv.gz",
        "sports",
        15757,
        15699,
        58,
        15699,
        {"gtin repeated": 3, "gtin restricted-prefix": 55},
    ),
]


def read(path):
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def applied(path, kind):
    """Upload, map by what the headings say, apply."""
    run = upload(
        read(path),
        make.supplier("REAL", currency="EUR"),
        kind="product_list",
        file_name=path.name.removesuffix(".gz"),
    )
    suggested = {c.heading: c.suggestion for c in describe_file(run).columns}
    columns = {
        heading: "supplier_code" if column == "sku" else column  # a style number of the brand
        for heading, column in suggested.items()
        if column not in ("", "category", "kind")
    }
    run = services.set_mapping(
        run_id=run.pk,
        columns=columns,
        options={"defaults": {"kind": kind}},
        user_id=None,
        now=NOW,
    )
    return services.start_here(run_id=run.pk, is_apply=True, clock=lambda: NOW)


def reasons(run):
    """How often each column was refused for which reason, first problem of each row."""
    rejected = ImportRow.objects.filter(run=run, outcome="rejected")
    first = [problems[0] for problems in rejected.values_list("problems", flat=True)]
    return dict(Counter(f"{p['column'] or 'row'} {p['code']}" for p in first))


@pytest.mark.parametrize(
    ("path", "kind", "rows", "created", "rejected", "products", "lacks"),
    FILES,
    ids=[file[0] for file in FILES],
)
def test_a_real_file_is_accounted_for_to_the_row(
    real_data, path, kind, rows, created, rejected, products, lacks
):
    run = applied(real_data / path, kind)

    assert (run.status, run.detail) == ("applied", "")
    assert reasons(run) == lacks
    assert counts(run) == (rows, created, 0, 0, rejected)
    assert created + rejected == rows
    assert (Variant.objects.count(), Product.objects.count()) == (created, products)

    again = applied(real_data / path, kind)

    assert counts(again) == (rows, 0, 0, created, rejected)
    assert Variant.history.count() == created
