"""Whoever judges products hears of new ones and of changed facts, once a write, when it is done."""

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.urls import reverse

from catalog.models import Category, CosmeticProduct, Product
from catalog.products import gates, services
from catalog.products.services import ProductDraft, VariantDraft
from catalog.supplier_files import services as files
from compliance.models import Assessment, Clearance
from tests.catalog.supplier_files.files import BOTTLE, CREAM, NOW, apply, product_list
from tests.factories import catalog
from tests.factories.clearances import clear, take_off_sale

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard():
    """The products that were told of, a list for each time."""
    calls = []

    def hear(product_ids):
        assert connection.in_atomic_block
        assert Product.objects.filter(pk__in=product_ids).count() == len(product_ids)
        calls.append(sorted(product_ids))

    with gates.facts_changed.answered_by(hear):
        yield calls


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    return client


def test_a_product_that_is_made_or_moves_on(heard):
    product = catalog.sports()

    assert heard == [[product.pk], [product.pk]]


def test_many_products_are_told_at_once(heard):
    drafts = [
        ProductDraft(kind="sports", name=f"Thing {n}", variants=[VariantDraft(sku=f"SE-MANY-{n}")])
        for n in range(3)
    ]

    made = services.create_products(drafts=drafts)

    assert heard == [sorted(product.pk for product in made)]


def test_a_form_that_is_saved_tells_once(boss, heard):
    content_type = ContentType.objects.get_for_model(CosmeticProduct)
    form = {
        "name": "Calm Cream",
        "stock_unit": "each",
        "attributes": "{}",
        "remaining_days_min": "30",
        "variants-TOTAL_FORMS": "0",
        "variants-INITIAL_FORMS": "0",
        "texts-TOTAL_FORMS": "0",
        "texts-INITIAL_FORMS": "0",
    }

    boss.post(f"{reverse('admin:catalog_product_add')}?ct_id={content_type.pk}", form)

    assert heard == [[Product.objects.get().pk]]


def test_a_category_that_moves_takes_its_products_along(boss, heard):
    top, low = catalog.category("helmets"), catalog.category("kids")
    below = services.create_category(code="kids-red", name="Red", parent_id=low.pk)
    product = catalog.sports(category_id=below.pk)
    heard.clear()

    form = {"name": "Kids", "code": "kids", "parent": top.pk, "attributes_schema": "{}"}
    boss.post(reverse("admin:catalog_category_change", args=[low.pk]), form)

    assert Category.objects.get(pk=low.pk).parent_id == top.pk
    assert heard == [[product.pk]]


def test_a_file_tells_once_a_batch_and_not_of_new_prices(heard):
    supplier = catalog.supplier("LUMEN")
    apply(product_list(CREAM, BOTTLE), supplier)
    both = sorted(Product.objects.values_list("pk", flat=True))
    assert heard == [both]
    heard.clear()

    apply(product_list(CREAM | {"list_price": "13.90"}, BOTTLE | {"name": "Other"}), supplier)

    bottle = Product.objects.get(name="Other")
    assert heard == [[bottle.pk]]


def test_taking_a_file_back_tells_of_what_returned(heard):
    supplier = catalog.supplier("LUMEN")
    apply(product_list(CREAM), supplier)
    run = apply(product_list(CREAM | {"name": "Other"}, BOTTLE), supplier)
    heard.clear()

    files.undo(run_id=run.pk, reason="wrong file", user_id=None, now=NOW)

    assert heard == [[Product.objects.get().pk]]


def test_what_was_judged_of_a_product_goes_with_it_when_its_file_is_taken_back():
    germany = catalog.market()
    run = apply(product_list(CREAM), catalog.supplier("LUMEN"))
    product = Product.objects.get()
    assessment = Assessment.objects.create(
        product=product,
        jurisdictions="EU",
        on_date=NOW.date(),
        assessed_at=NOW,
        inputs_hash="x",
        evidence="label",
        severity="nothing",
    )
    clear(products=[product], markets=[germany])
    Clearance.objects.update(assessment=assessment)

    files.undo(run_id=run.pk, reason="wrong file", user_id=None, now=NOW)

    assert not Product.objects.exists()
    assert not Clearance.objects.exists()
    assert not Assessment.objects.exists()


def test_the_page_of_a_product_says_where_it_may_be_sold(boss):
    germany, _ = catalog.market("DE"), catalog.market("US-CA")
    product = catalog.cosmetic()
    take_off_sale(product, germany, at=NOW, status="rejected")

    page = boss.get(reverse("admin:catalog_product_change", args=[product.pk])).content.decode()

    why = "Not on sale. Compliance has rejected the product for this market."
    assert f"<strong>DE</strong>: {why}" in page
    assert "<strong>US-CA</strong>: May be sold." in page
