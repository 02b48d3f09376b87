from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from catalog.identifiers.services import add_alias, add_barcode
from tests.factories import catalog, inventory

pytestmark = pytest.mark.django_db


@pytest.fixture
def scan(client):
    client.force_login(User.objects.create_superuser("boss"))
    return lambda code: client.get(f"/admin/scan/?code={quote(code)}")


@pytest.fixture
def cream():
    variant = catalog.variant(catalog.cosmetic(sku="COS-CALM-50"))
    add_barcode(variant_id=variant.pk, gtin="4006381333931")
    return variant


def test_a_sku_an_alias_and_a_gtin_open_the_stock_of_the_product(scan, cream):
    add_alias(
        variant_id=cream.pk, scheme="supplier", code="L-1", partner_id=catalog.supplier("LUMEN").pk
    )
    page = reverse("admin:inventory_stockedvariant_change", args=[cream.pk])

    for code in ("COS-CALM-50", "L-1", "4006381333931"):
        assert scan(code).url.partition("?")[0] == page, code


def test_the_name_of_a_lot_opens_the_lot_whatever_gs1_would_make_of_it(scan, cream):
    level = inventory.receive(cream, 5, lot="10D9T", expires="2028-01-31")

    response = scan("10D9T")

    assert response.url == reverse("admin:inventory_lot_change", args=[level.lot_id])


def test_a_gs1_barcode_of_a_lot_on_file_opens_the_lot(scan, cream):
    level = inventory.receive(cream, 5, lot="L42", expires="2028-03-31")

    response = scan("(01)04006381333931(17)280300(10)L42")

    assert response.url == reverse("admin:inventory_lot_change", args=[level.lot_id])


def test_a_lot_nobody_has_seen_goes_to_goods_in_with_the_scan_filled_in(scan, cream):
    code = "(01)04006381333931(17)280300(10)NEW"

    response = scan(code)

    assert response.url.startswith(reverse("admin:goods_in") + "?")
    assert quote(code, safe="") in response.url


def test_an_unknown_item_shows_what_the_code_said(scan):
    page = scan("(01)04006381333931(17)270300(10)L42(99)X").content.decode()

    assert "nothing of ours is called this" in page
    assert "04006381333931" in page
    assert "31 Mar 2027" in page


def test_a_malformed_code_says_what_is_wrong_with_it(scan):
    page = scan("(01)04006381333932(10)L42").content.decode()

    assert "04006381333932" in page
    assert "Search products" in page


def test_markup_in_a_code_is_only_text(scan):
    page = scan("<script>alert(1)</script>").content.decode()

    assert "<script>alert(1)" not in page


def test_nothing_scanned_leads_to_today(scan):
    assert scan("  ").url == reverse("admin:index")


def test_whoever_may_not_see_stock_may_not_scan(client):
    client.force_login(User.objects.create_user("nobody", is_staff=True))

    assert client.get("/admin/scan/?code=X").status_code == 403
