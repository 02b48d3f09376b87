"""Large imports on PostgreSQL: planned in one thread, written in another, beside other people.

In threads, not processes: they are the importer's own, and whoever edits meanwhile only has to
have a connection of his own.
"""

import threading
from datetime import UTC, datetime

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from catalog.models import Barcode, Product, SportsProduct, Variant
from catalog.supplier_files import services
from catalog.supplier_files.product_lists import planner
from catalog.supplier_files.product_lists.lookups import by_index
from catalog.supplier_files.services import product_lists
from catalog.supplier_files.services.product_lists import ProductListStep
from catalog.supplier_files.writers import PostgresWriter
from tests.catalog.supplier_files.files import NOW, counts, problems, product_list, upload
from tests.factories import catalog as make

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROWS = 40
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    """Let forty rows count as a large file of eight batches."""
    monkeypatch.setattr(product_lists, "SMALL_ROWS_MAX", 10)
    monkeypatch.setattr(product_lists, "BATCH_ROWS", 5)


@pytest.fixture
def supplier():
    ContentType.objects.clear_cache()
    return make.supplier("LUMEN", currency="EUR")


def bottles(**cells):
    return [
        {"kind": "sports", "supplier_code": f"B-{n}", "name": f"Bottle {n}", "brand": "Trail"}
        | cells
        for n in range(ROWS)
    ]


def start(content, supplier):
    run = upload(content, supplier)
    return services.start_here(run_id=run.pk, is_apply=True, clock=lambda: NOW)


def watch(monkeypatch):
    """Count batches written by the second thread, and those done one by one."""
    threads = []
    write = ProductListStep._write

    def counted(self, batch, now):
        threads.append(threading.current_thread().name)
        write(self, batch, now)

    monkeypatch.setattr(ProductListStep, "_write", counted)
    return threads


def test_a_large_file_is_written_by_a_second_thread(supplier, monkeypatch):
    threads = watch(monkeypatch)

    first = start(product_list(*bottles()), supplier)
    second = start(product_list(*bottles(sport="hiking")), supplier)

    assert counts(first) == (ROWS, ROWS, 0, 0, 0)
    assert counts(second) == (ROWS, 0, ROWS, 0, 0)
    assert set(threads) == {"import-writer"}
    assert SportsProduct.objects.filter(sport="hiking").count() == ROWS
    assert SportsProduct.history.count() == 2 * ROWS


def test_prices_alone_move_the_time_of_change(supplier, monkeypatch):
    start(product_list(*bottles(list_price="5.00", currency="EUR")), supplier)
    Product.objects.non_polymorphic().update(updated_at=LONG_AGO)
    threads = watch(monkeypatch)

    start(product_list(*bottles(list_price="6.00", currency="EUR")), supplier)

    assert set(threads) == {"import-writer"}
    assert set(Product.objects.values_list("updated_at", flat=True)) == {NOW}


def test_a_product_moved_by_one_batch_is_changed_by_a_later_one(supplier, monkeypatch):
    sizes = [bottle | {"name": "Bottle", "size": f"{n} l"} for n, bottle in enumerate(bottles())]
    start(product_list(*sizes), supplier)
    Product.objects.non_polymorphic().update(updated_at=LONG_AGO)
    sizes[0] = sizes[0] | {"list_price": "5.00"}
    sizes[-1] = sizes[-1] | {"sport": "hiking"}
    threads = watch(monkeypatch)

    run = start(product_list(*sizes), supplier)

    assert counts(run) == (ROWS, 0, 2, ROWS - 2, 0)
    assert set(threads) == {"import-writer"}
    product = SportsProduct.objects.get()
    assert (product.sport, product.updated_at) == ("hiking", NOW)


def test_an_edit_made_meanwhile_is_kept_where_only_a_price_changes(supplier, monkeypatch):
    start(product_list(*bottles(list_price="5.00", currency="EUR")), supplier)
    edit_while_written(monkeypatch, rename_bottle_12)

    run = start(product_list(*bottles(list_price="6.00", currency="EUR")), supplier)

    assert counts(run) == (ROWS, 0, ROWS, 0, 0)
    assert SportsProduct.objects.get(name="Bottle 12").stock_unit == "pair"


def test_tables_are_read_to_their_end_again_after_a_batch_is_looked_up():
    def reads_tables():
        with connection.cursor() as cursor:
            cursor.execute("SHOW enable_seqscan")
            return cursor.fetchone()[0]

    with transaction.atomic():
        with by_index():
            during = reads_tables()
        after = reads_tables()

    assert (during, after) == ("off", "on")


def edit_while_written(monkeypatch, edit):
    """Let somebody else change something between planning the third batch and writing it."""
    plan, planned = planner.Planner.plan, []

    def planned_then_edited(self, rows, **options):
        made = plan(self, rows, **options)
        planned.append(made)
        if len(planned) == 3:
            other = threading.Thread(target=lambda: (edit(), connection.close()))
            other.start()
            other.join()
        return made

    monkeypatch.setattr(planner.Planner, "plan", planned_then_edited)


def rename_bottle_12():
    product = Product.objects.get(name="Bottle 12")
    product.tax_class_id = None
    product.stock_unit = "pair"
    product.save()


def test_an_edit_made_meanwhile_is_kept(supplier, monkeypatch):
    start(product_list(*bottles()), supplier)
    edit_while_written(monkeypatch, rename_bottle_12)
    threads = watch(monkeypatch)

    run = start(product_list(*bottles(sport="hiking")), supplier)

    assert counts(run) == (ROWS, 0, ROWS, 0, 0)
    product = SportsProduct.objects.get(name="Bottle 12")
    assert (product.stock_unit, product.sport) == ("pair", "hiking")
    assert "MainThread" in threads  # the batch was done again with its rows locked


def test_without_the_version_the_edit_would_be_lost(supplier, monkeypatch):
    start(product_list(*bottles()), supplier)
    edit_while_written(monkeypatch, rename_bottle_12)
    change = PostgresWriter.change

    def without_versions(self, target, changes):
        for one in changes:
            one.version = None
        return change(self, target, changes)

    monkeypatch.setattr(PostgresWriter, "change", without_versions)

    start(product_list(*bottles(sport="hiking")), supplier)

    assert SportsProduct.objects.get(name="Bottle 12").stock_unit == "each"


def test_a_barcode_taken_meanwhile_rejects_one_row_and_no_other(supplier, monkeypatch):
    owner = make.variant(make.sports(sku="SE-OWNER-1"))
    edit_while_written(
        monkeypatch, lambda: Barcode.objects.create(variant=owner, gtin="04006381333931")
    )
    rows = bottles()
    rows[12] |= {"gtin": "4006381333931", "sku": "SE-BOTTLE-12"}

    run = start(product_list(*rows), supplier)

    assert counts(run) == (ROWS, ROWS - 1, 0, 0, 1)
    assert problems(run, 14)[0][2] == "other-variant"
    assert Variant.objects.count() == ROWS


def test_variants_of_one_product_meet_across_batches(supplier):
    rows = [
        {"kind": "sports", "supplier_code": f"V-{n}", "name": "Jersey", "brand": "Trail",
         "size": str(n), "sport": "football" if n == 30 else ""}
        for n in range(ROWS)
    ]  # fmt: skip

    run = start(product_list(*rows), supplier)

    assert counts(run) == (ROWS, ROWS, 0, 0, 0)
    assert SportsProduct.objects.get().sport == "football"
    assert Variant.objects.count() == ROWS
