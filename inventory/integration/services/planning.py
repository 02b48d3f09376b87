"""What a stock update changes, decided line by line on locked stock before anything is written."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from catalog.units.rules import plain
from config.kernel.errors import DomainError
from inventory.integration.errors import Stale
from inventory.integration.rules import ZERO, Holding, UpdateResult, change_of, spread
from inventory.integration.services.reading import Outcome, Understood, UpdateLine, field_error
from inventory.lots.errors import LotDatesDiffer, UnknownLot
from inventory.lots.models import Lot
from inventory.lots.rules import check_new_lot
from inventory.lots.selectors import lots_by_code
from inventory.stock.errors import InvalidQuantity, NotEnoughStock
from inventory.stock.models import StockLevel
from inventory.stock.rules import QUANTITY_MAX
from inventory.warehouses.errors import UnknownWarehouse
from inventory.warehouses.models import KEPT_APART, Location
from inventory.warehouses.selectors import receiving_location


@dataclass(slots=True, kw_only=True)
class Shelf:
    """What lies of one lot in one warehouse, place by place; the road is no place."""

    expiry_date: date | None
    is_lot_known: bool
    holdings: list[Holding] = field(default_factory=list)


class Book:
    """The locked stock that an update is about, kept up to date line by line."""

    def __init__(self, lots: Mapping[tuple[int, str], Lot], levels: Iterable[StockLevel]) -> None:
        self._lots = lots
        self._shelves: dict[tuple[int, int, str], Shelf] = {}
        self._receiving: dict[int, Location | None] = {}
        for level in levels:
            if level.location.kind in KEPT_APART:
                continue
            shelf = self._shelf(level.location.warehouse_id, level.variant_id, level.lot.code)
            shelf.holdings.append(
                Holding(
                    location_id=level.location_id,
                    location_code=level.location.code,
                    on_hand=level.on_hand,
                    reserved=level.reserved,
                    stock_level_id=level.pk,
                )
            )

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], levels: Sequence[StockLevel]) -> "Book":
        """The lots that these lines name, and what lies of them on these locked levels."""
        keys = {about.lot_key(o.line) for o in outcomes if (about := o.about) is not None}
        named = [lv for lv in levels if (lv.variant_id, lv.lot.code) in keys]
        return cls(lots_by_code(keys), named)

    def shelf(self, about: Understood, line: UpdateLine) -> Shelf:
        """Where the lot of a line lies in its warehouse."""
        return self._shelf(about.warehouse.pk, about.variant.id, line.lot)

    def holdings(self, about: Understood, shelf: Shelf) -> list[Holding]:
        """The places that a line is about: the one it names, else all of its warehouse."""
        if about.location is None:
            return shelf.holdings
        return [h for h in shelf.holdings if h.location_id == about.location.pk]

    def new_holding(self, about: Understood, shelf: Shelf) -> Holding:
        """A place where nothing of the lot lies yet: the one named, else where goods come in."""
        location = about.location or self._receiving_location(about.warehouse.pk)
        if location is None:
            raise UnknownWarehouse(f"There is no place to put goods in {about.warehouse.code}.")
        holding = Holding(location_id=location.pk, location_code=location.code)
        shelf.holdings.append(holding)
        return holding

    def _receiving_location(self, warehouse_id: int) -> Location | None:
        if warehouse_id not in self._receiving:
            self._receiving[warehouse_id] = receiving_location(warehouse_id)
        return self._receiving[warehouse_id]

    def _shelf(self, warehouse_id: int, variant_id: int, lot_code: str) -> Shelf:
        key = (warehouse_id, variant_id, lot_code)
        if key not in self._shelves:
            lot = self._lots.get((variant_id, lot_code))
            self._shelves[key] = Shelf(
                expiry_date=lot.expiry_date if lot else None, is_lot_known=lot is not None
            )
        return self._shelves[key]


def plan(outcomes: Sequence[Outcome], book: Book, applied: Collection[str]) -> None:
    """Decide what becomes of each line, in their order; `applied` are external ids seen before."""
    seen = set(applied)
    for outcome in outcomes:
        if outcome.line.external_id in seen:
            outcome.result, outcome.error = UpdateResult.DUPLICATE, None
        elif outcome.about is not None:
            try:
                _plan(outcome, outcome.about, book)
            except DomainError as error:
                outcome.reject(field_error(error, outcome.position))
            else:
                seen.add(outcome.line.external_id)


def _plan(outcome: Outcome, about: Understood, book: Book) -> None:
    line, shelf = outcome.line, book.shelf(about, outcome.line)
    _check_lot(line, about, shelf)
    holdings = book.holdings(about, shelf)
    on_hand = sum((h.on_hand for h in holdings), ZERO)
    if about.expected is not None and about.expected != on_hand:
        raise Stale(
            f"{_named(line, about)}: {plain(on_hand)} {about.variant.stock_unit} on hand, "
            f"{plain(about.expected)} expected."
        )
    change = change_of(line.mode, about.quantity, on_hand)
    if on_hand + change < 0:
        raise NotEnoughStock(
            f"{_named(line, about)}: {plain(on_hand)} {about.variant.stock_unit} on hand, "
            f"{plain(-change)} less reported."
        )
    if on_hand + change > QUANTITY_MAX:
        raise InvalidQuantity(
            f"{_named(line, about)}: there would be more than {QUANTITY_MAX:,} on hand."
        )
    if change > 0:
        _check_new_lot(line, about, shelf)
        holdings = holdings or [book.new_holding(about, shelf)]
    outcome.on_hand_before, outcome.change = on_hand, change
    outcome.expiry_date = shelf.expiry_date
    outcome.moves = spread(holdings, change) if change else []
    for holding, part in outcome.moves:
        holding.on_hand += part
        holding.reserved = min(holding.reserved, holding.on_hand)


def _check_lot(line: UpdateLine, about: Understood, shelf: Shelf) -> None:
    if line.expires_on is None or line.expires_on == shelf.expiry_date:
        return
    if shelf.is_lot_known:
        raise LotDatesDiffer(
            f"{about.variant.sku} lot {line.lot} is on file with the expiry date "
            f"{shelf.expiry_date or 'none'}; {line.expires_on} was given."
        )


def _check_new_lot(line: UpdateLine, about: Understood, shelf: Shelf) -> None:
    """An unknown lot is made where its expiry is given; the open lot needs none."""
    if shelf.is_lot_known:
        return
    if line.lot and line.expires_on is None:
        raise UnknownLot(
            f"{about.variant.sku} has no lot {line.lot} on file: give expires_on to make it."
        )
    check_new_lot(
        code=line.lot,
        production_date=None,
        expiry_date=line.expires_on,
        is_lot_tracked=about.variant.is_lot_tracked,
        sku=about.variant.sku,
    )
    shelf.expiry_date, shelf.is_lot_known = line.expires_on, True


def _named(line: UpdateLine, about: Understood) -> str:
    lot = f"lot {line.lot}" if line.lot else "open lot"
    where = f"{about.warehouse.code} {line.location}".strip()
    return f"{about.variant.sku} {lot} in {where}"
