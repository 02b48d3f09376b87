"""The review queue: what waits, in which order, how it is found, and how far judging again is."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Case, Exists, IntegerField, Min, OuterRef, Q, QuerySet, Value, When

from catalog.products.models import Variant
from compliance.assessments.exposure import ExposedLot, Exposure, exposed_lots, exposure
from compliance.assessments.models import Clearance, Finding, SeverityChoice, Status
from compliance.assessments.rules.findings import weight
from compliance.assessments.selectors.lawbooks import law_stamp

WAITING = (Status.NEEDS_REVIEW, Status.ASKED)
DEMANDING = (SeverityChoice.BLOCK, SeverityChoice.WARN)
SORTED_MAX = 500
SCANNED_MAX = 10_000
PRODUCTS_AT_ONCE_MAX = 500
TOGETHER_MAX = 500

BY_WEIGHT = Case(
    When(severity=SeverityChoice.BLOCK, then=Value(0)),
    When(severity=SeverityChoice.WARN, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)
"""Orders clearances by what was found, the heaviest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFinding:
    """A finding that clearances wait for, and how many do."""

    key: str
    code: str
    severity: str
    ingredient: str
    reference: str
    message: str
    clearances: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """The clearances that wait for one finding alone, and how many wait for others beside it."""

    alone: Sequence[Clearance]
    with_others: int
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Sorted:
    """The keys of clearances by what they block, and what stands behind their products."""

    keys: Sequence[int]
    behind: Mapping[int, Exposure]


@dataclass(frozen=True, slots=True)
class Progress:
    """How many clearances the machine has judged by the rules of today, of how many."""

    done: int
    total: int


def waiting() -> QuerySet[Clearance]:
    """What waits for a person's decision or a supplier's answer."""
    return Clearance.objects.filter(status__in=WAITING)


def waiting_counts() -> tuple[int, int]:
    """How many clearances wait, and how many of them are blocked by the law; one query."""
    rows = list(waiting().values_list("severity", flat=True)[: SCANNED_MAX + 1])
    return len(rows), sum(severity == SeverityChoice.BLOCK for severity in rows)


def exposures(product_ids: Collection[int]) -> dict[int, Exposure]:
    """What is held and promised of products; those of which nothing is there may be missing."""
    found: dict[int, Exposure] = {}
    for chunk in _chunks(product_ids):
        for answer in exposure.all(chunk):
            found.update(answer)
    return found


def lots_of(product_ids: Collection[int], limit: int) -> list[ExposedLot]:
    """Some lots with stock of these products, the most valuable first."""
    return [lot for answer in exposed_lots.all(product_ids, limit) for lot in answer]


def by_what_is_blocked(rows: QuerySet[Clearance]) -> Sorted | None:
    """Clearances, the one first behind which most reservations wait, then most value.

    What blocks the same comes in the order of its weight and age. None: there are too many to ask
    for what stands behind each.
    """
    found = list(
        rows.order_by().values_list("pk", "product_id", "severity", "queued_at")[: SORTED_MAX + 1]
    )
    if len(found) > SORTED_MAX:
        return None
    behind = exposures({product_id for _, product_id, _, _ in found})

    def rank(row: tuple[int, int, str, datetime | None]) -> tuple[int, Decimal, int, float, int]:
        pk, product_id, severity, queued_at = row
        own = behind.get(product_id)
        since = queued_at.timestamp() if queued_at else 0.0
        return (
            -own.open_reservations if own else 0,
            -own.value.amount if own and own.value is not None else Decimal(0),
            -weight(severity),
            since,
            pk,
        )

    return Sorted([row[0] for row in sorted(found, key=rank)], behind)


def search(term: str, *, by_ingredient: bool) -> Q:
    """Clearances by SKU or product name, each word of it; by the printed ingredients too."""
    words = " ".join(term.replace("\0", "").split())
    named = Q()
    for word in words.split():
        named &= Q(product__name__icontains=word)
    skus = Variant.objects.filter(product=OuterRef("product"), sku__icontains=words)
    found = named | Q(Exists(skus))
    if by_ingredient:
        found |= Q(product__cosmeticproduct__ingredients__icontains=words)
        found |= Q(
            Exists(Finding.objects.filter(product=OuterRef("product"), ingredient__icontains=words))
        )
    return found


def with_finding(key: str) -> Q:
    """Clearances of whose judgement a finding is part that asks for something."""
    rows = Finding.objects.filter(
        key=key, assessment=OuterRef("assessment"), severity__in=DEMANDING
    )
    return Q(Exists(rows))


def waiting_findings(*, limit: int) -> tuple[list[WaitingFinding], bool]:
    """What clearances wait for, the most frequent first; whether more wait than were looked at."""
    rows = list(
        waiting().order_by("queued_at", "pk").values_list("new_keys", flat=True)[: SCANNED_MAX + 1]
    )
    counts = Counter(key for keys in rows[:SCANNED_MAX] for key in keys)
    most = dict(counts.most_common(limit))
    samples = (
        Finding.objects.filter(key__in=most, severity__in=DEMANDING)
        .order_by("key")
        .values("key")
        .annotate(
            code_=Min("code"),
            severity_=Min("severity"),
            ingredient_=Min("ingredient"),
            reference_=Min("reference"),
            message_=Min("message"),
        )
    )
    found = [
        WaitingFinding(
            key=row["key"],
            code=row["code_"],
            severity=row["severity_"],
            ingredient=row["ingredient_"],
            reference=row["reference_"],
            message=row["message_"],
            clearances=most[row["key"]],
        )
        for row in samples
    ]
    found.sort(key=lambda own: (-own.clearances, own.key))
    return found, len(rows) > SCANNED_MAX


def waiting_for(key: str) -> Together:
    """The clearances that one decision about a finding would settle, the longest waiting first."""
    rows = list(
        waiting()
        .filter(with_finding(key))
        .select_related("product", "market")
        .order_by("queued_at", "pk")[: SCANNED_MAX + 1]
    )
    affected = [row for row in rows if key in row.new_keys]
    alone = [row for row in affected if set(row.new_keys) == {key}]
    return Together(
        alone=alone[:TOGETHER_MAX],
        with_others=len(affected) - len(alone),
        is_cut=len(alone) > TOGETHER_MAX,
    )


def how_many_wait_for(keys: Collection[str], *, but_product_id: int) -> dict[str, int]:
    """For each finding, how many clearances of other products wait with it; one query."""
    rows = (
        Finding.objects.filter(
            key__in=keys, severity__in=DEMANDING, assessment__clearances__status__in=WAITING
        )
        .exclude(product=but_product_id)
        .order_by()
        .values_list("key", flat=True)[:SCANNED_MAX]
    )
    return dict(Counter(rows))


def judging_progress() -> Progress | None:
    """How far judging by changed rules or names has come; None where nothing is left to do."""
    left = Clearance.objects.exclude(rules_stamp=law_stamp()).count()
    if not left:
        return None
    total = Clearance.objects.count()
    return Progress(done=total - left, total=total)


def still_waiting(keys: Sequence[int]) -> int | None:
    """The first of these clearances that waits still."""
    for start in range(0, len(keys), PRODUCTS_AT_ONCE_MAX):
        chunk = keys[start : start + PRODUCTS_AT_ONCE_MAX]
        open_keys = set(waiting().filter(pk__in=chunk).values_list("pk", flat=True))
        for key in chunk:
            if key in open_keys:
                return key
    return None


def _chunks(product_ids: Collection[int]) -> Iterator[list[int]]:
    ids = sorted(set(product_ids))
    for start in range(0, len(ids), PRODUCTS_AT_ONCE_MAX):
        yield ids[start : start + PRODUCTS_AT_ONCE_MAX]
