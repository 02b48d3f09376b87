"""What is no supplier's file, and what is wrong inside of one: named by line, field, value."""

import io
import zipfile

import openpyxl
import pytest

from catalog.models import Barcode, Brand, Price, Product, Variant
from catalog.supplier_files import services
from catalog.supplier_files.errors import (
    FileEmpty,
    FileTooLarge,
    NotATable,
    TooManyColumns,
    UnreadableFile,
    ZipBomb,
)
from catalog.supplier_files.models import ImportRun
from catalog.supplier_files.rules.tables import FILE_BYTES_MAX
from tests.catalog.supplier_files.files import (
    BOTTLE,
    CREAM,
    NOW,
    apply,
    check,
    counts,
    detail,
    problems,
    product_list,
    row,
    upload,
)
from tests.factories import catalog as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def supplier():
    return make.supplier("LUMEN", currency="EUR")


def nothing_there():
    return not any(
        model.objects.exists() for model in (ImportRun, Product, Variant, Barcode, Price, Brand)
    )


def workbook(rows):
    book = openpyxl.Workbook()
    for cells in rows:
        book.active.append(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def bomb():
    """A workbook of a few kilobytes that unpacks into half a gigabyte."""
    file = io.BytesIO(workbook([["kind", "name"], ["sports", "x"]]))
    with (
        zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/media/image1.bin", "w") as member,
    ):
        for _ in range(512):
            member.write(bytes(1024 * 1024))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", FileEmpty),
        (b"\xef\xbb\xbf \r\n", FileEmpty),
        (b"%PDF-1.7 no table", NotATable),
        (b"\x89PNG\r\n\x1a\n", NotATable),
        (b"Dear Sirs and Madams,\nplease find attached\nnothing at all.\n", NotATable),
        (b'{"name": "x"}', NotATable),
        (b"PK\x03\x04 but no archive", UnreadableFile),
        (",".join(f"column {n}" for n in range(100)).encode() + b"\n" + b"x," * 99, TooManyColumns),
    ],
    ids=["empty", "blank", "pdf", "png", "letter", "json", "broken-zip", "100-columns"],
)
def test_what_is_no_table_is_refused_with_a_reason(supplier, content, error):
    with pytest.raises(error) as refusal:
        upload(content, supplier)

    assert refusal.value.detail
    assert nothing_there()


def test_sixty_megabytes_are_refused_without_being_kept(supplier):
    line = b"sports,a name,a brand\n"
    content = b"kind,name,brand\n" + line * (60 * 1024 * 1024 // len(line))
    assert len(content) > FILE_BYTES_MAX

    with pytest.raises(FileTooLarge, match="60 MB"):
        upload(content, supplier)

    assert nothing_there()


def test_a_zip_bomb_is_refused_before_it_is_unpacked(supplier):
    with pytest.raises(ZipBomb):
        upload(bomb(), supplier, file_name="list.xlsx")

    assert nothing_there()


def test_more_rows_than_we_take_end_the_run_with_a_reason(supplier):
    content = b"kind,name\n" + b"sports,a\n" * 100_001
    run = upload(content, supplier)

    run = services.start_here(run_id=run.pk, is_apply=True, clock=lambda: NOW)

    assert run.status == "failed"
    assert "100,000" in run.detail
    assert Variant.objects.count() == 0


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"gtin": "4006381333932"}, "gtin", "wrong-check-digit"),
        ({"gtin": "4,00638E+12"}, "gtin", "spreadsheet-number"),
        ({"gtin": "2012345678903"}, "gtin", "restricted-prefix"),
        ({"gtin": "400638133"}, "gtin", "wrong-length"),
        ({"sku": "calm cream"}, "sku", "sku-standard"),
        ({"sku": "SE-CALM-1"}, "sku", "wrong-kind"),
        ({"kind": "vehicle"}, "kind", "unknown-kind"),
        ({"content": "a lot"}, "content", "content-not-understood"),
        ({"content": "0 ml"}, "content", "content-not-understood"),
        ({"content": "-5 ml"}, "content", "negative"),
        ({"cost_price": "-1"}, "cost_price", "negative"),
        ({"cost_price": "0"}, "cost_price", "zero"),
        ({"list_price": "99999999999"}, "list_price", "too-large"),
        ({"list_price": "12.999"}, "list_price", "too-many-decimals"),
        ({"list_price": "ask"}, "list_price", "not-a-number"),
        ({"currency": "EURO!"}, "currency", "unknown-currency"),
        ({"pao_months": "0"}, "pao_months", "out-of-range"),
        ({"pao_months": "often"}, "pao_months", "not-months"),
        ({"shelf_life_days": "999999"}, "shelf_life_days", "out-of-range"),
        ({"product_type": "leave"}, "product_type", "unknown-product-type"),
        ({"sport": "running"}, "sport", "wrong-kind"),
        ({"name": "x" * 201}, "name", "too-long"),
        ({"name": "Calm\x00 Cream"}, "", "nul-byte"),
        ({"category": "Nowhere"}, "category", "unknown-category"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value,
)
def test_a_wrong_value_is_named_with_its_line_and_column(supplier, cells, column, code):
    run = apply(product_list(BOTTLE, CREAM | cells), supplier)

    found = problems(run, 3)
    assert (column, code) in [(c, k) for c, _, k in found]
    assert counts(run) == (2, 1, 0, 0, 1)
    if column:
        assert cells[column] in [value for name, value, _ in found if name == column]
        assert detail(run, 3)
    assert row(run, 3).is_applied is False
    assert Product.objects.count() == 1


def test_all_problems_of_a_row_are_named_at_once(supplier):
    wrong = {"gtin": "123", "pao_months": "x", "list_price": "y"}

    run = check(product_list(CREAM | wrong), supplier)

    assert {column for column, _, _ in problems(run, 2)} == set(wrong)


def test_formulas_are_texts_inside_and_harmless_outside(supplier):
    names = ["=HYPERLINK(1)", "+1 Cream", "-5 Degrees", "@home"]
    rows = [
        {"kind": "sports", "name": name, "supplier_code": f"F-{n}", "list_price": "x"}
        for n, name in enumerate(names)
    ]
    run = check(product_list(*rows), supplier)

    content = services.rejects_file(run).decode("utf-8-sig")

    for name in names:
        assert f",'{name}," in content
        assert f",{name}," not in content


def test_a_workbook_is_read_like_any_file(supplier):
    rows = [list(CREAM), list(CREAM.values()), [None] * len(CREAM), list(BOTTLE.values())]

    run = apply(workbook(rows[:3]), supplier, file_name="list.xlsx")

    assert (run.rows_total, run.created_count) == (run.created_count + run.rejected_count, 1)
    assert Barcode.objects.get().gtin == "04006381333931"


def test_quoted_newlines_decimal_commas_and_cp1252_arrive_as_meant(supplier):
    content = (
        "kind;supplier_code;name;ingredients;list_price\r\n"
        'cosmetic;A-1;Crème légère;"Aqua,\nGlycerin";12,90\r\n'
        "cosmetic;A-2;Crème riche;Aqua;1.012,90\r\n"
    ).encode("cp1252")

    run = apply(content, supplier)

    assert counts(run) == (2, 2, 0, 0, 0)
    names = sorted(Product.objects.values_list("name", flat=True))
    assert names == ["Crème légère", "Crème riche"]
    assert sorted(str(p.amount) for p in Price.objects.all()) == ["1012.9000", "12.9000"]


def test_nothing_of_a_rejected_row_stays_behind(supplier):
    run = apply(product_list(CREAM | {"list_price": "x", "brand": "Never Made"}), supplier)

    assert counts(run) == (1, 0, 0, 0, 1)
    assert not Brand.objects.exists()
    assert not Product.objects.exists()


def test_a_file_name_with_folders_is_only_a_name(supplier):
    run = upload(product_list(CREAM), supplier, file_name="..\\..\\etc/../passwd.csv")

    assert run.file_name == "passwd.csv"
    assert ".." not in run.file.name
