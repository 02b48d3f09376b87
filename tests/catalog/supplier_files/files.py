"""Files as suppliers send them, and the way through the services, for tests."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from catalog.models import Partner
from catalog.supplier_files import services
from catalog.supplier_files.models import ImportRow, ImportRun
from catalog.supplier_files.rules.columns import DELIVERY_COLUMNS, PRODUCT_COLUMNS

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

CREAM = {
    "kind": "cosmetic", "supplier_code": "A-1", "gtin": "4006381333931", "name": "Calm Cream",
    "brand": "Calm Labs", "content": "50 ml", "ingredients": "Aqua, Glycerin",
    "product_type": "leave-on", "pao_months": "12", "shelf_life_days": "900",
    "cost_price": "4.20", "list_price": "12.90", "currency": "EUR",
}  # fmt: skip
BOTTLE = {
    "kind": "sports", "supplier_code": "B-1", "gtin": "4006381333948", "name": "Trail Bottle",
    "brand": "Trail Works", "size": "0.7 L", "colour": "red", "sport": "running",
    "materials": "polypropylene 100 %", "cost_price": "2.00", "list_price": "9.99",
    "currency": "EUR",
}  # fmt: skip


def product_list(*rows: Mapping[str, str]) -> bytes:
    """A product list under our own headings."""
    return table(PRODUCT_COLUMNS, rows)


def delivery_note(*rows: Mapping[str, str]) -> bytes:
    """A delivery note under our own headings."""
    return table(DELIVERY_COLUMNS, rows)


def table(headings: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bytes:
    """Rows as CSV; a row without cells is a blank line."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    for row in rows:
        writer.writerow([row.get(heading, "") for heading in headings])
    return text.getvalue().encode()


def upload(content: bytes, supplier: Partner, **given: Any) -> ImportRun:
    """Upload a file as the supplier's."""
    return services.upload(
        supplier_id=supplier.pk,
        kind=given.pop("kind", None),
        file=io.BytesIO(content),
        file_name=given.pop("file_name", "list.csv"),
        user_id=None,
        now=NOW,
        **given,
    )


def check(content: bytes, supplier: Partner, **given: Any) -> ImportRun:
    """Upload and check."""
    return services.check(run_id=upload(content, supplier, **given).pk, now=NOW)


def apply(content: bytes, supplier: Partner, **given: Any) -> ImportRun:
    """Upload, check and apply."""
    run = check(content, supplier, **given)
    return services.apply(run_id=run.pk, user_id=None, now=NOW)


def counts(run: ImportRun) -> tuple[int, int, int, int, int]:
    """Rows, created, updated, unchanged, rejected."""
    return (
        run.rows_total,
        run.created_count,
        run.updated_count,
        run.unchanged_count,
        run.rejected_count,
    )


def row(run: ImportRun, line_number: int) -> ImportRow:
    """A row of the run by its line."""
    return ImportRow.objects.get(run=run, line_number=line_number)


def problems(run: ImportRun, line_number: int) -> list[tuple[str, str, str]]:
    """Column, value and code of what is wrong with a line."""
    return [(p["column"], p["value"], p["code"]) for p in row(run, line_number).problems]


def detail(run: ImportRun, line_number: int) -> str:
    """The first sentence about what is wrong with a line."""
    return str(row(run, line_number).problems[0]["detail"])
