from datetime import date
from decimal import Decimal

import pytest

from catalog.identifiers.services import add_alias, add_barcode
from catalog.models import ImportRun
from catalog.supplier_files.errors import OptionsMissing, UndoRefused
from catalog.supplier_files.kinds import NoteContext, NoteRow, delivery_notes
from catalog.supplier_files.rules.delivery_rows import DeliveryRow
from catalog.units.rules import UNITS
from inventory.purchasing import selectors, services
from inventory.purchasing.models import ShipmentNotice, ShipmentNoticeLine
from tests.factories import catalog
from tests.factories import inventory as make

pytestmark = pytest.mark.django_db
NOW = make.NOW
EXPIRY = date(2027, 3, 31)


@pytest.fixture
def cream():
    return catalog.variant(catalog.cosmetic(sku="COS-CREAM-50"))


@pytest.fixture
def lumen():
    return catalog.supplier("LUMEN")


@pytest.fixture
def context(lumen):
    make.warehouse()
    return a_file(lumen)


def a_file(supplier, **fields):
    run = ImportRun.objects.create(
        supplier=supplier,
        kind="delivery_note",
        file_name="note.csv",
        sha256="0" * 64,
        created_at=NOW,
    )
    facts = {"reference": "DN-7", "warehouse": "BER"} | fields
    return NoteContext(
        run_id=run.pk,
        supplier_id=supplier.pk,
        supplier_currency="EUR",
        user_id=None,
        now=NOW,
        **facts,
    )


def row(number=2, code="COS-CREAM-50", quantity="10", **fields):
    facts = {"lot": "L1", "expires_on": EXPIRY} | fields
    said = DeliveryRow(code=code, quantity=Decimal(quantity), **facts)
    cells = {"code": code, "quantity": quantity, "lot": str(facts["lot"]), "unit": "said"}
    return NoteRow(line_number=number, row=said, cells=cells)


def apply(context, *rows):
    return delivery_notes.ask().apply(context=context, rows=rows)


def check(context, *rows):
    return delivery_notes.ask().check(context=context, rows=rows)


def outcomes(verdicts):
    return [verdict.outcome for verdict in verdicts]


def problems(verdicts):
    return [
        (problem.column, problem.value, problem.code)
        for verdict in verdicts
        for problem in verdict.problems
    ]


def lines():
    return list(
        ShipmentNoticeLine.objects.order_by("position").values_list(
            "variant__sku", "lot_code", "quantity", "unit_cost", "currency"
        )
    )


def test_a_check_says_what_would_come_and_changes_nothing(cream, context):
    verdicts = check(context, row())

    assert [(v.line_number, v.outcome, v.sku) for v in verdicts] == [(2, "created", "COS-CREAM-50")]
    assert not ShipmentNotice.objects.exists()


def test_rows_become_one_delivery_under_the_suppliers_number(cream, context):
    verdicts = apply(
        context,
        row(2, unit_cost=Decimal("4.20"), currency="USD"),
        row(3, lot="L2", unit_cost=Decimal("4.30")),
    )

    assert outcomes(verdicts) == ["created", "created"]
    notice = ShipmentNotice.objects.get()
    assert (notice.reference, notice.import_run_id) == ("DN-7", context.run_id)
    assert lines() == [
        ("COS-CREAM-50", "L1", 10, Decimal("4.2"), "USD"),
        ("COS-CREAM-50", "L2", 10, Decimal("4.3"), "EUR"),
    ]


def test_a_code_is_a_sku_a_barcode_or_the_suppliers_own(cream, lumen, context):
    gtin = catalog.gtin()
    add_barcode(variant_id=cream.pk, gtin=gtin, reason="test")
    add_alias(variant_id=cream.pk, scheme="supplier", partner_id=lumen.pk, code="LU-1", reason="t")

    verdicts = check(context, row(2), row(3, code=gtin), row(4, code="LU-1"), row(5, code="NIL"))

    assert [verdict.sku for verdict in verdicts] == ["COS-CREAM-50"] * 3 + [""]
    assert problems(verdicts) == [("code", "NIL", "unknown-product")]


def test_a_code_that_names_two_products_names_none(cream, lumen, context):
    other = catalog.variant(catalog.sports())
    add_alias(
        variant_id=other.pk,
        scheme="supplier",
        partner_id=lumen.pk,
        code="COS-CREAM-50",
        reason="test",
    )

    assert problems(check(context, row())) == [("code", "COS-CREAM-50", "ambiguous-code")]


def test_a_case_counts_as_the_items_in_it_and_so_does_its_cost(cream, context):
    gtin = catalog.gtin()
    add_barcode(
        variant_id=cream.pk,
        gtin=gtin,
        packaging_level="case",
        quantity=Decimal(12),
        reason="test",
    )

    apply(context, row(code=gtin, quantity="2", unit_cost=Decimal("48.00")))

    assert lines() == [("COS-CREAM-50", "L1", 24, Decimal("4.0000"), "EUR")]
    each = row(3, code=gtin, lot="L2", unit=UNITS["each"])
    assert problems(check(context, each)) == [("unit", "said", "ambiguous-unit")]


def test_quantities_are_brought_into_the_stock_unit(cream, context):
    apply(context, row(quantity="2", unit=UNITS["dozen"], unit_cost=Decimal(60)))

    assert lines() == [("COS-CREAM-50", "L1", 24, Decimal(5), "EUR")]
    wrong = check(context, row(3, lot="L2", unit=UNITS["kg"]))
    assert problems(wrong) == [("quantity", "10", "unit-mismatch")]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"lot": None}, ("lot", "None", "lot-required")),
        ({"expires_on": None}, ("expires_on", "", "expiry-required")),
        ({"expires_on": date(2026, 11, 23)}, ("expires_on", "", "expiry-in-past")),
        ({"produced_on": date(2027, 4, 1)}, ("expires_on", "", "expiry-before-production")),
        ({"quantity": "0"}, ("quantity", "0", "invalid-quantity")),
        ({"quantity": "-1"}, ("quantity", "-1", "invalid-quantity")),
        ({"quantity": "1.5"}, ("quantity", "1.5", "fractional-count")),
        ({"quantity": "1000000000"}, ("quantity", "1000000000", "invalid-quantity")),
        ({"expires_on": date(2027, 4, 30)}, ("expires_on", "", "lot-dates-differ")),
    ],
)
def test_a_wrong_row_is_rejected_with_its_value_and_the_others_are_taken(
    cream, context, fields, problem
):
    verdicts = apply(context, row(2), row(3, **fields))

    assert outcomes(verdicts) == ["created", "rejected"]
    assert problems(verdicts) == [problem]
    assert len(lines()) == 1


def test_the_same_file_again_changes_nothing(cream, lumen, context):
    rows = [row(2), row(3, lot="L2")]
    apply(context, *rows)

    verdicts = apply(a_file(lumen), *rows)

    assert outcomes(verdicts) == ["unchanged", "unchanged"]
    assert len(lines()) == 2


def test_two_pallets_of_one_lot_are_two_lines(cream, lumen, context):
    rows = [row(2), row(3)]

    assert outcomes(apply(context, *rows)) == ["created", "created"]
    assert outcomes(check(a_file(lumen), *rows, row(4))) == ["unchanged", "unchanged", "created"]


def test_mended_rows_join_the_delivery(cream, lumen, context):
    apply(context, row(2), row(3, lot=None))

    verdicts = apply(a_file(lumen), row(2, lot="L2"))

    assert outcomes(verdicts) == ["created"]
    assert ShipmentNotice.objects.count() == 1
    assert [line[1] for line in lines()] == ["L1", "L2"]


def test_a_received_delivery_takes_no_more_rows(cream, lumen, context):
    apply(context, row(2))
    services.receive_notice_line(
        line_id=ShipmentNoticeLine.objects.get().pk, quantity=Decimal(10), now=NOW
    )

    verdicts = apply(a_file(lumen), row(2), row(3, lot="L2"))

    assert outcomes(verdicts) == ["unchanged", "rejected"]
    assert problems(verdicts) == [("", "DN-7", "reference-in-use")]
    assert len(lines()) == 1


def test_one_number_does_not_go_to_two_warehouses(cream, lumen, context):
    apply(context, row(2))
    make.warehouse("LAX", time_zone="America/Los_Angeles")

    verdicts = apply(a_file(lumen, warehouse="LAX"), row(2, lot="L2"))

    assert problems(verdicts) == [("", "DN-7", "reference-in-use")]


def test_refuses_a_note_without_number_or_warehouse(cream, lumen, context):
    for fields in ({"reference": ""}, {"warehouse": ""}, {"warehouse": "NIL"}):
        with pytest.raises(OptionsMissing):
            apply(a_file(lumen, **fields), row())

    assert not ShipmentNotice.objects.exists()


def test_a_file_is_undone_while_nothing_has_come_in(cream, context):
    apply(context, row())

    delivery_notes.ask().undo(context=context, reason="wrong file")

    assert ShipmentNotice.objects.get().status == "cancelled"
    assert outcomes(check(context, row())) == ["created"]


def test_a_file_is_not_undone_once_goods_have_come_in(cream, context):
    apply(context, row())
    services.receive_notice_line(
        line_id=ShipmentNoticeLine.objects.get().pk, quantity=Decimal(4), now=NOW
    )

    with pytest.raises(UndoRefused, match="4 of COS-CREAM-50 lot L1 have come in"):
        delivery_notes.ask().undo(context=context, reason="wrong file")

    assert selectors.open_notices().get().status == "partly_received"


def test_a_note_cannot_bring_a_bundle(context):
    catalog.bundle(sku="BDL-MARATHON-SET")

    verdicts = apply(context, row(code="BDL-MARATHON-SET", quantity="1"))

    assert problems(verdicts) == [("code", "BDL-MARATHON-SET", "bundle-has-no-stock")]
    assert not ShipmentNotice.objects.exists()
