from datetime import date
from decimal import Decimal

import pytest

from catalog.models import Price
from catalog.pricing.errors import InvalidPrice
from catalog.pricing.services import base_price_list, cost_price_list, set_price, tax_class
from tests.factories import catalog

pytestmark = pytest.mark.django_db


def test_lists_are_made_once():
    supplier = catalog.supplier("LUMEN")

    assert base_price_list(currency="EUR") == base_price_list(currency="EUR")
    first = cost_price_list(partner_id=supplier.pk, partner_code="LUMEN", currency="EUR")
    again = cost_price_list(partner_id=supplier.pk, partner_code="LUMEN", currency="EUR")
    assert first == again


def test_a_price_is_changed_in_place_and_a_later_one_stands_beside_it():
    prices = base_price_list(currency="EUR")
    variant = catalog.variant(catalog.sports())

    set_price(price_list_id=prices.pk, variant_id=variant.pk, amount=Decimal("9.99"))
    set_price(price_list_id=prices.pk, variant_id=variant.pk, amount=Decimal("8.99"))
    set_price(
        price_list_id=prices.pk,
        variant_id=variant.pk,
        amount=Decimal("7.99"),
        valid_from_date=date(2027, 1, 1),
    )

    amounts = Price.objects.order_by("pk").values_list("amount", flat=True)
    assert list(amounts) == [Decimal("8.99"), Decimal("7.99")]


def test_a_negative_price_is_refused():
    prices = base_price_list(currency="EUR")
    variant = catalog.variant(catalog.sports())

    with pytest.raises(InvalidPrice, match=r"-1\.00"):
        set_price(price_list_id=prices.pk, variant_id=variant.pk, amount=Decimal("-1.00"))

    assert not Price.objects.exists()


def test_a_tax_class_is_made_once():
    assert tax_class(code="standard", name="Standard rate") == tax_class(code="standard", name="x")
