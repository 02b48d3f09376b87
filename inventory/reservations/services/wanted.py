"""What a client asks for, understood: markets, variants and quantities in stock units."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from catalog.identifiers.errors import InvalidGtin
from catalog.identifiers.rules import normalise_gtin
from catalog.markets.selectors import channel_by_code, market_by_code
from catalog.products.errors import UnknownProduct
from catalog.products.selectors import VariantRef
from catalog.units.errors import UnitMismatch
from catalog.units.rules import plain
from config.kernel.errors import FieldError, InvalidInput
from inventory.reservations.composition import AskedBundle, Choice, Composition, Part, compose
from inventory.reservations.errors import (
    InvalidChoice,
    NotSellable,
    UnknownChannel,
    UnknownMarket,
)
from inventory.reservations.quantities import as_kept, in_stock_units
from inventory.reservations.rules import HOLD_SECONDS_DEFAULT
from inventory.reservations.rules import HOLD_SECONDS_MAX as HOLD_SECONDS_MAX
from inventory.reservations.selectors import ItemCode, resolve_items
from inventory.reservations.sellable import not_sellable_reasons, parts_not_sellable

if TYPE_CHECKING:
    from catalog.markets.models import Channel, Market

LINES_MAX = 1000
CHOICES_MAX = 50
QUANTITY_MAX = Decimal("999999999999.9999")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedChoice:
    """What a client takes in a slot of a bundle."""

    slot: str
    item: ItemCode


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLine:
    """What a client asks for: an item by any of its codes, a quantity, and its unit.

    `choices` are for bundles; a slot not named takes its default.
    """

    item: ItemCode
    quantity: Decimal
    unit: str
    choices: Sequence[WantedChoice] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The same, understood: the variant, what was asked, and that in stock units.

    `parts` are what one bundle is made of; everything else is made of itself.
    """

    variant: VariantRef
    requested_quantity: Decimal
    requested_unit: str
    quantity: Decimal
    parts: Sequence[Part] = ()

    @property
    def leaves(self) -> list[tuple[VariantRef, Decimal]]:
        """What has to be there for it: the components of a bundle, else the variant itself."""
        if not self.variant.is_bundle:
            return [(self.variant, self.quantity)]
        return [(part.variant, part.quantity * self.quantity) for part in self.parts]


def has_bundles(wanted: Sequence[Wanted]) -> bool:
    """Whether a bundle is among them."""
    return any(want.variant.is_bundle for want in wanted)


def market_of(code: str) -> "Market":
    """The active market with this code. Raises UnknownMarket."""
    market = market_by_code(code)
    if market is None:
        detail = f'There is no market "{code}".'
        raise UnknownMarket(detail, errors=[FieldError("/market", UnknownMarket.code, detail)])
    return market


def channel_of(code: str | None) -> "Channel | None":
    """The channel with this code; without a code none. Raises UnknownChannel."""
    if not code:
        return None
    channel = channel_by_code(code)
    if channel is None:
        detail = f'There is no channel "{code}".'
        raise UnknownChannel(detail, errors=[FieldError("/channel", UnknownChannel.code, detail)])
    return channel


def hold_time(channel: "Channel | None") -> timedelta:
    """How long stock is held where nobody says otherwise."""
    seconds = channel.hold_seconds if channel else HOLD_SECONDS_DEFAULT
    return timedelta(seconds=min(max(seconds, 1), HOLD_SECONDS_MAX))


def understood(lines: Sequence[WantedLine]) -> list[Wanted]:
    """The lines with their variants and in stock units; every line that is wrong is named.

    Raises InvalidInput, UnknownProduct, UnitMismatch, InvalidChoice.
    """
    if not 1 <= len(lines) <= LINES_MAX:
        raise InvalidInput(f"A reservation has 1 to {LINES_MAX} lines.")
    items = [(f"/lines/{index}", line.item) for index, line in enumerate(lines)]
    items += [
        (f"/lines/{index}/choices/{place}", choice.item)
        for index, line in enumerate(lines)
        for place, choice in enumerate(line.choices)
    ]
    found = resolve_items([item for _, item in items])
    unknown = [
        unknown_item(item, pointer)
        for (pointer, item), variant in zip(items, found, strict=True)
        if variant is None
    ]
    variants, chosen = found[: len(lines)], found[len(lines) :]
    if unknown:
        raise UnknownProduct("Some lines name no product of ours.", errors=unknown)
    wanted: list[Wanted] = []
    errors: list[tuple[type[UnitMismatch] | type[InvalidInput], FieldError]] = []
    for index, (line, variant) in enumerate(zip(lines, variants, strict=True)):
        assert variant is not None, "unknown products are refused above"
        try:
            wanted.append(_in_stock_units(line, variant))
        except (UnitMismatch, InvalidInput) as error:
            field = "unit" if error.code == UnitMismatch.code else "quantity"
            errors.append(
                (type(error), FieldError(f"/lines/{index}/{field}", error.code, error.detail))
            )
    if errors:
        raise errors[0][0](
            "Some quantities cannot be reserved.", errors=[error for _, error in errors]
        )
    if chosen or any(want.variant.is_bundle for want in wanted):
        return _with_parts(lines, wanted, [variant for variant in chosen if variant])
    return wanted


def _with_parts(
    lines: Sequence[WantedLine], wanted: Sequence[Wanted], chosen: Sequence[VariantRef]
) -> list[Wanted]:
    """The lines with what their bundles are made of; `chosen` are the variants of all choices.

    Raises InvalidChoice, InvalidInput (more of a component than can be counted).
    """
    rest = iter(chosen)
    choices = [[Choice(choice.slot, next(rest)) for choice in line.choices] for line in lines]
    bundles = [index for index, want in enumerate(wanted) if want.variant.is_bundle]
    compositions = compose.ask(
        [AskedBundle(bundle=wanted[index].variant, choices=choices[index]) for index in bundles]
    )
    made = dict(zip(bundles, compositions, strict=True))
    errors = []
    for index, want in enumerate(wanted):
        if index in made:
            errors += _choice_errors(index, lines[index], made[index])
        elif choices[index]:
            detail = f"{want.variant.sku} is no bundle: there is nothing to choose."
            errors.append(FieldError(f"/lines/{index}/choices", "not-a-bundle", detail))
    if errors:
        raise InvalidChoice("Some bundles cannot be made as they were chosen.", errors=errors)
    for index in bundles:
        _check_countable(index, wanted[index], made[index])
    return [
        replace(want, parts=tuple(made[index].parts)) if index in made else want
        for index, want in enumerate(wanted)
    ]


def _choice_errors(index: int, line: WantedLine, made: Composition) -> list[FieldError]:
    """What is wrong with the choices of one bundle, each by its place."""
    errors = []
    for problem in made.problems:
        field = "slot" if problem.is_about_slot else line.choices[problem.index].item.field
        pointer = f"/lines/{index}/choices/{problem.index}/{field}"
        errors.append(FieldError(pointer, problem.code, problem.detail))
    if made.problems:
        return errors
    for slot in made.open_slots:
        skus = ", ".join(option.variant.sku for option in slot.options)
        detail = f'Choose what goes into the slot "{slot.slot}": one of {skus}.'
        errors.append(FieldError(f"/lines/{index}/choices", "choice-required", detail))
    return errors


def _check_countable(index: int, want: Wanted, made: Composition) -> None:
    for part in made.parts:
        if part.quantity * want.quantity > QUANTITY_MAX:
            detail = (
                f"{plain(want.quantity)} of {want.variant.sku} would take more "
                f"{part.variant.sku} than can be counted."
            )
            error = FieldError(f"/lines/{index}/quantity", InvalidInput.code, detail)
            raise InvalidInput("Some quantities cannot be reserved.", errors=[error])


def unknown_item(item: ItemCode, pointer: str) -> FieldError:
    """What is wrong with a code that names nothing of ours; `pointer` is of what it stands in."""
    if item.gtin:
        try:
            normalise_gtin(item.gtin)
        except InvalidGtin as error:
            return FieldError(f"{pointer}/gtin", error.code, error.detail)
    return FieldError(
        f"{pointer}/{item.field}", UnknownProduct.code, f'Nothing of ours is called "{item}".'
    )


def _in_stock_units(line: WantedLine, variant: VariantRef) -> Wanted:
    quantity = in_stock_units(line.quantity, line.unit, variant)
    if not 0 < quantity <= QUANTITY_MAX:
        raise InvalidInput(f"{plain(line.quantity)} {line.unit} of {variant.sku} is out of bounds.")
    asked, unit = as_kept(line.quantity, line.unit, variant)
    return Wanted(variant=variant, requested_quantity=asked, requested_unit=unit, quantity=quantity)


def check_sellable(wanted: Sequence[Wanted], *, market_id: int, now: datetime) -> None:
    """Refuse variants that may not be sold there, with the reasons. Raises NotSellable."""
    variants = {
        variant.id: variant
        for want in wanted
        for variant in (want.variant, *(part.variant for part in want.parts))
    }
    refusals = not_sellable_reasons(variants.values(), market_id=market_id, now=now)
    reasons, errors = [], []
    for index, want in enumerate(wanted):
        for reason in refusals.of(want.variant):
            reasons.append({"sku": want.variant.sku, "code": reason.code, "detail": reason.detail})
            errors.append(FieldError(f"/lines/{index}", reason.code, reason.detail))
        if not want.variant.is_bundle:
            continue
        for reason, component in parts_not_sellable(want.parts, refusals):
            what = {"component": component.sku} if component else {}
            reasons.append(
                {"sku": want.variant.sku, **what, "code": reason.code, "detail": reason.detail}
            )
            errors.append(FieldError(f"/lines/{index}", reason.code, reason.detail))
    if reasons:
        raise NotSellable("Some products may not be sold there.", reasons=reasons, errors=errors)
