"""What a person looks at before deciding: the law's words, earlier decisions, the history."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.products.models import CosmeticProduct, Product, Variant
from catalog.units.rules import plain
from compliance.assessments.models import Clearance, Decision, Finding, FormulaLine, How
from compliance.rulebooks.models import RuleEntry, RuleLimit

SAME_FINDING_PRODUCTS_MAX = 500
SAME_FINDING_DECISIONS_MAX = 300
PRECEDENTS_SHOWN = 5
HISTORY_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedent:
    """What a person decided where the same was found."""

    at: datetime
    product_id: int
    product: str
    market: str
    after: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceText:
    """An entry of the law in the source's words, part by part, and the limits read from it."""

    parts: Sequence[tuple[str, str]]
    limits: Sequence[str]
    is_read_for_sure: bool


def clearance_page(clearance_id: int, model: type[Clearance] = Clearance) -> Clearance | None:
    """A clearance with everything it points to."""
    return (
        model.objects.select_related(
            "product__brand", "product__category", "market", "assessment", "decided_by"
        )
        .filter(pk=clearance_id)
        .first()
    )


def cosmetic_of(product_id: int) -> CosmeticProduct | None:
    """The facts of a cosmetic; None for everything else."""
    return CosmeticProduct.objects.filter(pk=product_id).first()


def skus_of(product_id: int) -> list[str]:
    """The SKUs of a product."""
    rows = Variant.objects.filter(product=product_id).order_by("sku")
    return list(rows.values_list("sku", flat=True))


def source_texts(entry_ids: Collection[int]) -> dict[int, SourceText]:
    """What the law says in these entries; two queries."""
    rows = RuleEntry.objects.filter(pk__in=entry_ids).prefetch_related("limits")
    return {row.pk: _source_text(row) for row in rows}


def _source_text(row: RuleEntry) -> SourceText:
    parts = (
        ("Substance", row.substance),
        ("Products", row.product_type_text),
        ("Maximum", row.concentration_text),
        ("Other conditions", row.other_text),
        ("Wording on the label", row.wording_text),
        ("As amended", row.notice_text),
        ("Unless", row.unless),
    )
    limits = sorted(row.limits.all(), key=lambda limit: limit.position)
    return SourceText(
        parts=[(name, text) for name, text in parts if text],
        limits=[_limit(own) for own in limits],
        is_read_for_sure=row.review_state != "needs_review",
    )


def _limit(own: RuleLimit) -> str:
    figure = "the source names no figure"
    if not own.is_allowed:
        figure = "not allowed"
    elif own.max_percent is not None:
        figure = f"at most {plain(own.max_percent)} %"
    return ", ".join(part for part in (figure, own.basis, own.text) if part)


def precedents(keys: Collection[str], *, but_clearance: Clearance) -> dict[str, list[Precedent]]:
    """By finding, what people decided last where the same was found elsewhere; three queries."""
    product_ids = set(
        Finding.objects.filter(key__in=keys)
        .order_by()
        .values_list("product_id", flat=True)
        .distinct()[:SAME_FINDING_PRODUCTS_MAX]
    )
    decisions = list(
        Decision.objects.filter(product__in=product_ids, how=How.PERSON)
        .exclude(product=but_clearance.product_id, market_code=but_clearance.market.code)
        .order_by("-at", "-pk")[:SAME_FINDING_DECISIONS_MAX]
    )
    names = product_names({own.product_id for own in decisions})
    found: dict[str, list[Precedent]] = defaultdict(list)
    for own in decisions:
        for key in set(own.findings).intersection(keys):
            if len(found[key]) < PRECEDENTS_SHOWN:
                found[key].append(_precedent(own, names))
    return dict(found)


def _precedent(own: Decision, names: Mapping[int, str]) -> Precedent:
    return Precedent(
        at=own.at,
        product_id=own.product_id,
        product=names.get(own.product_id, "a product that is gone"),
        market=own.market_code,
        after=own.get_after_display(),
        actor=own.actor,
        reason=own.reason,
    )


def product_names(product_ids: Collection[int]) -> dict[int, str]:
    """What products are called; those that are gone are missing."""
    rows = Product.objects.non_polymorphic().filter(pk__in=product_ids)
    return dict(rows.values_list("pk", "name"))


def history_of(product_id: int, market_code: str) -> list[Decision]:
    """The last changes of a clearance, the newest first."""
    rows = Decision.objects.filter(product=product_id, market_code=market_code)
    return list(rows.select_related("user").order_by("-at", "-pk")[:HISTORY_SHOWN])


def finding_named(key: str) -> Finding | None:
    """Any finding with this key, to tell it in words."""
    return Finding.objects.filter(key=key).order_by("key", "product").first()


def entry_of(key: str) -> int | None:
    """The entry of the law behind a finding, as its latest judgement names it."""
    row = (
        Finding.objects.filter(key=key).select_related("assessment").order_by("key", "product")
    ).first()
    found = row.assessment.findings if row else []
    return next((own["entry_id"] for own in found if own["key"] == key), None)


def clearances_of(product_id: int) -> list[Clearance]:
    """The clearances of a product, by market."""
    rows = Clearance.objects.filter(product=product_id, market__is_active=True)
    return list(rows.select_related("market").order_by("market__code"))


def formula_of(product_id: int) -> list[FormulaLine]:
    """The formula of a product, line by line."""
    return list(FormulaLine.objects.filter(product=product_id).order_by("position"))
