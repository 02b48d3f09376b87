import csv
import io
import re
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

import pytest
from jsonschema import Draft202012Validator

from catalog.products.models import Form, Purpose
from compliance.rulebooks.rules.shapes import PURPOSE_AREAS
from config.demo.content import COSMETICS, PRODUCTS, SPORTS, supplier_list
from config.demo.content.categories import CATEGORIES
from config.demo.content.demand import weekly_sales
from config.demo.content.places import BINS, BRANDS, MARKETS, PARTNERS, WAREHOUSES
from config.demo.content.shapes import check_digit
from config.demo.content.stock_plan import NAMED_LOTS, SCARCE, THRESHOLD_LOTS, all_lots

VARIANTS = [(product, variant) for product in PRODUCTS for variant in product.variants]
BY_SKU = {variant.sku: (product, variant) for product, variant in VARIANTS}
SKU = re.compile(r"(COS|SE)(-[A-Z0-9]+){2,5}")


def repeated(values):
    return [value for value, count in Counter(values).items() if count > 1]


def test_offers_enough_of_both_worlds():
    by_piece = Counter(product.kind for product in PRODUCTS if product.stock_unit == "each")

    assert len(COSMETICS) >= 64
    assert len(SPORTS) >= 64
    assert by_piece["cosmetic"] >= 60
    assert by_piece["sports"] >= 60
    assert {"COS-SUNFLUID-50", "SE-BALL-5"} <= set(BY_SKU)
    assert {product.stock_unit for product in PRODUCTS} == {"each", "kg", "l", "ml", "m"}


def test_every_sku_follows_the_standard_once():
    skus = [variant.sku for _, variant in VARIANTS]

    assert [sku for sku in skus if not SKU.fullmatch(sku) or len(sku) > 40] == []
    assert repeated(skus) == []


def test_every_gtin_has_its_check_digit_and_one_owner():
    gtins = [v.gtin for _, v in VARIANTS] + [v.case_gtin for _, v in VARIANTS if v.case_gtin]

    assert [g for g in gtins if g[-1] != check_digit(g[:-1])] == []
    assert {len(g) for g in gtins} == {12, 13, 14}
    assert repeated(g.zfill(14) for g in gtins) == []


def test_check_digit_agrees_with_a_published_number():
    assert check_digit("400638133393") == "1"
    assert check_digit("03600029145") == "2"


def test_every_cosmetic_says_what_the_law_tells_apart():
    facts = {product.name: product.cosmetic for product in COSMETICS}

    assert [n for n, f in facts.items() if f.purpose not in Purpose.values] == []
    assert [n for n, f in facts.items() if f.form not in Form.values] == []
    assert [n for n, f in facts.items() if f.body_area not in PURPOSE_AREAS[f.purpose]] == []


def test_supplier_codes_and_numbers_of_partners_are_unique():
    codes = [variant.supplier_code for _, variant in VARIANTS]
    glns = [p.gln for p in PARTNERS] + [w.gln for w in WAREHOUSES]

    assert repeated(codes) == []
    assert repeated(glns) == []
    assert [g for g in glns if len(g) != 13 or g[-1] != check_digit(g[:-1])] == []


def test_every_reference_is_known():
    categories = {category.code: category for category in CATEGORIES}
    partners = {partner.code for partner in PARTNERS}

    for product in PRODUCTS:
        assert categories[product.category].kind == product.kind
        assert product.brand in BRANDS
        assert product.supplier in partners
    assert {brand.owner for brand in BRANDS.values()} <= partners
    assert {warehouse.operator for warehouse in WAREHOUSES} <= partners
    assert {code for m in MARKETS for code in m.warehouses} == {w.code for w in WAREHOUSES}
    assert len(BINS) == 24


def test_every_leaf_of_the_tree_has_a_product_and_parents_come_first():
    seen = set()
    for category in CATEGORIES:
        assert category.parent == "" or category.parent in seen, category.code
        seen.add(category.code)
    leaves = seen - {category.parent for category in CATEGORIES}

    assert {product.category for product in PRODUCTS} == leaves
    assert repeated(category.code for category in CATEGORIES) == []
    assert repeated(category.name for category in CATEGORIES) == []


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.code)
def test_attributes_fit_the_schema_of_their_category(category):
    Draft202012Validator.check_schema(category.schema)
    validator = Draft202012Validator(category.schema)

    for product in PRODUCTS:
        if product.category == category.code:
            assert list(validator.iter_errors(product.attributes)) == [], product.name


def test_materials_of_a_sports_product_sum_to_a_hundred():
    sums = {p.name: sum(share for _, share in p.sports.materials) for p in SPORTS if p.sports}

    assert len(sums) == len(SPORTS)
    assert {name: total for name, total in sums.items() if total != 100} == {}


def test_every_cosmetic_names_its_ingredients_once_and_keeps_long_enough():
    for product in COSMETICS:
        facts = product.cosmetic
        assert facts is not None
        names = [name.strip("[]+/- ") for name in facts.ingredients.split(", ")]

        assert repeated(names) == [], product.name
        assert 0 < facts.remaining_days_min < facts.shelf_life_days


def test_most_products_have_a_german_text():
    for kind in (COSMETICS, SPORTS):
        assert sum(bool(product.text_de) for product in kind) > len(kind) * 0.7
    assert all(product.name_de and product.text_en for product in PRODUCTS)


def test_prices_leave_a_margin():
    for _, variant in VARIANTS:
        assert variant.unit_cost * 2 < variant.list_price_eur
        assert variant.unit_cost < variant.list_price_usd


def test_lots_sit_at_every_alert_threshold():
    least = {v.sku: p.cosmetic.remaining_days_min for p, v in VARIANTS if p.cosmetic}

    last_days = [(lot.expires_in_days or 0) - least[lot.sku] for lot in THRESHOLD_LOTS]

    assert last_days == [90, 89, 60, 59, 30, 29, 7, 6, 0, -1]


def test_the_named_lots_are_there():
    sun = [lot for lot in NAMED_LOTS if lot.sku == "COS-SUNFLUID-50" and lot.warehouse == "BER"]

    assert len({lot.expires_in_days for lot in sun}) == 3
    assert [lot.sku for lot in NAMED_LOTS if lot.hold == "quality"] == ["COS-HANDCREAM-75"]
    assert [lot.warehouse for lot in NAMED_LOTS if lot.sku == "SE-BALL-5"] == ["BER", "LAX"]
    assert all(lot.lot == "" for lot in NAMED_LOTS if lot.sku == "SE-BALL-5")


def test_the_stock_plan_holds_every_lot_once_and_only_cosmetics_expire():
    plan = all_lots()

    assert repeated((lot.sku, lot.lot, lot.warehouse) for lot in plan) == []
    assert set(SCARCE) <= set(BY_SKU)
    for lot in plan:
        product = BY_SKU[lot.sku][0]
        assert lot.quantity > 0
        assert (lot.expires_in_days is None) == (product.kind == "sports")
        assert product.stock_unit != "each" or lot.quantity == int(lot.quantity)


def test_one_lot_has_one_expiry_date_in_every_warehouse():
    dates: dict[tuple[str, str], set[int | None]] = {}
    for lot in all_lots():
        dates.setdefault((lot.sku, lot.lot), set()).add(lot.expires_in_days)

    assert {key: days for key, days in dates.items() if len(days) > 1} == {}


def test_at_least_forty_of_each_kind_have_ten_pieces_in_berlin():
    held: dict[str, Decimal] = defaultdict(Decimal)
    for lot in all_lots():
        if lot.warehouse == "BER" and not lot.hold and (lot.expires_in_days or 999) > 200:
            held[lot.sku] += lot.quantity
    plenty = Counter(BY_SKU[sku][0].kind for sku, quantity in held.items() if quantity >= 10)

    assert plenty["cosmetic"] >= 40
    assert plenty["sports"] >= 40


def test_a_year_of_sales_is_the_same_every_time_and_follows_the_season():
    product, variant = BY_SKU["COS-SUNFLUID-50"]
    day = date(2026, 11, 23)
    sales = weekly_sales(product, variant, day=day)

    assert sales == weekly_sales(product, variant, day=day)
    assert all(1 <= days_ago <= 364 and quantity == int(quantity) for days_ago, quantity in sales)
    summer = sum(quantity for days_ago, quantity in sales if 85 <= days_ago < 176)
    winter = sum(quantity for days_ago, quantity in sales if days_ago >= 266)
    assert summer > 3 * winter


def test_the_price_list_of_the_demo_has_a_cell_for_every_heading():
    text = supplier_list.file_bytes().decode("cp1252")
    heading, *lines = csv.reader(io.StringIO(text, newline=""), delimiter=";")

    assert {len(line) for line in lines if line} == {len(heading)} == {20}
    assert len(lines) == supplier_list.EXPECTED_COUNTS["rows"]
    assert sum(bool(reason) for _, reason in supplier_list.LINES) == 6
    assert sum(v for k, v in supplier_list.EXPECTED_COUNTS.items() if k != "rows") == 10
