from datetime import date

import pytest

from catalog.identifiers.errors import InvalidIdentifier
from catalog.identifiers.rules import normalise_gtin
from catalog.identifiers.services import add_alias, add_barcode
from inventory.availability.selectors import resolve_code
from tests.factories import catalog, inventory

TODAY = date(2026, 11, 24)
GTIN = "04006381333931"


def resolve(code):
    return resolve_code(code, today=TODAY)


def codes(resolved):
    return [warning.code for warning in resolved.warnings]


@pytest.fixture
def named(ball):
    """The ball with a barcode for one, one for a case of 12, and two aliases."""
    variant = catalog.variant(ball)
    add_barcode(variant_id=variant.pk, gtin=GTIN)
    add_barcode(variant_id=variant.pk, gtin="14006381333938", packaging_level="case", quantity=12)
    add_alias(variant_id=variant.pk, scheme="legacy", code="OLD-1")
    add_alias(variant_id=variant.pk, scheme="marketplace", code="MP-1")
    return variant


@pytest.mark.parametrize("code", ["SE-BALL-5", "OLD-1", "MP-1"])
def test_a_sku_or_an_alias_names_its_variant(named, code):
    found = resolve(code)

    assert (found.sku, found.gtin, found.lot, codes(found)) == ("SE-BALL-5", GTIN, None, [])


@pytest.mark.parametrize("code", ["4006381333931", "04006381333931"])
def test_a_gtin_names_its_variant(named, code):
    found = resolve(code)

    assert (found.sku, found.gtin, found.quantity) == ("SE-BALL-5", GTIN, 1)


def test_a_case_holds_as_many_as_its_barcode_says(named):
    assert resolve("14006381333938").quantity == 12


def test_a_whole_scan_is_taken_apart(named):
    found = resolve(f"(01){GTIN}(17)270300(10)L42(21)S1")

    assert (found.sku, found.lot, found.serial) == ("SE-BALL-5", "L42", "S1")
    assert found.expires_on == date(2027, 3, 31)


def test_the_fnc1_form_says_the_same(named):
    assert resolve(f"01{GTIN}1727030010L42") == resolve(f"(01){GTIN}(17)270300(10)L42")


def test_a_well_formed_code_of_an_unknown_item_is_answered_with_a_warning(db):
    scan, sku = resolve(f"(01){GTIN}(10)L42"), resolve("COS-NONE-1")

    assert (scan.sku, scan.gtin, scan.lot, codes(scan)) == (None, GTIN, "L42", ["unknown-product"])
    assert (sku.sku, codes(sku)) == (None, ["unknown-product"])


@pytest.mark.parametrize("code", ["(01)04006381333932(10)L42", "4006381333932", "hello", "(01)1"])
def test_a_malformed_code_is_refused(db, code):
    with pytest.raises(InvalidIdentifier) as caught:
        resolve(code)

    assert (caught.value.code, caught.value.status) == ("invalid-code", 422)


@pytest.mark.parametrize("code", ["10D9T", "4006381333931"])
def test_a_code_that_is_exactly_the_name_of_a_lot_is_that_lot(named, cream, code):
    inventory.receive(cream, 5, lot=code, expires="2027-06-30")

    found = resolve(code)

    assert (found.sku, found.lot) == ("COS-CREAM-50", code)
    assert found.expires_on == date(2027, 6, 30)


def test_a_lot_of_several_products_names_none_of_them(cream):
    other = catalog.cosmetic(sku="COS-OTHER-1")
    inventory.receive(cream, 5, lot="L1")
    inventory.receive(other, 5, lot="L1")

    found = resolve("L1")

    assert (found.sku, found.lot, codes(found)) == (None, "L1", ["ambiguous-lot"])


def test_an_alias_of_several_products_names_none_of_them(ball, cream):
    add_alias(variant_id=catalog.variant(ball).pk, scheme="warehouse", code="X1")
    add_alias(variant_id=catalog.variant(cream).pk, scheme="marketplace", code="X1")

    found = resolve("X1")

    assert (found.sku, codes(found)) == (None, ["ambiguous-alias"])


def test_our_own_former_code_goes_before_a_partners_code(ball, cream):
    add_alias(variant_id=catalog.variant(ball).pk, scheme="legacy", code="X1")
    add_alias(variant_id=catalog.variant(cream).pk, scheme="marketplace", code="X1")

    assert resolve("X1").sku == "SE-BALL-5"


def test_a_known_lot_brings_its_expiry_and_a_differing_one_is_told(cream):
    gtin = normalise_gtin(catalog.gtin()).value
    add_barcode(variant_id=catalog.variant(cream).pk, gtin=gtin)
    inventory.receive(cream, 5, lot="L1", expires="2027-06-30")

    plain, differing = resolve(f"(01){gtin}(10)L1"), resolve(f"(01){gtin}(17)280630(10)L1")

    assert (plain.expires_on, codes(plain)) == (date(2027, 6, 30), [])
    assert (differing.expires_on, codes(differing)) == (date(2028, 6, 30), ["expiry-differs"])
