"""Writing: the one UPDATE of a stock level, and the ledger line that explains it."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, DecimalField, Expression, F, Value
from django.db.models.functions import Coalesce, Greatest, Least, Round

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import plain
from config.kernel.context import actor_id, actor_name, current_request_id
from config.kernel.outbox import publish
from inventory.lots.services import touch as touch_lots
from inventory.stock.errors import (
    HappensInFuture,
    InvalidText,
    NotEnoughStock,
    NotInspected,
    OnTheRoad,
    ReasonRequired,
    UnknownStockLevel,
)
from inventory.stock.events import StockChanged
from inventory.stock.locks import lock_levels
from inventory.stock.models import MovementKind, StockLevel, StockMovement
from inventory.stock.rules import DECIMALS_MAX, LATE_AFTER
from inventory.warehouses.models import LocationKind

_RAISE_ON_HAND = (
    "UPDATE inventory_stocklevel SET on_hand = ROUND(on_hand + CAST(%s AS numeric), 4), "
    "changed_at = CASE WHEN changed_at > %s THEN changed_at ELSE %s END WHERE id = %s"
)
_LOWER_ON_HAND = (
    "UPDATE inventory_stocklevel SET on_hand = ROUND(on_hand - CAST(%s AS numeric), 4), "
    "reserved = CASE WHEN ROUND(reserved, 4) > ROUND(on_hand - CAST(%s AS numeric), 4) "
    "THEN ROUND(on_hand - CAST(%s AS numeric), 4) ELSE reserved END, "
    "changed_at = CASE WHEN changed_at > %s THEN changed_at ELSE %s END "
    "WHERE id = %s AND ROUND(on_hand - CAST(%s AS numeric), 4) >= 0"
)
REASON_LENGTH_MAX = 200
REFERENCE_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What the lines of one operation have in common."""

    kind: MovementKind
    happened_at: datetime
    now: datetime
    reason: str = ""
    reference: str = ""
    step_id: uuid.UUID | None = None

    def with_step(self, step_id: uuid.UUID) -> "Cause":
        """The same for the two lines of one step."""
        return replace(self, step_id=step_id)

    @property
    def sentence(self) -> str:
        """The same for people: `Write-off: broken in transport (C-12)`."""
        reference = f" ({self.reference})" if self.reference else ""
        why = f": {self.reason}" if self.reason else ""
        return f"{self.kind.label}{why}{reference}"


def checked_cause(
    *,
    kind: MovementKind,
    now: datetime,
    happened_at: datetime | None = None,
    reason: str = "",
    reference: str = "",
    step_id: uuid.UUID | None = None,
    is_reason_required: bool = False,
) -> Cause:
    """The cause, if it can be. Raises HappensInFuture, ReasonRequired, InvalidText."""
    happened_at = happened_at or now
    if happened_at > now:
        raise HappensInFuture(
            f"happened_at {happened_at.isoformat()} is later than now ({now.isoformat()})."
        )
    return Cause(
        kind=kind,
        happened_at=happened_at,
        now=now,
        reason=checked_reason(reason, is_required=is_reason_required),
        reference=_short_enough(reference.strip(), "reference", REFERENCE_LENGTH_MAX),
        step_id=step_id,
    )


def checked_reason(
    reason: str, *, is_required: bool = True, length_max: int = REASON_LENGTH_MAX
) -> str:
    """The reason, trimmed. Raises ReasonRequired, InvalidText."""
    reason = reason.strip()
    if is_required and not reason:
        raise ReasonRequired("Say why: the reason is empty.")
    return _short_enough(reason, "reason", length_max)


def lock_one(stock_level_id: int) -> tuple[StockLevel, VariantRef]:
    """This level and what its variant is; all levels of the variant are locked.

    Raises UnknownStockLevel.
    """
    variant_id = (
        StockLevel.objects.filter(pk=stock_level_id).values_list("variant_id", flat=True).first()
    )
    if variant_id is None:
        raise UnknownStockLevel(f"There is no stock level {stock_level_id}.")
    levels = {level.pk: level for level in lock_levels(variant_ids=[variant_id], with_names=True)}
    return levels[stock_level_id], variants_by_id([variant_id])[variant_id]


def stored(expression: Expression | F) -> Round:
    """A quantity computed by the database, as it is kept: SQLite adds binary fractions."""
    return Round(
        expression,
        precision=DECIMALS_MAX,
        output_field=DecimalField(max_digits=16, decimal_places=DECIMALS_MAX),
    )


def change_levels(statement: str, rows: Iterable[Sequence[Any]]) -> int | None:
    """Run an UPDATE of one stock level for each row of values, up to one that changes nothing.

    Its position, or None. As SQL, because a promise of many lines spends most of its time here.
    Quantities are rounded as they are kept: SQLite adds binary fractions.
    """
    with connection.cursor() as cursor:
        for position, values in enumerate(rows):
            cursor.execute(statement, values)
            if cursor.rowcount != 1:
                return position
    return None


def as_stored(instant: datetime) -> Any:
    """The instant as a statement's value: SQLite compares texts."""
    return connection.ops.adapt_datetimefield_value(instant)


def raise_on_hand(quantities: Mapping[int, Decimal], *, now: datetime) -> None:
    """Put more on levels; the caller writes the ledger before it changes one of them again."""
    at = as_stored(now)
    rows = [(quantity, at, at, level_id) for level_id, quantity in sorted(quantities.items())]
    missing = change_levels(_RAISE_ON_HAND, rows)
    assert missing is None, f"there is no stock level {rows[missing or 0][-1]}"


def lower_on_hand(
    level: StockLevel, variant: VariantRef, quantity: Decimal, *, now: datetime
) -> None:
    """Take from a level what is really gone, promised or not; promises shrink with it at once.

    One UPDATE, because the database checks `reserved <= on hand` after each. The caller asks
    `give_way` before its transaction ends. Raises NotEnoughStock.
    """
    left = stored(F("on_hand") - quantity)
    at = Value(now, output_field=DateTimeField())
    changed = (
        StockLevel.objects.annotate(left=left)
        .filter(pk=level.pk, left__gte=0)
        .update(
            on_hand=left,
            reserved=Least(F("reserved"), left),
            changed_at=Greatest(Coalesce(F("changed_at"), at), at),
        )
    )
    if not changed:
        level.refresh_from_db(fields=["on_hand", "reserved"])
        raise NotEnoughStock(
            f"{describe(level, variant)}: {plain(level.on_hand)} {variant.stock_unit} on hand, "
            f"{plain(quantity)} asked."
        )


def check_off_the_road(level: StockLevel) -> None:
    """Raises OnTheRoad, NotInspected: such goods change with their transfer or return alone."""
    if level.location.kind == LocationKind.IN_TRANSIT:
        raise OnTheRoad(
            f"{describe_place(level)} is on the road: receive it, or write it off, on its transfer."
        )
    if level.location.kind == LocationKind.RETURNS:
        raise NotInspected(
            f"{describe_place(level)} came back from a customer: say on its return what becomes "
            "of it."
        )


def lower_all_on_hand(quantities: Mapping[int, Decimal], *, now: datetime) -> int | None:
    """The same as `lower_on_hand` for many levels: the key of one with less on it, or None."""
    at = as_stored(now)
    rows = [
        (quantity, quantity, quantity, at, at, level_id, quantity)
        for level_id, quantity in sorted(quantities.items())
    ]
    refused = change_levels(_LOWER_ON_HAND, rows)
    return None if refused is None else sorted(quantities)[refused]


def describe(level: StockLevel, variant: VariantRef) -> str:
    """The level by the names people know."""
    return f"{variant.sku} {describe_place(level)}"


def describe_place(level: StockLevel) -> str:
    """The same without the SKU."""
    lot = f"lot {level.lot.code}" if level.lot.code else "open lot"
    return f"{lot} in {level.location.warehouse.code} {level.location.code}"


def write_ledger(
    changes: Mapping[int, Decimal], cause: Cause | Mapping[int, Cause]
) -> list[StockMovement]:
    """One line for each changed level, one event for each SKU and warehouse of a cause.

    The levels are changed already, each once, and their variants' stock is locked: a line says what
    lies there after it. It is recorded now, or with the line before it where another clock was
    ahead, so that the lines of a level stand in the order of their writing.
    """
    user_id, user_name, request_id = actor_id(), actor_name(), current_request_id()
    causes = dict.fromkeys(changes, cause) if isinstance(cause, Cause) else cause
    names = ("pk", "lot_id", "on_hand", "changed_at", "variant__sku", "location__warehouse__code")
    levels = {row["pk"]: row for row in StockLevel.objects.filter(pk__in=changes).values(*names)}
    movements = StockMovement.objects.bulk_create(
        [
            StockMovement(
                stock_level_id=level_id,
                quantity=quantity,
                on_hand_after=levels[level_id]["on_hand"],
                kind=why.kind,
                reason=why.reason,
                reference=why.reference,
                step_id=why.step_id,
                happened_at=why.happened_at,
                recorded_at=levels[level_id]["changed_at"],
                is_late=levels[level_id]["changed_at"] - why.happened_at > LATE_AFTER,
                actor_id=user_id,
                actor_name=user_name,
                request_id=request_id,
            )
            for level_id, quantity in sorted(changes.items())
            for why in (causes[level_id],)
        ]
    )
    if levels:
        last = max(row["changed_at"] for row in levels.values())
        touch_lots({row["lot_id"] for row in levels.values()}, now=last)
    publish(*_events(changes, levels.values(), causes))
    return movements


def promised_ids(levels: Sequence[StockLevel]) -> list[int]:
    """Those of these locked levels on which somebody was promised something."""
    return [level.pk for level in levels if level.reserved > 0]


def _events(
    changes: Mapping[int, Decimal],
    levels: Iterable[Mapping[str, Any]],
    causes: Mapping[int, Cause],
) -> list[StockChanged]:
    totals: dict[tuple[str, str, Cause], Decimal] = {}
    for level in levels:
        cause = causes[level["pk"]]
        key = (level["variant__sku"], level["location__warehouse__code"], cause)
        totals[key] = totals.get(key, Decimal(0)) + changes[level["pk"]]
    return [
        StockChanged(
            occurred_at=cause.happened_at,
            sku=sku,
            warehouse=warehouse,
            kind=str(cause.kind),
            quantity=quantity,
            reference=cause.reference,
        )
        for (sku, warehouse, cause), quantity in sorted(
            totals.items(), key=lambda item: (item[0][:2], item[0][2].reference)
        )
    ]


def _short_enough(text: str, field: str, length_max: int) -> str:
    if len(text) > length_max:
        raise InvalidText(
            f"{field} has {len(text)} characters, more than {length_max}: {text[:40]}…", field=field
        )
    return text
