"""A serial number names its piece, wherever codes are understood."""

import pytest
from django.contrib.auth import get_user_model

from catalog.identifiers.errors import InvalidIdentifier
from catalog.identifiers.services import add_barcode
from inventory.stock.models import SerialNumber
from inventory.stock.selectors.codes import resolve_code
from tests.factories import catalog, inventory, reservations

pytestmark = pytest.mark.django_db
TODAY = inventory.NOW.date()


@pytest.fixture
def watch():
    inventory.warehouse()
    watch = catalog.variant(catalog.sports(sku="SE-WATCH-1", is_serial_tracked=True))
    inventory.receive(watch, 1, serials=["WPT-00017"])
    return watch


def test_a_serial_number_names_its_piece(watch):
    found = resolve_code("WPT-00017", today=TODAY)

    assert (found.sku, found.serial, found.lot) == ("SE-WATCH-1", "WPT-00017", None)


def test_a_number_that_two_products_have_is_told(watch):
    other = catalog.variant(catalog.sports(sku="SE-WATCH-2", is_serial_tracked=True))
    inventory.receive(other, 1, serials=["WPT-00017"])

    found = resolve_code("WPT-00017", today=TODAY)

    assert found.sku is None
    assert [w.code for w in found.warnings] == ["ambiguous-serial"]


def test_a_scan_with_gtin_and_serial_names_the_piece(watch):
    gtin = catalog.gtin()
    add_barcode(variant_id=watch.pk, gtin=gtin)

    found = resolve_code(f"(01){gtin.zfill(14)}(21)WPT-00017", today=TODAY)

    assert (found.sku, found.serial) == ("SE-WATCH-1", "WPT-00017")


def test_what_names_nothing_is_still_refused(watch):
    with pytest.raises(InvalidIdentifier):
        resolve_code("WPT-99999", today=TODAY)


def test_the_api_resolves_a_serial_number(watch):
    api = reservations.caller("catalog:read")

    answer = api.get("/api/v1/resolve", {"code": "WPT-00017"}).json()

    assert (answer["sku"], answer["serial"]) == ("SE-WATCH-1", "WPT-00017")


def test_the_scan_box_leads_to_the_piece(watch, client):
    client.force_login(get_user_model().objects.create_superuser("boss"))
    piece = SerialNumber.objects.get()

    response = client.get("/admin/scan/", {"code": "WPT-00017"})

    assert response["Location"] == f"/admin/inventory/serialnumber/{piece.pk}/change/"
