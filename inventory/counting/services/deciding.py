"""Rounds end, and differences are decided: booked, not believed, or counted once more."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from catalog.products.selectors import variants_by_id
from catalog.units.rules import plain
from config.kernel.context import actor_id, actor_name
from config.kernel.outbox import publish
from config.kernel.words import counted
from inventory.counting.errors import CorrectedMeanwhile, NotAllCounted, UnknownCount, WrongStage
from inventory.counting.events import CountClosed
from inventory.counting.models import CountLine, CountStatus, CycleCount, LineStatus
from inventory.counting.rules import Since, corrected_after
from inventory.counting.selectors.counts import (
    book_of,
    movements_since,
    tolerance_of,
    totals_by_status,
)
from inventory.counting.services.alerts import alert_to_approve, resolve_alert_of
from inventory.counting.services.pieces import bookings_of
from inventory.counting.services.planning import lock_count, require
from inventory.lots.rules import day_in
from inventory.stock import services as stock
from inventory.stock.errors import NotEnoughStock
from inventory.stock.locks import lock_levels
from inventory.stock.models import StockLevel
from inventory.stock.reasons import StockReason
from inventory.stock.services.ledger import checked_reason

NOTE_LENGTH_MAX = 120
WITHIN_TOLERANCE = "Within tolerance"


@transaction.atomic
def finish_round(*, count_id: UUID, now: datetime, leave_uncounted: bool = False) -> CycleCount:
    """End a round: what matches is done, what is within tolerance is booked at once.

    The rest is counted again, after the second count it waits for a decision. An empty field is
    not a zero: lines without a figure are refused, or left as the books have them.
    Raises UnknownCount, WrongStage, NotAllCounted.
    """
    count = lock_count(count_id)
    require(count, CountStatus.COUNTING, CountStatus.SECOND_COUNT)
    lines = list(_lines(count).filter(status__in=["to_count", "counted", "recount"]))
    missing = [line for line in lines if line.status != LineStatus.COUNTED]
    if missing and not leave_uncounted:
        raise NotAllCounted(
            f"{counted(len(missing), 'line')} of {count} {'has' if len(missing) == 1 else 'have'} "
            "no figure, and an empty field is not a zero."
        )
    is_first = count.status == CountStatus.COUNTING
    for line in missing:
        # Who was to count again and did not leaves the first figure to be decided about.
        line.status = LineStatus.LEFT if is_first else LineStatus.DIFFERENCE
    _save(missing, ["status"])
    compared = [line for line in lines if line.status == LineStatus.COUNTED]
    settle(
        compared,
        count,
        otherwise=LineStatus.RECOUNT if is_first else LineStatus.DIFFERENCE,
        now=now,
    )
    _save_settled(compared, now)
    count.counted_at = now
    move_on(count, now)
    return count


@transaction.atomic
def approve(
    *, line_ids: Collection[int], reason: StockReason, note: str, now: datetime
) -> list[CountLine]:
    """Book these differences; what was promised of stock that is not there gives way.

    Each is taken against the books at the moment of its count, so that what was sold since stays
    sold. All or nothing. Raises UnknownCount, WrongStage, CorrectedMeanwhile, NotEnoughStock,
    InvalidText.
    """
    note = checked_reason(note, is_required=False, length_max=NOTE_LENGTH_MAX)
    lines = _to_decide(line_ids)
    for line in lines:
        line.reason, line.note = reason, note
    _book(lines, now)
    _decided(lines, LineStatus.APPLIED, now)
    _move_all_on(lines, now)
    return lines


@transaction.atomic
def reject(*, line_ids: Collection[int], note: str, now: datetime) -> list[CountLine]:
    """Do not believe these figures: the books stay as they are.

    Raises UnknownCount, WrongStage, ReasonRequired, InvalidText.
    """
    note = checked_reason(note, length_max=NOTE_LENGTH_MAX)
    lines = _to_decide(line_ids)
    for line in lines:
        line.note = note
    _decided(lines, LineStatus.REJECTED, now)
    _move_all_on(lines, now)
    return lines


@transaction.atomic
def count_again(*, line_ids: Collection[int], now: datetime) -> list[CountLine]:
    """Send these lines back to be counted once more. Raises UnknownCount, WrongStage."""
    lines = _to_decide(line_ids)
    for line in lines:
        line.status = LineStatus.RECOUNT
    _save(lines, ["status"])
    _move_all_on(lines, now)
    return lines


def settle(
    lines: Sequence[CountLine],
    count: CycleCount,
    *,
    otherwise: LineStatus,
    now: datetime,
) -> None:
    """Compare counted lines with the books: done, booked within tolerance, or `otherwise`.

    Where pieces were scanned, each one missing and each one not expected is off by one. The caller
    writes the lines.
    """
    tolerance = tolerance_of(count)
    since = _locked_since(lines)
    small: list[CountLine] = []
    matched: list[CountLine] = []
    rest: list[CountLine] = []
    for line in lines:
        book = book_of(line, since)
        difference = line.difference = line.figure.quantity - book
        pieces = Decimal(line.pieces.size)
        if not difference and not pieces:
            matched.append(line)
        elif tolerance.covers(max(abs(difference), pieces), book) and _can_be_booked(
            line, difference, since
        ):
            line.reason, line.note = StockReason.COUNT, WITHIN_TOLERANCE
            small.append(line)
        else:
            rest.append(line)
    _apply(small, now)
    for chosen, status in ((small, LineStatus.APPLIED), (matched, LineStatus.MATCHED)):
        for line in chosen:
            line.status, line.decided_at = status, now
    for line in rest:
        line.status = otherwise


def _save_settled(lines: Sequence[CountLine], now: datetime) -> None:
    """Most lines match: these are written by one statement."""
    plain_matches = {
        line.pk for line in lines if line.status == LineStatus.MATCHED and not line.is_found
    }
    CountLine.objects.filter(pk__in=plain_matches).update(
        status=LineStatus.MATCHED, difference=0, decided_at=now
    )
    _save(
        [line for line in lines if line.pk not in plain_matches],
        ["status", "difference", "reason", "note", "decided_at", "movement", "stock_level"],
    )


def move_on(count: CycleCount, now: datetime) -> None:
    """The stage of a count after some of its lines changed, with who has to know."""
    totals = totals_by_status(count.pk)
    waiting = totals.get(LineStatus.DIFFERENCE, 0)
    resolve_alert_of(count, "The count went on.", now)
    if totals.get(LineStatus.RECOUNT) or totals.get(LineStatus.COUNTED):
        count.status = CountStatus.SECOND_COUNT
    elif waiting:
        count.status = CountStatus.TO_APPROVE
        alert_to_approve(count, lines=sum(totals.values()), differences=waiting, now=now)
    else:
        count.status, count.closed_at = CountStatus.CLOSED, now
        count.closed_by_name = actor_name()
        publish(
            CountClosed(
                occurred_at=now,
                reference=count.reference,
                warehouse=count.warehouse.code,
                lines=sum(totals.values()),
                applied=totals.get(LineStatus.APPLIED, 0),
                rejected=totals.get(LineStatus.REJECTED, 0),
                left=totals.get(LineStatus.LEFT, 0),
            )
        )
    count.save(update_fields=["status", "counted_at", "closed_at", "closed_by_name"])


def _lines(count: CycleCount) -> QuerySet[CountLine]:
    return (
        CountLine.objects.filter(count=count)
        .select_related("variant", "location__warehouse", "count")
        .order_by("pk")
    )


def _to_decide(line_ids: Collection[int]) -> list[CountLine]:
    """These lines, whose counts are locked. Raises UnknownCount, WrongStage."""
    count_ids = CountLine.objects.filter(pk__in=line_ids).values_list("count_id", flat=True)
    counts = {pk: lock_count(pk) for pk in sorted(set(count_ids))}
    lines = [line for count in counts.values() for line in _lines(count).filter(pk__in=line_ids)]
    if len(lines) < len(set(line_ids)):
        raise UnknownCount("Some of these lines are gone.")
    for line in lines:
        line.count = counts[line.count_id]
        if line.status != LineStatus.DIFFERENCE:
            raise WrongStage(
                f"{_named(line)}: nothing to decide about, it is "
                f"{line.get_status_display().lower()}."
            )
    return lines


def _book(lines: Sequence[CountLine], now: datetime) -> None:
    since = _locked_since(lines)
    for line in lines:
        if corrected_after(since.get(line.stock_level_id, ()), counted_at=line.figure.counted_at):
            raise CorrectedMeanwhile(
                f"{_named(line)}: the books were corrected after it was counted, so that its "
                "difference may be in them already. Count it again."
            )
        line.difference = line.figure.quantity - book_of(line, since)
    _apply(lines, now)


def _apply(lines: Sequence[CountLine], now: datetime) -> None:
    """Correct the books by the lines' differences; a found lot is made. Levels are locked."""
    changed = [line for line in lines if line.difference or line.pieces]
    _make_places([line for line in changed if line.stock_level_id is None], now)
    levels = StockLevel.objects.in_bulk([line.stock_level_id for line in changed])
    for line in changed:
        left, difference = levels[line.stock_level_id].on_hand, line.difference or Decimal(0)
        if left + difference < 0:
            raise NotEnoughStock(
                f"{_named(line)}: {plain(-difference)} less were counted than the books had, but "
                f"only {plain(left)} are left in them. Count it again."
            )
    bookings = bookings_of(changed, levels)
    movements = stock.correct(bookings.corrections, named=bookings.named, now=now)
    for booked, movement in zip(bookings.lines, movements, strict=True):
        if booked is not None:
            booked.movement = movement


def _make_places(lines: Sequence[CountLine], now: datetime) -> None:
    """The lots and levels of what was found where nothing of it ever lay."""
    if not lines:
        return
    variants = variants_by_id({line.variant_id for line in lines})
    places = [
        (
            stock.lot_found(
                variant=variants[line.variant_id],
                code=line.lot_code,
                expiry_date=line.expiry_date,
                on=day_in(line.location.warehouse.time_zone, now),
            ),
            line.location_id,
        )
        for line in lines
    ]
    for line, level in zip(lines, stock.find_or_make_places(places, now=now), strict=True):
        line.stock_level = level


def _can_be_booked(
    line: CountLine, difference: Decimal, since: Mapping[int | None, list[Since]]
) -> bool:
    """Whether nothing that happened since stands against booking a small difference at once."""
    found = since.get(line.stock_level_id, ())
    if corrected_after(found, counted_at=line.figure.counted_at):
        return False
    left = line.figure.book_quantity + sum((m.quantity for m in found), Decimal(0))
    return left + difference >= 0


def _locked_since(lines: Sequence[CountLine]) -> dict[int | None, list[Since]]:
    """Lock the levels of these lines' variants and read what was written since they were counted.

    A lot found where none lay may have come into the books meanwhile.
    """
    levels = lock_levels(variant_ids={line.variant_id for line in lines}, with_names=True)
    by_place = {(lv.variant_id, lv.location_id, lv.lot.code): lv for lv in levels}
    for line in lines:
        if line.stock_level_id is None:
            level = by_place.get((line.variant_id, line.location_id, line.lot_code))
            line.stock_level_id = level.pk if level else None
    return movements_since(lines)


def _decided(lines: Sequence[CountLine], status: LineStatus, now: datetime) -> None:
    for line in lines:
        line.status, line.decided_at = status, now
        line.decided_by_id, line.decided_by_name = actor_id(), actor_name()
    _save(
        lines,
        [
            "status",
            "reason",
            "note",
            "difference",
            "decided_at",
            "decided_by",
            "decided_by_name",
            "movement",
            "stock_level",
        ],
    )


def _move_all_on(lines: Iterable[CountLine], now: datetime) -> None:
    for count in {line.count_id: line.count for line in lines}.values():
        move_on(count, now)


def _save(lines: Sequence[CountLine], fields: list[str]) -> None:
    if lines:
        CountLine.objects.bulk_update(lines, fields, batch_size=200)


def _named(line: CountLine) -> str:
    lot = f"lot {line.lot_code}" if line.lot_code else "open lot"
    return f"{line.variant.sku} {lot} in {line.location}"
