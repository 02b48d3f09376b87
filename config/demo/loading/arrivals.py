"""Today's arrivals, a formula and a certificate: what the compliance officer finds today."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from catalog.pricing.services import tax_class
from catalog.products.selectors import VariantRef, category_lineage, variants_by_sku
from catalog.products.services import brand_named, create_products
from compliance.assessments.selectors.clearances import waiting_of
from compliance.assessments.services import (
    APPROVE,
    ASK,
    decide,
    judge,
    read_formula,
    set_formula,
)
from compliance.dossiers.selectors import documents_by_standard
from compliance.dossiers.services import withdraw_document
from config.demo.content.arrivals import (
    ARRIVALS,
    ASKED,
    NEW_FORMULA,
    SETTLED,
    WITHDRAWN,
    Arrival,
)
from config.demo.content.papers import safety_report
from config.demo.content.places import BRANDS
from config.demo.loading.catalogue import draft_of
from config.demo.loading.dossiers import put_on_file
from config.demo.loading.sites import Site
from config.kernel.money import Money
from inventory.stock import services as stock

REASON = "Demo shop"
LOT_KEEPS_DAYS = 700


def take_in(
    sites: Mapping[str, Site], partners: Mapping[str, int], *, now: datetime
) -> dict[str, VariantRef]:
    """New products with their papers and goods; the machine judges them, nobody sells them yet."""
    categories = {chain[-1].code: pk for pk, chain in category_lineage().items()}
    standard = tax_class(code="standard", name="Standard rate").pk
    create_products(
        drafts=[
            draft_of(
                own.product,
                brand_named(name=BRANDS[own.product.brand].name).pk,
                categories[own.product.category],
                standard,
            )
            for own in ARRIVALS
        ],
        stage="active",
        reason=REASON,
    )
    variants = variants_by_sku([v.sku for own in ARRIVALS for v in own.product.variants])
    for own in ARRIVALS:
        _receive(own, variants[own.sku], sites, partners, now)
    judge(product_ids=[variant.product_id for variant in variants.values()], now=now)
    return variants


def _receive(
    own: Arrival,
    variant: VariantRef,
    sites: Mapping[str, Site],
    partners: Mapping[str, int],
    now: datetime,
) -> None:
    if own.has_safety_report:
        put_on_file(safety_report(own.product), variant.product_id, now)
    at = now - timedelta(minutes=1)
    stock.receive(
        variant_id=variant.id,
        warehouse_id=sites["BER"].id,
        quantity=Decimal(own.pieces),
        lot_code=own.lot,
        expiry_date=now.date() + timedelta(days=LOT_KEEPS_DAYS),
        unit_cost=Money(str(own.product.variants[0].unit_cost), "EUR"),
        supplier_id=partners[own.product.supplier],
        reference="LUMEN-NEW-47",
        happened_at=at,
        now=at,
    )


def let_things_change(
    variants: Mapping[str, VariantRef], *, now: datetime, user_id: int | None
) -> None:
    """A formula and a withdrawn certificate change what is known; somebody has decided before."""
    sku, text = NEW_FORMULA
    set_formula(product_id=variants[sku].product_id, lines=read_formula(text), now=now)
    stem, standard, why = WITHDRAWN
    helmet = next(own.product_id for sku, own in variants.items() if sku.startswith(stem))
    for document_id in documents_by_standard(helmet, standard):
        withdraw_document(document_id=document_id, why=why, now=now)
    if user_id is None:
        return
    for kind, said in ((APPROVE, SETTLED), (ASK, ASKED)):
        for own, reason in said.items():
            decide(
                clearance_ids=waiting_of(variants[own].product_id),
                kind=kind,
                reason=reason,
                user_id=user_id,
                now=now,
            )
