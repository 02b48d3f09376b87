from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from catalog.identifiers.services import add_alias, add_barcode
from catalog.models import (
    Barcode,
    BundleProduct,
    CosmeticProduct,
    Product,
    ProductText,
    SportsProduct,
    Variant,
)
from catalog.pricing.services import base_price_list, set_price
from config.kernel import context
from config.kernel.history import change_reason
from tests.factories import catalog

pytestmark = pytest.mark.django_db

PARTS = ("barcodes", "aliases", "prices")


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    return client


def inlines(**variants: str) -> dict[str, str]:
    forms = {
        "variants-TOTAL_FORMS": "0",
        "variants-INITIAL_FORMS": "0",
        "texts-TOTAL_FORMS": "0",
        "texts-INITIAL_FORMS": "0",
    }
    return forms | variants


def add(client, model, **fields: object):
    content_type = ContentType.objects.get_for_model(model)
    url = f"{reverse('admin:catalog_product_add')}?ct_id={content_type.pk}"
    return client.post(url, {"stock_unit": "each", "attributes": "{}", **inlines(), **fields})


def test_boxes_show_quantities_without_zeros_and_prices_with_cents(boss):
    product = catalog.cosmetic(sku="COS-CREAM-50", stock_unit="each")
    variant = product.variants.get()
    variant.content_quantity, variant.content_unit = Decimal("50.0000"), "ml"
    variant.low_stock_quantity = Decimal("0.2500")
    variant.save()
    add_barcode(variant_id=variant.pk, gtin="4006381333931", packaging_level="case", quantity=12)
    prices = base_price_list(currency="EUR")
    set_price(price_list_id=prices.pk, variant_id=variant.pk, amount=Decimal("12.5"))

    page = boss.get(reverse("admin:catalog_variant_change", args=[variant.pk])).content.decode()

    assert 'name="content_quantity" value="50"' in page
    assert 'name="low_stock_quantity" value="0.25"' in page
    assert "Low stock quantity (each)" in page
    assert 'name="barcodes-0-quantity" value="12"' in page
    assert 'name="prices-0-amount" value="12.50"' in page


def test_choosing_what_to_add_says_what_the_kinds_mean(boss):
    page = boss.get(reverse("admin:catalog_product_add")).content.decode()

    assert "Every unit belongs to a lot" in page
    assert "Sizes and colours are variants" in page


def test_a_cosmetic_added_without_variants_gets_one_with_a_minted_sku(boss):
    response = add(boss, CosmeticProduct, name="Calm Cream", remaining_days_min="30")

    assert response.status_code == 302
    product = Product.objects.get()
    assert product.remaining_days_min == 30
    assert product.variants.get().sku.startswith("COS-")


def test_what_the_law_asks_of_a_cosmetic_is_written_in_its_form_and_kept_in_its_history(boss):
    response = add(
        boss,
        CosmeticProduct,
        name="Baby Wipes",
        remaining_days_min="30",
        purpose="cleansing",
        form="wipe",
        is_for_under_threes="true",
        label_text="Keep away from the eyes.",
    )

    assert response.status_code == 302
    told = Product.objects.get().history.get()
    assert (told.purpose, told.form) == ("cleansing", "wipe")
    assert (told.is_for_under_threes, told.is_professional) == (True, False)
    assert told.label_text == "Keep away from the eyes."


def test_sports_lists_are_ticked_and_written_with_commas(boss):
    response = add(
        boss,
        SportsProduct,
        name="Trail Cap",
        dimension_unit="cm",
        weight_unit="g",
        season_months=["3", "4"],
        materials="cotton 80 %, elastane 20 %",
        customisation_options="name print, engraving",
    )

    assert response.status_code == 302
    product = Product.objects.get()
    assert product.season_months == [3, 4]
    assert product.materials == [
        {"name": "cotton", "share": 80},
        {"name": "elastane", "share": 20},
    ]
    assert product.customisation_options == ["name print", "engraving"]


def test_materials_over_a_hundred_percent_are_refused_in_the_form(boss):
    response = add(
        boss,
        SportsProduct,
        name="Trail Cap",
        dimension_unit="cm",
        weight_unit="g",
        materials="cotton 80 %, wool 30 %",
    )

    assert response.status_code == 200
    assert "110 %" in response.content.decode()
    assert not Product.objects.exists()


def test_attributes_that_do_not_fit_the_category_are_refused_in_the_form(boss):
    category = catalog.category(
        "balls",
        attributes_schema={"type": "object", "properties": {"ball_size": {"enum": [4, 5]}}},
    )

    response = add(
        boss,
        CosmeticProduct,
        name="Ball",
        remaining_days_min="0",
        category=category.pk,
        attributes='{"ball_size": 7}',
    )

    assert "7 is not one of [4, 5]" in response.content.decode()
    assert not Product.objects.exists()


def test_products_go_on_sale_with_a_reason_and_an_incomplete_one_says_what_it_lacks(boss):
    product = catalog.cosmetic(active=False, brand_id=None)
    url = reverse("admin:catalog_product_changelist")
    choice = {"action": "activate", "_selected_action": [product.pk]}

    asked = boss.post(url, choice)
    refused = boss.post(url, {**choice, "_confirm": "1", "reason": "launch"})

    assert b"reason" in asked.content
    assert "lacks a brand" in refused.content.decode()
    assert Product.objects.get().stage == "draft"


def test_a_sku_cannot_be_typed_over(boss):
    variant = catalog.variant(catalog.sports(sku="SE-STAYS-THIS"))
    url = reverse("admin:catalog_variant_change", args=[variant.pk])

    page = boss.get(url).content.decode()

    assert 'name="sku"' not in page
    assert Variant.objects.get().sku == "SE-STAYS-THIS"


def test_a_variant_added_without_a_sku_gets_one(boss):
    product = catalog.sports(name="Trail Cap")
    prefixes = ("barcodes", "aliases", "prices")
    forms = {f"{prefix}-{kind}_FORMS": "0" for prefix in prefixes for kind in ("TOTAL", "INITIAL")}

    boss.post(reverse("admin:catalog_variant_add"), {"product": product.pk, "size": "L", **forms})

    assert Variant.objects.get(size="L").sku == "SE-TESTMARK-TRAILCAP-L"


def test_a_sku_is_renamed_with_a_reason_and_lives_on_as_an_alias(boss):
    variant = catalog.variant(catalog.sports(sku="SE-TYPING-EROR"))
    url = reverse("admin:catalog_variant_rename", args=[variant.pk])

    boss.post(url, {"_confirm": "1", "sku": "SE-TYPING-ERROR", "reason": "typing error"})

    variant.refresh_from_db()
    assert variant.sku == "SE-TYPING-ERROR"
    assert variant.aliases.get().code == "SE-TYPING-EROR"
    assert variant.history.latest("history_id").history_change_reason == "typing error"


def test_the_list_of_products_exports_both_kinds_with_their_columns(boss):
    catalog.cosmetic(name="Calm")
    catalog.sports(name="=HYPERLINK(1)")

    response = boss.get(reverse("admin:catalog_product_export", args=["csv"]))

    text = b"".join(response.streaming_content).decode()
    assert "Calm,Cosmetic" in text
    assert "'=HYPERLINK(1),Sports" in text


def test_the_history_of_a_product_shows_parent_and_child_fields_and_the_reason(boss):
    product = catalog.cosmetic(active=False)
    product.ingredients = "Aqua"
    product.name = "Renamed"
    product._change_reason = "new formula"
    product.save()

    page = boss.get(
        reverse("admin:catalog_cosmeticproduct_history", args=[product.pk])
    ).content.decode()

    assert "Renamed" in page
    assert "ngredients" in page
    assert "new formula" in page


def test_the_history_of_a_product_tells_of_its_variants_barcodes_codes_prices_and_texts(boss):
    variant = catalog.variant(catalog.cosmetic(sku="COS-TOLD-50"))
    with context.bind(request_id="r-77", actor_name="api:shop"), change_reason("Supplier's news"):
        barcode = add_barcode(variant_id=variant.pk, gtin="4006381333931")
        add_alias(variant_id=variant.pk, scheme="legacy", code="OLD-1")
        price_list = base_price_list(currency="EUR")
        set_price(price_list_id=price_list.pk, variant_id=variant.pk, amount=Decimal("9.50"))
        set_price(price_list_id=price_list.pk, variant_id=variant.pk, amount=Decimal("8.90"))
        ProductText.objects.create(product_id=variant.product_id, language="de", name="Ruhe")
        barcode.delete()

    page = boss.get(
        reverse("admin:catalog_cosmeticproduct_history", args=[variant.product_id])
    ).content.decode()

    assert "Variant COS-TOLD-50: created" in page
    assert "Barcode 04006381333931: created" in page
    assert "Barcode 04006381333931: deleted" in page
    assert "SKU alias OLD-1: created" in page
    assert "Price 8.9 in List prices in EUR: changed" in page
    assert "9.5000 → 8.9000" in page
    assert "Product text Ruhe (de): created" in page
    assert page.count("Supplier&#x27;s news") == 6
    assert "api:shop" in page
    assert "r-77" in page
    variant_page = boss.get(
        reverse("admin:catalog_variant_history", args=[variant.pk])
    ).content.decode()
    assert "Price 8.9 in List prices in EUR: changed" in variant_page


def test_a_form_asks_why_and_the_history_keeps_it_for_the_row_and_its_parts(boss):
    variant = catalog.variant(catalog.cosmetic())
    url = reverse("admin:catalog_variant_change", args=[variant.pk])
    forms = {f"{prefix}-{name}_FORMS": "0" for prefix in PARTS for name in ("TOTAL", "INITIAL")}
    changed_before = variant.product.updated_at
    barcode = {"gtin": "4006381333931", "packaging_level": "each", "quantity": "1"}

    page = boss.get(url).content.decode()
    response = boss.post(
        url,
        {
            **forms,
            "size": "50 ml",
            "_reason": " New pack\x00 ",
            "barcodes-TOTAL_FORMS": "1",
            **{f"barcodes-0-{name}": value for name, value in barcode.items()},
        },
    )

    assert 'name="_reason"' in page
    assert response.status_code == 302, response.context["errors"]
    row, part = Variant.history.latest("history_id"), Barcode.history.get()
    assert (row.size, row.history_change_reason, row.actor) == ("50 ml", "New pack", "boss")
    assert (part.history_change_reason, part.actor) == ("New pack", "boss")
    assert Product.objects.get().updated_at > changed_before


@pytest.mark.parametrize("rights", ["boss", "looks"])
def test_a_version_of_the_past_is_looked_at_and_never_brought_back(client, rights):
    user = User.objects.create_user("someone", is_staff=True, is_superuser=rights == "boss")
    user.user_permissions.add(Permission.objects.get(codename="view_cosmeticproduct"))
    client.force_login(user)
    product = catalog.cosmetic(active=False)
    first = CosmeticProduct.history.latest("history_id")
    product.stage = "discontinued"
    product.save()
    url = reverse("admin:catalog_cosmeticproduct_simple_history", args=[product.pk, first.pk])

    shown, posted = client.get(url), client.post(url, {"name": product.name})

    assert (shown.status_code, posted.status_code) == (200, 403)
    assert b"Revert" not in shown.content
    assert Product.objects.get().stage == "discontinued"


def test_a_product_that_is_gone_still_has_its_history(boss):
    product = catalog.cosmetic(active=False, name="Gone Cream", variants=())
    pk = product.pk
    product.variants.all().delete()
    product.delete()

    page = boss.get(reverse("admin:catalog_cosmeticproduct_history", args=[pk]))
    nothing = boss.get(reverse("admin:catalog_cosmeticproduct_history", args=[pk + 1]))

    assert "Gone Cream" in page.content.decode()
    assert nothing.status_code == 404


def test_a_category_is_alerted_at_days_written_with_commas(boss):
    response = boss.post(
        reverse("admin:catalog_category_add"),
        {
            "name": "Balms",
            "code": "balms",
            "expiry_alert_days": "120, 60",
            "attributes_schema": "{}",
        },
    )

    assert response.status_code == 302
    assert (
        boss.get(reverse("admin:catalog_category_changelist")).content.count(b"120, 60 days") == 1
    )


def test_a_bundle_added_without_a_sku_gets_one_and_asks_for_no_unit(boss):
    content_type = ContentType.objects.get_for_model(BundleProduct)
    form = boss.get(f"{reverse('admin:catalog_product_add')}?ct_id={content_type.pk}")
    response = add(boss, BundleProduct, name="Marathon set", brand=catalog.brand("Nordlicht").pk)

    assert 'name="stock_unit"' not in form.content.decode()
    assert response.status_code == 302
    bundle = BundleProduct.objects.get()
    assert (bundle.stock_unit, bundle.variants.get().sku) == ("each", "BDL-NORDLICH-MARATHONSET")
    assert bundle.history.count() == 1


def test_a_bundle_takes_no_second_sku_from_its_form(boss):
    bundle = catalog.bundle(sku="BDL-MARATHON-SET", active=False)
    url = reverse("admin:catalog_bundleproduct_change", args=[bundle.pk])
    extra = {
        "variants-TOTAL_FORMS": "2",
        "variants-INITIAL_FORMS": "1",
        "variants-0-id": catalog.variant(bundle).pk,
        "variants-0-product": bundle.pk,
        "variants-1-product": bundle.pk,
        "variants-1-sku": "BDL-OTHER-SET",
    }

    response = boss.post(url, inlines(name="Set", attributes="{}", **extra))

    assert response.status_code == 200
    assert [variant.sku for variant in bundle.variants.all()] == ["BDL-MARATHON-SET"]
