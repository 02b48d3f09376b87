"""A sale that was booked from one lot, or from none, and was sent from another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import connection

from catalog.products.selectors import variants_by_id
from inventory.stock.claims import fill_shortages, give_way
from inventory.stock.models import MovementKind, StockLevel, StockMovement
from inventory.stock.services.ledger import (
    Cause,
    checked_cause,
    lower_on_hand,
    promised_ids,
    raise_on_hand,
    write_ledger,
)
from inventory.stock.services.serials import Leaving, Named, choose_leaving, write_serials

NOT_SENT = "Correction of a shipment: other stock was sent"
SENT = "Correction of a shipment: sent instead"
FOUND = "found: sent for an order that was short of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentInstead:
    """So much really left from a level; `serials` are the pieces that were named."""

    quantity: Decimal
    serials: Sequence[str] = ()


def correct_sale(
    *,
    not_sent: Mapping[int, Decimal],
    sent: Mapping[int, SentInstead],
    levels: Mapping[int, StockLevel],
    reference: str,
    happened_at: datetime,
    now: datetime,
    found: Mapping[int, Decimal] | None = None,
) -> list[StockMovement]:
    """Put back what was booked as sold and did not leave, and take what left instead.

    The caller has locked the `levels`; none stands on both sides. So much of what was sent as is
    `found` was not in the books, and comes into them first. What was promised of the goods that are
    gone gives way. Raises NotEnoughStock, InvalidSerial, UnknownSerial, HappensInFuture.
    """
    assert connection.in_atomic_block, "what is put back and what is taken are one transaction"
    assert not not_sent.keys() & sent.keys(), "what left a level was not put back there"
    back, gone = (
        checked_cause(
            kind=MovementKind.SALE,
            now=now,
            happened_at=happened_at,
            reference=reference,
            reason=reason,
        )
        for reason in (NOT_SENT, SENT)
    )
    _take_in(found or {}, levels, back, now)
    variants = variants_by_id({levels[pk].variant_id for pk in (*not_sent, *sent)})
    leaving = [
        Leaving(level=levels[pk], quantity=one.quantity, serials=one.serials)
        for pk, one in sorted(sent.items())
    ]
    pieces = choose_leaving(leaving, variants, is_strict=False)
    raise_on_hand(not_sent, now=now)
    for one in leaving:
        lower_on_hand(one.level, variants[one.level.variant_id], one.quantity, now=now)
    changes = dict(not_sent) | {pk: -one.quantity for pk, one in sent.items()}
    causes = dict.fromkeys(not_sent, back) | dict.fromkeys(sent, gone)
    movements = write_ledger(changes, causes)
    by_level = {line.stock_level_id: line for line in movements}
    write_serials(
        [
            Named(movement=by_level[one.level.pk], level=one.level, serials=own)
            for one, own in zip(leaving, pieces, strict=True)
        ],
        now=now,
    )
    if promised := promised_ids([one.level for one in leaving]):
        give_way.ask(stock_level_ids=promised, now=now, because=gone.sentence)
    if not_sent:
        fill_shortages.ask(variant_ids={levels[pk].variant_id for pk in not_sent}, now=now)
    return movements


def _take_in(
    found: Mapping[int, Decimal], levels: Mapping[int, StockLevel], why: Cause, now: datetime
) -> None:
    """What left though the books had none of it: whoever sent it had found it."""
    if not found:
        return
    raise_on_hand(found, now=now)
    write_ledger(found, replace(why, kind=MovementKind.ADJUSTMENT, reason=FOUND))
    for pk, quantity in found.items():
        levels[pk].on_hand += quantity
