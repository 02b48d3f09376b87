"""Bundles in a reservation: whole or not at all, each with a line for every component."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice

from catalog.products.selectors import VariantRef
from inventory.reservations.errors import InsufficientStock
from inventory.reservations.events import BundleQuantity, LineQuantity
from inventory.reservations.models import Allocation, Reservation, ReservationLine
from inventory.reservations.rules import ZERO, Pick, Want, bundles_short, in_turn, picked
from inventory.reservations.services.wanted import Wanted
from inventory.stock import services as stock


def whole_shares(
    wanted: Sequence[Wanted], *, available: Mapping[int, Decimal], partial: bool
) -> list[tuple[VariantRef, Decimal]]:
    """What is to be taken where there is less than asked: of bundles, whole ones only.

    Lines choose in their turn. Raises InsufficientStock, in the SKUs that were asked for.
    """
    shares = in_turn(
        [
            Want(quantity=want.quantity, takes=_takes(want), is_whole=want.variant.is_bundle)
            for want in wanted
        ],
        available=available,
    )
    if partial and any(share.got for share in shares):
        return [
            (variant, each * share.got)
            for want, share in zip(wanted, shares, strict=True)
            for variant, each in _each(want)
        ]
    requested: dict[str, Decimal] = defaultdict(Decimal)
    got: dict[str, Decimal] = defaultdict(Decimal)
    there: dict[str, Decimal] = {}
    for want, share in zip(wanted, shares, strict=True):
        sku = want.variant.sku
        there[sku] = got[sku] + share.at_most
        requested[sku] += want.quantity
        got[sku] += share.got
    short = [sku for sku in requested if got[sku] < requested[sku]]
    raise InsufficientStock(
        "There is less free than asked of " + ", ".join(short[:20]) + ".",
        shortages=[
            {"sku": sku, "requested": requested[sku], "available": there[sku]} for sku in short
        ],
    )


def write_lines(
    reservation: Reservation, wanted: Sequence[Wanted], picks: Sequence[Sequence[Pick]]
) -> dict[int, Sequence[Pick]]:
    """Write the lines, and one for each component below its bundle; the picks of each by its key.

    `picks` are those of all leaves, in their order.
    """
    rows: list[ReservationLine] = []
    components: list[ReservationLine] = []
    kept: list[tuple[ReservationLine, Sequence[Pick]]] = []
    position = 0
    for want, found in _by_line(wanted, picks):
        position += 1
        taken = [picked(line_picks) for line_picks in found]
        row = ReservationLine(
            reservation=reservation,
            position=position,
            is_bundle=want.variant.is_bundle,
            variant_id=want.variant.id,
            requested_quantity=want.requested_quantity,
            requested_unit=want.requested_unit,
            quantity=_whole(want, taken),
        )
        rows.append(row)
        if not want.variant.is_bundle:
            kept.append((row, found[0]))
            continue
        for part, quantity, line_picks in zip(want.parts, taken, found, strict=True):
            position += 1
            component = ReservationLine(
                reservation=reservation,
                position=position,
                parent=row,
                slot=part.slot,
                variant_id=part.variant.id,
                requested_quantity=part.quantity * want.quantity,
                requested_unit=part.variant.stock_unit,
                quantity=quantity,
            )
            components.append(component)
            kept.append((component, line_picks))
    ReservationLine.objects.bulk_create(rows)
    ReservationLine.objects.bulk_create(components)
    return {row.pk: line_picks for row, line_picks in kept}


def quantities_told(
    wanted: Sequence[Wanted], picks: Sequence[Sequence[Pick]]
) -> tuple[LineQuantity, ...]:
    """What was promised of each line, for an event; of bundles with their components."""
    told: list[LineQuantity] = []
    for want, found in _by_line(wanted, picks):
        taken = [picked(line_picks) for line_picks in found]
        if not want.variant.is_bundle:
            told.append(LineQuantity(sku=want.variant.sku, quantity=taken[0]))
            continue
        told.append(
            BundleQuantity(
                sku=want.variant.sku,
                quantity=_whole(want, taken),
                components=tuple(
                    LineQuantity(sku=part.variant.sku, quantity=quantity)
                    for part, quantity in zip(want.parts, taken, strict=True)
                ),
            )
        )
    return tuple(told)


def cut_to_whole(bundle: ReservationLine, components: Sequence[ReservationLine]) -> Decimal:
    """Promise no more bundles than can be made whole; how many fewer those are.

    What is kept of the other components is free again; the caller holds the locks on the levels.
    """
    fewer = bundles_short(bundle.quantity, [(part.quantity, part.shortage) for part in components])
    if not fewer:
        return ZERO
    surplus: dict[int, Decimal] = {}
    for part in components:
        left = part.quantity - part.quantity * fewer / bundle.quantity
        surplus[part.pk] = part.quantity - part.shortage - left
        part.quantity, part.shortage = left, ZERO
    bundle.quantity -= fewer
    ReservationLine.objects.bulk_update([bundle, *components], ["quantity", "shortage"])
    _let_go(surplus)
    return fewer


def _let_go(surplus: Mapping[int, Decimal]) -> None:
    """Take so much off the allocations of each line, those made last first."""
    free: dict[int, Decimal] = defaultdict(Decimal)
    left = dict(surplus)
    gone: list[Allocation] = []
    less: list[Allocation] = []
    allocations = Allocation.objects.filter(line_id__in=surplus.keys(), is_open=True)
    for allocation in allocations.order_by("-pk"):
        quantity = min(allocation.quantity, left[allocation.line_id])
        if not quantity:
            continue
        left[allocation.line_id] -= quantity
        free[allocation.stock_level_id] += quantity
        allocation.quantity -= quantity
        (less if allocation.quantity else gone).append(allocation)
    Allocation.objects.filter(pk__in=[allocation.pk for allocation in gone]).delete()
    Allocation.objects.bulk_update(less, ["quantity"])
    if free:
        stock.give_back(quantities=free)


def _each(want: Wanted) -> list[tuple[VariantRef, Decimal]]:
    """What one of it takes, leaf by leaf."""
    if not want.variant.is_bundle:
        return [(want.variant, Decimal(1))]
    return [(part.variant, part.quantity) for part in want.parts]


def _takes(want: Wanted) -> dict[int, Decimal]:
    """The same by variant, for slots may share one."""
    takes: dict[int, Decimal] = defaultdict(Decimal)
    for variant, quantity in _each(want):
        takes[variant.id] += quantity
    return takes


def _by_line(
    wanted: Sequence[Wanted], picks: Sequence[Sequence[Pick]]
) -> Iterator[tuple[Wanted, list[Sequence[Pick]]]]:
    rest = iter(picks)
    for want in wanted:
        yield want, list(islice(rest, len(want.leaves)))


def _whole(want: Wanted, taken: Sequence[Decimal]) -> Decimal:
    """How many of a line there are, by what was taken of its leaves."""
    if not want.variant.is_bundle:
        return taken[0]
    bundles = taken[0] / want.parts[0].quantity
    assert all(
        quantity == bundles * part.quantity
        for part, quantity in zip(want.parts, taken, strict=True)
    ), "bundles are whole"
    return bundles
