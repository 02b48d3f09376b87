"""What a row of a product list does: which variant it means, what is new, what is refused."""

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
    SportsProduct,
    Variant,
)
from tests.catalog.supplier_files.files import (
    BOTTLE,
    CREAM,
    apply,
    check,
    counts,
    detail,
    problems,
    product_list,
    row,
)
from tests.factories import catalog as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def supplier():
    return make.supplier("LUMEN", currency="EUR")


def everything():
    """How many rows there are of all that an import may make."""
    models = (Brand, Product, Variant, Barcode, SkuAlias, PriceList, Price)
    return {model.__name__: model.objects.count() for model in models}


def test_a_new_row_makes_product_variant_codes_and_prices(supplier):
    run = apply(product_list(CREAM), supplier)

    assert counts(run) == (1, 1, 0, 0, 0)
    product = CosmeticProduct.objects.get(name="Calm Cream")
    variant = product.variants.get()
    assert (product.brand.name, product.stage, product.ingredients) == (
        "Calm Labs", "draft", "Aqua, Glycerin",
    )  # fmt: skip
    assert (product.product_type, product.period_after_opening_months) == ("leave-on", 12)
    assert product.shelf_life_days == 900
    assert variant.sku == "COS-CALMLABS-CALMCREAM-50ML"
    assert row(run, 2).sku == variant.sku
    assert (variant.content_quantity, variant.content_unit) == (Decimal(50), "ml")
    assert variant.barcodes.get().gtin == "04006381333931"
    alias = variant.aliases.get()
    assert (alias.code, alias.scheme, alias.partner) == ("A-1", "supplier", supplier)
    prices = {p.price_list.code: p.amount for p in variant.prices.select_related("price_list")}
    assert prices == {"COST-LUMEN-EUR": Decimal("4.20"), "LIST-EUR": Decimal("12.90")}


def test_a_sports_row_makes_a_sports_product(supplier):
    apply(product_list(BOTTLE), supplier)

    product = SportsProduct.objects.get(name="Trail Bottle")
    assert product.sport == "running"
    assert product.materials == [{"name": "polypropylene", "share": 100}]
    assert (product.variants.get().size, product.variants.get().colour) == ("0.7 L", "red")


def test_the_same_file_twice_changes_nothing(supplier):
    file = product_list(CREAM, BOTTLE)
    apply(file, supplier)
    before, histories = everything(), Variant.history.count()

    run = apply(file, supplier)

    assert counts(run) == (2, 0, 0, 2, 0)
    assert everything() == before
    assert Variant.history.count() == histories


def test_a_row_without_any_code_is_known_again(supplier):
    bare = {"kind": "sports", "name": "Jump Rope", "brand": "Trail Works", "size": "M"}
    apply(product_list(bare), supplier)

    run = apply(product_list(bare), supplier)

    assert counts(run) == (1, 0, 0, 1, 0)
    assert Variant.objects.count() == 1


def test_a_changed_row_shows_each_field_before_and_after(supplier):
    apply(product_list(CREAM), supplier)
    changed = CREAM | {"name": "Calmer Cream", "content": "75 ml", "list_price": "13.50"}

    run = apply(product_list(changed), supplier)

    assert counts(run) == (1, 0, 1, 0, 0)
    assert row(run, 2).changes == {
        "name": ["Calm Cream", "Calmer Cream"],
        "content": ["50 ml", "75 ml"],
        "list_price": ["12.9 EUR", "13.5 EUR"],
    }
    assert Product.objects.get().name == "Calmer Cream"
    assert Variant.objects.get().content_quantity == Decimal(75)


def test_a_blank_cell_says_nothing(supplier):
    apply(product_list(CREAM), supplier)
    bare = {"kind": "cosmetic", "supplier_code": "A-1", "name": "Calm Cream"}

    run = apply(product_list(bare), supplier)

    assert counts(run) == (1, 0, 0, 1, 0)
    product = CosmeticProduct.objects.get()
    assert product.brand is not None
    assert product.ingredients == "Aqua, Glycerin"
    assert Price.objects.count() == 2


def test_a_known_row_needs_neither_name_nor_kind(supplier):
    apply(product_list(CREAM), supplier)

    run = apply(product_list({"supplier_code": "A-1", "list_price": "14.00"}), supplier)

    assert counts(run) == (1, 0, 1, 0, 0)
    assert row(run, 2).changes == {"list_price": ["12.9 EUR", "14 EUR"]}


def test_a_new_row_needs_name_and_kind(supplier):
    run = apply(product_list({"supplier_code": "X", "name": "Y"}, {"kind": "sports"}), supplier)

    assert problems(run, 2) == [("kind", "", "required")]
    assert problems(run, 3) == [("name", "", "required")]
    assert Product.objects.count() == 0


def test_codes_that_name_different_variants_are_refused_with_both(supplier):
    run = apply(product_list(CREAM, BOTTLE), supplier)
    cream, bottle = row(run, 2).sku, row(run, 3).sku
    before = everything()

    run = apply(product_list(CREAM | {"gtin": BOTTLE["gtin"]}), supplier)

    assert problems(run, 2) == [("gtin", BOTTLE["gtin"], "other-variant")]
    assert cream in detail(run, 2)
    assert bottle in detail(run, 2)
    assert everything() == before


def test_a_barcode_of_another_variant_is_refused_with_its_sku(supplier):
    owner = make.variant(make.cosmetic(sku="COS-OWNER-1"))
    Barcode.objects.create(variant=owner, gtin="04006381333931")
    before = everything()

    run = apply(product_list(CREAM | {"sku": "COS-CALM-CREAM"}), supplier)

    assert problems(run, 2) == [("gtin", "4006381333931", "other-variant")]
    assert "COS-OWNER-1" in detail(run, 2)
    assert everything() == before


def test_a_sku_that_is_new_beside_a_code_that_is_known_is_refused(supplier):
    known = row(apply(product_list(CREAM), supplier), 2).sku

    run = apply(product_list(CREAM | {"sku": "COS-CALM-OTHER"}), supplier)

    assert problems(run, 2) == [("supplier_code", "A-1", "other-variant")]
    assert known in detail(run, 2)
    assert "COS-CALM-OTHER" in detail(run, 2)


def test_another_suppliers_code_is_none_of_ours(supplier):
    apply(product_list(CREAM), supplier)
    other = make.supplier("RIDGE")

    run = apply(product_list(BOTTLE | {"supplier_code": "A-1"}), other)

    assert counts(run) == (1, 1, 0, 0, 0)


def test_another_supplier_adds_its_code_and_cost_to_the_same_thing(supplier):
    sku = row(apply(product_list(CREAM), supplier), 2).sku
    other = make.supplier("RIDGE", currency="EUR")

    run = apply(product_list(CREAM | {"supplier_code": "R-9", "cost_price": "4.00"}), other)

    assert counts(run) == (1, 0, 1, 0, 0)
    assert row(run, 2).sku == sku
    assert row(run, 2).changes == {"supplier_code": ["", "R-9"], "cost_price": ["", "4 EUR"]}
    assert SkuAlias.objects.count() == 2


def test_a_barcode_under_another_code_of_the_same_supplier_is_refused_and_names_both(supplier):
    apply(product_list(CREAM), supplier)
    before = everything()

    run = apply(
        product_list(CREAM | {"supplier_code": "A-99", "name": "Other Serum", "cost_price": "1"}),
        supplier,
    )

    assert problems(run, 2) == [("gtin", CREAM["gtin"], "other-variant")]
    assert "A-1" in detail(run, 2)
    assert "A-99" in detail(run, 2)
    assert everything() == before


def test_a_barcode_that_another_supplier_brought_gets_this_suppliers_code(supplier):
    apply(product_list(CREAM), supplier)

    run = apply(product_list(CREAM | {"supplier_code": "R-7"}), make.supplier("RIDGE"))

    assert counts(run)[4] == 0
    assert sorted(SkuAlias.objects.values_list("code", flat=True)) == ["A-1", "R-7"]


@pytest.mark.parametrize("column", ["supplier_code", "gtin"])
def test_a_code_that_stands_twice_is_refused_the_second_time(supplier, column):
    second = BOTTLE | {column: CREAM[column]}

    run = apply(product_list(CREAM, second), supplier)

    assert counts(run) == (2, 1, 0, 0, 1)
    assert problems(run, 3) == [(column, CREAM[column], "repeated")]
    assert "line 2" in detail(run, 3)


def test_a_code_whose_first_row_was_rejected_may_stand_again(supplier):
    broken = CREAM | {"pao_months": "often"}

    run = apply(product_list(broken, CREAM), supplier)

    assert counts(run) == (2, 1, 0, 0, 1)


def test_one_variant_by_two_codes_in_one_file_is_refused_the_second_time(supplier):
    sku = row(apply(product_list(CREAM), supplier), 2).sku
    by_sku = {"kind": "cosmetic", "sku": sku, "name": "Calm Cream", "list_price": "15.00"}
    by_gtin = {"kind": "cosmetic", "gtin": CREAM["gtin"], "name": "Calm Cream"}

    run = apply(product_list(by_sku, by_gtin), supplier)

    assert counts(run) == (2, 0, 1, 0, 1)
    assert problems(run, 3) == [("gtin", CREAM["gtin"], "repeated")]


def test_rows_of_one_kind_brand_and_name_are_variants_of_one_product(supplier):
    small = CREAM
    large = CREAM | {"supplier_code": "A-2", "gtin": "4006381333955", "content": "100 ml"}

    run = apply(product_list(small, large), supplier)

    assert counts(run) == (2, 2, 0, 0, 0)
    assert Product.objects.count() == 1
    assert Variant.objects.count() == 2
    assert row(run, 2).sku != row(run, 3).sku


def test_a_later_file_adds_a_variant_to_the_product(supplier):
    apply(product_list(BOTTLE), supplier)
    blue = BOTTLE | {"supplier_code": "B-2", "gtin": "4006381333955", "colour": "blue"}

    run = apply(product_list(blue), supplier)

    assert counts(run) == (1, 1, 0, 0, 0)
    assert Product.objects.get().variants.count() == 2


def test_the_same_name_as_another_kind_is_another_product(supplier):
    apply(product_list(CREAM), supplier)
    other = {"kind": "sports", "name": CREAM["name"], "brand": CREAM["brand"]}

    run = apply(product_list(other), supplier)

    assert counts(run) == (1, 1, 0, 0, 0)
    assert Product.objects.count() == 2


def test_two_codes_for_what_cannot_be_told_apart_are_refused(supplier):
    twin = CREAM | {"supplier_code": "A-2", "gtin": ""}

    first = apply(product_list(CREAM, twin), supplier)
    second = apply(product_list(twin), supplier)

    assert problems(first, 3) == [("name", "Calm Cream", "repeated")]
    assert problems(second, 2) == [("supplier_code", "A-2", "other-variant")]
    assert row(first, 2).sku in detail(second, 2)
    assert Variant.objects.count() == 1


def test_rows_that_contradict_each_other_about_one_product_are_refused(supplier):
    other = CREAM | {
        "supplier_code": "A-2", "gtin": "", "content": "100 ml", "ingredients": "Aqua",
    }  # fmt: skip

    run = apply(product_list(CREAM, other), supplier)

    assert counts(run) == (2, 1, 0, 0, 1)
    assert problems(run, 3) == [("ingredients", "Aqua", "contradiction")]
    assert "Line 2" in detail(run, 3)


def test_a_later_row_may_say_what_the_first_left_blank(supplier):
    first = CREAM | {"shelf_life_days": ""}
    second = CREAM | {"supplier_code": "A-2", "gtin": "", "content": "100 ml"}

    run = apply(product_list(first, second), supplier)

    assert counts(run) == (2, 2, 0, 0, 0)
    assert CosmeticProduct.objects.get().shelf_life_days == 900
    assert CosmeticProduct.history.count() == 1


def test_a_product_never_changes_its_type(supplier):
    sku = row(apply(product_list(CREAM), supplier), 2).sku

    run = apply(
        product_list({"kind": "sports", "supplier_code": "A-1", "name": "Calm Cream"}), supplier
    )

    assert problems(run, 2) == [("kind", "sports", "type-change")]
    assert sku in detail(run, 2)
    assert CosmeticProduct.objects.count() == 1


def test_columns_of_the_other_kind_are_refused_without_a_kind_too(supplier):
    apply(product_list(CREAM), supplier)

    run = apply(product_list({"supplier_code": "A-1", "sport": "running"}), supplier)

    assert problems(run, 2) == [("sport", "running", "wrong-kind")]


def test_an_unknown_brand_is_made_once_and_known_in_any_case(supplier):
    shouted = BOTTLE | {"brand": "CALM LABS"}

    apply(product_list(CREAM, shouted), supplier)

    assert list(Brand.objects.values_list("name", flat=True)) == ["Calm Labs"]


def test_an_unknown_category_is_refused_with_the_nearest_names(supplier):
    skin = make.category("skin-care", name="Skin care")
    make.category("face", name="Face", parent_id=skin.pk)

    run = apply(product_list(CREAM | {"category": "Fase"}), supplier)

    assert problems(run, 2) == [("category", "Fase", "unknown-category")]
    assert "Skin care > Face" in detail(run, 2)
    assert Product.objects.count() == 0


@pytest.mark.parametrize("text", ["face", "FACE", "Skin care > Face", "skin care>face"])
def test_a_category_is_named_by_code_name_or_path(supplier, text):
    skin = make.category("skin-care", name="Skin care")
    face = make.category("face", name="Face", parent_id=skin.pk)

    apply(product_list(CREAM | {"category": text}), supplier)

    assert Product.objects.get().category_id == face.pk


def test_a_name_that_two_categories_have_is_refused_with_both_paths(supplier):
    for code in ("skin", "hair"):
        parent = make.category(code, name=code.title())
        make.category(f"{code}-oil", name="Oil", parent_id=parent.pk)

    run = apply(product_list(CREAM | {"category": "Oil"}), supplier)

    assert problems(run, 2) == [("category", "Oil", "ambiguous-category")]
    assert "Hair > Oil, Skin > Oil" in detail(run, 2)


def test_without_a_category_a_product_stays_a_draft_and_with_all_facts_it_goes_to_review(supplier):
    make.category("face", name="Face")
    apply(product_list(CREAM), supplier)
    assert Product.objects.get().stage == "draft"

    run = apply(product_list(CREAM | {"category": "face"}), supplier)

    assert Product.objects.get().stage == "in_review"
    assert row(run, 2).changes == {
        "category": ["", "Face"], "stage": ["draft", "in_review"],
    }  # fmt: skip


def test_a_category_that_asks_for_attributes_keeps_the_product_a_draft(supplier):
    make.category(
        "helmets",
        name="Helmets",
        attributes_schema={"type": "object", "required": ["shell"], "properties": {"shell": {}}},
    )

    apply(product_list(BOTTLE | {"category": "helmets"}), supplier)

    assert Product.objects.get().stage == "draft"


def test_prices_without_a_currency_are_in_the_suppliers(supplier):
    supplier.currency = "CHF"
    supplier.save()

    apply(product_list(CREAM | {"currency": ""}), supplier)

    assert set(PriceList.objects.values_list("code", flat=True)) == {"COST-LUMEN-CHF", "LIST-CHF"}


def test_a_list_price_finer_than_its_currency_is_refused(supplier):
    supplier.currency = "JPY"
    supplier.save()

    run = apply(product_list(CREAM | {"currency": "", "list_price": "12.90"}), supplier)

    assert problems(run, 2) == [("list_price", "12.90", "too-many-decimals")]


def test_skus_are_minted_apart_for_names_that_look_alike(supplier):
    rows = [
        {"kind": "sports", "name": f"Trail running bottle number {n}", "brand": "Trail Works"}
        for n in range(30)
    ]

    preview = check(product_list(*rows), supplier)
    run = apply(product_list(*rows), supplier)

    skus = [row(run, line).sku for line in range(2, 32)]
    assert len(set(skus)) == 30
    assert skus == [row(preview, line).sku for line in range(2, 32)]
    assert set(Variant.objects.values_list("sku", flat=True)) == set(skus)


def test_a_minted_sku_keeps_off_those_that_exist_and_those_the_file_names(supplier):
    make.sports(sku="SE-TRAILWOR-CAP")
    rows = [
        {"kind": "sports", "name": "Cap", "brand": "Trail Works"},
        {"kind": "sports", "name": "Hat", "brand": "Trail Works", "sku": "SE-TRAILWOR-CAP-2"},
    ]

    run = apply(product_list(*rows), supplier)

    assert [row(run, 2).sku, row(run, 3).sku] == ["SE-TRAILWOR-CAP-3", "SE-TRAILWOR-CAP-2"]


def test_a_size_read_from_the_name_does_not_argue_with_a_stated_one(supplier):
    stated = CREAM | {"name": "Calm Cream 50 ml", "content": "55 ml"}
    apply(product_list(stated), supplier)

    run = apply(product_list(stated | {"content": ""}), supplier)

    assert counts(run) == (1, 0, 0, 1, 0)
    assert Variant.objects.get().content_quantity == Decimal(55)


def test_options_of_a_sibling_are_refused(supplier):
    blue = BOTTLE | {"supplier_code": "B-2", "gtin": "", "colour": "blue"}
    first = apply(product_list(BOTTLE, blue), supplier)

    run = apply(product_list(blue | {"colour": "red"}), supplier)

    assert problems(run, 2) == [("size", "0.7 L", "options-taken")]
    assert row(first, 2).sku in detail(run, 2)
