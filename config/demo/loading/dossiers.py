"""Who answers for the demo's products, their documents, and what the law asks of them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from fpdf import FPDF

from catalog.products.selectors import VariantRef, category_lineage
from compliance.dossiers import services
from compliance.dossiers.gates import documents_changed
from config.demo.content import COSMETICS
from config.demo.content.papers import (
    PERSONS,
    DocumentSpec,
    cpnp_number,
    documents,
    owner_of,
    with_dossier,
)
from config.demo.content.shapes import ProductSpec

REASON = "Demo shop"


def add_dossiers(variants: Mapping[str, VariantRef], now: datetime) -> None:
    """Requirements, responsible persons, dossiers and documents of what is there.

    Nobody is told product by product: whoever judges them does it once, afterwards.
    """
    with documents_changed.answered_by():
        categories = {chain[-1].code: pk for pk, chain in category_lineage().items()}
        services.load_requirements(categories=categories, reason=REASON)
        _dossiers(variants)
        for spec in documents():
            if _is_there(spec.product, variants):
                put_on_file(spec, _product_id(spec.product, variants), now)
        services.alert_lapsing(now=now)


def _dossiers(variants: Mapping[str, VariantRef]) -> None:
    persons = {
        key: services.responsible_person(
            name=spec.name,
            address=spec.address,
            country=spec.country,
            email=spec.email,
            reason=REASON,
        ).pk
        for key, spec in PERSONS.items()
    }
    for product in (*COSMETICS, *with_dossier()):
        if not _is_there(product, variants):
            continue
        product_id, is_cosmetic = _product_id(product, variants), product.kind == "cosmetic"
        services.set_dossier(
            product_id=product_id,
            jurisdiction="EU",
            responsible_person_id=persons[owner_of(product)],
            cpnp_number=cpnp_number(product) if is_cosmetic else "",
            reason=REASON,
        )
        if is_cosmetic:
            services.set_dossier(
                product_id=product_id,
                jurisdiction="US",
                responsible_person_id=persons["AMERICA"],
                reason=REASON,
            )


def put_on_file(spec: DocumentSpec, product_id: int, now: datetime) -> None:
    """A document with a page that says that it is an example."""
    day, lapses = now.date(), spec.lapses_in_days
    services.add_document(
        product_id=product_id,
        kind=spec.kind,
        title=spec.title,
        jurisdiction=spec.jurisdiction,
        standard=spec.standard,
        issued_date=day - timedelta(days=spec.issued_days_ago),
        expiry_date=day + timedelta(days=lapses) if lapses is not None else None,
        file=example(f"{spec.title}: {spec.product.name}", spec.standard, now=now),
        file_name=f"{spec.kind}-{spec.product.variants[0].sku}.pdf".lower(),
        reason=REASON,
        now=now,
    )


def example(title: str, standard: str, *, now: datetime) -> bytes:
    """A page that nobody can take for a real document."""
    page = FPDF(format="A4")
    page.set_creation_date(now)
    page.add_page()
    for size, text in ((15, title), (11, standard), (11, "EXAMPLE of the demo shop, invented.")):
        page.set_font("Helvetica", size=size)
        page.multi_cell(0, 9, text, new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())


def _is_there(product: ProductSpec, variants: Mapping[str, VariantRef]) -> bool:
    return product.variants[0].sku in variants


def _product_id(product: ProductSpec, variants: Mapping[str, VariantRef]) -> int:
    return variants[product.variants[0].sku].product_id
