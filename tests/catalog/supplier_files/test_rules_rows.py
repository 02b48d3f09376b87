"""Rows of product lists and delivery notes."""

from datetime import date
from decimal import Decimal

import pytest

from catalog.supplier_files.rules.delivery_rows import parse_delivery_row
from catalog.supplier_files.rules.hints import named_hints
from catalog.supplier_files.rules.product_rows import parse_product_row

TODAY = date(2026, 11, 24)
CREAM = {
    "kind": "cosmetic", "sku": "", "supplier_code": "A-1", "gtin": "", "name": "Calm Cream 50 ml",
    "brand": "Accept Labs", "category": "", "size": "", "colour": "", "shade": "",
    "content": "50 ml", "ingredients": "Aqua, Glycerin", "product_type": "leave-on",
    "pao_months": "12", "shelf_life_days": "900", "sport": "", "materials": "",
    "cost_price": "4,20", "list_price": "12,90", "currency": "EUR",
}  # fmt: skip
BOTTLE = {
    "kind": "sports", "supplier_code": "B-1", "gtin": "4006381333931", "name": "Trail Bottle",
    "size": "0.7 L", "colour": "red", "sport": "running", "materials": "polypropylene 100 %",
    "cost_price": "2.00", "list_price": "9.99", "currency": "EUR",
}  # fmt: skip
NOTE = {
    "code": "A-1", "lot": "L42", "produced_on": "2026-01-31", "expires_on": "03/2028",
    "quantity": "12", "unit": "each", "unit_cost": "4.20", "currency": "EUR",
}  # fmt: skip


def problems_of(cells, **changes):
    found = parse_product_row({**cells, **changes})
    assert isinstance(found, list)
    return [(problem.column, problem.code) for problem in found]


def delivery_problems_of(**changes):
    found = parse_delivery_row({**NOTE, **changes}, today=TODAY)
    assert isinstance(found, list)
    return [(problem.column, problem.code) for problem in found]


def test_reads_a_cosmetic():
    row = parse_product_row(CREAM)

    assert (row.kind, row.name, row.product_type) == ("cosmetic", "Calm Cream 50 ml", "leave-on")
    assert (row.content_quantity, row.content_unit) == (Decimal(50), "ml")
    assert (row.pao_months, row.shelf_life_days) == (12, 900)
    assert (row.cost_price, row.list_price, row.currency) == (
        Decimal("4.20"),
        Decimal("12.90"),
        "EUR",
    )


def test_reads_a_sports_product():
    row = parse_product_row(BOTTLE)

    assert (row.gtin, row.size, row.colour) == ("04006381333931", "0.7 L", "red")
    assert [(material.name, material.share) for material in row.materials] == [
        ("polypropylene", Decimal(100))
    ]
    assert (row.content, row.content_unit) == (None, "")


def test_a_blank_cell_is_not_said():
    row = parse_product_row({"kind": "cosmetic", "name": "Gel", "brand": " ", "shade": "n/a"})

    assert (row.brand, row.shade, row.cost_price, row.category, row.gtin) == (None,) * 5


def test_finds_the_content_of_a_cosmetic_in_its_name():
    row = parse_product_row({**CREAM, "content": ""})
    ball = parse_product_row({"kind": "sports", "name": "Kettlebell 10 kg"})

    assert str(row.content) == "50 ml"
    assert row.is_content_from_name
    assert ball.content is None


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("gtin", "4006381333932", "wrong-check-digit"),
        ("gtin", "4,00638E+12", "spreadsheet-number"),
        ("gtin", "400638133393", "wrong-check-digit"),
        ("gtin", "2000000000008", "restricted-prefix"),
        ("name", "", "required"),
        ("name", "x" * 201, "too-long"),
        ("kind", "", "required"),
        ("kind", "bundle", "unknown-kind"),
        ("sku", "cream", "sku-standard"),
        ("brand", "x" * 101, "too-long"),
        ("shade", "x" * 61, "too-long"),
        ("ingredients", "x" * 20_001, "too-long"),
        ("content", "big", "content-not-understood"),
        ("content", "1.7 fl oz / 30 ml", "content-contradicts-itself"),
        ("product_type", "cream", "unknown-product-type"),
        ("pao_months", "0", "out-of-range"),
        ("pao_months", "long", "not-months"),
        ("shelf_life_days", "99999", "out-of-range"),
        ("cost_price", "-1", "negative"),
        ("cost_price", "0", "zero"),
        ("cost_price", "1000001", "too-large"),
        ("cost_price", "1.23456", "too-many-decimals"),
        ("cost_price", "1,234", "ambiguous-number"),
        ("list_price", "12.9955", "too-many-decimals"),
        ("list_price", "$12.90", "currency-contradiction"),
        ("currency", "EUX", "unknown-currency"),
        ("sport", "running", "wrong-kind"),
        ("materials", "cotton 100 %", "wrong-kind"),
        ("name", "CrÃ¨me", "wrong-encoding"),
    ],
)
def test_names_the_column_the_value_and_the_reason(column, value, code):
    found = parse_product_row({**CREAM, column: value})

    assert [(problem.column, problem.value, problem.code) for problem in found] == [
        (column, value, code)
    ]
    assert found[0].detail.endswith(".")


@pytest.mark.parametrize("column", ["ingredients", "product_type", "pao_months", "shelf_life_days"])
def test_what_only_cosmetics_have_is_refused_on_a_sports_product(column):
    assert problems_of(BOTTLE, **{column: CREAM[column]}) == [(column, "wrong-kind")]


def test_a_sku_of_the_other_kind_is_refused():
    assert problems_of(BOTTLE, sku="COS-CREAM-50") == [("sku", "wrong-kind")]
    assert parse_product_row({**BOTTLE, "sku": "SE-BOTTLE-RED"}).sku == "SE-BOTTLE-RED"


def test_all_problems_of_a_row_come_at_once():
    assert problems_of(CREAM, gtin="123", cost_price="free", name="") == [
        ("gtin", "wrong-length"), ("cost_price", "not-a-number"), ("name", "required"),
    ]  # fmt: skip


def test_the_sign_of_a_price_names_the_currency_where_only_one_has_it():
    assert parse_product_row({**CREAM, "currency": "", "list_price": "12 €"}).currency == "EUR"
    assert parse_product_row({**CREAM, "currency": "", "list_price": "$12"}).currency is None
    assert parse_product_row({**CREAM, "currency": "CAD", "list_price": "$12"}).currency == "CAD"


def test_a_price_in_yen_has_no_decimals():
    assert problems_of(CREAM, currency="JPY") == [("list_price", "too-many-decimals")]


def test_a_text_that_starts_like_a_formula_stays_a_text():
    assert parse_product_row({**CREAM, "brand": "=SUM(A1)"}).brand == "=SUM(A1)"


def test_hints_settle_a_number_that_can_be_two():
    row = parse_product_row({**CREAM, "cost_price": "1,234"}, named_hints(decimal_mark=","))

    assert row.cost_price == Decimal("1.234")


def test_a_file_of_changes_may_leave_out_the_name():
    row = parse_product_row({"supplier_code": "A-1", "cost_price": "4"}, required=())

    assert (row.supplier_code, row.cost_price, row.name) == ("A-1", Decimal(4), None)


def test_reads_a_delivery():
    row = parse_delivery_row(NOTE, today=TODAY)

    assert (row.code, row.lot) == ("A-1", "L42")
    assert (row.produced_on, row.expires_on) == (date(2026, 1, 31), date(2028, 3, 31))
    assert (row.quantity, row.unit.code, row.unit_cost) == (Decimal(12), "each", Decimal("4.20"))


def test_a_delivery_may_say_no_more_than_code_and_quantity():
    row = parse_delivery_row({"code": "B-1", "quantity": "17850.0", "lot": ""}, today=TODAY)

    assert (row.quantity, row.lot, row.expires_on, row.unit) == (Decimal(17850), None, None, None)


def test_goods_may_expire_on_the_day_they_come():
    row = parse_delivery_row({**NOTE, "expires_on": "2026-11-24"}, today=TODAY)

    assert row.expires_on == TODAY


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("code", "", "required"),
        ("code", "4,00638E+12", "spreadsheet-number"),
        ("lot", "x" * 41, "too-long"),
        ("quantity", "", "required"),
        ("quantity", "0", "zero"),
        ("quantity", "-5", "negative"),
        ("quantity", "1000001", "too-large"),
        ("quantity", "1.5", "fractional-count"),
        ("quantity", "many", "not-a-number"),
        ("unit", "bottle", "unknown-unit"),
        ("unit_cost", "-1", "negative"),
        ("produced_on", "2026-13-01", "not-a-date"),
        ("produced_on", "2026-11-25", "produced-in-future"),
        ("produced_on", "03/2026", "day-missing"),
        ("expires_on", "2026-11-23", "expired"),
        ("expires_on", "03/04/2027", "ambiguous-date"),
        ("expires_on", "soon", "not-a-date"),
    ],
)
def test_names_what_is_wrong_with_a_delivery(column, value, code):
    found = parse_delivery_row({**NOTE, column: value}, today=TODAY)

    assert [(problem.column, problem.value, problem.code) for problem in found] == [
        (column, value, code)
    ]


def test_an_expiry_before_the_production_is_refused():
    assert delivery_problems_of(produced_on="2026-06-30", expires_on="2026-06-29") == [
        ("expires_on", "expiry-before-production"), ("expires_on", "expired"),
    ]  # fmt: skip


def test_goods_given_for_nothing_cost_nothing():
    assert parse_delivery_row({**NOTE, "unit_cost": "0"}, today=TODAY).unit_cost == 0


def test_a_measured_quantity_may_be_fractional():
    row = parse_delivery_row({**NOTE, "quantity": "1,5", "unit": "KGM"}, today=TODAY)

    assert (row.quantity, row.unit.code) == (Decimal("1.5"), "kg")
