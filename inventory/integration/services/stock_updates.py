"""What a warehouse's system says lies there, applied line by line, each line once for ever."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from config.kernel.clients import ApiClient
from config.kernel.context import current_request_id
from config.kernel.errors import DomainError, FieldError, InvalidInput, LinesRefused
from config.kernel.locks import advisory_lock
from inventory.integration.models import InboundMessage, StockUpdateLine
from inventory.integration.rules import Holding, UpdateResult
from inventory.integration.selectors import applied_ids
from inventory.integration.services.planning import Book, plan
from inventory.integration.services.reading import Outcome, UpdateLine, field_error, understand
from inventory.stock import services as stock
from inventory.stock.locks import lock_levels
from inventory.stock.services import Correction

LINES_MAX = 1000
# So many lines keep their SKUs locked at once; whoever reserves one of them waits as long.
LINES_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of one line, and why where it was rejected."""

    external_id: str
    result: UpdateResult
    error: FieldError | None


def update_stock(
    *,
    source: str,
    lines: Sequence[UpdateLine],
    atomic: bool,
    client: ApiClient | None,
    now: datetime,
) -> list[LineResult]:
    """Apply what a warehouse's system reports; answer what became of each line, in their order.

    Physical truth wins: what was promised of stock that is gone gives way in the same transaction.
    A line whose external id this source had applied before is a duplicate and changes nothing; a
    rejected one may be sent again. Lines are applied in order, in transactions of 200, unless
    `atomic`: then all of them or, raising LinesRefused, none. Raises InvalidInput.
    """
    if not 1 <= len(lines) <= LINES_MAX:
        raise InvalidInput(f"A stock update has 1 to {LINES_MAX} lines.")
    # Inside a transaction of the caller's, all locks have to be taken at once, in their order.
    at_once = len(lines) if atomic or connection.in_atomic_block else LINES_AT_ONCE
    numbered = list(enumerate(lines))
    message: InboundMessage | None = None
    outcomes: list[Outcome] = []
    for start in range(0, len(numbered), at_once):
        with transaction.atomic():
            # One update of a source after the other: they share external ids.
            advisory_lock(f"stock-updates:{source}")
            done = _apply(source, numbered[start : start + at_once], now)
            if atomic:
                _refuse_if_any_is_rejected(done)
            message = message or _open_message(source, atomic, client, now)
            _keep(message, done)
        outcomes += done
    return [LineResult(o.line.external_id, o.result, o.error) for o in outcomes]


def _apply(source: str, lines: Sequence[tuple[int, UpdateLine]], now: datetime) -> list[Outcome]:
    outcomes = understand(lines, now)
    variant_ids = {about.variant.id for o in outcomes if (about := o.about) is not None}
    levels = lock_levels(variant_ids=variant_ids, with_names=True)
    known = applied_ids(source, {line.external_id for _, line in lines})
    plan(outcomes, Book.of(outcomes, levels), known)
    _make_places(outcomes, now)
    corrections = [
        Correction(
            stock_level_id=holding.stock_level_id,
            quantity_delta=part,
            reason=outcome.line.reason,
            reference=f"{source} {outcome.line.external_id}",
        )
        for outcome in outcomes
        for holding, part in outcome.moves
        if holding.stock_level_id is not None
    ]
    stock.correct(corrections, now=now)
    return outcomes


def _make_places(outcomes: Sequence[Outcome], now: datetime) -> None:
    """Make the lots and levels that are missing; lines whose lot cannot be made are rejected."""
    missing = [
        (outcome, holding)
        for outcome in outcomes
        for holding, _ in outcome.moves
        if holding.stock_level_id is None
    ]
    if not missing:
        return
    try:
        _make(missing, now)
    except DomainError:
        for outcome, holding in missing:
            try:
                _make([(outcome, holding)], now)
            except DomainError as error:
                _reject_all(outcomes, holding, error)


def _make(missing: Sequence[tuple[Outcome, Holding]], now: datetime) -> None:
    places = []
    for outcome, holding in missing:
        about = outcome.about
        assert about is not None, "only what was understood is planned"
        draft = stock.lot_found(
            variant=about.variant,
            code=outcome.line.lot,
            expiry_date=outcome.expiry_date,
            on=about.today,
        )
        places.append((draft, holding.location_id))
    with transaction.atomic():
        levels = stock.find_or_make_places(places, now=now)
    for (_, holding), level in zip(missing, levels, strict=True):
        holding.stock_level_id = level.pk


def _reject_all(outcomes: Iterable[Outcome], holding: Holding, error: DomainError) -> None:
    """The lines that would have changed what is in a place that cannot be."""
    for outcome in outcomes:
        if any(place is holding for place, _ in outcome.moves):
            outcome.reject(field_error(error, outcome.position))


def _refuse_if_any_is_rejected(outcomes: Iterable[Outcome]) -> None:
    errors = [o.error for o in outcomes if o.error is not None]
    if errors:
        raise LinesRefused("Some lines cannot be applied, so none was.", errors=errors)


def _open_message(
    source: str, atomic: bool, client: ApiClient | None, now: datetime
) -> InboundMessage:
    return InboundMessage.objects.create(
        source=source,
        client=client,
        client_name=client.name if client else "",
        received_at=now,
        request_id=current_request_id(),
        is_atomic=atomic,
    )


def _keep(message: InboundMessage, outcomes: Sequence[Outcome]) -> None:
    """Write down what was sent and what became of it: an applied id is never free again."""
    StockUpdateLine.objects.bulk_create([_line(message, outcome) for outcome in outcomes])
    count = Counter(outcome.result for outcome in outcomes)
    InboundMessage.objects.filter(pk=message.pk).update(
        applied_count=F("applied_count") + count[UpdateResult.APPLIED],
        duplicate_count=F("duplicate_count") + count[UpdateResult.DUPLICATE],
        rejected_count=F("rejected_count") + count[UpdateResult.REJECTED],
    )


def _line(message: InboundMessage, outcome: Outcome) -> StockUpdateLine:
    line, about, error = outcome.line, outcome.about, outcome.error
    is_applied = outcome.result is UpdateResult.APPLIED
    return StockUpdateLine(
        message=message,
        position=outcome.position + 1,
        source=message.source,
        external_id=line.external_id,
        result=outcome.result,
        error_code=error.code if error else "",
        error_detail=error.detail if error else "",
        warehouse_code=line.warehouse,
        location_code=line.location,
        item=str(line.item),
        variant_id=about.variant.id if about else None,
        lot_code=line.lot,
        expires_on=line.expires_on,
        mode=line.mode,
        quantity=line.quantity,
        unit=line.unit,
        expected_quantity=line.expected_quantity,
        reason=line.reason,
        on_hand_before=outcome.on_hand_before if is_applied else None,
        change=outcome.change if is_applied else None,
    )
