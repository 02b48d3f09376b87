"""What reservations and availability ask of the room that keeps what bundles are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from catalog.products.selectors import VariantRef
from config.kernel.hooks import Hook


@dataclass(frozen=True, slots=True)
class Choice:
    """What a shopper takes in a slot."""

    slot: str
    variant: VariantRef


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedBundle:
    """A bundle with what was chosen in it; a slot not named takes its default."""

    bundle: VariantRef
    choices: Sequence[Choice] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one bundle takes in a slot, in the component's stock units."""

    slot: str
    variant: VariantRef
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSlot:
    """A slot that has no default and for which nothing was chosen, with what there is for it."""

    slot: str
    options: Sequence[Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceProblem:
    """A choice that cannot be made: which of those asked, and whether its slot or its item."""

    index: int
    is_about_slot: bool
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """What a bundle is made of. One without parts and open slots has nothing in it."""

    parts: Sequence[Part]
    open_slots: Sequence[OpenSlot] = ()
    problems: Sequence[ChoiceProblem] = ()


class Compose(Protocol):
    """What each of these bundles is made of, in their order, in a bounded number of queries."""

    def __call__(self, asked: Sequence[AskedBundle]) -> list[Composition]:
        """Whether parts may be sold and are there is for whoever asks."""


compose: Hook[Compose] = Hook("inventory.reservations.compose")
