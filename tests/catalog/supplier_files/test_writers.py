"""Both bulk writers write what the models' own save() would, table by table, history by history."""

from functools import cache, partial, partialmethod

import pytest
from django.db import connection, transaction

from catalog.models import (
    Barcode,
    Brand,
    CosmeticProduct,
    Price,
    PriceList,
    SkuAlias,
    SportsProduct,
    Variant,
)
from catalog.supplier_files import services
from catalog.supplier_files.product_lists.tables import PRODUCT_MODELS, WRITE_ORDER, table
from catalog.supplier_files.services.product_lists import ProductListStep, history_reason
from catalog.supplier_files.writers import PortableWriter, PostgresWriter
from config.kernel.context import bind
from config.kernel.history import set_reason
from tests.catalog.supplier_files.files import (
    BOTTLE,
    CREAM,
    NOW,
    apply,
    check,
    counts,
    product_list,
)
from tests.factories import catalog as make

pytestmark = pytest.mark.django_db

AWKWARD = {
    "kind": "cosmetic", "supplier_code": 'A"9', "name": "Tab\\le 'Créme', 5 % <b>",
    "brand": "Łódź & Söhne", "category": "face", "content": "1.7 fl oz",
    "ingredients": "Aqua,\nGlycerin (Ω)", "product_type": "rinse-off", "list_price": "1234.50",
}  # fmt: skip
SHADES = [
    CREAM | {"supplier_code": f"S-{n}", "gtin": "", "name": "Lip Tint", "shade": shade}
    for n, shade in enumerate(["rose", "plum", "nude"])
]
NEW = (CREAM, BOTTLE, AWKWARD, *SHADES)
CHANGED = (
    CREAM | {"gtin": "4006381333955", "list_price": "13.50", "ingredients": "Aqua"},
    BOTTLE | {"colour": "blue", "materials": "steel 90 %, silicone 10 %", "brand": "New Brand"},
    AWKWARD | {"name": "Plain", "pao_months": "6", "cost_price": "2"},
    SHADES[0] | {"list_price": "11.00"},
    SHADES[1] | {"category": "face"},
    {"kind": "sports", "supplier_code": "N-1", "name": "New One", "currency": "CHF",
     "list_price": "5.00"},
)  # fmt: skip
# What the clock sets, and keys that a sequence gives.
INIT = ProductListStep.__init__
TIMES = ("created_at", "updated_at", "history_date", "history_id")


class ModelWriter(PortableWriter):
    """The model path: one instance, one save() for each row, as the admin would do it."""

    def prepare(self, plan):
        return partial(self._save_all, plan)

    def _save_all(self, plan, stamp):
        for model in WRITE_ORDER:
            for record in plan.created.get(model, ()):
                self._save(model, record, stamp, is_new=True)
            for change in plan.changed.get(model, {}).values():
                self._save(model, change.record, stamp, is_new=False)

    @staticmethod
    def _save(model, record, stamp, *, is_new):
        row = model(**dict(zip(table(model).attnames, record, strict=True)))
        row._state.adding = is_new
        set_reason(row, stamp.reason)
        row.save()


def dumped(content_of_run):
    """Every row of every table an import writes, keys replaced by their place in the table."""
    places = cache(
        lambda model: {
            pk: place
            for place, pk in enumerate(model.objects.order_by("pk").values_list("pk", flat=True))
        }
    )

    def product_place(pk):
        found = [(kind, places(model)) for kind, model in PRODUCT_MODELS.items()]
        return next((kind, known[pk]) for kind, known in found if pk in known)

    keys = {
        "brand_id": places(Brand).get,
        "variant_id": places(Variant).get,
        "price_list_id": places(PriceList).get,
        "product_id": product_place,
        "product_ptr_id": product_place,
    }

    def plain(row, own):
        row = {name: value for name, value in row.items() if name not in TIMES}
        for key in keys.keys() & {name for name, value in row.items() if value is not None}:
            row[key] = keys[key](row[key])
        if "history_change_reason" in row:
            row["history_change_reason"] = content_of_run(row["history_change_reason"])
        return row | {"id": own(row["id"])}

    dump = {}
    for model in WRITE_ORDER:
        own = product_place if model in PRODUCT_MODELS.values() else places(model).get
        rows = model.objects.order_by("pk").values()
        dump[f"{model.__name__} rows"] = [plain(row, own) for row in rows]
        history = model.history.order_by("history_id").values()
        # Of one object in their order, of different ones in any.
        kept = sorted((plain(row, own) for row in history), key=lambda row: str(row["id"]))
        dump[f"{model.__name__} history"] = kept
    return dump


def written_by(writer, supplier, monkeypatch):
    """Import the new rows and the changed ones; give all tables, leave none changed."""
    monkeypatch.setattr(ProductListStep, "__init__", partialmethod(INIT, writer=writer))
    with transaction.atomic(), bind(request_id="request-1", actor_name="them"):
        first = apply(product_list(*NEW), supplier)
        second = apply(product_list(*CHANGED), supplier)
        assert counts(first) == (6, 6, 0, 0, 0)
        assert counts(second) == (6, 1, 5, 0, 0)
        named = {history_reason(first): "first", history_reason(second): "second"}
        dump = dumped(lambda reason: named.get(reason, reason))
        transaction.set_rollback(True)
    return dump


@pytest.fixture
def supplier():
    make.category("face", name="Face")
    return make.supplier("LUMEN", currency="EUR")


def test_every_writer_writes_what_save_would(supplier, monkeypatch):
    writers = [PortableWriter()]
    if connection.vendor == "postgresql":
        writers.append(PostgresWriter())

    expected = written_by(ModelWriter(), supplier, monkeypatch)
    dumps = [written_by(writer, supplier, monkeypatch) for writer in writers]

    assert len(expected["Variant history"]) == 8
    assert {row["history_type"] for row in expected["Price history"]} == {"+", "~"}
    for dump in dumps:
        for name, rows in expected.items():
            assert dump[name] == rows, name


def test_every_table_is_written_and_every_column_of_it(supplier):
    apply(product_list(*NEW), supplier)

    for model in WRITE_ORDER:
        target = table(model)
        assert model.objects.exists(), model
        assert set(target.attnames) == {field.attname for field in model._meta.concrete_fields}
        history = {field.column for field in model.history.model._meta.concrete_fields}
        assert history - set(target.history_columns) == {"history_id"}


def test_histories_tell_time_reason_and_who(supplier, django_user_model):
    user = django_user_model.objects.create(username="buyer")
    run = check(product_list(CREAM), supplier)

    services.apply(run_id=run.pk, user_id=user.pk, now=NOW)

    for model in (Brand, CosmeticProduct, Variant, Barcode, SkuAlias, Price):
        history = model.history.first()
        assert history.history_change_reason == f"{run.file_name} (import {run.pk})"
        assert history.history_type == "+"
        assert history.history_date == NOW
        assert history.history_user_id == user.pk
    assert SportsProduct.history.count() == 0
