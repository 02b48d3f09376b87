"""What an ingredient list is made of, and what a name on it may mean."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class MatchKind(StrEnum):
    """How a printed name was understood; `NONE`: it was not."""

    EXACT = "exact"  # an INCI name
    SYNONYM = "synonym"  # another name of the substance, a colour index number
    PART = "part"  # one side of `Aqua/Water/Eau`, or with or without what stands in parentheses
    SPELLING = "spelling"  # but for accents, plural, hyphens or damage that is always the same
    REMEMBERED = "remembered"  # a person said so
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredient:
    """One entry of a printed list."""

    text: str  # as printed, without line breaks
    name: str  # without percentages, footnote marks and remarks: what is looked up
    position: int  # from 1, in the order of its list
    percent: Decimal | None = None  # printed beside it: `Niacinamide 5%`
    is_nano: bool = False
    may_contain: bool = False  # of a range of shades: after `+/-` or `may contain`


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a text, or a part of it, is not an ingredient list."""

    code: str  # empty, too-long, prose, several-products, bad-percentage, …
    detail: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedList:
    """A text as far as it is an ingredient list; `problems` say what of it is not.

    `parts` are the lists of a kit that could be told apart; a single product has none.
    """

    ingredients: tuple[Ingredient, ...] = ()
    problems: tuple[Problem, ...] = ()
    parts: tuple[tuple[str, tuple[Ingredient, ...]], ...] = ()

    @property
    def is_list(self) -> bool:
        """Whether there is one list of one product to judge."""
        return bool(self.ingredients)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstanceRef:
    """A substance as far as other rooms need to know it."""

    id: int
    inci_name: str
    cas_numbers: tuple[str, ...] = ()
    ec_numbers: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()  # what it does in a cosmetic, as the inventory says


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A printed entry and the substance it names, if any."""

    ingredient: Ingredient
    substance: SubstanceRef | None
    match: MatchKind
