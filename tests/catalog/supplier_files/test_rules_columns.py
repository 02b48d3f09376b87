"""Headings in several languages and what they mean."""

import pytest

from catalog.supplier_files.errors import MappingIncomplete, UnknownColumn
from catalog.supplier_files.rules.columns import (
    CONFIDENCE_EXACT,
    CONFIDENCE_SAME_LETTERS,
    CONFIDENCE_SYNONYM,
    CONFIDENCE_WEAK,
    DELIVERY_COLUMNS,
    PRODUCT_COLUMNS,
    FileKind,
    fingerprint,
    match_columns,
    row_reader,
)


@pytest.mark.parametrize(
    ("headings", "kind"),
    [(PRODUCT_COLUMNS, FileKind.PRODUCT_LIST), (DELIVERY_COLUMNS, FileKind.DELIVERY_NOTE)],
)
def test_our_own_templates_need_no_mapping(headings, kind):
    matching = match_columns(headings)

    assert matching.kind is kind
    assert matching.is_template
    assert (matching.unmapped, matching.missing) == ((), ())
    assert {match.confidence for match in matching.matches} == {CONFIDENCE_EXACT}


def test_the_templates_have_the_headings_we_promise():
    assert ", ".join(PRODUCT_COLUMNS) == (
        "kind, sku, supplier_code, gtin, name, brand, category, size, colour, shade, content, "
        "ingredients, product_type, pao_months, shelf_life_days, sport, materials, cost_price, "
        "list_price, currency"
    )
    assert ", ".join(DELIVERY_COLUMNS) == (
        "code, lot, produced_on, expires_on, quantity, unit, unit_cost, currency"
    )


def test_recognises_a_german_price_list():
    headings = ["Artikelnummer", "Bezeichnung", "Marke", "EAN", "Inhalt", "EK", "UVP", "Währung"]

    matching = match_columns(headings)

    assert matching.kind is FileKind.PRODUCT_LIST
    assert list(matching.columns.values()) == [
        "supplier_code", "name", "brand", "gtin", "content", "cost_price", "list_price", "currency",
    ]  # fmt: skip
    assert matching.missing == ("kind",)


@pytest.mark.parametrize(
    "headings",
    [
        ["EAN", "Charge", "MHD", "Menge", "EK-Preis"],
        ["Réf.", "N° lot", "DDM", "Quantité", "Prix unitaire"],
        ["Barcode", "Batch No.", "Best Before", "Qty", "Unit Cost (EUR)"],
    ],
)
def test_recognises_a_delivery_note_in_three_languages(headings):
    matching = match_columns(headings)

    assert matching.kind is FileKind.DELIVERY_NOTE
    assert list(matching.columns.values()) == [
        "code", "lot", "expires_on", "quantity", "unit_cost",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "column", "confidence"),
    [
        ("list_price", "list_price", CONFIDENCE_EXACT),
        ("List Price", "list_price", CONFIDENCE_SAME_LETTERS),
        ("LIST-PRICE", "list_price", CONFIDENCE_SAME_LETTERS),
        ("UVP", "list_price", CONFIDENCE_SYNONYM),
        ("Price", "list_price", CONFIDENCE_WEAK),
        ("Rank", None, 0),
    ],
)
def test_says_how_sure_a_match_is(heading, column, confidence):
    (match,) = match_columns([heading], FileKind.PRODUCT_LIST).matches

    assert (match.column, match.confidence) == (column, confidence)


def test_one_column_is_never_given_twice():
    matching = match_columns(["Label", "Name", "Title"], FileKind.PRODUCT_LIST)

    assert matching.columns == {"Name": "name"}
    assert matching.unmapped == ("Label", "Title")


def test_a_lone_sku_is_the_suppliers_code():
    assert match_columns(["sku", "name"], FileKind.PRODUCT_LIST).columns["sku"] == "supplier_code"
    assert match_columns(["sku", "kind"], FileKind.PRODUCT_LIST).columns["sku"] == "sku"


def test_a_fingerprint_is_of_the_headings_whatever_their_case():
    assert fingerprint(["EAN", "Menge"]) == fingerprint(["ean ", "MENGE"])
    assert fingerprint(["EAN", "Menge"]) != fingerprint(["Menge", "EAN"])
    assert len(fingerprint(["EAN"])) == 64


def test_turns_a_line_into_cells_by_our_columns():
    read = row_reader(
        ["EAN", "Rank", "Bezeichnung"],
        {"EAN": "gtin", "Bezeichnung": "name"},
        kind=FileKind.PRODUCT_LIST,
        constants={"kind": "cosmetic"},
    )

    assert read(["1", "2", "Gel"]) == {"gtin": "1", "name": "Gel", "kind": "cosmetic"}


def test_a_constant_fills_only_what_is_blank():
    read = row_reader(
        ["kind", "name"],
        {"kind": "kind", "name": "name"},
        kind=FileKind.PRODUCT_LIST,
        constants={"kind": "cosmetic"},
    )

    assert read(["sports", "Ball"])["kind"] == "sports"
    assert read([" ", "Gel"])["kind"] == "cosmetic"


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ({"EAN": "gtin"}, MappingIncomplete),
        ({"EAN": "gtin", "Name": "nome"}, UnknownColumn),
        ({"EAN": "gtin", "Titel": "name"}, UnknownColumn),
        ({"EAN": "name", "Name": "name"}, UnknownColumn),
    ],
)
def test_refuses_a_mapping_that_does_not_fit(columns, error):
    with pytest.raises(error):
        row_reader(["EAN", "Name"], columns, kind=FileKind.PRODUCT_LIST)
