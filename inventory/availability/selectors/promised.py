"""How much a market could be promised now of anything it sells; bundles are counted whole."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from catalog.products.selectors import VariantRef, low_stock_quantities
from inventory.availability.errors import TooManyItems
from inventory.availability.rules import AvailabilityStatus, parts_taken, status_of, whole_bundles
from inventory.availability.selectors.levels import (
    Availability,
    Figures,
    Place,
    WarehouseAvailability,
    figures_of,
    place_of,
)
from inventory.reservations.composition import AskedBundle, Composition, compose
from inventory.reservations.rules import ZERO, why_not_sellable
from inventory.reservations.selectors import ItemCode, resolve_items

if TYPE_CHECKING:
    from catalog.markets.models import Market

ITEMS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleAvailability(Availability):
    """How many whole bundles a market could be promised, with what is taken by default.

    Of a warehouse it says how many could be made there alone. It expires when the first of its
    components does.
    """

    bundles: Decimal
    first_expiry: date | None
    there: Sequence[WarehouseAvailability]

    @property
    def available(self) -> Decimal:
        """How many there are."""
        return self.bundles

    @property
    def earliest_expiry(self) -> date | None:
        """The expiry date that comes first among the lots of what is taken."""
        return self.first_expiry

    @property
    def warehouses(self) -> list[WarehouseAvailability]:
        """The warehouses that can make some alone, in the market's order."""
        return list(self.there)


def availability(
    *,
    variants: Collection[VariantRef],
    market: "Market",
    now: datetime,
    warehouse: str | None = None,
    deliver_on: date | None = None,
) -> dict[int, Availability]:
    """What `market` could be promised of each variant now, by its key, in at most six queries.

    Only stock it may still sell counts, by the rules that `reserve` follows: what holds keep whose
    time has run out is free, and a product that may not be sold there has none. `warehouse` narrows
    it to one of the market's warehouses. Where there are bundles, three more queries say what they
    are made of.
    """
    made_of = compositions_of(variants)
    asked = {variant.id: variant for variant in (*variants, *components_of(made_of.values()))}
    return dict(
        figures_with_bundles(
            variants=asked.values(),
            made_of=made_of,
            low=low_stock_quantities(asked.values()),
            place=place_of(market).only(warehouse),
            now=now,
            deliver_on=deliver_on,
        ).found
    )


def availability_of_items(
    *,
    items: Sequence[ItemCode],
    market: "Market",
    now: datetime,
    warehouse: str | None = None,
    deliver_on: date | None = None,
) -> tuple[list[Availability], list[str]]:
    """The same for codes as clients write them, each variant once, and the codes nobody knows.

    Raises TooManyItems.
    """
    if len(items) > ITEMS_MAX:
        raise TooManyItems(f"One read answers at most {ITEMS_MAX} items, not {len(items)}.")
    variants = resolve_items(items)
    known = {variant.id: variant for variant in variants if variant}
    unknown = [str(item) for item, variant in zip(items, variants, strict=True) if not variant]
    found = availability(
        variants=known.values(),
        market=market,
        now=now,
        warehouse=warehouse,
        deliver_on=deliver_on,
    )
    return [found[pk] for pk in known], list(dict.fromkeys(unknown))


def compositions_of(variants: Iterable[VariantRef]) -> dict[int, Composition]:
    """What those of these variants are made of that are bundles; no query where there are none."""
    bundles = [variant for variant in variants if variant.is_bundle]
    if not bundles:
        return {}
    made = compose.ask([AskedBundle(bundle=bundle) for bundle in bundles])
    return {bundle.id: composition for bundle, composition in zip(bundles, made, strict=True)}


def components_of(compositions: Iterable[Composition]) -> list[VariantRef]:
    """Everything that may go into these bundles, each once."""
    parts = (
        part
        for composition in compositions
        for part in (
            *composition.parts,
            *(option for slot in composition.open_slots for option in slot.options),
        )
    )
    return list({part.variant.id: part.variant for part in parts}.values())


def figures_with_bundles(
    *,
    variants: Collection[VariantRef],
    made_of: Mapping[int, Composition],
    low: Mapping[int, Decimal],
    place: Place,
    now: datetime,
    deliver_on: date | None = None,
    horizon: datetime | None = None,
) -> Figures:
    """The figures of these variants; those of a bundle's components must be among them."""
    bundles = [variant for variant in variants if variant.is_bundle]
    leaves = figures_of(
        variants=[variant for variant in variants if not variant.is_bundle],
        low=low,
        place=place,
        now=now,
        deliver_on=deliver_on,
        horizon=horizon,
    )
    if not bundles:
        return leaves
    whole = {
        bundle.id: of_bundle(bundle, made_of[bundle.id], low=low[bundle.id], there=leaves.found)
        for bundle in bundles
    }
    return Figures(found={**leaves.found, **whole}, until=leaves.until)


def of_bundle(
    bundle: VariantRef,
    composition: Composition,
    *,
    low: Decimal,
    there: Mapping[int, Availability],
) -> BundleAvailability:
    """How many bundles can be made of what is there of its components, where all may be sold."""

    def is_sold(part: VariantRef) -> bool:
        return there[part.id].status is not AvailabilityStatus.NOT_SELLABLE

    takes = [(part.variant.id, part.quantity) for part in composition.parts]
    choices = [
        [(option.variant.id, option.quantity) for option in slot.options if is_sold(option.variant)]
        for slot in composition.open_slots
    ]
    is_sellable = (
        not why_not_sellable(bundle.stage)
        and bool(takes or choices)
        and all(choices)
        and all(is_sold(part.variant) for part in composition.parts)
    )
    available = {pk: figure.available for pk, figure in there.items()}
    number = ZERO
    if is_sellable:
        number = whole_bundles(takes, choices=choices, available=available)
    parts = parts_taken(max(number, Decimal(1)), takes, choices=choices, available=available)
    expiries = (there[pk].earliest_expiry for pk, _ in parts)
    return BundleAvailability(
        variant=bundle,
        status=status_of(number, low_stock_quantity=low, is_sellable=is_sellable),
        lots=(),
        restock_on=_restock(number, parts, there) if is_sellable else None,
        bundles=number,
        first_expiry=min((day for day in expiries if day), default=None) if number else None,
        there=_by_warehouse(takes, choices, there) if number else (),
    )


def _restock(
    number: Decimal, parts: Sequence[tuple[int, Decimal]], there: Mapping[int, Availability]
) -> date | None:
    """When everything has come that there is too little of for one bundle more; None: not known."""
    needs: dict[int, Decimal] = {}
    for pk, each in parts:
        needs[pk] = needs.get(pk, ZERO) + each
    lacking = [pk for pk, each in needs.items() if there[pk].available < (number + 1) * each]
    days = [there[pk].restock_on for pk in lacking]
    known = [day for day in days if day]
    return max(known) if known and len(known) == len(days) else None


def _by_warehouse(
    takes: Sequence[tuple[int, Decimal]],
    choices: Sequence[Sequence[tuple[int, Decimal]]],
    there: Mapping[int, Availability],
) -> list[WarehouseAvailability]:
    """How many each warehouse could make alone; the first part is in every warehouse that can."""
    by_code: dict[str, dict[int, Decimal]] = {}
    for pk, _ in [*takes, *(option for options in choices for option in options)]:
        for warehouse in there[pk].warehouses:
            by_code.setdefault(warehouse.code, {})[pk] = warehouse.available
    made = (
        WarehouseAvailability(
            code=code, available=whole_bundles(takes, choices=choices, available=available)
        )
        for code, available in by_code.items()
    )
    return [warehouse for warehouse in made if warehouse.available]
