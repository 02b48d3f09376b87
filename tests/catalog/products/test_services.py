from decimal import Decimal

import pytest

from catalog.models import Product, SkuAlias, Variant
from catalog.products import gates, services
from catalog.products.errors import (
    InvalidProduct,
    ProductIncomplete,
    SkuFixed,
    StageNotAllowed,
)
from catalog.products.services import ProductDraft, TextDraft, VariantDraft
from tests.factories import catalog

pytestmark = pytest.mark.django_db


def test_a_product_without_choices_gets_exactly_one_variant_with_a_minted_sku():
    brand = catalog.brand("Nordlicht")

    product = services.create_product(
        draft=ProductDraft(kind="cosmetic", name="Calm Cream", brand_id=brand.pk)
    )

    assert [variant.sku for variant in product.variants.all()] == ["COS-NORDLICH-CALMCREAM"]
    assert product.stage == "draft"


def test_a_cosmetic_with_a_purpose_the_law_does_not_know_is_refused():
    draft = ProductDraft(kind="cosmetic", name="Calm Cream", facts={"purpose": "tanning"})

    with pytest.raises(InvalidProduct) as refusal:
        services.create_product(draft=draft)

    assert [error.pointer for error in refusal.value.errors] == ["/purpose"]
    assert not Product.objects.exists()


def test_two_products_of_the_same_name_get_different_skus():
    brand = catalog.brand("Nordlicht")
    draft = ProductDraft(kind="sports", name="Trail Cap", brand_id=brand.pk)

    first = services.create_product(draft=draft)
    second = services.create_product(draft=draft)

    assert catalog.variant(first).sku != catalog.variant(second).sku


def test_variants_and_texts_are_made_with_the_product():
    product = services.create_product(
        draft=ProductDraft(
            kind="sports",
            name="Trail Shirt",
            variants=[
                VariantDraft(sku="SE-TRAIL-SHIRT-M", size="M", colour="blue"),
                VariantDraft(sku="SE-TRAIL-SHIRT-L", size="L", colour="blue"),
            ],
            texts=[TextDraft(language="de", name="Laufshirt")],
            facts={"sport": "running"},
        )
    )

    assert sorted(product.variants.values_list("sku", "size")) == [
        ("SE-TRAIL-SHIRT-L", "L"),
        ("SE-TRAIL-SHIRT-M", "M"),
    ]
    assert product.texts.get().name == "Laufshirt"


def test_a_sku_outside_the_standard_is_refused_and_nothing_is_made():
    with pytest.raises(InvalidProduct) as refusal:
        services.create_product(
            draft=ProductDraft(
                kind="cosmetic", name="Calm", variants=[VariantDraft(sku="calm cream")]
            )
        )

    assert refusal.value.errors[0].pointer == "/sku"
    assert '"calm cream"' in refusal.value.errors[0].detail
    assert not Product.objects.exists()


def test_materials_over_a_hundred_percent_are_refused():
    with pytest.raises(InvalidProduct) as refusal:
        services.create_product(
            draft=ProductDraft(
                kind="sports",
                name="Cap",
                facts={
                    "materials": [{"name": "cotton", "share": 80}, {"name": "wool", "share": 30}]
                },
            )
        )

    assert "110" in refusal.value.errors[0].detail
    assert not Product.objects.exists()


def test_attributes_are_checked_against_the_schema_of_the_category_and_those_above_it():
    sports = catalog.category(
        "sports", attributes_schema={"type": "object", "properties": {"team": {"type": "string"}}}
    )
    balls = catalog.category(
        "balls",
        parent_id=sports.pk,
        attributes_schema={
            "type": "object",
            "properties": {"ball_size": {"enum": [3, 4, 5]}},
            "required": ["ball_size"],
        },
    )

    def ball(attributes):
        return services.create_product(
            draft=ProductDraft(
                kind="sports", name="Ball", category_id=balls.pk, attributes=attributes
            )
        )

    with pytest.raises(InvalidProduct, match="ball_size"):
        ball({})
    with pytest.raises(InvalidProduct, match="7 is not one of"):
        ball({"ball_size": 7})
    assert ball({"ball_size": 5, "team": "BER"}).attributes == {"ball_size": 5, "team": "BER"}
    assert Product.objects.count() == 1


def test_an_incomplete_cosmetic_cannot_become_active_and_is_told_what_it_lacks():
    product = services.create_product(draft=ProductDraft(kind="cosmetic", name="Calm"))

    with pytest.raises(ProductIncomplete) as refusal:
        services.change_stage(product_id=product.pk, stage="active", reason="launch")

    assert "its ingredients" in refusal.value.detail
    assert "a category" in refusal.value.detail
    product.refresh_from_db()
    assert product.stage == "draft"


def test_a_discontinued_product_does_not_go_back_to_draft():
    product = catalog.sports()
    services.change_stage(product_id=product.pk, stage="discontinued", reason="end of season")

    with pytest.raises(StageNotAllowed):
        services.change_stage(product_id=product.pk, stage="draft", reason="oops")


def test_changing_the_stage_is_remembered_with_fields_of_parent_and_child_and_the_reason():
    product = catalog.cosmetic()

    services.change_stage(product_id=product.pk, stage="discontinued", reason="supplier gone")

    newest = product.history.latest("history_id")
    assert newest.stage == "discontinued"
    assert newest.ingredients == "Aqua, Glycerin, Tocopherol"
    assert newest.history_change_reason == "supplier gone"


def test_a_renamed_sku_lives_on_as_an_alias():
    variant = catalog.variant(catalog.sports(sku="SE-OLD-NAME"))

    with gates.stock_has_moved.answered_by(lambda variant_id: False):
        services.rename_sku(variant_id=variant.pk, sku="SE-NEW-NAME", reason="typing error")

    assert Variant.objects.get(pk=variant.pk).sku == "SE-NEW-NAME"
    assert SkuAlias.objects.get(code="SE-OLD-NAME").variant_id == variant.pk


def test_a_sku_stays_once_stock_has_moved():
    variant = catalog.variant(catalog.sports(sku="SE-OLD-NAME"))

    with (
        gates.stock_has_moved.answered_by(lambda variant_id: True),
        pytest.raises(SkuFixed, match="SE-OLD-NAME"),
    ):
        services.rename_sku(variant_id=variant.pk, sku="SE-NEW-NAME", reason="typing error")

    assert Variant.objects.get(pk=variant.pk).sku == "SE-OLD-NAME"
    assert not SkuAlias.objects.exists()


def test_a_brand_is_found_in_any_case():
    assert catalog.brand("Nordlicht") == services.brand_named(name=" NORDLICHT ")


def test_a_category_cannot_lie_below_itself():
    top = catalog.category("top")
    below = catalog.category("below", parent_id=top.pk)
    top.parent = below

    with pytest.raises(Exception, match="lies below"):
        top.full_clean()


def test_low_stock_comes_from_the_variant_else_its_category_else_five():
    from catalog.products.selectors import low_stock_quantities, variants_by_sku

    top = catalog.category("top", low_stock_quantity=Decimal(20))
    below = catalog.category("below", parent_id=top.pk)
    catalog.sports(sku="SE-BY-CATEGORY", category_id=below.pk)
    catalog.sports(sku="SE-BY-DEFAULT")
    catalog.sports(
        variants=[VariantDraft(sku="SE-BY-ITSELF", low_stock_quantity=Decimal(2))],
        category_id=below.pk,
    )

    refs = variants_by_sku(["SE-BY-CATEGORY", "SE-BY-DEFAULT", "SE-BY-ITSELF"])

    quantities = low_stock_quantities(list(refs.values()))
    assert {sku: quantities[ref.id] for sku, ref in refs.items()} == {
        "SE-BY-CATEGORY": Decimal(20),
        "SE-BY-DEFAULT": Decimal(5),
        "SE-BY-ITSELF": Decimal(2),
    }


def test_a_bundle_has_exactly_one_sku_that_says_what_it_is():
    bundle = services.create_product(draft=ProductDraft(kind="bundle", name="Marathon set"))

    with pytest.raises(InvalidProduct) as refusal:
        services.add_variant(product_id=bundle.pk, draft=VariantDraft(size="L"))

    assert [variant.sku for variant in bundle.variants.all()] == ["BDL-MARATHON-1"]
    assert "A bundle has one SKU" in str(refusal.value)


@pytest.mark.parametrize(
    ("kind", "sku", "said"),
    [
        ("bundle", "SE-MARATHON-SET", "begins with BDL-, not SE-MARATHON-SET"),
        ("sports", "BDL-MARATHON-SET", "BDL-MARATHON-SET: only bundles"),
    ],
)
def test_the_prefix_of_bundles_is_theirs_alone(kind, sku, said):
    draft = ProductDraft(kind=kind, name="Marathon set", variants=[VariantDraft(sku=sku)])

    with pytest.raises(InvalidProduct) as refusal:
        services.create_product(draft=draft)

    assert said in str(refusal.value)
    assert not Product.objects.exists()


def test_a_bundle_is_counted_in_pieces():
    with pytest.raises(InvalidProduct) as refusal:
        services.create_product(draft=ProductDraft(kind="bundle", name="Set", stock_unit="g"))

    assert "/stock_unit: A bundle is counted in each." in str(refusal.value)
    assert not Product.objects.exists()
