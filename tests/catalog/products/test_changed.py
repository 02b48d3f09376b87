"""What moves a product's time of change, by which shops pull what is new, and what does not."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import tablib
from django.urls import reverse

from catalog.identifiers.services import add_alias, add_barcode
from catalog.models import Price, Product
from catalog.pricing.services import base_price_list, cost_price_list, set_price
from catalog.products import services
from catalog.products.imports import BrandResource
from catalog.products.services import VariantDraft
from catalog.supplier_files import services as files
from catalog.supplier_files.product_lists.plan import Plan
from catalog.supplier_files.writers import PortableWriter, Stamp, writer_for_database
from tests.catalog.supplier_files.files import BOTTLE, CREAM, NOW, apply, check, product_list
from tests.factories import catalog as make

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
OTHER_GTIN = "4006381333955"


def let_time_pass():
    Product.objects.non_polymorphic().update(updated_at=LONG_AGO)


def changed():
    """The names of the products that have changed since time passed."""
    rows = Product.objects.non_polymorphic().exclude(updated_at=LONG_AGO)
    return sorted(rows.values_list("name", flat=True))


@pytest.fixture
def variant(db):
    make.sports(name="Another")
    variant = make.variant(make.sports(name="Ball"))
    let_time_pass()
    return variant


def test_a_barcode(variant):
    add_barcode(variant_id=variant.pk, gtin=OTHER_GTIN)

    assert changed() == ["Ball"]


def test_a_variant_and_another_sku(variant):
    services.add_variant(product_id=variant.product_id, draft=VariantDraft(size="L"))
    assert changed() == ["Ball"]

    let_time_pass()
    services.rename_sku(variant_id=variant.pk, sku="SE-BALL-NEW", reason="short")
    assert changed() == ["Ball"]


def test_a_list_price_that_is_new_or_another(variant):
    prices = base_price_list(currency="EUR").pk
    price = {"price_list_id": prices, "variant_id": variant.pk, "amount": Decimal("9.99")}
    for given in (price, price | {"amount": Decimal(8)}, price | {"valid_to_date": date.max}):
        let_time_pass()
        set_price(**given)
        assert changed() == ["Ball"], given

    let_time_pass()
    set_price(**given)

    assert changed() == []


def test_no_cost_price_and_no_foreign_code(variant):
    supplier = make.supplier("LUMEN")
    costs = cost_price_list(partner_id=supplier.pk, partner_code="LUMEN", currency="EUR").pk

    set_price(price_list_id=costs, variant_id=variant.pk, amount=Decimal(2))
    add_alias(variant_id=variant.pk, scheme="supplier", partner_id=supplier.pk, code="L-1")

    assert changed() == []


def test_a_second_change_within_one_tick_of_the_clock_moves_on(variant):
    ahead = datetime(2100, 1, 1, tzinfo=UTC)
    Product.objects.non_polymorphic().update(updated_at=ahead)

    services.mark_changed(product_id=variant.product_id)

    product = Product.objects.non_polymorphic().get(pk=variant.product_id)
    assert product.updated_at == ahead + timedelta(microseconds=1)


def test_brand_and_category_under_another_name(admin_client):
    brand, category = make.brand("Lumen"), make.category("face")
    make.sports(name="Branded", brand_id=brand.pk)
    make.sports(name="Sorted", category_id=category.pk)
    let_time_pass()

    pages = (
        ("brand", brand, {"name": "Lumen"}, []),
        ("brand", brand, {"name": "Lumina"}, ["Branded"]),
        ("category", category, {"name": "Face", "code": "face", "attributes_schema": "{}"}, []),
        ("category", category, {"name": "Face", "code": "faces", "attributes_schema": "{}"},
         ["Sorted"]),
    )  # fmt: skip
    for page, row, data, names in pages:
        let_time_pass()
        url = reverse(f"admin:catalog_{page}_change", args=[row.pk])
        assert admin_client.post(url, data).status_code == 302, data
        assert changed() == names, data


def test_a_brand_written_otherwise_by_a_file(variant):
    make.sports(name="Branded", brand_id=make.brand("lumen").pk)
    make.brand("Ridge")
    let_time_pass()
    dataset = tablib.Dataset(("Lumen", ""), ("Ridge", ""), headers=["name", "owner"])

    BrandResource().import_data(dataset, raise_errors=True)

    assert changed() == ["Branded"]


def test_a_price_by_its_own_page(admin_client, variant):
    prices = base_price_list(currency="EUR").pk
    url = reverse("admin:catalog_price_add")
    data = {"variant": variant.pk, "price_list": prices, "amount": "5"}

    assert admin_client.post(url, data).status_code == 302
    assert changed() == ["Ball"]

    let_time_pass()
    url = reverse("admin:catalog_price_delete", args=[Price.objects.get().pk])
    assert admin_client.post(url, {"post": "yes"}).status_code == 302
    assert changed() == ["Ball"]


# Supplier files


@pytest.fixture
def supplier():
    return make.supplier("LUMEN", currency="EUR")


def test_an_imported_row_that_says_nothing_new_changes_nothing(supplier):
    apply(product_list(CREAM, BOTTLE), supplier)
    let_time_pass()

    apply(product_list(CREAM, BOTTLE), supplier)

    assert changed() == []


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        ({"gtin": OTHER_GTIN}, ["Calm Cream"]),
        ({"list_price": "13.90"}, ["Calm Cream"]),
        ({"list_price": "13.90", "currency": "CHF"}, ["Calm Cream"]),
        ({"shade": "rose"}, ["Calm Cream"]),
        ({"content": "75 ml", "supplier_code": "A-2", "gtin": ""}, ["Calm Cream"]),
        ({"name": "Calmer Cream", "list_price": "13.90"}, ["Calmer Cream"]),
        ({"cost_price": "4.30"}, []),
    ],
)
def test_an_imported_row_and_its_undo_move_what_they_change(supplier, cells, names):
    apply(product_list(CREAM, BOTTLE), supplier)
    let_time_pass()

    run = apply(product_list(CREAM | cells, BOTTLE), supplier)

    assert changed() == names
    moved = Product.objects.non_polymorphic().filter(name__in=names)
    assert {product.updated_at for product in moved} == ({NOW} if names else set())

    let_time_pass()
    files.undo(run_id=run.pk, reason="wrong file", user_id=None, now=NOW)

    assert changed() == (["Calm Cream"] if names else [])


def test_a_preview_moves_nothing(supplier):
    apply(product_list(CREAM), supplier)
    let_time_pass()

    check(product_list(CREAM | {"gtin": OTHER_GTIN}), supplier)

    assert changed() == []


def test_an_edit_between_import_and_undo_by_price_does_not_hinder_the_undo(supplier):
    run = apply(product_list(CREAM), supplier)
    variant = make.variant(Product.objects.get())
    services.mark_changed(product_id=variant.product_id)

    files.undo(run_id=run.pk, reason="wrong file", user_id=None, now=NOW)

    assert not Product.objects.exists()


@pytest.mark.parametrize("writer", [PortableWriter(), writer_for_database()])
def test_every_writer_moves_what_a_plan_touches(variant, writer):
    stamp = Stamp(at=NOW, reason="a file", user_id=None)

    writer.write(Plan(touched={variant.product_id: None}), stamp)

    assert changed() == ["Ball"]
    assert Product.objects.get(name="Ball").updated_at == NOW
