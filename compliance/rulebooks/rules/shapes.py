"""What a rule says: who it concerns, how much is lawful where, from when, in whose words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class EntryKind(StrEnum):
    """What a list does to the substances on it."""

    PROHIBITED = "prohibited"
    RESTRICTED = "restricted"
    COLORANT = "colorant"
    PRESERVATIVE = "preservative"
    UV_FILTER = "uv_filter"


class Purpose(StrEnum):
    """What a cosmetic is for, as far as the law tells uses apart."""

    SKIN_CARE = "skin_care"
    SUN_CARE = "sun_care"
    SELF_TANNING = "self_tanning"
    MAKE_UP = "make_up"
    FRAGRANCE = "fragrance"
    CLEANSING = "cleansing"  # face and body cleansers, soaps, shower gels, baths
    SHAVING = "shaving"
    DEPILATORY = "depilatory"
    DEODORANT = "deodorant"
    ANTIPERSPIRANT = "antiperspirant"
    INTIMATE_CARE = "intimate_care"
    CALLUS_REMOVER = "callus_remover"
    HAIR_CARE = "hair_care"  # shampoos, conditioners, lotions, styling
    ANTI_DANDRUFF = "anti_dandruff"
    HAIR_DYE_OXIDATIVE = "hair_dye_oxidative"
    HAIR_DYE = "hair_dye"  # without oxidation
    HAIR_WAVING = "hair_waving"  # waving or straightening
    EYELASH_DYE = "eyelash_dye"  # and eyebrows
    EYELASH_WAVING = "eyelash_waving"
    TOOTHPASTE = "toothpaste"
    MOUTHWASH = "mouthwash"
    TOOTH_WHITENING = "tooth_whitening"
    NAIL_CARE = "nail_care"  # polish, remover, care
    NAIL_HARDENER = "nail_hardener"
    NAIL_SYSTEM = "nail_system"  # artificial nails
    CUTICLE_REMOVER = "cuticle_remover"


class Form(StrEnum):
    """How a cosmetic comes, as far as the law tells forms apart."""

    CREAM = "cream"  # creams, lotions, gels, liquids
    SPRAY = "spray"  # propellant or pump: may reach the lungs
    POWDER = "powder"
    STICK = "stick"
    WIPE = "wipe"


_FACE, _EYES, _HAIR, _NAILS, _MOUTH = "face", "eyes", "hair", "nails", "mouth"
_SKIN = frozenset({"face", "eyes", "lips", "body", "hands", "feet"})

# Where each purpose can be meant at all; body areas as the catalogue names them.
PURPOSE_AREAS: Mapping[Purpose, frozenset[str]] = {
    Purpose.SKIN_CARE: _SKIN,
    Purpose.SUN_CARE: _SKIN | {_HAIR},
    Purpose.SELF_TANNING: _SKIN,
    Purpose.MAKE_UP: _SKIN,
    Purpose.FRAGRANCE: _SKIN | {_HAIR},
    Purpose.CLEANSING: _SKIN | {"intimate"},
    Purpose.SHAVING: frozenset({"face", "body"}),
    Purpose.DEPILATORY: frozenset({"face", "body"}),
    Purpose.DEODORANT: frozenset({"body", "feet"}),
    Purpose.ANTIPERSPIRANT: frozenset({"body", "feet"}),
    Purpose.INTIMATE_CARE: frozenset({"intimate"}),
    Purpose.CALLUS_REMOVER: frozenset({"hands", "feet"}),
    Purpose.HAIR_CARE: frozenset({_HAIR}),
    Purpose.ANTI_DANDRUFF: frozenset({_HAIR}),
    Purpose.HAIR_DYE_OXIDATIVE: frozenset({_HAIR}),
    Purpose.HAIR_DYE: frozenset({_HAIR}),
    Purpose.HAIR_WAVING: frozenset({_HAIR}),
    Purpose.EYELASH_DYE: frozenset({_EYES}),
    Purpose.EYELASH_WAVING: frozenset({_EYES}),
    Purpose.TOOTHPASTE: frozenset({_MOUTH}),
    Purpose.MOUTHWASH: frozenset({_MOUTH}),
    Purpose.TOOTH_WHITENING: frozenset({_MOUTH}),
    Purpose.NAIL_CARE: frozenset({_NAILS}),
    Purpose.NAIL_HARDENER: frozenset({_NAILS}),
    Purpose.NAIL_SYSTEM: frozenset({_NAILS}),
    Purpose.CUTICLE_REMOVER: frozenset({_NAILS}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a cosmetic beside its ingredients; empty or None: not known."""

    product_type: str = ""  # leave-on, rinse-off
    purpose: str = ""
    body_area: str = ""
    form: str = ""
    is_for_under_threes: bool | None = None
    is_professional: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The products that a row is about. Each set that is not empty must hold; all empty: every one.

    `but_*` take products out again: `leave-on products, except oral products`.
    """

    product_types: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    body_areas: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    is_for_under_threes: bool | None = None
    is_professional: bool | None = None
    but_product_types: frozenset[str] = frozenset()
    but_purposes: frozenset[str] = frozenset()
    but_body_areas: frozenset[str] = frozenset()
    but_forms: frozenset[str] = frozenset()


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How much may be in the products of a scope.

    Without `max_percent` and with `is_allowed` the source names no figure. A `basis`
    (`as salicylic acid`) means that the figure counts a part of the substance only: what stays
    below it by the whole substance is lawful, what is above may still be. Rows that are not
    `is_certain` were not read for sure: a person must look before they may block anything.
    """

    scope: Scope = EVERYTHING
    max_percent: Decimal | None = None
    is_allowed: bool = True
    basis: str = ""
    text: str = ""
    is_certain: bool = True


class Duty(StrEnum):
    """What a date is about."""

    USE = "use"  # prohibition or limit
    DECLARE = "declare"  # naming on the label


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """From when a duty holds: for goods newly placed on the market, and for what is on the shelf.

    A duty of an entry without a provision is in force.
    """

    duty: Duty
    placing_from: date | None
    available_from: date | None
    regulation: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelWarning:
    """Words that must stand on the label of the products of a scope."""

    text: str
    scope: Scope = EVERYTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a list, as it is applied.

    `names` are INCI names and others as printed in the source; `unless` is an exception in the
    source's words that only a person can settle (`unless the full refining history is known`).
    A positive list's entry with a limit allows its substance within it. `is_machine_checked`:
    every word of it that matters was read for sure, or a person has reviewed it.
    """

    id: int
    rulebook: str  # code of the rulebook
    section: str  # II, III, …; 21 CFR 700
    number: str  # reference number in the section
    kind: EntryKind
    substance: str
    names: tuple[str, ...] = ()
    cas_numbers: tuple[str, ...] = ()
    scope: Scope = EVERYTHING
    limits: tuple[Limit, ...] = ()
    unless: str = ""
    is_nano: bool | None = None  # True: about the nano form alone; False: not about it
    warnings: tuple[LabelWarning, ...] = ()
    declare_leave_on: Decimal | None = None  # percent above which it is named on the label
    declare_rinse_off: Decimal | None = None
    provisions: tuple[Provision, ...] = ()
    conditions: str = ""  # other conditions, in the source's words
    reference: str = ""  # Regulation (EC) No 1223/2009, Annex III, entry 98
    url: str = ""
    is_machine_checked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The entries of the active versions for one jurisdiction, with their names."""

    jurisdiction: str
    versions: tuple[str, ...]  # `EU-1223-2009 2026-08-28`
    entries: tuple[Entry, ...]
    coverage: str = ""  # what is missing from it, in words; empty: complete
