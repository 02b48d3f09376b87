"""Supplier files in the admin: upload, columns, preview, mending, applying, undoing, refusals."""

import csv
import io
import zipfile
from datetime import UTC, datetime

import openpyxl
import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from catalog.models import Category, Partner, Product, Variant
from catalog.supplier_files.models import ColumnMapping, ImportRow, ImportRun, RunStatus
from catalog.supplier_files.rules.columns import DELIVERY_COLUMNS, PRODUCT_COLUMNS
from tests.factories import catalog as make

pytestmark = pytest.mark.django_db

QUERIES_MAX = 12
PRODUCTS = """\
kind,supplier_code,gtin,name,brand,category,content,list_price,currency
cosmetic,T-1,4099993980105,Harbour Cream,Tidewrack,Face creams,50 ml,21.90,EUR
cosmetic,T-2,4099993980204,Harbour Foam,Tidewrack,,150 ml,12.90,EUR
cosmetic,T-3,4099993980300,Harbour Balm,Tidewrack,Face creams,75 ml,9.50,EUR
"""
FOREIGN = """\
Art;Lieferanten-Code;Bezeichnung;Marke;UVP
cosmetic;T-1;Harbour Cream;Tidewrack;21,90
cosmetic;T-2;Harbour Foam;Tidewrack;1.012,90
"""
FOREIGN_COLUMNS = {
    "column_0": "kind",
    "column_1": "supplier_code",
    "column_2": "name",
    "column_3": "brand",
    "column_4": "list_price",
}


@pytest.fixture
def supplier() -> Partner:
    make.category("face-creams", name="Face creams")
    return make.supplier("TIDE")


@pytest.fixture
def buyer(client):
    """A client of somebody who may do everything with supplier files, and see what they make."""
    return login(
        client,
        "view_importrun",
        "add_importrun",
        "change_importrun",
        "apply_importrun",
        "undo_importrun",
        "view_columnmapping",
        "delete_columnmapping",
        "view_variant",
    )


def login(client, *codenames):
    user = get_user_model().objects.create_user(f"user-{make.serial()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


def url(step, *args):
    return reverse(f"admin:catalog_importrun_{step}", args=args)


def upload(client, supplier, content, name="list.csv", **fields):
    content = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile(name, content)
    return client.post(url("upload"), {"supplier": supplier.pk, "file": file, **fields})


def uploaded(client, supplier, content=PRODUCTS, **fields):
    response = upload(client, supplier, content, **fields)
    assert response.status_code == 302, response.context["form"].errors
    return ImportRun.objects.get(pk=response.url.split("/")[-3])


def counts(run):
    run.refresh_from_db()
    return (run.created_count, run.updated_count, run.unchanged_count, run.rejected_count)


def cells_of(row, **mended):
    cells = {f"cell-{column}": row.cells.get(column, "") for column in PRODUCT_COLUMNS}
    return {**cells, **{f"cell-{column}": text for column, text in mended.items()}}


# The list and its downloads


def test_the_empty_list_tells_a_newcomer_what_to_do(buyer):
    page = buyer.get(url("changelist")).content.decode()

    assert "No supplier file has come in yet" in page
    assert "samples/" in page
    assert url("upload") in page
    assert url("template", "delivery_note", "xlsx") in page


def test_the_list_shows_counts_and_leaves_blank_what_is_not_known(buyer, supplier):
    checked = uploaded(buyer, supplier)
    mapped = uploaded(buyer, supplier, FOREIGN)

    response = buyer.get(url("changelist"))

    rows = {run.pk: run for run in response.context["cl"].result_list}
    admin = response.context["cl"].model_admin
    assert [admin.new(rows[checked.pk]), admin.changed(rows[checked.pk])] == [2, 0]
    assert admin.new(rows[mapped.pk]) is None
    assert "Ready to apply" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("rejects=yes", {"list.csv"}),
        ("rejects=no", {"other.csv"}),
        ("status__exact=uploaded", {"other.csv"}),
        ("kind__exact=delivery_note", set()),
        ("q=other", {"other.csv"}),
    ],
)
def test_the_list_is_filtered(buyer, supplier, query, found):
    uploaded(buyer, supplier)
    uploaded(buyer, supplier, FOREIGN, name="other.csv")

    response = buyer.get(f"{url('changelist')}?{query}")

    assert {run.file_name for run in response.context["cl"].result_list} == found


@pytest.mark.parametrize(
    ("kind", "columns"), [("product_list", PRODUCT_COLUMNS), ("delivery_note", DELIVERY_COLUMNS)]
)
def test_templates_hold_our_headings(buyer, kind, columns):
    as_csv = buyer.get(url("template", kind, "csv")).content.decode("utf-8-sig")
    as_xlsx = b"".join(buyer.get(url("template", kind, "xlsx")).streaming_content)

    [sheet] = openpyxl.load_workbook(io.BytesIO(as_xlsx)).worksheets
    assert next(csv.reader(io.StringIO(as_csv))) == list(columns)
    assert [cell.value for cell in next(sheet.iter_rows())] == list(columns)


def test_there_is_no_other_template(buyer):
    assert buyer.get(url("template", "invoice", "csv")).status_code == 404
    assert buyer.get(url("template", "product_list", "pdf")).status_code == 404


# Upload and columns


def test_a_file_with_our_headings_is_checked_at_once(buyer, supplier):
    response = upload(buyer, supplier, PRODUCTS)

    run = ImportRun.objects.get()
    assert response.url == url("change", run.pk)
    assert run.status == RunStatus.CHECKED
    assert counts(run) == (2, 0, 0, 1)
    assert not Product.objects.exists()


def test_a_file_with_headings_of_its_own_leads_to_its_columns(buyer, supplier):
    response = upload(buyer, supplier, FOREIGN)

    run = ImportRun.objects.get()
    page = buyer.get(response.url)
    assert response.url == url("mapping", run.pk)
    assert run.status == RunStatus.UPLOADED
    shown = {column.heading: column for column in page.context["columns"]}
    assert shown["UVP"].samples == ["21,90", "1.012,90"]
    assert shown["UVP"].certainty == "80 %"
    assert shown["UVP"].field.initial == "list_price"
    assert shown["Lieferanten-Code"].certainty == "not recognised"


def test_columns_are_kept_for_the_supplier_and_recognised_next_time(buyer, supplier):
    run = uploaded(buyer, supplier, FOREIGN)

    response = buyer.post(url("mapping", run.pk), FOREIGN_COLUMNS)

    assert response.url == url("change", run.pk)
    assert counts(run) == (2, 0, 0, 0)
    assert ColumnMapping.objects.get().columns["Lieferanten-Code"] == "supplier_code"
    again = uploaded(buyer, supplier, FOREIGN)
    assert again.status == RunStatus.CHECKED
    other = uploaded(buyer, make.supplier("OTHER"), FOREIGN)
    assert other.status == RunStatus.UPLOADED


def test_options_hold_for_all_rows(buyer, supplier):
    content = 'Lieferanten-Code,Bezeichnung,Preis\nT-1,Cream,"1,234"\n'
    run = uploaded(buyer, supplier, content, kind="product_list")

    buyer.post(
        url("mapping", run.pk),
        {
            "column_0": "supplier_code",
            "column_1": "name",
            "column_2": "list_price",
            "default_kind": "cosmetic",
            "default_brand": "Tidewrack",
            "default_currency": "jpy",
            "decimal_mark": ".",
        },
    )

    assert counts(run) == (1, 0, 0, 0)
    assert run.options["defaults"] == {"kind": "cosmetic", "brand": "Tidewrack", "currency": "JPY"}
    assert run.rows.get().cells["brand"] == "Tidewrack"


@pytest.mark.parametrize(
    ("changed", "field", "told"),
    [
        ({"column_1": "name"}, "column_2", '"Lieferanten-Code" is already name. Choose one'),
        ({"column_2": ""}, "__all__", "No heading is name yet, which every row needs."),
        ({"column_0": "wings"}, "column_0", "wings is not one of the available choices"),
    ],
)
def test_wrong_columns_are_told_and_nothing_is_kept(buyer, supplier, changed, field, told):
    run = uploaded(buyer, supplier, FOREIGN)

    response = buyer.post(url("mapping", run.pk), {**FOREIGN_COLUMNS, **changed})

    assert told in " ".join(response.context["form"].errors[field])
    assert not ColumnMapping.objects.exists()
    run.refresh_from_db()
    assert run.status == RunStatus.UPLOADED


def test_mappings_are_listed_and_can_be_removed_but_not_typed(buyer, supplier):
    run = uploaded(buyer, supplier, FOREIGN)
    buyer.post(url("mapping", run.pk), {**FOREIGN_COLUMNS, "decimal_mark": ","})
    mapping = ColumnMapping.objects.get()

    page = buyer.get(reverse("admin:catalog_columnmapping_change", args=[mapping.pk]))
    added = buyer.get(reverse("admin:catalog_columnmapping_add"))
    buyer.post(reverse("admin:catalog_columnmapping_delete", args=[mapping.pk]), {"post": "yes"})

    assert "<dt>UVP</dt><dd>list_price</dd>" in page.content.decode()
    assert added.status_code == 403
    assert not ColumnMapping.objects.exists()


# Bad files


def xlsx_that_unpacks_too_far():
    plain, packed = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(plain)
    with (
        zipfile.ZipFile(plain) as workbook,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for name in workbook.namelist():
            is_sheet = name.startswith("xl/worksheets/")
            bomb.writestr(name, b"0" * 60_000_000 if is_sheet else workbook.read(name))
    return packed.getvalue()


BAD_FILES = {
    "empty": (b"", "empty"),
    "blank": (b"\n \n\n", "empty"),
    "headings only": (PRODUCTS.splitlines()[0].encode(), "nothing below"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), "a picture"),
    "a pdf": (b"%PDF-1.7\n1 0 obj", "a PDF"),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + bytes(600), "old Excel"),
    "binary": (bytes(range(1, 32)) * 200, "not"),
    "prose": (b"Dear buyer\nplease find our list\nbest regards\n", "not a table"),
    "100 columns": (
        "\n".join([",".join(f"c{i}" for i in range(100)), "1," * 99 + "1"]).encode(),
        "100 columns",
    ),
    "a damaged workbook": (b"PK\x03\x04" + bytes(100), "workbook"),
    "a zip bomb": (xlsx_that_unpacks_too_far, "unpacks"),
    "60 MB": (lambda: PRODUCTS.encode() + b"x" * 60_000_000, "MB is the most we read"),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_a_bad_file_is_an_error_beside_the_field_and_leaves_nothing(
    buyer, supplier, settings, what
):
    content, told = BAD_FILES[what]
    content = content() if callable(content) else content

    response = upload(buyer, supplier, content)

    assert response.status_code == 200
    assert told in " ".join(response.context["form"].errors["file"])
    assert not ImportRun.objects.exists()
    stored = settings.MEDIA_ROOT / "supplier_files"
    kept = [path.read_bytes() for path in stored.rglob("*") if path.is_file()]
    assert not content or content not in kept


def test_an_upload_names_a_supplier(buyer, supplier):
    partner = Partner.objects.create(code="OWNER", name="No supplier")

    response = upload(buyer, partner, PRODUCTS)

    assert "supplier" in response.context["form"].errors
    assert not ImportRun.objects.exists()


# Preview


def test_the_preview_shows_each_rejected_row_with_its_reason(buyer, supplier):
    run = uploaded(buyer, supplier)

    response = buyer.get(url("change", run.pk))

    page = response.content.decode()
    [row] = response.context["shown"]
    assert response.context["rows"].outcome == "rejected"
    assert (row.line_number, row.name) == (4, "Harbour Balm")
    assert [cell.column for cell in row.wrong_cells] == ["gtin"]
    assert "check digit" in page
    # The boxes are called what people call it, not what we do.
    assert ">Barcode</label>" in page
    assert ">Months after opening</label>" in page
    assert ">pao_months</label>" not in page
    assert "Create 2, change 0; 1 rejected row stays out." in page


def test_the_preview_says_what_stays_a_draft(buyer, supplier):
    run = uploaded(buyer, supplier)

    rows = buyer.get(f"{url('change', run.pk)}?tab=created").context["shown"]

    wanted = "its ingredients, whether it is leave-on or rinse-off"
    assert [row.note for row in rows] == [
        f"A new product stays a draft; still to say: {wanted}.",
        f"A new product stays a draft; still to say: a category, {wanted}.",
    ]


def test_the_preview_says_which_attributes_the_category_asks_for(buyer, supplier):
    schema = {"type": "object", "properties": {"skin_type": {}}, "required": ["skin_type"]}
    Category.objects.filter(name="Face creams").update(attributes_schema=schema)
    complete = PRODUCTS.replace("content,", "content,ingredients,product_type,").replace(
        "50 ml,", "50 ml,Aqua,leave-on,"
    )
    run = uploaded(buyer, supplier, complete)

    rows = buyer.get(f"{url('change', run.pk)}?tab=created").context["shown"]

    assert rows[0].note == (
        "A new product stays a draft; still to say: skin type (its category asks for it)."
    )


def test_the_preview_shows_what_changes_from_what_to_what(buyer, supplier):
    first = uploaded(buyer, supplier)
    buyer.post(url("apply", first.pk))
    dearer = PRODUCTS.replace("21.90", "24.50").replace("4099993980300", "4099993980303")
    run = uploaded(buyer, supplier, dearer)

    response = buyer.get(f"{url('change', run.pk)}?tab=updated")

    [row] = response.context["shown"]
    assert counts(run) == (1, 1, 1, 0)
    [change] = row.changes
    assert (change.field, change.before, change.after) == ("List price", "21.9 EUR", "24.5 EUR")
    assert row.url == reverse(
        "admin:catalog_variant_change", args=[Variant.objects.get(sku=row.sku).pk]
    )


@pytest.mark.parametrize(
    ("search", "lines"), [("T-2", [3]), ("harbour", [2, 3]), ("3", [2, 3]), ("nowhere", [])]
)
def test_rows_are_searched(buyer, supplier, search, lines):
    run = uploaded(buyer, supplier)

    response = buyer.get(url("change", run.pk), {"tab": "created", "q": search})

    assert [row.line_number for row in response.context["shown"]] == lines


@pytest.mark.parametrize("query", ["tab=wings", "page=99", "page=x", "per_page=7", "q=%00"])
def test_an_odd_query_shows_a_page_all_the_same(buyer, supplier, query):
    run = uploaded(buyer, supplier)

    assert buyer.get(f"{url('change', run.pk)}?{query}").status_code == 200


def test_progress_is_told_as_json(buyer, supplier):
    run = uploaded(buyer, supplier)
    ImportRun.objects.filter(pk=run.pk).update(status=RunStatus.CHECKING, rows_total=8, rows_done=6)

    response = buyer.get(url("progress", run.pk))

    assert response.json() == {
        "status": "checking",
        "label": "Being checked",
        "is_busy": True,
        "is_cancel_requested": False,
        "rows_total": 8,
        "rows_done": 6,
        "percent": 75,
        "text": "Checking row 6 of 8",
        "counts": {"created": 2, "updated": 0, "unchanged": 0, "rejected": 1},
        "detail": "",
    }
    assert "no-store" in response["Cache-Control"]
    assert url("progress", run.pk) in buyer.get(url("change", run.pk)).content.decode()


def test_an_undo_under_way_counts_no_rows(buyer, supplier):
    run = uploaded(buyer, supplier)
    ImportRun.objects.filter(pk=run.pk).update(status=RunStatus.UNDOING)

    told = buyer.get(url("progress", run.pk)).json()

    assert (told["percent"], told["text"]) == (None, "Undoing the import as a whole")


def test_an_import_nobody_knows_is_not_found(buyer, supplier):
    missing = "00000000-0000-4000-8000-000000000000"

    assert buyer.get(url("change", missing)).status_code == 404
    assert buyer.get(f"{url('changelist')}nonsense/change/").status_code == 404
    assert buyer.get(url("progress", missing)).status_code == 404


# Mending


def test_a_row_is_mended_on_the_spot(buyer, supplier):
    run = uploaded(buyer, supplier)
    row = run.rows.get(outcome="rejected")

    response = buyer.post(
        url("mend", run.pk, row.line_number),
        cells_of(row, gtin="4099993980303\x00"),
        headers={"X-Requested-With": "fetch"},
    )

    answer = response.json()
    assert answer["outcome"] == "created"
    assert answer["counts"] == {"created": 3, "updated": 0, "unchanged": 0, "rejected": 0}
    assert answer["effect"] == "Create 3, change 0."
    assert "The row is right now." in answer["html"]
    row.refresh_from_db()
    assert (row.cells["gtin"], row.is_mended) == ("4099993980303", True)
    log = buyer.get(url("change", run.pk)).context["log"]
    assert log[0].get_change_message() == "Mended line 4: gtin: 4099993980300 → 4099993980303"


def test_a_row_is_mended_without_a_script_too(buyer, supplier):
    run = uploaded(buyer, supplier)
    row = run.rows.get(outcome="rejected")

    response = buyer.post(
        url("mend", run.pk, row.line_number),
        {**cells_of(row, gtin=""), "back": "tab=rejected&per_page=100"},
    )

    assert response.url == f"{url('change', run.pk)}?tab=rejected&per_page=100"
    assert counts(run) == (3, 0, 0, 0)


def test_a_row_that_is_still_wrong_stays_rejected_with_its_new_reason(buyer, supplier):
    run = uploaded(buyer, supplier)
    row = run.rows.get(outcome="rejected")

    response = buyer.post(
        url("mend", run.pk, row.line_number),
        cells_of(row, gtin="123"),
        headers={"X-Requested-With": "fetch"},
    )

    assert response.json()["outcome"] == "rejected"
    assert "has 3 digits" in response.json()["html"]
    assert counts(run) == (2, 0, 0, 1)


def test_a_row_of_an_applied_import_cannot_be_mended(buyer, supplier):
    run = uploaded(buyer, supplier)
    row = run.rows.get(outcome="rejected")
    buyer.post(url("apply", run.pk))

    response = buyer.post(
        url("mend", run.pk, row.line_number),
        cells_of(row, gtin=""),
        headers={"X-Requested-With": "fetch"},
    )

    assert response.status_code == 409
    assert "applied" in response.json()["error"]
    assert buyer.post(url("mend", run.pk, 999), {}).status_code == 404
    row.refresh_from_db()
    assert (row.is_mended, row.cells["gtin"]) == (False, "4099993980300")


# Applying, cancelling, undoing


def test_an_import_is_applied_and_undone_as_a_whole(buyer, supplier):
    run = uploaded(buyer, supplier)

    buyer.post(url("apply", run.pk))

    page = buyer.get(url("change", run.pk)).content.decode()
    assert "2 created, 0 changed; 1 rejected row stayed out." in page
    assert set(Product.objects.values_list("name", flat=True)) == {"Harbour Cream", "Harbour Foam"}
    asked = buyer.get(url("undo_import", run.pk))
    assert "list.csv" in asked.content.decode()
    assert buyer.post(url("undo_import", run.pk), {"_confirm": "yes"}).status_code == 200
    assert Product.objects.count() == 2
    buyer.post(url("undo_import", run.pk), {"_confirm": "yes", "reason": "wrong season"})
    run.refresh_from_db()
    assert run.status == RunStatus.UNDONE
    assert not Product.objects.exists()
    log = [entry.get_change_message() for entry in buyer.get(url("change", run.pk)).context["log"]]
    assert log[:2] == [
        "Undone: wrong season",
        "Applied: Create 2, change 0; 1 rejected row stays out.",
    ]


def test_an_undo_is_refused_by_name_where_something_has_built_on_it(buyer, supplier):
    run = uploaded(buyer, supplier)
    buyer.post(url("apply", run.pk))
    cream = Product.objects.get(name="Harbour Cream")
    cream.name = "Harbour Night Cream"
    cream.save()

    response = buyer.post(url("undo_import", run.pk), {"_confirm": "yes", "reason": "wrong season"})

    [error] = response.context["form"].non_field_errors()
    assert "Harbour Night Cream" in error or cream.variants.get().sku in error
    assert Product.objects.count() == 2
    run.refresh_from_db()
    assert run.status == RunStatus.APPLIED


def test_a_checked_import_is_cancelled(buyer, supplier):
    run = uploaded(buyer, supplier)

    buyer.post(url("cancel", run.pk))

    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    told = buyer.post(url("apply", run.pk), follow=True)
    assert "cannot be applied now" in told.content.decode()
    assert not Product.objects.exists()


def test_a_check_can_be_repeated(buyer, supplier):
    run = uploaded(buyer, supplier)
    make.cosmetic(sku="COS-OWNER-1", name="Owner of the barcode")
    ImportRow.objects.filter(run=run).update(outcome="rejected")

    buyer.post(url("check", run.pk))

    assert counts(run) == (2, 0, 0, 1)


def test_rejected_rows_come_back_as_a_harmless_file_with_their_reasons(buyer, supplier):
    evil = '=HYPERLINK(""http://x"")'
    content = PRODUCTS + f'cosmetic,T-4,123,"{evil}",@brand,,,-1,EUR\n'
    run = uploaded(buyer, supplier, content)

    response = buyer.get(url("rejects", run.pk))

    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert response["Content-Disposition"] == 'attachment; filename="list-rejected.csv"'
    assert [row["supplier_code"] for row in rows] == ["T-3", "T-4"]
    assert "check digit" in rows[0]["reason for rejection"]
    assert rows[1]["name"] == '\'=HYPERLINK("http://x")'
    assert (rows[1]["brand"], rows[1]["list_price"]) == ("'@brand", "'-1")


def test_what_a_file_says_cannot_act_on_the_page(buyer, supplier):
    content = PRODUCTS.replace("Harbour Balm", "<script>alert(1)</script>")
    run = uploaded(buyer, supplier, content, name="<b>.csv")

    page = buyer.get(url("change", run.pk)).content.decode()

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


# Delivery notes


NOTE = "code,lot,expires_on,quantity\n{sku},L1,2031-01-31,12\nnobody,L2,2031-01-31,5\n"


@pytest.fixture
def note(supplier):
    from tests.factories import inventory

    inventory.warehouse("BER")
    return NOTE.format(sku=make.variant(make.cosmetic()).sku)


def test_a_delivery_note_asks_where_it_goes(buyer, supplier, note):
    told = upload(buyer, supplier, note, kind="delivery_note", name="LS-77.csv")
    run = uploaded(buyer, supplier, note, name="LS-77.csv")

    page = buyer.get(url("mapping", run.pk))

    assert told.context["form"].errors["warehouse"] == ["Say where the delivery goes."]
    assert page.context["form"]["reference"].value() == "LS-77"
    assert ImportRun.objects.count() == 1
    buyer.post(
        url("mapping", run.pk),
        {
            **{f"column_{i}": c for i, c in enumerate(("code", "lot", "expires_on", "quantity"))},
            "warehouse": "BER",
            "reference": "LS-78",
        },
    )
    assert counts(run) == (1, 0, 0, 1)
    assert (run.options["warehouse"], run.options["reference"]) == ("BER", "LS-78")
    effect = buyer.get(url("change", run.pk)).context["effect"]
    assert effect == "Announce 1 line of delivery LS-78 to BER; 1 rejected row stays out."


def test_an_applied_delivery_note_leads_to_its_delivery(buyer, supplier, note):
    run = uploaded(buyer, supplier, note, kind="delivery_note", warehouse="BER", reference="LS-77")

    buyer.post(url("apply", run.pk))

    response = buyer.get(url("change", run.pk))
    assert response.context["delivery"].title == "delivery LS-77"
    assert response.context["delivery"].url in response.content.decode()


# Who may do what


def test_who_may_only_look_sees_no_buttons_and_is_refused(client, supplier):
    run = uploaded(login(client, "view_importrun", "add_importrun"), supplier)
    row = run.rows.get(outcome="rejected")
    looker = login(client, "view_importrun")
    run_before = ImportRun.objects.values().get()

    page = looker.get(url("change", run.pk)).content.decode()
    answers = {
        "upload": upload(looker, supplier, PRODUCTS),
        "mapping": looker.get(url("mapping", run.pk)),
        "check": looker.post(url("check", run.pk)),
        "apply": looker.post(url("apply", run.pk)),
        "cancel": looker.post(url("cancel", run.pk)),
        "mend": looker.post(url("mend", run.pk, row.line_number), cells_of(row, gtin="")),
        "undo": looker.post(url("undo_import", run.pk), {"_confirm": "yes", "reason": "x"}),
    }

    assert {step: answer.status_code for step, answer in answers.items()} == dict.fromkeys(
        answers, 403
    )
    for step in ("apply", "cancel", "check", "mapping", "undo_import"):
        assert url(step, run.pk) not in page
    assert 'name="cell-' not in page
    assert "check digit" in page
    assert url("upload") not in looker.get(url("changelist")).content.decode()
    assert ImportRun.objects.values().get() == run_before


def test_who_may_not_apply_may_still_prepare(client, supplier):
    preparer = login(client, "view_importrun", "add_importrun", "change_importrun")
    run = uploaded(preparer, supplier)

    page = preparer.get(url("change", run.pk)).content.decode()

    assert url("cancel", run.pk) in page
    assert url("apply", run.pk) not in page
    assert preparer.post(url("apply", run.pk)).status_code == 403


def test_a_stranger_sees_nothing(client, supplier):
    run = uploaded(login(client, "view_importrun", "add_importrun"), supplier)
    stranger = login(client, "view_product")

    for path in (
        url("changelist"),
        url("change", run.pk),
        url("progress", run.pk),
        url("rejects", run.pk),
        url("template", "product_list", "csv"),
        reverse("admin:catalog_columnmapping_changelist"),
    ):
        assert stranger.get(path).status_code == 403


@pytest.mark.parametrize("step", ["apply", "cancel", "check"])
def test_following_a_link_changes_nothing(buyer, supplier, step):
    run = uploaded(buyer, supplier)

    assert buyer.get(url(step, run.pk)).status_code == 405
    run.refresh_from_db()
    assert run.status == RunStatus.CHECKED


# Queries


@pytest.fixture
def many_rows(supplier):
    run = ImportRun.objects.create(
        supplier=supplier,
        kind="product_list",
        file_name="many.csv",
        status=RunStatus.CHECKED,
        created_at=datetime(2026, 11, 2, tzinfo=UTC),
        rows_total=1200,
        created_count=300,
        updated_count=300,
        unchanged_count=300,
        rejected_count=300,
    )
    outcomes = ["created", "updated", "unchanged", "rejected"]
    ImportRow.objects.bulk_create(
        ImportRow(
            run=run,
            line_number=number + 2,
            cells={"name": f"Thing {number}", "gtin": "123"},
            outcome=outcomes[number % 4],
            sku="" if number % 4 == 3 else f"COS-THING-{number}",
            changes={"name": ["Old", f"Thing {number}"]} if number % 4 == 1 else {},
            problems=[{"column": "gtin", "value": "123", "code": "x", "detail": "No."}]
            if number % 4 == 3
            else [],
        )
        for number in range(1200)
    )
    return run


@pytest.mark.parametrize("per_page", [25, 200])
@pytest.mark.parametrize("tab", ["created", "updated", "unchanged", "rejected"])
def test_a_page_of_rows_costs_few_queries(
    buyer, many_rows, django_assert_max_num_queries, tab, per_page
):
    query = {"tab": tab, "per_page": per_page, "q": "thing"}

    with django_assert_max_num_queries(QUERIES_MAX):
        response = buyer.get(url("change", many_rows.pk), query)

    assert len(response.context["shown"]) == per_page


def test_the_list_costs_few_queries(buyer, supplier, django_assert_max_num_queries):
    for number in range(60):
        ImportRun.objects.create(
            supplier=make.supplier(),
            kind="product_list",
            file_name=f"{number}.csv",
            created_at=datetime(2026, 11, 2, tzinfo=UTC),
            created_by=get_user_model().objects.create_user(f"u{number}"),
        )

    with django_assert_max_num_queries(QUERIES_MAX):
        response = buyer.get(url("changelist"))

    assert len(response.context["cl"].result_list) == 50
