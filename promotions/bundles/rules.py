"""How slots and choices make a bundle, and which slots make none. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalog.units.rules import UNITS
from inventory.stock.errors import InvalidQuantity
from inventory.stock.rules import check_quantity

SLOTS_MAX = 20
OPTIONS_MAX = 50
CODE_LENGTH_MAX = 40
NAME_LENGTH_MAX = 100

_CODE = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")

Problem = tuple[str, str, str]  # pointer, code, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A variant that may fill a slot, `quantity` of its stock units for each bundle."""

    variant_id: int
    sku: str
    quantity: Decimal
    is_default: bool = False
    stock_unit: str = "each"
    is_bundle: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place in a bundle."""

    code: str
    name: str
    options: Sequence[Option]
    is_optional: bool = False

    @property
    def default(self) -> Option | None:
        """What is taken unless something else is chosen."""
        return next((option for option in self.options if option.is_default), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a choice cannot be made: the place of the choice, and whether its slot is wrong."""

    index: int
    is_about_slot: bool
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What one bundle takes in each slot, and what is still to be chosen."""

    taken: Sequence[tuple[Slot, Option]]
    to_choose: Sequence[Slot] = ()
    refusals: Sequence[Refusal] = ()


def fill(slots: Sequence[Slot], choices: Sequence[tuple[str, int]]) -> Filled:
    """Fill each slot with what was chosen (its code, a variant's key), else with its default.

    An optional slot without a default stays empty unless something is chosen.
    """
    by_code = {slot.code: slot for slot in slots}
    chosen: dict[str, Option] = {}
    refusals = []
    for index, (code, variant_id) in enumerate(choices):
        found = _chosen(by_code, chosen, code, variant_id)
        if isinstance(found, Option):
            chosen[code] = found
        else:
            about_slot, word, detail = found
            refusals.append(
                Refusal(index=index, is_about_slot=about_slot, code=word, detail=detail)
            )
    taken, to_choose = [], []
    for slot in slots:
        option = chosen.get(slot.code, slot.default)
        if option is not None:
            taken.append((slot, option))
        elif not slot.is_optional:
            to_choose.append(slot)
    return Filled(taken=taken, to_choose=to_choose, refusals=refusals)


def _chosen(
    slots: dict[str, Slot], chosen: dict[str, Option], code: str, variant_id: int
) -> Option | tuple[bool, str, str]:
    """The option, or what is wrong: whether it is the slot, a word and a sentence."""
    slot = slots.get(code)
    if slot is None:
        names = ", ".join(slots) or "none"
        return True, "unknown-slot", f'It has no slot "{code}"; its slots are: {names}.'
    if code in chosen:
        return True, "repeated-slot", f'The slot "{code}" is chosen twice.'
    for option in slot.options:
        if option.variant_id == variant_id:
            return option
    skus = ", ".join(option.sku for option in slot.options)
    return False, "not-an-option", f'The slot "{code}" takes one of: {skus}.'


def composition_problems(slots: Sequence[Slot]) -> list[Problem]:
    """Everything that is wrong with the slots of a bundle; nothing where they make one."""
    problems: list[Problem] = []
    if not slots or all(slot.is_optional for slot in slots):
        problems.append(("/slots", "nothing-in-it", "A bundle has a slot that is always filled."))
    if len(slots) > SLOTS_MAX:
        problems.append(("/slots", "too-many", f"A bundle has at most {SLOTS_MAX} slots."))
    seen: set[str] = set()
    for number, slot in enumerate(slots):
        problems += _slot_problems(f"/slots/{number}", slot, seen)
        seen.add(slot.code)
    return problems


def _slot_problems(where: str, slot: Slot, seen: set[str]) -> Iterator[Problem]:
    if len(slot.code) > CODE_LENGTH_MAX or not _CODE.fullmatch(slot.code):
        yield (
            f"{where}/code",
            "invalid",
            f'"{slot.code}" is no code of a slot: a-z, 0-9, - and _, {CODE_LENGTH_MAX} at most.',
        )
    elif slot.code in seen:
        yield f"{where}/code", "repeated", f'Two slots have the code "{slot.code}".'
    if not slot.name.strip() or len(slot.name) > NAME_LENGTH_MAX:
        detail = f"A slot has a name of 1 to {NAME_LENGTH_MAX} characters."
        yield f"{where}/name", "invalid", detail
    if not 1 <= len(slot.options) <= OPTIONS_MAX:
        detail = f"{slot.name}: a slot has 1 to {OPTIONS_MAX} options."
        yield f"{where}/options", "number-of-options", detail
    defaults = [option for option in slot.options if option.is_default]
    if len(defaults) > 1:
        skus = " and ".join(option.sku for option in defaults)
        yield f"{where}/options", "one-default", f"{slot.name}: {skus} cannot both be the default."
    if defaults and slot.is_optional:
        detail = f"{slot.name}: what may be left out has no default; {defaults[0].sku} is one."
        yield f"{where}/options", "optional-default", detail
    taken: set[int] = set()
    for place, option in enumerate(slot.options):
        yield from _option_problems(f"{where}/options/{place}", slot, option, taken)
        taken.add(option.variant_id)


def _option_problems(where: str, slot: Slot, option: Option, taken: set[int]) -> Iterator[Problem]:
    if option.is_bundle:
        yield f"{where}/sku", "bundle-in-bundle", f"{slot.name}: {option.sku} is a bundle itself."
    if option.variant_id in taken:
        yield f"{where}/sku", "repeated", f"{slot.name}: {option.sku} is there twice."
    try:
        check_quantity(option.quantity, UNITS[option.stock_unit], what=option.sku)
    except InvalidQuantity as error:
        yield f"{where}/quantity", error.code, error.detail
