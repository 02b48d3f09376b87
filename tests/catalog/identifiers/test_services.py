import pytest

from catalog.identifiers.errors import InvalidIdentifier
from catalog.identifiers.services import add_alias, add_barcode
from catalog.models import Barcode, SkuAlias
from tests.factories import catalog

pytestmark = pytest.mark.django_db


def test_a_barcode_is_kept_as_fourteen_digits():
    variant = catalog.variant(catalog.sports())

    barcode = add_barcode(variant_id=variant.pk, gtin="4006381333931")

    assert barcode.gtin == "04006381333931"


def test_a_wrong_check_digit_is_refused():
    variant = catalog.variant(catalog.sports())

    with pytest.raises(InvalidIdentifier, match="4006381333932"):
        add_barcode(variant_id=variant.pk, gtin="4006381333932")

    assert not Barcode.objects.exists()


def test_a_gtin_of_another_variant_is_refused_and_both_are_named():
    owner = catalog.variant(catalog.sports(sku="SE-THE-OWNER"))
    other = catalog.variant(catalog.sports(sku="SE-THE-OTHER"))
    add_barcode(variant_id=owner.pk, gtin="4006381333931")

    with pytest.raises(InvalidIdentifier) as refusal:
        add_barcode(variant_id=other.pk, gtin="4006381333931")

    assert "SE-THE-OWNER" in refusal.value.detail
    assert "SE-THE-OTHER" in refusal.value.detail
    assert Barcode.objects.count() == 1


def test_an_alias_is_unique_in_its_scheme_and_partner():
    first = catalog.variant(catalog.sports())
    second = catalog.variant(catalog.sports())
    lumen, ridge = catalog.supplier("LUMEN"), catalog.supplier("RIDGE")
    add_alias(variant_id=first.pk, scheme="supplier", code="A", partner_id=lumen.pk)

    add_alias(variant_id=second.pk, scheme="supplier", code="A", partner_id=ridge.pk)
    with pytest.raises(InvalidIdentifier):
        add_alias(variant_id=second.pk, scheme="supplier", code="A", partner_id=lumen.pk)

    assert SkuAlias.objects.count() == 2


def test_a_supplier_alias_needs_its_supplier():
    variant = catalog.variant(catalog.sports())

    with pytest.raises(InvalidIdentifier):
        add_alias(variant_id=variant.pk, scheme="supplier", code="A")

    assert not SkuAlias.objects.exists()
