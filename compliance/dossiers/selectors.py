"""Reads of dossiers: what products need, what of it they have, what runs out when."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet

from catalog.markets.models import Market
from catalog.products.models import CosmeticProduct, Product, Stage
from catalog.products.selectors import category_lineage
from compliance.dossiers.models import CertificateRequirement, Document, Dossier
from compliance.dossiers.rules import papers
from compliance.dossiers.rules.papers import Certificate, Paper, Requirement
from compliance.jurisdictions.rules import JURISDICTIONS, jurisdictions_of

LAPSING_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierView:
    """A product's standing in one jurisdiction, with what is missing in words."""

    product_id: int
    jurisdiction: str
    dossier: Dossier | None
    documents: tuple[Document, ...]
    certificates: tuple[Certificate, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsing:
    """A document that runs out or has, and what goes with it."""

    document: Document
    days_left: int
    markets: tuple[str, ...]
    requirements: tuple[Requirement, ...]


def kept_documents() -> QuerySet[Document]:
    """The documents that were not withdrawn."""
    return Document.objects.filter(withdrawn_at=None)


def certificates_of(
    product_ids: Collection[int], *, on: date, only_needed_to_sell: bool = True
) -> dict[int, tuple[Certificate, ...]]:
    """What each product needs by its category, everywhere, and how it stands on a day.

    Products that need nothing are missing. Requirements that are only asked for come with
    `only_needed_to_sell=False`. A constant number of queries.
    """
    asked = _requirements(only_needed_to_sell)
    if not asked:
        return {}
    needed = _needed_by_product(product_ids, asked, on)
    own = papers_of(needed)
    return {
        product_id: tuple(
            papers.certificate_of(requirement, own[product_id], on) for requirement in requirements
        )
        for product_id, requirements in needed.items()
    }


def safety_reports(product_ids: Collection[int], *, on: date) -> dict[int, dict[str, date]]:
    """The last day of the safety report that holds on a day, by product and jurisdiction.

    `date.max` stands for one that does not run out; without a report nothing is there.
    """
    found = papers_of(product_ids, kind=papers.DocumentKind.SAFETY_REPORT)
    return {
        product_id: until
        for product_id, own in found.items()
        if (until := papers.safety_report_until(own, JURISDICTIONS, on))
    }


def dossier_of(product_id: int, jurisdiction: str, *, on: date) -> DossierView:
    """What is known of a product in a jurisdiction, and what is missing."""
    dossier = (
        Dossier.objects.select_related("responsible_person")
        .filter(product_id=product_id, jurisdiction=jurisdiction)
        .first()
    )
    own = dossier or Dossier(product_id=product_id, jurisdiction=jurisdiction)
    needed = certificates_of([product_id], on=on, only_needed_to_sell=False).get(product_id, ())
    return DossierView(
        product_id=product_id,
        jurisdiction=jurisdiction,
        dossier=dossier,
        documents=tuple(
            document
            for document in kept_documents().filter(product_id=product_id).order_by("kind", "-pk")
            if papers.reaches(document.jurisdiction, jurisdiction)
        ),
        certificates=tuple(c for c in needed if c.jurisdiction == jurisdiction),
        missing=missing_of([own], on=on)[product_id, jurisdiction],
    )


def missing_of(dossiers: Sequence[Dossier], *, on: date) -> dict[tuple[int, str], tuple[str, ...]]:
    """What each dossier lacks, in words, by product and jurisdiction. A constant number of queries.

    A dossier need not be saved: it then says what a product without one lacks.
    """
    product_ids = {dossier.product_id for dossier in dossiers}
    needed = certificates_of(product_ids, on=on, only_needed_to_sell=False)
    cosmetics = _cosmetics(product_ids)
    return {
        (own.product_id, own.jurisdiction): papers.missing(
            is_cosmetic=own.product_id in cosmetics,
            jurisdiction=own.jurisdiction,
            has_responsible_person=own.responsible_person_id is not None,
            cpnp_number=own.cpnp_number,
            certificates=[
                certificate
                for certificate in needed.get(own.product_id, ())
                if certificate.jurisdiction == own.jurisdiction
            ],
        )
        for own in dossiers
    }


def lapsing(*, on: date, within_days: int) -> list[Lapsing]:
    """Documents that have run out or will in so many days, soonest first, with what goes with them.

    Those that a newer document replaces, and those of discontinued products, are not among them.
    """
    rows = list(
        kept_documents()
        .filter(expiry_date__lte=on + timedelta(days=within_days))
        .exclude(product__stage=Stage.DISCONTINUED)
        .select_related("product")
        .order_by("expiry_date", "pk")[:LAPSING_MAX]
    )
    own = papers_of({row.product_id for row in rows})
    needed = _needed_by_product(own, _requirements(only_needed_to_sell=False), on)
    markets = list(Market.objects.filter(is_active=True).order_by("code"))
    return [
        Lapsing(
            document=row,
            days_left=(row.expiry_date - on).days,
            markets=_markets_of(row.jurisdiction, markets),
            requirements=tuple(
                asked for asked in needed.get(row.product_id, ()) if papers.is_for(paper, asked)
            ),
        )
        for row in rows
        if row.expiry_date is not None
        and not papers.is_replaced(paper := paper_of(row), own[row.product_id], on)
    ]


def papers_of(product_ids: Iterable[int], *, kind: str = "") -> dict[int, list[Paper]]:
    """The documents of each product that were not withdrawn, as the rules see them."""
    rows = kept_documents().filter(product_id__in=list(product_ids))
    found: dict[int, list[Paper]] = defaultdict(list)
    for row in rows.filter(kind=kind) if kind else rows:
        found[row.product_id].append(paper_of(row))
    return found


def paper_of(row: Document) -> Paper:
    """A document as the rules see it."""
    return Paper(
        id=row.pk,
        product_id=row.product_id,
        kind=row.kind,
        title=row.title,
        standard=row.standard,
        jurisdiction=row.jurisdiction,
        requirement_id=row.certificate_requirement_id,
        issued_date=row.issued_date,
        expiry_date=row.expiry_date,
    )


def documents_by_standard(product_id: int, standard: str) -> list[int]:
    """The documents of a product that prove this standard and were not withdrawn."""
    rows = kept_documents().filter(product_id=product_id, standard=standard)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def products_below(category_ids: Collection[int]) -> list[int]:
    """The products of these categories and of those below them."""
    below = [
        pk
        for pk, chain in category_lineage().items()
        if any(category.pk in category_ids for category in chain)
    ]
    rows = Product.objects.non_polymorphic().filter(category_id__in=below)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _requirements(only_needed_to_sell: bool) -> list[Requirement]:
    rows = CertificateRequirement.objects.filter(is_active=True)
    if only_needed_to_sell:
        rows = rows.filter(is_needed_to_sell=True)
    return [
        Requirement(
            id=row.pk,
            category_id=row.category_id,
            name=row.name,
            jurisdiction=row.jurisdiction,
            kind=row.kind,
            standard=row.standard,
            legal_basis=row.legal_basis,
            url=row.url,
            valid_from_date=row.valid_from_date,
            is_needed_to_sell=row.is_needed_to_sell,
        )
        for row in rows.order_by("jurisdiction", "name", "pk")
    ]


def _needed_by_product(
    product_ids: Iterable[int], asked: Sequence[Requirement], on: date
) -> dict[int, list[Requirement]]:
    lineage = {pk: [c.pk for c in chain] for pk, chain in category_lineage().items()}
    by_category = {
        pk: [requirement for requirement in asked if papers.applies(requirement, chain, on)]
        for pk, chain in lineage.items()
    }
    rows = Product.objects.non_polymorphic().filter(pk__in=list(product_ids))
    found = rows.order_by("pk").values_list("pk", "category_id")
    return {pk: needed for pk, category in found if (needed := by_category.get(category or 0, []))}


def _markets_of(jurisdiction: str, markets: Sequence[Market]) -> tuple[str, ...]:
    return tuple(
        market.code
        for market in markets
        if not jurisdiction or jurisdiction in jurisdictions_of(market.country, market.region)
    )


def _cosmetics(product_ids: Collection[int]) -> set[int]:
    rows = CosmeticProduct.objects.non_polymorphic().filter(pk__in=product_ids)
    return set(rows.values_list("pk", flat=True))
