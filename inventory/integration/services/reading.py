"""Lines of a stock update, understood: warehouse, place, variant, quantity in stock units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from catalog.products.selectors import VariantRef
from catalog.units.errors import UnitMismatch
from catalog.units.rules import plain
from config.kernel.errors import DomainError, FieldError
from inventory.integration.rules import ZERO, Holding, UpdateMode, UpdateResult
from inventory.lots.errors import LotRequired
from inventory.lots.rules import day_in
from inventory.reservations.quantities import in_stock_units
from inventory.reservations.selectors import ItemCode, resolve_items
from inventory.reservations.services.wanted import unknown_item
from inventory.stock.errors import InvalidQuantity
from inventory.stock.reasons import StockReason
from inventory.stock.rules import QUANTITY_MAX
from inventory.warehouses.errors import UnknownLocation, UnknownWarehouse
from inventory.warehouses.models import Location, Warehouse
from inventory.warehouses.selectors import locations_by_code, warehouses_by_code


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateLine:
    """One line as it was sent. Without a location it is about the whole warehouse.

    A blank lot is the variant's open lot.
    """

    external_id: str
    warehouse: str
    item: ItemCode
    mode: UpdateMode
    quantity: Decimal
    unit: str
    reason: StockReason
    lot: str = ""
    expires_on: date | None = None
    expected_quantity: Decimal | None = None
    location: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What a line is about; quantities in stock units."""

    warehouse: Warehouse
    location: Location | None
    variant: VariantRef
    quantity: Decimal
    expected: Decimal | None
    today: date

    def lot_key(self, line: UpdateLine) -> tuple[int, str]:
        """By what its lot is found."""
        return self.variant.id, line.lot


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What becomes of a line: filled in while it is understood, planned and applied."""

    position: int
    line: UpdateLine
    about: Understood | None = None
    result: UpdateResult = UpdateResult.APPLIED
    error: FieldError | None = None
    on_hand_before: Decimal | None = None
    change: Decimal | None = None
    expiry_date: date | None = None
    moves: list[tuple[Holding, Decimal]] = field(default_factory=list)

    def reject(self, error: FieldError) -> None:
        """Nothing of it is applied."""
        self.result, self.error = UpdateResult.REJECTED, error
        self.change, self.moves = None, []


def understand(lines: Sequence[tuple[int, UpdateLine]], now: datetime) -> list[Outcome]:
    """Each line with what it is about; one that makes no sense is rejected already."""
    outcomes = [Outcome(position=position, line=line) for position, line in lines]
    warehouses = warehouses_by_code({line.warehouse for _, line in lines})
    places = locations_by_code(
        {warehouses[line.warehouse].pk for _, line in lines if line.warehouse in warehouses}
    )
    variants = resolve_items([line.item for _, line in lines])
    for outcome, variant in zip(outcomes, variants, strict=True):
        try:
            outcome.about = _about(outcome.line, warehouses, places, variant, now)
        except DomainError as error:
            outcome.reject(field_error(error, outcome.position))
    return outcomes


def field_error(error: DomainError, position: int) -> FieldError:
    """A refusal as the error of its line; it names its field as the request does."""
    pointer = error.errors[0].pointer if error.errors else ""
    name = {"/lot_code": "/lot", "/expiry_date": "/expires_on"}.get(pointer, pointer)
    code = error.errors[0].code if error.errors else error.code
    detail = error.errors[0].detail if error.errors else error.detail
    return FieldError(f"/lines/{position}{name}", code, detail)


def _about(
    line: UpdateLine,
    warehouses: Mapping[str, Warehouse],
    places: Mapping[tuple[int, str], Location],
    variant: VariantRef | None,
    now: datetime,
) -> Understood:
    warehouse = warehouses.get(line.warehouse)
    if warehouse is None:
        raise _refusal(UnknownWarehouse, "/warehouse", f'There is no warehouse "{line.warehouse}".')
    location = places.get((warehouse.pk, line.location)) if line.location else None
    if line.location and location is None:
        raise _refusal(
            UnknownLocation,
            "/location",
            f'{warehouse.code} has no open place "{line.location}".',
        )
    if variant is None:
        error = unknown_item(line.item, "")
        raise DomainError(error.detail, errors=[error])
    if variant.is_lot_tracked and not line.lot:
        raise LotRequired(f"{variant.sku} is tracked by lot: give the lot code on the goods.")
    if line.expires_on is not None and not line.lot:
        raise LotRequired(f"{variant.sku} with the expiry date {line.expires_on} needs a lot code.")
    quantity, expected = _in_stock_units(line, variant)
    return Understood(
        warehouse=warehouse,
        location=location,
        variant=variant,
        quantity=quantity,
        expected=expected,
        today=day_in(warehouse.time_zone, now),
    )


def _in_stock_units(line: UpdateLine, variant: VariantRef) -> tuple[Decimal, Decimal | None]:
    try:
        quantity = in_stock_units(line.quantity, line.unit, variant)
        expected = (
            in_stock_units(line.expected_quantity, line.unit, variant)
            if line.expected_quantity is not None
            else None
        )
    except UnitMismatch as error:
        raise _refusal(type(error), "/unit", error.detail) from error
    if abs(quantity) > QUANTITY_MAX:
        raise InvalidQuantity(
            f"{variant.sku}: {plain(quantity)} {variant.stock_unit} is more than {QUANTITY_MAX:,}."
        )
    if line.mode is UpdateMode.SET and quantity < ZERO:
        raise InvalidQuantity(f"{variant.sku}: less than nothing cannot lie there.")
    return quantity, expected


def _refusal(kind: type[DomainError], pointer: str, detail: str) -> DomainError:
    return kind(detail, errors=[FieldError(pointer, kind.code, detail)])
