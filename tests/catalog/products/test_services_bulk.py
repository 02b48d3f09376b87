from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product, ProductText, Variant
from catalog.products import services
from catalog.products.errors import InvalidProduct, ProductIncomplete
from catalog.products.services import ProductDraft, TextDraft, VariantDraft
from tests.factories import catalog

pytestmark = pytest.mark.django_db


def cream(number: int, **more) -> ProductDraft:
    fields = {
        "kind": "cosmetic",
        "name": f"Calm Cream {number}",
        "brand_id": catalog.brand("Nordlicht").pk,
        "category_id": catalog.category("creams").pk,
        "facts": {"ingredients": "Aqua", "product_type": "leave-on"},
        "variants": [
            VariantDraft(sku=f"COS-CALM-{number}", content_quantity=Decimal(50), content_unit="ml")
        ],
        "texts": [TextDraft(language="de", name=f"Ruhecreme {number}")],
    }
    return ProductDraft(**{**fields, **more})


def count() -> tuple[int, int, int]:
    return Product.objects.count(), Variant.objects.count(), ProductText.objects.count()


def test_makes_products_with_variants_texts_and_histories():
    bike = ProductDraft(
        kind="sports", name="Road Bike", variants=[VariantDraft(sku="SE-BIKE-56", size="56")]
    )

    first, second = services.create_products(drafts=[cream(1), bike], reason="first list")

    assert [(p.kind, p.stage) for p in (first, second)] == [
        ("cosmetic", "draft"),
        ("sports", "draft"),
    ]
    variant = Variant.objects.get(sku="COS-CALM-1")
    assert (variant.product_id, variant.content_quantity) == (first.pk, Decimal(50))
    assert ProductText.objects.get().name == "Ruhecreme 1"
    assert [h.history_change_reason for h in (*first.history.all(), *variant.history.all())] == [
        "first list",
        "first list",
    ]


def test_puts_complete_products_on_sale_at_once():
    (product,) = services.create_products(drafts=[cream(1)], stage="active")

    assert Product.objects.get().stage == "active"
    assert product.history.get().stage == "active"


def test_an_incomplete_product_does_not_go_on_sale_nor_do_the_others():
    bare = cream(2, facts={})

    with pytest.raises(ProductIncomplete, match="Calm Cream 2 lacks its ingredients"):
        services.create_products(drafts=[cream(1), bare], stage="active")

    assert count() == (0, 0, 0)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"attributes": {"spf": 50}}, "/attributes"),
        ({"stock_unit": "bucket"}, "/stock_unit"),
        ({"variants": [VariantDraft(sku="no SKU")]}, "/sku"),
        ({"variants": [VariantDraft(sku="COS-CALM-2", content_unit="drop")]}, "/content_unit"),
    ],
)
def test_one_wrong_field_and_nothing_is_made(wrong, pointer):
    with pytest.raises(InvalidProduct) as refusal:
        services.create_products(drafts=[cream(1), cream(2, **wrong)])

    assert [error.pointer for error in refusal.value.errors] == [pointer]
    assert count() == (0, 0, 0)


def test_a_sku_that_is_taken_is_refused_for_the_whole_list():
    services.create_products(drafts=[cream(1)])

    with pytest.raises(InvalidProduct, match="database refuses"):
        services.create_products(drafts=[cream(2), cream(1)])

    assert count() == (1, 1, 1)


def test_many_variants_take_no_more_queries_than_one():
    few, many = cream(1), cream(2)
    many = ProductDraft(
        kind="cosmetic",
        name="Lip Colour",
        variants=[VariantDraft(sku=f"COS-LIP-{n}", shade=str(n)) for n in range(30)],
        texts=few.texts,
    )

    with CaptureQueriesContext(connection) as of_few:
        services.create_products(drafts=[few])
    with CaptureQueriesContext(connection) as of_many:
        services.create_products(drafts=[many])

    assert len(of_many) <= len(of_few)
