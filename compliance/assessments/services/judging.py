"""Judging products again and what follows for their clearances, many at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max

from catalog.markets.models import Market
from compliance.assessments.models import (
    Assessment,
    Clearance,
    Decision,
    Finding,
    SeverityChoice,
)
from compliance.assessments.rules.clearing import MACHINE, PERSON, Leave, judged
from compliance.assessments.rules.findings import Found, Severity, weight
from compliance.assessments.rules.verdicts import Verdict, verdict
from compliance.assessments.selectors.lawbooks import law_stamp, lawbook
from compliance.assessments.selectors.subjects import JudgedProduct, judged_products
from compliance.assessments.services.ledger import (
    CLEARANCE_FIELDS,
    decision,
    finding_json,
    ingredient_json,
    leave_of,
    record,
    tell,
    write_leave,
)
from compliance.jurisdictions.rules import jurisdictions_of
from compliance.substances.rules.shapes import MatchKind, Understood
from compliance.substances.selectors import vocabulary
from compliance.substances.services import note_unknown
from config.kernel.locks import advisory_lock

PRODUCTS_AT_ONCE_MAX = 500
LOCK = "compliance.assessments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a run did: how many products were judged, and how many clearances changed."""

    products: int
    changed: int


def judge(*, product_ids: Collection[int], now: datetime) -> Judged:
    """Judge these products anew for every active market, in transactions of some hundreds each.

    What was found of them replaces what was found before; clearances follow by the rules of
    `clearing`. Bundles are judged by their components and are passed over.
    """
    ids = sorted(set(product_ids))
    products = changed = 0
    for start in range(0, len(ids), PRODUCTS_AT_ONCE_MAX):
        with transaction.atomic():
            run = _Run(ids[start : start + PRODUCTS_AT_ONCE_MAX], now)
            products += run.products
            changed += run.changed
    return Judged(products=products, changed=changed)


class _Run:
    """One transaction's worth of judging."""

    def __init__(self, product_ids: Sequence[int], now: datetime) -> None:
        advisory_lock(LOCK)
        self.now = now
        # Read before the inputs: what changes meanwhile makes this judgement look old.
        self.stamp = law_stamp()
        self.markets = list(Market.objects.filter(is_active=True).order_by("pk"))
        names = vocabulary()
        judged = judged_products(product_ids, names, now.date())
        self.products = len(judged)
        self.changed = 0
        self._note_unknown(judged)
        by_laws: dict[tuple[str, ...], list[Market]] = defaultdict(list)
        for market in self.markets:
            by_laws[jurisdictions_of(market.country, market.region)].append(market)
        self.before = {
            (own.product_id, own.market_id): own
            for own in Clearance.objects.select_for_update(of=("self",))
            .filter(product__in=product_ids)
            .select_related("assessment")
            .order_by("pk")
        }
        self.foretold = _foretold(product_ids, now.date())
        self.decisions: list[Decision] = []
        self.new: list[Clearance] = []
        self.old: list[Clearance] = []
        self.on_or_off: dict[int, list[int]] = defaultdict(list)
        for laws, markets in by_laws.items():
            self._by_laws(judged, laws, markets)
        self._write()

    def _note_unknown(self, judged: Sequence[JudgedProduct]) -> None:
        unknown = [
            own.ingredient.name
            for product in judged
            if product.subject is not None
            for own in (*product.subject.label, *(a.understood for a in product.subject.formula))
            if own.match == MatchKind.NONE
        ]
        if unknown:
            note_unknown(names=unknown, now=self.now)

    def _by_laws(
        self, products: Sequence[JudgedProduct], laws: tuple[str, ...], markets: Sequence[Market]
    ) -> None:
        lawbooks = lawbook(laws)
        on = max(_day_in(market, self.now) for market in markets)
        if on != self.now.date():  # papers run out by the day of the market
            ids = [product.id for product in products]
            products = judged_products(ids, vocabulary(), on)
        verdicts = {
            product.id: verdict(
                jurisdictions=laws,
                laws=lawbooks,
                subject=product.subject,
                certificates=product.certificates,
                safety_reports=product.safety_reports,
                on=on,
            )
            for product in products
        }
        kept = _kept_assessments(products, laws, verdicts, on, self.now)
        for product in products:
            for market in markets:
                self._clear(product, market, verdicts[product.id], kept[product.id], on)

    def _clear(
        self,
        product: JudgedProduct,
        market: Market,
        found: Verdict,
        assessment: Assessment,
        on: date,
    ) -> None:
        row = self.before.get((product.id, market.pk))
        before = leave_of(row) if row is not None else None
        leave = judged(
            before,
            found.findings,
            now=self.now,
            on=on,
            foretold=self.foretold.get(product.id, frozenset()),
            grace_days=market.compliance_grace_days,
        )
        row = row or Clearance(product_id=product.id, market=market)
        versions_before = row.assessment.rulebook_versions if row.assessment else []
        is_new_law = versions_before != list(found.versions) and before is not None
        if before is None or _differs(before, leave) or is_new_law:
            self._note_change(product, market, before, leave, found, assessment, versions_before)
        write_leave(row, leave, self.now)
        row.assessment = assessment
        row.severity = SeverityChoice(found.severity.value)
        row.judged_at = self.now
        row.product_updated_at = product.updated_at
        row.rules_stamp = self.stamp
        row.next_date = _next_date(found, leave)
        if before is None or before.how != leave.how or _differs(before, leave):
            row.decided_at = self.now if leave.how != MACHINE else row.decided_at
            row.decided_by_id = row.decided_by_id if leave.how == PERSON else None
        (self.old if row.pk else self.new).append(row)

    def _note_change(
        self,
        product: JudgedProduct,
        market: Market,
        before: Leave | None,
        leave: Leave,
        found: Verdict,
        assessment: Assessment,
        versions_before: list[str],
    ) -> None:
        was_on_sale = before is not None and before.is_on_sale(self.now)
        if was_on_sale != leave.is_on_sale(self.now):
            self.on_or_off[market.pk].append(product.id)
        self.decisions.append(
            decision(
                product_id=product.id,
                market=market,
                before=before,
                after=leave,
                how=MACHINE if before is not None and not _differs(before, leave) else leave.how,
                at=self.now,
                assessment=assessment,
                versions_before=versions_before,
                findings=found.findings,
            )
        )

    def _write(self) -> None:
        Clearance.objects.bulk_create(self.new, batch_size=200)
        Clearance.objects.bulk_update(self.old, CLEARANCE_FIELDS, batch_size=200)
        record(self.decisions)
        self.changed = len(self.decisions)
        tell(self.on_or_off, self.now)


def _day_in(market: Market, now: datetime) -> date:
    return now.astimezone(ZoneInfo(market.time_zone)).date()


def _differs(before: Leave, after: Leave) -> bool:
    return (before.status, before.off_sale_at, before.new_keys, before.waived_until) != (
        after.status,
        after.off_sale_at,
        after.new_keys,
        after.waived_until,
    )


def _next_date(found: Verdict, leave: Leave) -> date | None:
    ends = leave.waived_until + timedelta(days=1) if leave.waived_until else None
    return min((day for day in (found.next_date, ends) if day is not None), default=None)


def _foretold(product_ids: Collection[int], on: date) -> dict[int, frozenset[str]]:
    """By product, the findings that earlier judgements said would begin by now."""
    found: dict[int, set[str]] = defaultdict(set)
    rows = Finding.objects.filter(product__in=product_ids, from_date__lte=on)
    for product_id, key in rows.values_list("product_id", "key"):
        found[product_id].add(key)
    return {product_id: frozenset(keys) for product_id, keys in found.items()}


def _kept_assessments(
    products: Sequence[JudgedProduct],
    laws: tuple[str, ...],
    verdicts: Mapping[int, Verdict],
    on: date,
    now: datetime,
) -> dict[int, Assessment]:
    """The assessment of each product: the last one where nothing is otherwise, else a new one."""
    code = " ".join(laws)
    ids = [product.id for product in products]
    last = _last_assessments(ids, code)
    kept: dict[int, Assessment] = {}
    fresh: list[Assessment] = []
    for product in products:
        made = _assessment(product, code, verdicts[product.id], on, now)
        known = last.get(product.id)
        if known is not None and _is_the_same(known, made):
            kept[product.id] = known
        else:
            kept[product.id] = made
            fresh.append(made)
    changed = [made.product_id for made in fresh]
    Finding.objects.filter(product__in=changed, assessment__jurisdictions=code).delete()
    Assessment.objects.bulk_create(fresh, batch_size=200)
    Finding.objects.bulk_create(
        [row for made in fresh for row in _finding_rows(made, verdicts[made.product_id].findings)],
        batch_size=500,
    )
    return kept


def _last_assessments(product_ids: Collection[int], code: str) -> dict[int, Assessment]:
    of_law = Assessment.objects.filter(product__in=product_ids, jurisdictions=code)
    newest = of_law.values("product").annotate(newest=Max("pk")).values("newest")
    return {row.product_id: row for row in Assessment.objects.filter(pk__in=newest)}


def _is_the_same(known: Assessment, made: Assessment) -> bool:
    return all(
        getattr(known, name) == getattr(made, name)
        for name in ("inputs_hash", "rulebook_versions", "findings", "next_date")
    )


def _assessment(
    product: JudgedProduct, code: str, found: Verdict, on: date, now: datetime
) -> Assessment:
    return Assessment(
        product_id=product.id,
        jurisdictions=code,
        on_date=on,
        assessed_at=now,
        inputs_hash=product.inputs_hash(),
        rulebook_versions=list(found.versions),
        evidence=product.evidence,
        severity=found.severity.value,
        ingredients=[ingredient_json(own) for own in _listed(product)],
        findings=[finding_json(own) for own in found.findings],
        next_date=found.next_date,
    )


def _listed(product: JudgedProduct) -> Iterable[Understood]:
    if product.subject is None:
        return ()
    return product.subject.label or (own.understood for own in product.subject.formula)


def _finding_rows(assessment: Assessment, findings: Sequence[Found]) -> list[Finding]:
    return [
        Finding(
            assessment=assessment,
            product_id=assessment.product_id,
            key=own.key[:200],
            code=own.code,
            severity=own.severity.value,
            ingredient=own.ingredient[:300],
            reference=own.reference[:200],
            message=own.message,
            from_date=own.from_date,
            later_severity=own.later.value if own.later else "",
        )
        for own in findings
        if own.from_date is not None or weight(own.severity) >= weight(Severity.WARN)
    ]
