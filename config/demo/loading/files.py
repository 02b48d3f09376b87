"""What suppliers sent: price lists, one of them dirty, and notices of deliveries on their way."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from catalog.products.selectors import VariantRef
from catalog.supplier_files import services as supplier_files
from config.demo.content import PRODUCTS, supplier_list
from config.demo.content.expected import EXPECTED
from config.demo.content.shapes import ProductSpec, VariantSpec
from config.demo.loading.sites import Site
from config.kernel.money import Money
from inventory.purchasing.services import LineDraft, announce_shipment

CURRENCY = "EUR"
_EUROPE = ("kind", "sku", "supplier_code", "gtin", "name", "cost_price", "list_price", "currency")
_AMERICA = ("kind", "sku", "name", "list_price", "currency")


def import_price_lists(partners: Mapping[str, int], *, now: datetime, user_id: int | None) -> None:
    """Barcodes, suppliers' codes, costs and list prices, from a file of each supplier."""
    for supplier in sorted({product.supplier for product in PRODUCTS}):
        own = [(p, v) for p in PRODUCTS if p.supplier == supplier for v in p.variants]
        europe, america = _file(_EUROPE, map(_in_euro, own)), _file(_AMERICA, map(_in_dollar, own))
        for name, content in (("catalogue", europe), ("us_list_prices", america)):
            _import(partners[supplier], f"{supplier.lower()}_{name}.csv", content, now, user_id)


def import_dirty_list(partners: Mapping[str, int], *, now: datetime, user_id: int | None) -> None:
    """A list of which most rows are rejected; they wait to be mended."""
    supplier_id = partners[supplier_list.SUPPLIER]
    _import(supplier_id, supplier_list.FILE_NAME, supplier_list.file_bytes(), now, user_id)


def announce_deliveries(
    partners: Mapping[str, int],
    variants: Mapping[str, VariantRef],
    sites: Mapping[str, Site],
    *,
    day: date,
    now: datetime,
    user_id: int | None,
) -> None:
    """Deliveries on their way, which goods-in will confirm by scan."""
    costs = {v.sku: v.unit_cost for p in PRODUCTS for v in p.variants}
    for notice in EXPECTED:
        announce_shipment(
            supplier_id=partners[notice.supplier],
            warehouse_id=sites[notice.warehouse].id,
            reference=notice.reference,
            lines=[
                LineDraft(
                    variant_id=variants[line.sku].id,
                    quantity=line.quantity,
                    lot_code=line.lot,
                    expiry_date=_after(day, line.expires_in_days),
                    unit_cost=Money(costs[line.sku], CURRENCY),
                )
                for line in notice.lines
            ],
            now=now,
            user_id=user_id,
            expected_date=_after(day, notice.in_days),
        )


def _after(day: date, days: int | None) -> date | None:
    return None if days is None else day + timedelta(days=days)


def _in_euro(item: tuple[ProductSpec, VariantSpec]) -> Sequence[str | Decimal]:
    product, variant = item
    return (
        product.kind,
        variant.sku,
        variant.supplier_code,
        variant.gtin,
        product.name,
        variant.unit_cost,
        variant.list_price_eur,
        CURRENCY,
    )


def _in_dollar(item: tuple[ProductSpec, VariantSpec]) -> Sequence[str | Decimal]:
    product, variant = item
    return product.kind, variant.sku, product.name, variant.list_price_usd, "USD"


def _file(headings: Sequence[str], rows: Iterable[Sequence[str | Decimal]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows(rows)
    return text.getvalue().encode()


def _import(
    supplier_id: int, name: str, content: bytes, now: datetime, user_id: int | None
) -> None:
    run = supplier_files.upload(
        supplier_id=supplier_id,
        kind=None,
        file=io.BytesIO(content),
        file_name=name,
        user_id=user_id,
        now=now,
    )
    run = supplier_files.start_here(
        run_id=run.pk, is_apply=True, user_id=user_id, clock=lambda: now
    )
    assert run.applied_at is not None, f"{name}: {run.detail}"
