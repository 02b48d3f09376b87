"""A delivery note on its way through the services: preview, mending, announcing, undoing."""

from datetime import date
from decimal import Decimal

import pytest

from catalog.supplier_files import services
from catalog.supplier_files.errors import UndoRefused
from inventory.purchasing.models import ShipmentNotice
from inventory.purchasing.services import receive_notice_line
from tests.catalog.supplier_files.files import (
    CREAM,
    NOW,
    apply,
    check,
    counts,
    delivery_note,
    problems,
    product_list,
    row,
)
from tests.factories import catalog as make
from tests.factories import inventory as stock

pytestmark = pytest.mark.django_db

LINE = {
    "code": "A-1", "lot": "L42", "produced_on": "2026-06-01", "expires_on": "2029-01-31",
    "quantity": "24", "unit": "each", "unit_cost": "4.20", "currency": "EUR",
}  # fmt: skip
OPTIONS = {"warehouse": "BER", "reference": "DN-7"}


@pytest.fixture
def supplier():
    stock.warehouse("BER")
    supplier = make.supplier("LUMEN", currency="EUR")
    apply(product_list(CREAM), supplier)
    return supplier


def test_a_note_becomes_an_expected_delivery(supplier):
    run = apply(delivery_note(LINE), supplier, options=OPTIONS)

    assert (run.kind, run.status, counts(run)) == ("delivery_note", "applied", (1, 1, 0, 0, 0))
    notice = ShipmentNotice.objects.get()
    assert (notice.reference, notice.warehouse.code, notice.import_run) == ("DN-7", "BER", run)
    line = notice.lines.get()
    assert (line.lot_code, line.expiry_date, line.quantity) == ("L42", date(2029, 1, 31), 24)
    assert (line.unit_cost, line.currency) == (Decimal("4.20"), "EUR")
    assert row(run, 2).sku == line.variant.sku


def test_a_preview_announces_nothing(supplier):
    run = check(delivery_note(LINE, {}), supplier, options=OPTIONS)

    assert (run.status, counts(run)) == ("checked", (2, 1, 0, 0, 1))
    assert ShipmentNotice.objects.count() == 0


def test_the_same_note_twice_changes_nothing(supplier):
    apply(delivery_note(LINE), supplier, options=OPTIONS)

    run = apply(delivery_note(LINE), supplier, options=OPTIONS)

    assert counts(run) == (1, 0, 0, 1, 0)
    assert ShipmentNotice.objects.get().lines.count() == 1


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"code": "NOBODY"}, "code"),
        ({"lot": ""}, "lot"),
        ({"expires_on": ""}, "expires_on"),
        ({"expires_on": "2026-11-23"}, "expires_on"),
        ({"expires_on": "2026-05-31"}, "expires_on"),
        ({"produced_on": "2027-01-01"}, "produced_on"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "-3"}, "quantity"),
        ({"quantity": "1.5"}, "quantity"),
        ({"quantity": "99999999999"}, "quantity"),
        ({"quantity": "some"}, "quantity"),
        ({"unit": "barrels"}, "unit"),
        ({"unit": "kg"}, "quantity"),
        ({"unit_cost": "-1"}, "unit_cost"),
    ],
    ids=str,
)
def test_a_wrong_line_is_named_and_the_others_are_taken(supplier, cells, column):
    run = apply(delivery_note(LINE | cells, LINE | {"lot": "L43"}), supplier, options=OPTIONS)

    found = {name: value for name, value, _ in problems(run, 2)}
    assert found[column] == (LINE | cells)[column]
    assert counts(run) == (2, 1, 0, 0, 1)
    assert ShipmentNotice.objects.get().lines.get().lot_code == "L43"


def test_a_line_can_be_mended_in_the_preview(supplier):
    run = check(delivery_note(LINE | {"expires_on": ""}), supplier, options=OPTIONS)

    mended = services.mend_row(
        run_id=run.pk, line_number=2, cells={"expires_on": "31.01.2029"}, user_id=None, now=NOW
    )
    run = services.apply(run_id=run.pk, user_id=None, now=NOW)

    assert mended.outcome == "created"
    assert counts(run) == (1, 1, 0, 0, 0)


def test_a_note_without_a_warehouse_ends_as_failed_and_says_so(supplier):
    run = check(delivery_note(LINE), supplier, options={"reference": "DN-7"})

    assert run.status == "failed"
    assert "warehouse" in run.detail
    mapped = services.set_mapping(
        run_id=run.pk, columns=run.columns, options=OPTIONS, user_id=None, now=NOW
    )
    assert counts(services.apply(run_id=mapped.pk, user_id=None, now=NOW)) == (1, 1, 0, 0, 0)


def test_a_note_is_undone_until_goods_have_come_in(supplier):
    first = apply(delivery_note(LINE), supplier, options=OPTIONS)
    services.undo(run_id=first.pk, reason="wrong file", user_id=None, now=NOW)
    assert ShipmentNotice.objects.get().status == "cancelled"
    second = apply(delivery_note(LINE), supplier, options=OPTIONS)
    line = ShipmentNotice.objects.get(status="expected").lines.get()
    receive_notice_line(line_id=line.pk, quantity=Decimal(4), now=NOW)

    with pytest.raises(UndoRefused, match="have come in"):
        services.undo(run_id=second.pk, reason="wrong file", user_id=None, now=NOW)

    second.refresh_from_db()
    assert second.status == "applied"
