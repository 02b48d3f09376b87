"""The label sheet: what must stand on a cosmetic's label in a market, and what of it is missing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from compliance.assessments.rules.languages import languages_needed
from compliance.assessments.rules.wording import says
from compliance.jurisdictions.rules import JURISDICTIONS, jurisdictions_of
from compliance.rulebooks.rules.shapes import Facts, LabelWarning
from compliance.substances.rules.shapes import Understood

ONE_PERCENT = Decimal(1)
DAYS_OF_30_MONTHS = 913  # the longest 30 months: beyond it the period after opening is needed
_HAIR_DYES = {"hair_dye", "hair_dye_oxidative"}
_PERFUME = {"PARFUM", "AROMA", "FRAGRANCE", "FLAVOR", "PERFUME"}


class PartKey(StrEnum):
    """The parts of a sheet, in its order."""

    NAME = "name"
    FUNCTION = "function"
    CONTENT = "content"
    INGREDIENTS = "ingredients"
    ALLERGENS = "allergens"
    WARNINGS = "warnings"
    DURABILITY = "durability"
    BATCH = "batch"
    RESPONSIBLE_PERSON = "responsible_person"
    ORIGIN = "origin"
    LANGUAGES = "languages"


_TITLES: Mapping[PartKey, str] = {
    PartKey.NAME: "Name",
    PartKey.FUNCTION: "Function",
    PartKey.CONTENT: "Content",
    PartKey.INGREDIENTS: "Ingredients",
    PartKey.ALLERGENS: "Allergens to be named",
    PartKey.WARNINGS: "Warnings and precautions",
    PartKey.DURABILITY: "Durability",
    PartKey.BATCH: "Batch",
    PartKey.RESPONSIBLE_PERSON: "Responsible person",
    PartKey.ORIGIN: "Country of origin",
    PartKey.LANGUAGES: "Languages",
}
_EUROPE: Mapping[PartKey, str] = {
    PartKey.RESPONSIBLE_PERSON: "Article 19(1)(a)",
    PartKey.ORIGIN: "Article 19(1)(a)",
    PartKey.CONTENT: "Article 19(1)(b)",
    PartKey.DURABILITY: "Article 19(1)(c)",
    PartKey.WARNINGS: "Article 19(1)(d)",
    PartKey.BATCH: "Article 19(1)(e)",
    PartKey.FUNCTION: "Article 19(1)(f)",
    PartKey.INGREDIENTS: "Article 19(1)(g)",
    PartKey.ALLERGENS: "Annex III",
    PartKey.LANGUAGES: "Article 19(5)",
}
_AMERICA: Mapping[PartKey, str] = {
    PartKey.NAME: "21 CFR 701.11",
    PartKey.FUNCTION: "21 CFR 701.11",
    PartKey.CONTENT: "21 CFR 701.13",
    PartKey.INGREDIENTS: "21 CFR 701.3",
    PartKey.WARNINGS: "21 CFR 740",
    PartKey.RESPONSIBLE_PERSON: "21 CFR 701.12",
    PartKey.ORIGIN: "19 U.S.C. 1304",
    PartKey.LANGUAGES: "21 CFR 701.2(b)",
}
# What the law wants in the languages of the country.
_TRANSLATED = {PartKey.FUNCTION, PartKey.CONTENT, PartKey.WARNINGS, PartKey.DURABILITY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that must stand on the label: what it is, and what of it is missing in words."""

    key: PartKey
    lines: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    reference: str = ""

    @property
    def title(self) -> str:
        """What it is called."""
        return _TITLES[self.key]

    @property
    def is_translated(self) -> bool:
        """Whether it must be in the languages of the country."""
        return self.key in _TRANSLATED


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSheet:
    """Everything that must stand on the label of a product in a market."""

    product: str
    market: str
    on: date
    parts: tuple[Part, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing, each with the part that it belongs to."""
        return tuple(f"{part.title}: {text}" for part in self.parts for text in part.missing)

    def part(self, key: PartKey) -> Part:
        """One part of it."""
        return next(part for part in self.parts if part.key == key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The ingredients in the order and by the names of the law."""

    names: tuple[str, ...]
    may_contain: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """As it is printed."""
        listed = ", ".join(self.names)
        shades = f"[+/- {', '.join(self.may_contain)}]" if self.may_contain else ""
        return " ".join(text for text in (listed, shades) if text)


def listed(
    ingredients: Sequence[Understood],
    *,
    facts: Facts,
    colorants: Mapping[int, str] | None = None,
    percents: Mapping[int, Decimal] | None = None,
) -> Listed:
    """Put ingredients in legal order: descending, below 1 % as printed, colorants last.

    `colorants` gives the name of those substances that colour (`CI 77491`), `percents` the share
    of each substance; where one is not known the printed order stands. What colours hair is listed
    like any other ingredient.
    """
    names = dict(colorants or {})
    if facts.purpose in _HAIR_DYES:
        names = {}
    once = _each_once(ingredients)
    fixed = [one for one in once if not one.ingredient.may_contain]
    shades = [one for one in once if one.ingredient.may_contain]
    last = [one for one in fixed if _colours(one, names, facts)]
    first = _descending([one for one in fixed if one not in last], percents or {})
    return Listed(
        names=tuple(_name(one, names) for one in (*first, *last)),
        may_contain=tuple(_name(one, names) for one in shades),
        unknown=tuple(one.ingredient.name for one in once if one.substance is None),
    )


def _each_once(ingredients: Iterable[Understood]) -> list[Understood]:
    """What stands twice is listed where it stands first."""
    seen: set[object] = set()
    found = []
    for one in ingredients:
        key = (
            one.substance.id if one.substance else one.ingredient.name.casefold(),
            one.ingredient.is_nano,
        )
        if key not in seen:
            found.append(one)
        seen.add(key)
    return found


def _colours(one: Understood, names: Mapping[int, str], facts: Facts) -> bool:
    if one.substance is None or facts.purpose in _HAIR_DYES:
        return False
    return one.substance.id in names or one.substance.inci_name.startswith("CI ")


def _descending(ingredients: list[Understood], percents: Mapping[int, Decimal]) -> list[Understood]:
    """By share where every share is known: those from 1 % on descending, the rest as printed."""
    shares = [_share(one, percents) for one in ingredients]
    if any(share is None for share in shares):
        return ingredients
    known = [(share or Decimal(0), one) for share, one in zip(shares, ingredients, strict=True)]
    much = [pair for pair in known if pair[0] >= ONE_PERCENT]
    little = [one for share, one in known if share < ONE_PERCENT]
    return [one for _, one in sorted(much, key=lambda pair: -pair[0])] + little


def _share(one: Understood, percents: Mapping[int, Decimal]) -> Decimal | None:
    known = percents.get(one.substance.id) if one.substance else None
    return one.ingredient.percent if known is None else known


def _name(one: Understood, colorants: Mapping[int, str]) -> str:
    name = one.ingredient.name
    if one.substance is not None:
        name = colorants.get(one.substance.id) or one.substance.inci_name
    return f"{name} [nano]" if one.ingredient.is_nano else name


def label_sheet(
    *,
    product: str,
    market: str,
    country: str,
    on: date,
    ingredients: Sequence[Understood],
    facts: Facts,
    region: str = "",
    function: str = "",
    content: str = "",
    allergens: Sequence[str] = (),
    warnings: Sequence[LabelWarning] = (),
    label_text: str = "",
    pao_months: int | None = None,
    shelf_life_days: int | None = None,
    is_used_at_once: bool = False,
    responsible_person: str = "",
    origin: str = "",
    languages: Collection[str] = (),
    colorants: Mapping[int, str] | None = None,
    percents: Mapping[int, Decimal] | None = None,
) -> LabelSheet:
    """Build the sheet of a cosmetic for one market from plain facts.

    `allergens` are those that must be named (INCI names), `warnings` those that apply; `label_text`
    is what stands on the pack today; `origin` the ISO code of the country it was made in;
    `languages` those in which its texts are there.
    """
    codes = jurisdictions_of(country, region)
    names = listed(ingredients, facts=facts, colorants=colorants, percents=percents)
    is_european = bool({"EU", "GB"} & set(codes))
    parts = (
        Part(key=PartKey.NAME, lines=(product,)),
        _said(PartKey.FUNCTION, function, "what it is for, unless its looks say so"),
        _said(PartKey.CONTENT, content, "the content by weight or volume"),
        _ingredients(names),
        _allergens(allergens, names),
        _warnings(warnings, label_text),
        _durability(pao_months, shelf_life_days, is_used_at_once, is_european),
        Part(key=PartKey.BATCH, lines=("The code of each lot, as received.",)),
        _said(
            PartKey.RESPONSIBLE_PERSON,
            responsible_person,
            "name and address of who answers for it here",
        ),
        _origin(origin, country, codes),
        _languages(country, languages),
    )
    references = _EUROPE if is_european else _AMERICA if "US" in codes else {}
    return LabelSheet(
        product=product,
        market=market,
        on=on,
        parts=tuple(
            Part(
                key=part.key,
                lines=part.lines,
                missing=part.missing,
                reference=references.get(part.key, ""),
            )
            for part in parts
        ),
    )


def _said(key: PartKey, value: str, lacking: str) -> Part:
    text = value.strip()
    return Part(key=key, lines=(text,)) if text else Part(key=key, missing=(lacking,))


def _ingredients(names: Listed) -> Part:
    lines = (f"Ingredients: {names.text}",) if names.text else ()
    missing = [f'the legal name of "{name}"' for name in names.unknown]
    return Part(
        key=PartKey.INGREDIENTS,
        lines=lines,
        missing=tuple(missing) if lines else ("the list of ingredients",),
    )


def _allergens(needed: Sequence[str], names: Listed) -> Part:
    there = {name.casefold() for name in (*names.names, *names.may_contain)}
    lacking = tuple(
        f"{name} among the ingredients" for name in needed if name.casefold() not in there
    )
    if needed:
        named = tuple(name for name in needed if name.casefold() in there)
        return Part(
            key=PartKey.ALLERGENS, lines=(", ".join(named),) if named else (), missing=lacking
        )
    if there & {name.casefold() for name in _PERFUME}:
        return Part(
            key=PartKey.ALLERGENS,
            missing=(
                "what allergens are in the perfume, or that there are none: ask the supplier",
            ),
        )
    return Part(key=PartKey.ALLERGENS, lines=("None is known of.",))


def _warnings(needed: Sequence[LabelWarning], label_text: str) -> Part:
    texts = list(dict.fromkeys(warning.text for warning in needed))
    printed = [label_text.strip()] if label_text.strip() else []
    lacking = [text for text in texts if not says(label_text, text)]
    if not texts and not printed:
        return Part(key=PartKey.WARNINGS, lines=("None is needed by its ingredients.",))
    return Part(key=PartKey.WARNINGS, lines=tuple(printed), missing=tuple(lacking))


def _durability(
    pao_months: int | None, shelf_life_days: int | None, is_used_at_once: bool, is_european: bool
) -> Part:
    """Up to 30 months a date on each lot; beyond, how long it keeps once opened."""
    if not is_european:
        return Part(key=PartKey.DURABILITY, lines=("Not asked for here.",))
    opened = (f"{pao_months} M in the open jar",) if pao_months else ()
    if shelf_life_days is None:
        return Part(key=PartKey.DURABILITY, lines=opened, missing=("how long it keeps unopened",))
    if shelf_life_days <= DAYS_OF_30_MONTHS:
        dated = "Best used before the end of: month and year of each lot"
        return Part(key=PartKey.DURABILITY, lines=(dated, *opened))
    if opened or is_used_at_once:
        once = "Used at once: no period after opening"
        return Part(key=PartKey.DURABILITY, lines=opened or (once,))
    return Part(
        key=PartKey.DURABILITY,
        missing=("the period after opening: it keeps for more than 30 months",),
    )


def _origin(origin: str, country: str, codes: Collection[str]) -> Part:
    """Where it was made: needed of what is imported."""
    if not origin:
        return Part(key=PartKey.ORIGIN, missing=("where it was made, if it is imported",))
    home = {own for code in codes for own in JURISDICTIONS[code].countries} | {country}
    if origin in home:
        return Part(key=PartKey.ORIGIN, lines=(f"Not needed: made in {origin}.",))
    return Part(key=PartKey.ORIGIN, lines=(f"Made in {origin}",))


def _languages(country: str, languages: Collection[str]) -> Part:
    needed = languages_needed(country)
    if not needed.words:
        return Part(
            key=PartKey.LANGUAGES, missing=(f"the languages of {country}: we do not know them",)
        )
    lacking = tuple(f"the texts in {name}" for name in needed.missing(languages))
    return Part(key=PartKey.LANGUAGES, lines=(needed.words,), missing=lacking)
