"""Packages by the GTIN of their level: a case is never taken for a piece."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.identifiers.services import add_barcode
from catalog.products.selectors import VariantRef, resolve_codes
from catalog.units.errors import UnitMismatch
from inventory.reservations.models import ReservationLine
from inventory.reservations.quantities import in_stock_units
from inventory.stock.models import StockLevel
from tests.factories import catalog, inventory, reservations

PIECE, CASE = "4006381333931", "14006381333938"


@pytest.fixture
def cases(cream):
    """A cream of which a case holds twelve."""
    variant_id = catalog.variant(cream).pk
    add_barcode(variant_id=variant_id, gtin=PIECE)
    add_barcode(variant_id=variant_id, gtin=CASE, packaging_level="case", quantity=12)
    inventory.receive(cream, 30, lot="L1", expires="2099-01-31")
    return cream


def reserve(api, **line):
    body = {"reference": "cart-1", "market": "DE", "lines": [line]}
    return api.post("/api/v1/reservations", body, format="json")


@pytest.mark.parametrize("unit", ["package", "XPK"])
def test_packages_are_reserved_as_what_they_hold(cases, unit):
    api = reservations.caller("reservations:write")

    answer = reserve(api, gtin=CASE, quantity="2", unit=unit)

    assert answer.status_code == 201, answer.content
    assert (answer.json()["lines"][0]["quantity"], answer.json()["lines"][0]["unit"]) == (
        "24",
        "each",
    )
    kept = ReservationLine.objects.get()
    assert (kept.quantity, kept.requested_quantity, kept.requested_unit) == (24, 24, "each")
    assert reserve(api, gtin=CASE, quantity="2", unit=unit).status_code == 200


@pytest.mark.parametrize(
    ("code", "quantity", "unit", "says"),
    [
        ({"gtin": CASE}, "1", "each", "a package of 12 each of COS-CREAM-50"),
        ({"gtin": CASE}, "1", "dozen", "a package of 12 each of COS-CREAM-50"),
        ({"gtin": CASE}, "0.3", "package", "3.6"),
        ({"gtin": PIECE}, "1", "package", "counted in each"),
        ({"sku": "COS-CREAM-50"}, "1", "package", "counted in each"),
    ],
)
def test_what_may_mean_a_case_or_a_piece_is_refused(cases, code, quantity, unit, says):
    answer = reserve(
        reservations.caller("reservations:write"), **code, quantity=quantity, unit=unit
    )

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["pointer"] in ("/lines/0/unit", "/lines/0/quantity")
    assert says in error["detail"]
    assert not ReservationLine.objects.exists()


def test_goods_in_count_packages(cases):
    line = {
        "gtin": CASE, "lot": "L1", "quantity": "3", "unit": "package", "external_id": "r1",
    }  # fmt: skip
    body = {"warehouse": "BER", "lines": [line]}

    answer = reservations.caller("stock:write").post("/api/v1/receipts", body, format="json")

    assert answer.status_code == 201, answer.content
    assert sum(level.on_hand for level in StockLevel.objects.all()) == 30 + 36


def test_stock_updates_count_packages_and_refuse_what_may_mean_either(cases):
    api = reservations.caller("stock:write")
    line = {"warehouse": "BER", "gtin": CASE, "lot": "L1", "mode": "delta", "reason": "found"}
    lines = [
        {**line, "quantity": "1", "unit": "package", "external_id": "u1"},
        {**line, "quantity": "1", "unit": "each", "external_id": "u2"},
    ]

    answer = api.post("/api/v1/stock-updates", {"source": "wms", "lines": lines}, format="json")

    results = answer.json()["results"]
    assert [result["result"] for result in results] == ["applied", "rejected"]
    assert results[1]["error"]["code"] == "unit-mismatch"
    assert StockLevel.objects.get(on_hand__gt=0).on_hand == 42


def test_counts_take_packages(cases):
    body = {
        "reference": "count-1",
        "warehouse": "BER",
        "lines": [{"gtin": CASE, "lot": "L1", "quantity": "2.5", "unit": "package"}],
    }

    answer = reservations.caller("stock:write").post("/api/v1/counts", body, format="json")

    assert answer.status_code == 201, answer.content
    assert answer.json()["lines"][0]["counted"] == "30"


@given(
    size=st.integers(2, 999),
    packages=st.decimals("0.01", "9999", places=2),
)
def test_packages_and_pieces_are_the_same_amount_or_it_is_refused(size, packages):
    variant = _cream(pack_size=Decimal(size))
    pieces = Fraction(packages) * size
    if pieces.denominator != 1:
        with pytest.raises(UnitMismatch):
            in_stock_units(packages, "package", variant)
    else:
        found = in_stock_units(packages, "package", variant)
        assert (found, Fraction(found) / size) == (pieces, Fraction(packages))


def test_a_code_tells_how_much_it_names(cases):
    found = resolve_codes(skus={"COS-CREAM-50"}, gtins={PIECE.zfill(14), CASE})

    assert {key: ref.pack_size for key, ref in found.items()} == {
        "COS-CREAM-50": 1,
        PIECE.zfill(14): 1,
        CASE: 12,
    }


def _cream(pack_size):
    return VariantRef(
        id=1,
        sku="COS-CREAM-50",
        product_id=1,
        product_name="Cream",
        kind="cosmetic",
        stage="active",
        category_id=None,
        stock_unit="each",
        content_quantity=None,
        content_unit="",
        remaining_days_min=0,
        low_stock_quantity=None,
        pack_size=pack_size,
    )
