"""An import from upload to undo: statuses, mappings, mending, rejects, cancelling, taking back."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.models import (
    Barcode,
    Brand,
    CosmeticProduct,
    Price,
    PriceList,
    Product,
    SkuAlias,
    Variant,
)
from catalog.supplier_files import services
from catalog.supplier_files.errors import (
    MappingIncomplete,
    RunNotReady,
    UndoRefused,
    UnknownColumn,
)
from catalog.supplier_files.models import ColumnMapping, ImportRow, ImportRun, RunStatus
from catalog.supplier_files.product_lists import planner
from catalog.supplier_files.selectors import describe_file, run_rows, runs_with_rejects
from catalog.supplier_files.services import claims, product_lists, steps
from config.kernel.errors import InvalidInput, NotFound
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
from tests.factories import inventory as stock

pytestmark = pytest.mark.django_db

WRONG = BOTTLE | {"gtin": "4006381333932"}
FOREIGN = "Artikelnr;Bezeichnung;Marke;Art;VK brutto\nA-1;Calm Cream;Calm Labs;cosmetic;12,90\n"
FOREIGN_COLUMNS = {
    "Artikelnr": "supplier_code",
    "Bezeichnung": "name",
    "Marke": "brand",
    "Art": "kind",
    "VK brutto": "list_price",
}


@pytest.fixture
def supplier():
    return make.supplier("LUMEN", currency="EUR")


def catalogue():
    """Everything an import may touch, as plain values without times."""
    skipped = ("updated_at", "created_at")
    return {
        model.__name__: [
            {name: value for name, value in values.items() if name not in skipped}
            for values in model.objects.order_by("pk").values()
        ]
        for model in (Brand, CosmeticProduct, Variant, Barcode, SkuAlias, PriceList, Price)
    }


def as_csv(lines):
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()


def undo(run, reason="wrong file"):
    return services.undo(run_id=run.pk, reason=reason, user_id=None, now=NOW)


# Upload and columns


def test_an_upload_under_our_headings_needs_no_mapping(supplier):
    run = upload(product_list(CREAM), supplier)

    assert (run.status, run.kind, run.rows_total) == ("uploaded", "product_list", 1)
    assert run.columns["supplier_code"] == "supplier_code"
    assert run.file.name.startswith("supplier_files/2026/")
    assert Product.objects.count() == 0


def test_a_mapping_is_kept_for_the_suppliers_next_file(supplier):
    run = upload(FOREIGN.encode("cp1252"), supplier, file_name="liste.csv")

    services.set_mapping(
        run_id=run.pk,
        columns=FOREIGN_COLUMNS,
        options={"decimal_mark": ","},
        user_id=None,
        now=NOW,
    )
    again = upload(FOREIGN.replace("12,90", "13,90").encode("cp1252"), supplier)
    other = upload(FOREIGN.encode("cp1252"), make.supplier("RIDGE"))

    assert again.columns == FOREIGN_COLUMNS
    assert again.options["decimal_mark"] == ","
    assert other.columns != FOREIGN_COLUMNS
    assert ColumnMapping.objects.get().history.count() == 1
    applied = services.apply(run_id=again.pk, user_id=None, now=NOW)
    assert counts(applied) == (1, 1, 0, 0, 0)
    assert Price.objects.get().amount == Decimal("13.90")


def test_a_column_the_file_lacks_can_be_given_for_all_rows(supplier):
    run = upload(b"name,brand\nCalm Cream,Calm Labs\n", supplier)
    with pytest.raises(MappingIncomplete, match="kind"):
        services.set_mapping(
            run_id=run.pk, columns={"name": "name"}, options={}, user_id=None, now=NOW
        )

    services.set_mapping(
        run_id=run.pk,
        columns={"name": "name", "brand": "brand"},
        options={"defaults": {"kind": "cosmetic"}},
        user_id=None,
        now=NOW,
    )

    assert counts(services.apply(run_id=run.pk, user_id=None, now=NOW)) == (1, 1, 0, 0, 0)


def test_a_mapping_to_columns_that_do_not_exist_is_refused(supplier):
    run = upload(product_list(CREAM), supplier)

    for columns in ({"name": "weather"}, {"heading of nobody": "name"}):
        with pytest.raises(UnknownColumn):
            services.set_mapping(run_id=run.pk, columns=columns, user_id=None, now=NOW)

    assert ColumnMapping.objects.count() == 0


def test_a_new_mapping_forgets_what_was_checked(supplier):
    run = check(product_list(CREAM), supplier)
    columns = {k: v for k, v in run.columns.items() if k != "cost_price"}

    run = services.set_mapping(run_id=run.pk, columns=columns, user_id=None, now=NOW)

    assert (run.status, counts(run)) == ("uploaded", (1, 0, 0, 0, 0))
    assert ImportRow.objects.count() == 0


def test_a_file_is_described_with_samples_and_suggestions(supplier):
    run = upload(FOREIGN.encode(), supplier)

    description = describe_file(run)

    by_heading = {column.heading: column for column in description.columns}
    assert by_heading["Bezeichnung"].samples == ["Calm Cream"]
    assert by_heading["Artikelnr"].suggestion == "supplier_code"
    assert "list_price" in description.choices


def test_only_a_supplier_sends_supplier_files(supplier):
    supplier.is_supplier = False
    supplier.save()

    with pytest.raises(NotFound):
        upload(product_list(CREAM), supplier)

    assert ImportRun.objects.count() == 0


# Preview


def test_a_preview_counts_every_row_and_changes_nothing(supplier):
    before = catalogue()

    run = check(product_list(CREAM, WRONG, {}), supplier)

    assert (run.status, counts(run)) == ("checked", (3, 1, 0, 0, 2))
    assert problems(run, 4) == [("", "", "blank-line")]
    assert catalogue() == before
    assert not ImportRow.objects.filter(is_applied=True).exists()


def test_applying_does_what_the_preview_showed(supplier):
    shown = check(product_list(CREAM, BOTTLE, WRONG), supplier)
    before = list(ImportRow.objects.order_by("pk").values("line_number", "outcome", "sku"))

    run = services.apply(run_id=shown.pk, user_id=None, now=NOW)

    assert counts(run) == counts(shown)
    assert list(ImportRow.objects.order_by("pk").values("line_number", "outcome", "sku")) == before
    assert set(Variant.objects.values_list("sku", flat=True)) == {r["sku"] for r in before[:2]}
    assert (run.status, run.applied_at) == ("applied", NOW)


def test_what_changed_between_preview_and_apply_is_seen(supplier):
    run = check(product_list(CREAM), supplier)
    owner = make.variant(make.sports(sku="SE-OWNER-1"))
    Barcode.objects.create(variant=owner, gtin="04006381333931")

    run = services.apply(run_id=run.pk, user_id=None, now=NOW)

    assert counts(run) == (1, 0, 0, 0, 1)
    assert "SE-OWNER-1" in detail(run, 2)


def test_a_run_is_applied_once(supplier):
    run = apply(product_list(CREAM), supplier)

    with pytest.raises(RunNotReady, match="applied"):
        services.apply(run_id=run.pk, user_id=None, now=NOW)

    assert Variant.objects.count() == 1


def test_rows_are_listed_by_outcome_and_runs_with_rejects_are_found(supplier):
    apply(product_list(CREAM), supplier)
    run = apply(product_list(CREAM, WRONG), supplier)

    assert [r.line_number for r in run_rows(run, outcome="rejected")] == [3]
    assert list(runs_with_rejects()) == [run]


# Mending


def test_a_mended_row_is_checked_on_the_spot(supplier):
    run = check(product_list(CREAM, WRONG), supplier)

    mended = services.mend_row(
        run_id=run.pk, line_number=3, cells={"gtin": BOTTLE["gtin"]}, user_id=None, now=NOW
    )

    run.refresh_from_db()
    assert (mended.outcome, mended.problems, mended.is_mended) == ("created", [], True)
    assert counts(run) == (2, 2, 0, 0, 0)
    run = services.apply(run_id=run.pk, user_id=None, now=NOW)
    assert counts(run) == (2, 2, 0, 0, 0)
    assert Barcode.objects.filter(gtin="04006381333948").exists()


def test_a_mended_row_is_compared_with_the_other_rows(supplier):
    run = check(product_list(CREAM, WRONG), supplier)

    mended = services.mend_row(
        run_id=run.pk, line_number=3, cells={"gtin": CREAM["gtin"]}, user_id=None, now=NOW
    )

    assert mended.problems[0]["code"] == "repeated"
    assert "line 2" in mended.problems[0]["detail"]


def test_mended_cells_stay_when_the_file_is_checked_again(supplier):
    run = check(product_list(WRONG), supplier)
    services.mend_row(
        run_id=run.pk, line_number=2, cells={"gtin": "", "name": "Mended"}, user_id=None, now=NOW
    )

    run = services.check(run_id=run.pk, now=NOW)

    assert counts(run) == (1, 1, 0, 0, 0)
    assert row(run, 2).cells["name"] == "Mended"
    assert "gtin" not in row(run, 2).cells


def test_a_blank_line_can_be_filled(supplier):
    run = check(product_list({}, CREAM), supplier)

    mended = services.mend_row(
        run_id=run.pk,
        line_number=2,
        cells={"kind": "sports", "name": "Jump Rope"},
        user_id=None,
        now=NOW,
    )

    assert mended.outcome == "created"
    assert counts(services.apply(run_id=run.pk, user_id=None, now=NOW)) == (2, 2, 0, 0, 0)


def test_mending_refuses_unknown_columns_lines_and_runs_that_are_over(supplier):
    run = check(product_list(CREAM), supplier)

    with pytest.raises(InvalidInput, match="weather"):
        services.mend_row(
            run_id=run.pk, line_number=2, cells={"weather": "x"}, user_id=None, now=NOW
        )
    with pytest.raises(NotFound):
        services.mend_row(run_id=run.pk, line_number=99, cells={}, user_id=None, now=NOW)
    services.apply(run_id=run.pk, user_id=None, now=NOW)
    with pytest.raises(RunNotReady):
        services.mend_row(run_id=run.pk, line_number=2, cells={}, user_id=None, now=NOW)

    assert row(run, 2).is_mended is False


# Rejects and templates


def test_rejects_come_back_as_they_were_sent_with_the_reason_and_can_be_sent_again(supplier):
    sent = FOREIGN + "A-2;=HYPERLINK(1);Calm Labs;cosmetic;abc\n" + "A-3;Ok;Calm Labs;x;1,00\n"
    run = upload(sent.encode(), supplier)
    run = services.set_mapping(run_id=run.pk, columns=FOREIGN_COLUMNS, user_id=None, now=NOW)
    run = services.apply(run_id=run.pk, user_id=None, now=NOW)

    content = services.rejects_file(run).decode("utf-8-sig")

    lines = list(csv.reader(io.StringIO(content)))
    assert lines[0] == [*FOREIGN_COLUMNS, "reason for rejection"]
    assert lines[1][:5] == ["A-2", "'=HYPERLINK(1)", "Calm Labs", "cosmetic", "abc"]
    assert lines[1][5].startswith("list_price: ")
    lines[1][4], lines[2][3] = "2,00", "cosmetic"
    again = apply(as_csv(lines), supplier, file_name="rejects.csv")
    assert again.columns == FOREIGN_COLUMNS
    assert counts(again) == (2, 2, 0, 0, 0)
    assert Product.objects.filter(name="=HYPERLINK(1)").exists()


def test_our_templates_are_recognised_without_a_mapping(supplier):
    for kind in ("product_list", "delivery_note"):
        heading = services.template_file(kind).decode("utf-8-sig").strip()
        cells = {"name": "N", "kind": "sports", "code": "C", "quantity": "1"}
        line = ",".join(cells.get(column, "") for column in heading.split(","))

        run = upload(f"{heading}\n{line}\n".encode(), supplier)

        assert run.kind == kind
        assert run.columns == {column: column for column in heading.split(",")}


# Cancelling


def test_a_preview_can_be_given_up(supplier):
    run = check(product_list(CREAM), supplier)

    run = services.cancel(run_id=run.pk, user_id=None, now=NOW)

    assert run.status == "cancelled"
    with pytest.raises(RunNotReady):
        services.apply(run_id=run.pk, user_id=None, now=NOW)


def test_an_applied_run_is_undone_not_cancelled(supplier):
    run = apply(product_list(CREAM), supplier)

    with pytest.raises(RunNotReady):
        services.cancel(run_id=run.pk, user_id=None, now=NOW)

    assert Variant.objects.count() == 1


def bottles(count):
    return [
        {"kind": "sports", "supplier_code": f"B-{n}", "name": f"Bottle {n}", "brand": "Trail"}
        for n in range(count)
    ]


def test_cancelling_while_applying_takes_back_the_batches_done(supplier, monkeypatch):
    apply(product_list(CREAM), supplier)
    before = catalogue()
    run = check(product_list(CREAM | {"name": "Other"}, *bottles(5)), supplier)
    monkeypatch.setattr(product_lists, "BATCH_ROWS", 2)
    written = []
    write = product_lists.ProductListStep._write

    def cancel_after_second(self, batch, now):
        write(self, batch, now)
        written.append(batch)
        if len(written) == 2:
            ImportRun.objects.filter(pk=run.pk).update(is_cancel_requested=True)

    monkeypatch.setattr(product_lists.ProductListStep, "_write", cancel_after_second)
    run = services.apply(run_id=run.pk, user_id=None, now=NOW)

    assert (run.status, len(written)) == ("cancelled", 2)
    assert "4 rows" in run.detail
    assert catalogue() == before
    assert not ImportRow.objects.filter(run=run, is_applied=True).exists()


# Workers


def test_a_large_file_is_left_to_a_worker(
    supplier, monkeypatch, django_capture_on_commit_callbacks
):
    sent = []
    monkeypatch.setattr(steps, "enqueue", lambda name, **kwargs: sent.append((name, kwargs)))
    monkeypatch.setattr(claims, "SMALL_ROWS_MAX", 3)
    run = upload(product_list(*bottles(5)), supplier)

    run = services.check(run_id=run.pk, now=NOW)

    assert run.status == "checking"
    assert sent == [("catalog.supplier_files.check", {"run_id": str(run.pk)})]
    run = services.continue_run(run_id=run.pk, clock=lambda: NOW)
    assert (run.status, counts(run)) == ("checked", (5, 5, 0, 0, 0))


def test_a_worker_that_dies_leaves_whole_batches_and_another_finishes(supplier, monkeypatch):
    run = upload(product_list(*bottles(7), bottles(1)[0]), supplier)
    monkeypatch.setattr(product_lists, "BATCH_ROWS", 2)
    write, written = product_lists.ProductListStep._write, []

    def die_in_third(self, batch, now):
        write(self, batch, now)
        written.append(batch)
        if len(written) == 3:
            raise KeyboardInterrupt  # nothing handles it: as if the process were killed

    monkeypatch.setattr(product_lists.ProductListStep, "_write", die_in_third)
    with pytest.raises(KeyboardInterrupt):
        services.start_here(run_id=run.pk, is_apply=True, clock=lambda: NOW)
    run.refresh_from_db()
    assert (run.status, run.rows_done, Variant.objects.count()) == ("applying", 4, 4)
    assert services.continue_run(run_id=run.pk, clock=lambda: NOW) is None

    later = NOW + timedelta(seconds=61)
    resumed = []
    monkeypatch.setattr(steps, "enqueue", lambda name, **kwargs: resumed.append(name))
    assert services.resume_stalled(now=later) == 1
    run = services.continue_run(run_id=run.pk, clock=lambda: later)

    assert resumed == ["catalog.supplier_files.apply"]
    assert (run.status, counts(run)) == ("applied", (8, 7, 0, 0, 1))
    assert problems(run, 9)[0][2] == "repeated"
    assert Variant.objects.count() == 7
    assert Variant.history.count() == 7


def test_a_worker_that_was_replaced_stops_without_writing(supplier, monkeypatch):
    run = upload(product_list(*bottles(4)), supplier)
    monkeypatch.setattr(product_lists, "BATCH_ROWS", 2)
    plan = product_lists.Planner.plan

    def taken_over(self, rows, **options):
        ImportRun.objects.filter(pk=run.pk).update(worker="somebody else")
        return plan(self, rows, **options)

    monkeypatch.setattr(product_lists.Planner, "plan", taken_over)
    services.start_here(run_id=run.pk, is_apply=True, clock=lambda: NOW)

    run.refresh_from_db()
    assert run.status == "applying"
    assert Variant.objects.count() == 0


def test_an_unexpected_error_ends_the_run_and_takes_back_what_it_did(supplier, monkeypatch):
    run = upload(product_list(*bottles(4)), supplier)
    monkeypatch.setattr(product_lists, "BATCH_ROWS", 2)
    write, written = product_lists.ProductListStep._write, []

    def break_in_second(self, batch, now):
        write(self, batch, now)
        written.append(batch)
        if len(written) == 2:
            raise ZeroDivisionError

    monkeypatch.setattr(product_lists.ProductListStep, "_write", break_in_second)
    with pytest.raises(ZeroDivisionError):
        services.start_here(run_id=run.pk, is_apply=True, clock=lambda: NOW)

    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert Variant.objects.count() == 0


def test_a_run_that_keeps_dying_is_given_up(supplier):
    run = upload(product_list(CREAM), supplier)
    ImportRun.objects.filter(pk=run.pk).update(status="applying", attempt_count=5)

    run = services.continue_run(run_id=run.pk, clock=lambda: NOW)

    assert run.status == "failed"
    assert "5 attempts" in run.detail


def test_a_row_the_database_refuses_is_rejected_alone(supplier, monkeypatch):
    make.variant(make.sports(sku="SE-OWNER-1")).barcodes.create(gtin="04006381333931")
    look = planner.look

    def look_too_early(rows, **options):  # as if somebody took the barcode right afterwards
        found = look(rows, **options)
        found.by_gtin.clear()
        return found

    monkeypatch.setattr(planner, "look", look_too_early)

    run = apply(product_list(*bottles(3), CREAM, BOTTLE | {"supplier_code": "Z-1"}), supplier)

    assert counts(run) == (5, 4, 0, 0, 1)
    assert problems(run, 5) == [("", "", "refused-by-database")]


# Undo


def test_undoing_returns_former_values_and_deletes_what_was_made(supplier):
    apply(product_list(CREAM), supplier)
    before = catalogue()
    changed = CREAM | {
        "name": "Other", "brand": "New Brand", "content": "75 ml", "gtin": "4006381333955",
        "list_price": "20.00", "currency": "EUR",
    }  # fmt: skip
    run = apply(product_list(changed, BOTTLE | {"currency": "CHF"}), supplier)
    assert catalogue() != before

    run = undo(run)

    assert (run.status, run.undone_at, run.detail) == ("undone", NOW, "Undone: wrong file")
    assert catalogue() == before
    assert Product.objects.count() == 1
    product = CosmeticProduct.objects.get()
    kept = [(h.history_type, h.name) for h in product.history.order_by("history_id")]
    assert kept == [("+", "Calm Cream"), ("~", "Other"), ("~", "Calm Cream")]
    last = product.history.order_by("-history_id").first()
    assert last.history_change_reason == f"wrong file (undo of {run.file_name} (import {run.pk}))"


def test_an_undone_file_can_be_applied_again(supplier):
    run = apply(product_list(CREAM, BOTTLE), supplier)
    undo(run)

    again = apply(product_list(CREAM, BOTTLE), supplier)

    assert counts(again) == (2, 2, 0, 0, 0)


def test_undo_asks_for_a_reason_and_for_an_applied_run(supplier):
    run = check(product_list(CREAM), supplier)

    with pytest.raises(RunNotReady):
        undo(run)
    services.apply(run_id=run.pk, user_id=None, now=NOW)
    with pytest.raises(InvalidInput):
        undo(run, reason="  ")

    assert Variant.objects.count() == 1


def refused(run, *words):
    before = catalogue()

    with pytest.raises(UndoRefused) as refusal:
        undo(run)

    run.refresh_from_db()
    assert run.status == "applied"
    assert catalogue() == before
    for word in words:
        assert word in refusal.value.detail


def test_undo_is_refused_once_stock_has_come_in(supplier):
    stock.warehouse()
    run = apply(product_list(CREAM), supplier)
    variant = Variant.objects.get()
    stock.receive(variant, 5, lot="L1", expires="2028-01-31")

    refused(run, "lot", variant.sku)


def test_undo_is_refused_after_a_later_edit(supplier):
    run = apply(product_list(CREAM), supplier)
    product = Product.objects.get()
    product.name = "Edited by hand"
    product.save()

    refused(run, "Edited by hand")


def test_undo_is_refused_after_another_import(supplier):
    run = apply(product_list(CREAM), supplier)
    apply(product_list(CREAM | {"list_price": "14.00"}), supplier)

    refused(run, "price of", Variant.objects.get().sku)


def test_undo_is_refused_after_another_price(supplier):
    run = apply(product_list(CREAM), supplier)
    variant = Variant.objects.get()
    other = PriceList.objects.create(code="X", name="X", kind="list", currency="CHF")
    Price.objects.create(variant=variant, price_list=other, amount=Decimal(1))

    refused(run, "price", variant.sku)


def test_undo_is_refused_when_a_later_file_added_a_variant(supplier):
    run = apply(product_list(BOTTLE), supplier)
    apply(product_list(BOTTLE | {"supplier_code": "B-2", "gtin": "", "colour": "blue"}), supplier)

    refused(run, "variant", "Trail Bottle")


def test_undo_leaves_a_brand_that_others_have_come_to_use(supplier):
    run = apply(product_list(CREAM), supplier)
    make.sports(sku="SE-OWN-1", brand_id=Brand.objects.get(name="Calm Labs").pk)

    undo(run)

    assert Brand.objects.filter(name="Calm Labs").exists()
    assert not Product.objects.filter(name="Calm Cream").exists()


def test_later_imports_are_undone_first_then_earlier_ones(supplier):
    first = apply(product_list(CREAM), supplier)
    second = apply(product_list(CREAM | {"list_price": "14.00"}), supplier)

    undo(second)
    undo(first)

    assert Product.objects.count() == 0
    assert Brand.objects.count() == 0
