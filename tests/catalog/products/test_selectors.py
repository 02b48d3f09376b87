import pytest

from catalog.identifiers.services import add_alias, add_barcode
from catalog.products.selectors import (
    AliasCode,
    category_lineage,
    category_path,
    expiry_alert_days,
    resolve_codes,
)
from tests.factories import catalog

pytestmark = pytest.mark.django_db


def test_codes_of_every_kind_are_resolved_and_unknown_ones_are_missing():
    supplier = catalog.supplier("LUMEN")
    variant = catalog.variant(catalog.cosmetic(sku="COS-CALM-50"))
    gtin = add_barcode(variant_id=variant.pk, gtin=catalog.gtin()).gtin
    add_alias(variant_id=variant.pk, scheme="supplier", code="L-1", partner_id=supplier.pk)
    add_alias(variant_id=variant.pk, scheme="legacy", code="OLD-1")
    alias = AliasCode("supplier", "L-1", supplier.pk)

    found = resolve_codes(
        skus=["COS-CALM-50", "OLD-1", "NO-SUCH"], gtins=[gtin, "0" * 14], aliases=[alias]
    )

    assert set(found) == {"COS-CALM-50", "OLD-1", gtin, alias}
    assert {ref.id for ref in found.values()} == {variant.pk}
    assert found[gtin].kind == "cosmetic"
    assert found[gtin].is_lot_tracked


def test_a_code_that_two_partners_use_for_different_things_names_none():
    for number in (1, 2):
        variant = catalog.variant(catalog.sports())
        partner = catalog.supplier(f"S{number}")
        add_alias(variant_id=variant.pk, scheme="supplier", code="X", partner_id=partner.pk)

    assert resolve_codes(aliases=[AliasCode("supplier", "X")]) == {}


def test_resolving_two_hundred_codes_takes_a_bounded_number_of_queries(
    django_assert_max_num_queries,
):
    skus = [f"SE-MANY-{number}" for number in range(200)]
    for sku in skus:
        catalog.sports(sku=sku, active=False)

    with django_assert_max_num_queries(6):
        found = resolve_codes(skus=skus, gtins=["0" * 14], aliases=[AliasCode("legacy", "x")])

    assert len(found) == 200


def test_a_category_knows_its_path_and_inherits_alert_days():
    top = catalog.category("skin-care", expiry_alert_days=[120, 30])
    below = catalog.category("serum", parent_id=top.pk)
    other = catalog.category("ropes")

    assert category_path(category_lineage()[below.pk]) == "Skin Care > Serum"
    assert expiry_alert_days()[below.pk] == (120, 30)
    assert expiry_alert_days()[other.pk] == (90, 60, 30, 7)
