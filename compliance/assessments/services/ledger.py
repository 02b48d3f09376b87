"""Clearances and the ledger of their changes, as rules and rows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from catalog.markets.models import Market
from catalog.products.models import Variant
from compliance.assessments import gates
from compliance.assessments.events import ComplianceDecided
from compliance.assessments.models import Assessment, Clearance, Decision
from compliance.assessments.rules.clearing import PERSON, Leave, demands
from compliance.assessments.rules.findings import Found
from compliance.substances.rules.shapes import Understood
from config.kernel.context import actor_id, actor_name
from config.kernel.events import to_json
from config.kernel.outbox import publish

CLEARANCE_FIELDS = [
    "status",
    "off_sale_at",
    "is_told_off",
    "assessment",
    "severity",
    "new_keys",
    "settled_keys",
    "waived_until",
    "queued_at",
    "judged_at",
    "product_updated_at",
    "rules_stamp",
    "next_date",
    "decided_at",
    "decided_by",
    "decided_how",
    "reason",
]


def ingredient_json(own: Understood) -> dict[str, object]:
    """An entry of a list as it is kept and shown."""
    substance = own.substance
    return {
        "text": own.ingredient.text,
        "substance": substance.id if substance else None,
        "inci_name": substance.inci_name if substance else None,
        "cas_number": next(iter(substance.cas_numbers), None) if substance else None,
        "match": own.match.value,
    }


def finding_json(found: Found) -> dict[str, object]:
    """A finding as it is kept and shown."""
    kept: dict[str, object] = to_json(asdict(found))
    return kept


def tell(changed: Mapping[int, Sequence[int]], now: datetime) -> None:
    """Tell those who keep stock which products went on or off sale, by market."""
    products = {product_id for product_ids in changed.values() for product_id in product_ids}
    if products:
        gates.sale_changing.all(products)
    for market_id in sorted(changed):
        gates.sale_changed.all(changed[market_id], market_id, now)


def leave_of(row: Clearance) -> Leave:
    """The state of a clearance, as the rules know it."""
    return Leave(
        status=row.status,
        off_sale_at=row.off_sale_at,
        how=row.decided_how,
        settled=row.settled_keys,
        new_keys=tuple(row.new_keys),
        waived_until=row.waived_until,
        queued_at=row.queued_at,
        reason=row.reason,
    )


def write_leave(row: Clearance, leave: Leave, now: datetime) -> None:
    """Put a state into a clearance; saving it, and telling of it, is the caller's."""
    row.status = leave.status
    row.is_told_off = not leave.is_on_sale(now)
    row.off_sale_at = leave.off_sale_at
    row.decided_how = leave.how
    row.settled_keys = dict(leave.settled)
    row.new_keys = list(leave.new_keys)
    row.waived_until = leave.waived_until
    row.queued_at = leave.queued_at
    row.reason = leave.reason


def decision(
    *,
    product_id: int,
    market: Market,
    before: Leave | None,
    after: Leave,
    how: str,
    at: datetime,
    assessment: Assessment | None,
    findings: Sequence[Found] = (),
    versions_before: Sequence[str] = (),
    user_id: int | None = None,
) -> Decision:
    """The line of the ledger for one change of a clearance."""
    return Decision(
        product_id=product_id,
        market_code=market.code,
        at=at,
        how=how,
        user_id=user_id if user_id is not None or how != PERSON else actor_id(),
        actor=actor_name() if how == PERSON else "",
        before=before.status if before is not None else "",
        after=after.status,
        reason=after.reason,
        waived_until=after.waived_until,
        off_sale_at=after.off_sale_at,
        evidence=assessment.evidence if assessment is not None else "nothing",
        rulebook_versions=assessment.rulebook_versions if assessment is not None else [],
        rulebook_versions_before=list(versions_before),
        findings=sorted(demands(findings)),
        assessment_id=assessment.pk if assessment is not None else None,
    )


def record(decisions: Sequence[Decision]) -> None:
    """Write lines of the ledger, and tell those who listen of each change of leave."""
    Decision.objects.bulk_create(decisions, batch_size=200)
    told = [own for own in decisions if own.before != own.after or own.how == PERSON]
    skus: dict[int, list[str]] = defaultdict(list)
    ids = {own.product_id for own in told}
    for product_id, sku in (
        Variant.objects.filter(product__in=ids).order_by("pk").values_list("product_id", "sku")
    ):
        skus[product_id].append(sku)
    publish(*(_event(own, tuple(skus[own.product_id])) for own in told))


def _event(own: Decision, skus: tuple[str, ...]) -> ComplianceDecided:
    return ComplianceDecided(
        occurred_at=own.at,
        product_id=own.product_id,
        skus=skus,
        market=own.market_code,
        status=own.after,
        off_sale_at=own.off_sale_at,
        waived_until=own.waived_until,
        decided_by=own.actor or own.how,
        reason=own.reason,
        rulebook_versions=tuple(own.rulebook_versions),
    )
