"""Reads of counts: what there is to count, what a line is compared with, how far a count is."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Abs

from inventory.counting.models import OPEN_LINE, CountLine, CycleCount
from inventory.counting.rules import Since, Tolerance, abc_classes, book_when_counted
from inventory.stock.models import MovementKind, StockLevel, StockMovement
from inventory.warehouses.models import KEPT_APART

PICKS_LOOKED_AT = timedelta(days=90)
CORRECTIONS = (MovementKind.ADJUSTMENT, MovementKind.COUNT)
WRITING_TAKES_AT_MOST = timedelta(hours=1)
KEYS_AT_ONCE_MAX = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What the books said of a stock level, and up to which line of the ledger."""

    on_hand: Decimal
    last_movement_id: int | None


def count_by_id(count_id: UUID) -> CycleCount | None:
    """The count with its warehouse, or None."""
    return CycleCount.objects.select_related("warehouse").filter(pk=count_id).first()


def count_of_client(*, client_id: int, reference: str) -> CycleCount | None:
    """What a client sent under this reference, or None."""
    return CycleCount.objects.filter(client_id=client_id, reference=reference).first()


def lines_of(count_id: UUID) -> QuerySet[CountLine]:
    """The lines of a count in the order in which one walks by them."""
    return (
        CountLine.objects.filter(count_id=count_id)
        .select_related("variant__product", "location", "stock_level__lot")
        .order_by("position")
    )


def countable_levels(
    *,
    warehouse_id: int,
    location_ids: Collection[int] = (),
    variant_ids: Collection[int] = (),
    lot_ids: Collection[int] = (),
) -> QuerySet[StockLevel]:
    """Where something lies in a warehouse, of what is chosen; no choice is all of it."""
    levels = (
        StockLevel.objects.filter(location__warehouse_id=warehouse_id, on_hand__gt=0)
        .exclude(location__kind__in=KEPT_APART)
        .select_related("lot", "location")
    )
    if location_ids:
        levels = levels.filter(location_id__in=location_ids)
    if variant_ids or lot_ids:
        levels = levels.filter(Q(variant_id__in=variant_ids) | Q(lot_id__in=lot_ids))
    return levels.order_by("location__code", "variant__sku", "lot__code", "pk")


def not_being_counted(levels: QuerySet[StockLevel]) -> QuerySet[StockLevel]:
    """Without what an open count holds already."""
    busy = CountLine.objects.filter(status__in=OPEN_LINE, stock_level__isnull=False)
    return levels.exclude(pk__in=busy.values("stock_level_id"))


def open_line_keys(location_ids: Collection[int]) -> set[tuple[int, int, str]]:
    """Location, variant and lot code of what open counts hold in these places."""
    lines = CountLine.objects.filter(location_id__in=set(location_ids), status__in=OPEN_LINE)
    return set(lines.values_list("location_id", "variant_id", "lot_code"))


def variants_of_class(*, warehouse_id: int, abc_class: str, now: datetime) -> set[int]:
    """The variants of an ABC class, by how often they were picked there in the last 90 days."""
    stocked = StockLevel.objects.filter(location__warehouse_id=warehouse_id, on_hand__gt=0)
    picks = dict.fromkeys(stocked.values_list("variant_id", flat=True).distinct().order_by(), 0)
    sold = (
        StockMovement.objects.filter(
            recorded_at__gte=now - PICKS_LOOKED_AT,
            kind=MovementKind.SALE,
            stock_level__location__warehouse_id=warehouse_id,
        )
        .values("stock_level__variant_id")
        .annotate(picks=Count("pk"))
        .order_by()
    )
    for row in sold:
        if row["stock_level__variant_id"] in picks:
            picks[row["stock_level__variant_id"]] = row["picks"]
    return {pk for pk, name in abc_classes(picks).items() if name == abc_class}


def books_now(level_ids: Collection[int]) -> dict[int, Noted]:
    """What the books say of these levels and up to which movement, both of one instant."""
    last = StockMovement.objects.filter(stock_level=OuterRef("pk")).order_by("-recorded_at", "-id")
    found: dict[int, Noted] = {}
    for chunk in _chunks(level_ids):
        rows = (
            StockLevel.objects.filter(pk__in=chunk)
            .annotate(last=Subquery(last.values("id")[:1]))
            .values_list("pk", "on_hand", "last")
            .order_by()
        )
        found |= {pk: Noted(on_hand=on_hand, last_movement_id=last) for pk, on_hand, last in rows}
    return found


def movements_since(lines: Iterable[CountLine]) -> dict[int | None, list[Since]]:
    """What was written after a counted line's books were read, by stock level; none without one."""
    noted = {line.stock_level_id: line for line in lines if line.stock_level_id is not None}
    since: dict[int | None, list[Since]] = {}
    for chunk in _chunks(noted):
        chosen = [noted[level_id] for level_id in chunk]
        rows = StockMovement.objects.filter(
            stock_level_id__in=chunk,
            id__gt=min(line.last_movement_id or 0 for line in chosen),
            # The index goes by the time of writing, which waits and clocks make differ a little.
            recorded_at__gte=min(line.figure.counted_at for line in chosen) - WRITING_TAKES_AT_MOST,
        )
        for level_id, pk, quantity, happened_at, kind in rows.values_list(
            "stock_level_id", "id", "quantity", "happened_at", "kind"
        ).order_by("id"):
            line = noted[level_id]
            if pk > (line.last_movement_id or 0):
                found = Since(
                    quantity=quantity, happened_at=happened_at, is_correction=kind in CORRECTIONS
                )
                since.setdefault(level_id, []).append(found)
    return since


def moved_after(
    level_ids: Collection[int], *, at: datetime
) -> dict[int, list[tuple[Decimal, datetime]]]:
    """What happened on these levels after an instant, as far as it is written."""
    found: dict[int, list[tuple[Decimal, datetime]]] = {}
    for chunk in _chunks(level_ids):
        rows = StockMovement.objects.filter(
            stock_level_id__in=chunk,
            # Nothing is written before it happens, so what happened later was written later.
            recorded_at__gte=at,
            happened_at__gt=at,
        )
        for level_id, quantity, happened_at in rows.values_list(
            "stock_level_id", "quantity", "happened_at"
        ).order_by("id"):
            found.setdefault(level_id, []).append((quantity, happened_at))
    return found


def somebody_else_counts(user_id: int) -> bool:
    """Whether anybody but this user has the right to count, as a person who counts."""
    counters = get_user_model()._default_manager.with_perm(
        "inventory.enter_count",
        backend="django.contrib.auth.backends.ModelBackend",
        include_superusers=False,
    )
    return bool(counters.exclude(pk=user_id).exists())


def tolerance_of(count: CycleCount) -> Tolerance:
    """How far off a count may be."""
    return Tolerance(units=count.tolerance_units, percent=count.tolerance_percent)


def book_of(line: CountLine, since: Mapping[int | None, list[Since]]) -> Decimal:
    """What a counted line is compared with, as far as it is known now."""
    figure = line.figure
    return book_when_counted(
        figure.book_quantity, since.get(line.stock_level_id, ()), counted_at=figure.counted_at
    )


def with_progress(counts: QuerySet[CycleCount]) -> QuerySet[CycleCount]:
    """Counts with how many lines they have, how many are counted, and how many wait for whom."""
    return counts.annotate(
        line_count=Count("lines"),
        counted_count=Count("lines", filter=~Q(lines__status__in=["to_count", "left"])),
        recount_count=Count("lines", filter=Q(lines__status="recount")),
        difference_count=Count("lines", filter=Q(lines__status="difference")),
    )


def with_value(lines: QuerySet[CountLine]) -> QuerySet[CountLine]:
    """Lines with `value`, what their difference cost us in the lot's currency; null: no cost."""
    return lines.annotate(
        value=F("difference") * F("stock_level__lot__unit_cost"),
        size=Abs(F("difference")),
    )


def totals_by_status(count_id: UUID) -> dict[str, int]:
    """How many lines of a count stand where."""
    rows = (
        CountLine.objects.filter(count_id=count_id)
        .values("status")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return {row["status"]: row["n"] for row in rows}


def _chunks(keys: Collection[int]) -> Iterator[list[int]]:
    wanted = sorted(keys)
    for start in range(0, len(wanted), KEYS_AT_ONCE_MAX):
        yield wanted[start : start + KEYS_AT_ONCE_MAX]
