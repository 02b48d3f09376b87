"""Containers are opened: a decant, a tester, or bulk goods of which a part is used."""

import uuid
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from catalog.products.selectors import VariantRef, opening_months, variants_by_id
from catalog.units.errors import UnitMismatch
from catalog.units.rules import UNITS, Unit, convert_exactly, plain
from inventory.lots import services as lots
from inventory.lots.rules import day_in, expiry_after_opening, is_past_sell_by
from inventory.lots.selectors import held_lot_ids
from inventory.stock.claims import fill_shortages, give_way
from inventory.stock.errors import CannotOpen, UnknownStockLevel, UnknownVariant
from inventory.stock.locks import lock_levels
from inventory.stock.models import MovementKind, StockLevel, StockMovement
from inventory.stock.rules import check_quantity
from inventory.stock.services.ledger import (
    checked_cause,
    describe,
    lower_on_hand,
    promised_ids,
    raise_on_hand,
    write_ledger,
)
from inventory.warehouses.models import LocationKind

COST_STEP = Decimal("0.0001")


@transaction.atomic
def open_containers(
    *,
    stock_level_id: int,
    quantity: Decimal,
    to_variant_id: int,
    reason: str,
    now: datetime,
    yielded: Decimal | None = None,
) -> list[StockMovement]:
    """Open so much of a level, in its stock unit, and keep what was inside as stock of a variant.

    Two ledger lines of one step, in one place. What was inside is a lot of its own that says when
    it was opened and from which lot; it lasts as long as that, or the period after opening from
    today, whichever ends first. `yielded` is what was really got out, in the variant's stock unit:
    no more than the content. Goods counted by measure may be opened as what they are.

    Raises UnknownStockLevel, UnknownVariant, CannotOpen, InvalidQuantity, NotEnoughStock,
    ReasonRequired, InvalidText.
    """
    cause = checked_cause(
        kind=MovementKind.DECANT,
        now=now,
        reason=reason,
        step_id=uuid.uuid4(),
        is_reason_required=True,
    )
    source, variant, target = _locked(stock_level_id, to_variant_id)
    what = describe(source, variant)
    quantity = check_quantity(quantity, UNITS[variant.stock_unit], what=what)
    today = day_in(source.location.warehouse.time_zone, now)
    _check_may_open(source, what, today)
    if source.lot.opened_on_date and variant.id == target.id:
        raise CannotOpen(f"{what} is open since {source.lot.opened_on_date}.")
    inside = contents(quantity, variant, target)
    got = (
        inside
        if yielded is None
        else check_quantity(yielded, UNITS[target.stock_unit], what=f"{target.sku} out of {what}")
    )
    if got > inside:
        raise CannotOpen(
            f"{plain(quantity)} {variant.stock_unit} of {variant.sku} holds {plain(inside)} "
            f"{target.stock_unit}; {plain(got)} cannot come out."
        )
    opened_on = source.lot.opened_on_date or today  # opened on, it lasts from the first time
    months = opening_months([variant.id, target.id])
    cost = source.lot.unit_cost
    lot = lots.find_or_make_opened(
        variant=target,
        source=source.lot,
        opened_on=opened_on,
        expiry_date=expiry_after_opening(
            source.lot.expiry_date, min(months.values(), default=None), opened_on=opened_on
        ),
        # What is spilt is a loss: it does not make the rest dearer.
        unit_cost=None if cost is None else (cost * quantity / inside).quantize(COST_STEP),
        received_at=now,
    )

    lower_on_hand(source, variant, quantity, now=now)
    kept, _ = StockLevel.objects.get_or_create(
        lot=lot, location_id=source.location_id, defaults={"variant_id": target.id}
    )
    raise_on_hand({kept.pk: got}, now=now)
    movements = write_ledger({source.pk: -quantity, kept.pk: got}, cause)

    if promised := promised_ids([source]):
        give_way.ask(stock_level_ids=promised, now=now, because=cause.sentence)
    fill_shortages.ask(variant_ids=[target.id], now=now)
    return movements


def contents(quantity: Decimal, variant: VariantRef, target: VariantRef) -> Decimal:
    """What so much of a variant holds, in the stock unit of another; exactly, never rounded.

    Pieces become pieces by what both hold, one for one where the other says nothing. Raises
    CannotOpen where nothing says how much is inside, or it would not come out even.
    """
    unit, to_unit = UNITS[variant.stock_unit], UNITS[target.stock_unit]
    if variant.id == target.id and unit.is_count:
        raise CannotOpen(
            f"{variant.sku} is counted by the piece: an opened piece of it would be sold as new. "
            "Open it into another SKU, such as a tester or a decant."
        )
    try:
        if not (unit.is_count and to_unit.is_count):
            content = variant.content if unit.is_count else target.content
            return convert_exactly(quantity, unit, to_unit, content=content)
        if target.content is None:
            return quantity
        if variant.content is None:
            raise CannotOpen(f"What one {variant.sku} holds is not on file: add its content.")
        measure: Unit = variant.content.unit
        held = convert_exactly(quantity, unit, measure, content=variant.content)
        return convert_exactly(held, measure, to_unit, content=target.content)
    except UnitMismatch as error:
        raise CannotOpen(
            f"{plain(quantity)} {unit.code} of {variant.sku} do not become {target.sku} "
            f"({to_unit.code}): {error.detail}"
        ) from error


def _locked(stock_level_id: int, to_variant_id: int) -> tuple[StockLevel, VariantRef, VariantRef]:
    variant_id = (
        StockLevel.objects.filter(pk=stock_level_id).values_list("variant_id", flat=True).first()
    )
    if variant_id is None:
        raise UnknownStockLevel(f"There is no stock level {stock_level_id}.")
    variants = variants_by_id({variant_id, to_variant_id})
    if to_variant_id not in variants:
        raise UnknownVariant(f"There is no variant {to_variant_id}.")
    target = variants[to_variant_id]
    if target.is_bundle:
        raise CannotOpen(f"{target.sku} is a bundle, which has no stock of its own.")
    levels = {level.pk: level for level in lock_levels(variant_ids=set(variants), with_names=True)}
    return levels[stock_level_id], variants[variant_id], target


def _check_may_open(level: StockLevel, what: str, today: date) -> None:
    if held_lot_ids([level.lot_id]):
        raise CannotOpen(f"{what} is on hold: what is inside must not get on sale by opening it.")
    if is_past_sell_by(level.lot.expiry_date, on=today):
        raise CannotOpen(f"{what} expired on {level.lot.expiry_date}.")
    if level.location.kind == LocationKind.IN_TRANSIT:
        raise CannotOpen(f"{what} is on the road.")
    if level.location.kind == LocationKind.RETURNS:
        raise CannotOpen(f"{what} came back from a customer and is not inspected yet.")
