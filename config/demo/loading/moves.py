"""Goods on the road between the warehouses, and a watch whose pieces carry serial numbers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from catalog.identifiers.services import add_barcode
from catalog.pricing.services import base_price_list, set_price, tax_class
from catalog.products.selectors import VariantRef, category_lineage, variants_by_sku
from catalog.products.services import (
    ProductDraft,
    TextDraft,
    VariantDraft,
    brand_named,
    create_products,
)
from compliance.assessments.services import judge
from config.demo.content.places import BRANDS
from config.demo.content.shapes import with_check_digit
from config.demo.loading.sites import Site
from config.kernel.money import Money
from inventory.lots.rules import day_in
from inventory.reservations import services as reservations
from inventory.reservations.selectors import ItemCode
from inventory.reservations.services import WantedLine
from inventory.stock import services as stock
from inventory.transfers import services as transfers

if TYPE_CHECKING:
    from inventory.transfers.models import Transfer

REASON = "Demo shop"
WATCH = "SE-GPSWATCH-BLK"
PIECES = tuple(f"WPT-26-{number:05d}" for number in range(4101, 4113))

# What is on the road: reference, days since it left, days until it should arrive, the goods.
ON_THE_ROAD: tuple[tuple[str, int, int, Mapping[str, int]], ...] = (
    ("TR-BER-LAX-0117", 5, -1, {"COS-SHAMPOO-250": 3, "SE-ROADSHOE-BLK-43": 2}),
    ("TR-BER-LAX-0118", 1, 4, {"COS-BODYLOTION-200": 4, "COS-DAYCREAM-50": 2}),
)


def add_watch(sites: Mapping[str, Site], partners: Mapping[str, int], *, now: datetime) -> None:
    """A GPS watch: each piece comes in under its own number; one was sold and is not named yet."""
    brand = BRANDS["ridgeholt"]
    create_products(
        drafts=[
            ProductDraft(
                kind="sports",
                name="Waypoint GPS Watch",
                brand_id=brand_named(name=brand.name).pk,
                category_id=_category_id("running-gear"),
                tax_class_id=tax_class(code="standard", name="Standard rate").pk,
                facts={"sport": "running", "weight": Decimal(48), "is_serial_tracked": True},
                variants=[VariantDraft(sku=WATCH, colour="black")],
                texts=[
                    TextDraft(
                        language="en",
                        name="Waypoint GPS Watch",
                        description="Route, pace and pulse on the wrist; thirty hours of GPS.",
                    ),
                    TextDraft(
                        language="de",
                        name="GPS-Uhr Waypoint",
                        description="Strecke, Tempo und Puls am Handgelenk; dreißig Stunden GPS.",
                    ),
                ],
            )
        ],
        stage="active",
        reason=REASON,
    )
    watch = variants_by_sku([WATCH])[WATCH]
    judge(product_ids=[watch.product_id], now=now)
    gtin = with_check_digit(f"{brand.gtin_prefix}98001")
    add_barcode(variant_id=watch.id, gtin=gtin, packaging_level="each", reason=REASON)
    for currency, amount in (("EUR", "249.00"), ("USD", "269.00")):
        price_list = base_price_list(currency=currency)
        set_price(
            price_list_id=price_list.pk,
            variant_id=watch.id,
            amount=Decimal(amount),
            reason=REASON,
        )
    at = now - timedelta(hours=3)
    stock.receive(
        variant_id=watch.id,
        warehouse_id=sites["BER"].id,
        quantity=Decimal(len(PIECES)),
        unit_cost=Money("118.00", "EUR"),
        supplier_id=partners["RIDGE"],
        serials=PIECES,
        reference="RIDGE-GPS-1",
        happened_at=at,
        now=at,
    )
    _sell(watch, now=at + timedelta(hours=1))


def _category_id(code: str) -> int:
    return next(pk for pk, chain in category_lineage().items() if chain[-1].code == code)


def _sell(watch: VariantRef, *, now: datetime) -> None:
    reservation, _ = reservations.reserve(
        client_id=None,
        reference="DE-19001",
        lines=[WantedLine(item=ItemCode(sku=watch.sku), quantity=Decimal(1), unit="each")],
        market="DE",
        channel="web",
        now=now,
    )
    reservations.commit(
        reservation_id=reservation.pk, order_reference="DE-19001", now=now + timedelta(minutes=4)
    )


def send_transfers(
    variants: Mapping[str, VariantRef], sites: Mapping[str, Site], *, now: datetime
) -> "list[Transfer]":
    """Goods from Berlin to Los Angeles: one transfer is late, one is on its way."""
    today = day_in(sites["LAX"].time_zone, now)
    sent = []
    for reference, days_ago, days_to_go, goods in ON_THE_ROAD:
        left = now - timedelta(days=days_ago, hours=2)
        transfer = transfers.plan_transfer(
            source_id=sites["BER"].id,
            destination_id=sites["LAX"].id,
            reference=reference,
            expected_date=today + timedelta(days=days_to_go),
            lines=[
                transfers.LineDraft(variant_id=variants[sku].id, quantity=Decimal(quantity))
                for sku, quantity in goods.items()
            ],
            now=left - timedelta(hours=1),
        )
        sent.append(transfers.dispatch_transfer(transfer_id=transfer.pk, now=left))
    return sent
