"""What the cells of an entry say of products, figures, dates and duties, put together.

The rows of an entry are read together: where a row that does not allow holds, the product is
unlawful; where rows that allow hold, every one of their figures must be kept; where none holds, the
substance is not for that product. A row that holds for some products of its scope only, or of which
a word was not understood, is not certain.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from compliance.rulebooks.rules.algebra import both
from compliance.rulebooks.rules.cells import Cells, read_cells
from compliance.rulebooks.rules.drafts import SourceRow
from compliance.rulebooks.rules.figures import Figure, basis_for_all, plain, read_figures
from compliance.rulebooks.rules.labels import read_labels
from compliance.rulebooks.rules.products import ALL, Reading, read_products, used_as, within
from compliance.rulebooks.rules.sentences import Meaning, Sentence, sentences
from compliance.rulebooks.rules.shapes import LabelWarning, Limit, Provision, Scope
from compliance.rulebooks.rules.texts import (
    Part,
    has_subparts,
    parts_of,
    percents,
    types_by_letter,
)

_ANY_LETTER = "abcdefghjk"
_PROFESSIONAL, _GENERAL = Scope(is_professional=True), Scope(is_professional=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What was read; `doubts` say in words what was not."""

    limits: tuple[Limit, ...] = ()
    warnings: tuple[LabelWarning, ...] = ()
    declare_leave_on: Decimal | None = None
    declare_rinse_off: Decimal | None = None
    provisions: tuple[Provision, ...] = ()
    conditions: str = ""
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Use:
    """One letter of an entry: its words, the products they mean, what is said of them."""

    letter: str
    text: str
    reading: Reading
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence and the letters it is about; none: all of them."""

    letters: tuple[str, ...]
    sentence: Sentence


def read_conditions(row: SourceRow) -> Conditions:
    """Read the cells of an entry of annex III to VI."""
    cells = read_cells(row)
    types = types_by_letter(cells.types)
    letters = _letters(types, cells)
    concentration = parts_of(cells.concentration, letters)
    said = [*_said(cells.other, letters)]
    figures = tuple(_figures(concentration, said))
    uses = tuple(_uses(types, letters, figures, said))
    limits = (*_rows(uses, is_stated=bool(types or figures)), *_prohibitions(said, uses))
    doubts = [*cells.doubts, *_doubts(cells, uses, said, figures)]
    labels = read_labels(cells.wording, {use.letter: use.reading for use in uses})
    apart = [*_apart_by_words(limits)]
    limits = _settled(limits, sure=not apart and not _is_irregular(cells, figures, said))
    used_for = [f"Used as: {use.text}" for use in uses if used_as(use.text)]
    conditions = "\n".join((*cells.conditions, *used_for, *_conditions(said), *labels.conditions))
    lost = _lost(cells, limits, conditions)
    return Conditions(
        limits=_with_ground(limits, types, figures),
        warnings=labels.warnings,
        declare_leave_on=cells.leave_on,
        declare_rinse_off=cells.rinse_off,
        provisions=cells.provisions,
        conditions=conditions,
        doubts=tuple(dict.fromkeys((*doubts, *apart, *labels.doubts, *lost))),
    )


def _letters(types: Sequence[Part], cells: Cells) -> tuple[str, ...]:
    """The letters that pair the cells: those of the product types, else of the others."""
    own = tuple(letter for part in types for letter in part.letters)
    if own:
        return own
    for text in (cells.concentration, cells.other):
        found = [n for part in parts_of(text, _ANY_LETTER) for n in part.letters]
        if found:
            return tuple(sorted(set(found)))
    return ()


def _said(text: str, letters: Sequence[str]) -> Iterator[_Said]:
    for part in parts_of(text, letters):
        for sentence in sentences(part.text):
            yield _Said(part.letters, sentence)


def _figures(parts: Iterable[Part], said: list[_Said]) -> Iterator[tuple[tuple[str, ...], Figure]]:
    """The figures of the concentrations; their other sentences go to those of the entry."""
    common = ""
    texts = [(part, *basis_for_all(part.text)) for part in parts]
    for *_, basis in texts:
        common = basis or common
    for part, text, _ in texts:
        for figure in read_figures(text, common):
            if figure.max_percent is None:
                said += [_Said(part.letters, own) for own in sentences(figure.text)]
            else:
                yield part.letters, figure


def _uses(
    types: Sequence[Part],
    letters: Sequence[str],
    figures: Sequence[tuple[tuple[str, ...], Figure]],
    said: Sequence[_Said],
) -> Iterator[_Use]:
    """Every letter with its products and figures; an entry without letters has one use."""
    by_letter = {part.letters[0]: part.text for part in types if part.letters}
    whole = next((part.text for part in types if not part.letters), "")
    before: list[Reading] = []
    for letter in letters or ("",):
        text = by_letter.get(letter, whole)
        reading = read_products(text, before if letter in by_letter else ())
        before.append(reading)
        reading = _by_users(reading, letter, said)
        own = tuple(f for named, f in figures if not named or letter in named)
        yield _Use(letter, text, reading, (*own, *_after_mixing(letter, reading, said)))


def _by_users(reading: Reading, letter: str, said: Iterable[_Said]) -> Reading:
    meanings = {own.sentence.meaning for own in said if not own.letters or letter in own.letters}
    if {Meaning.GENERAL, Meaning.PROFESSIONAL} <= meanings:
        return Reading(maybe=reading.any)
    if Meaning.PROFESSIONAL in meanings:
        return within(reading, _PROFESSIONAL)
    return within(reading, _GENERAL) if Meaning.GENERAL in meanings else reading


def _after_mixing(letter: str, reading: Reading, said: Iterable[_Said]) -> Iterator[Figure]:
    """Figures for what is applied to hair or lashes; without a letter for what is mixed only."""
    for own in said:
        if own.sentence.figure is None:
            continue
        if letter in own.letters or (not own.letters and _is_mixed(reading)):
            yield Figure(
                max_percent=plain(own.sentence.figure),
                basis=own.sentence.basis,
                text=own.sentence.text,
                is_certain=True,
            )


def _is_mixed(reading: Reading) -> bool:
    mixed = {"hair_dye_oxidative", "eyelash_dye"}
    return all(scope.purposes and scope.purposes <= mixed for scope in reading.any)


def _rows(uses: Iterable[_Use], *, is_stated: bool) -> Iterator[Limit]:
    """One row for each use, scope and figure; a use without a figure is allowed as such."""
    if not is_stated:
        return
    for use in uses:
        lead = f"({use.letter}) " if use.letter else ""
        if not use.figures:
            yield from _spread(use.reading, Figure(text=use.text, is_certain=True), lead)
        for figure in use.figures:
            reading = use.reading
            if figure.products:
                reading = _narrowed(reading, figure.products)
            yield from _spread(reading, figure, lead + (f"{use.text}: " if use.text else ""))


def _narrowed(reading: Reading, products: Reading) -> Reading:
    sure = [own for a in reading.sure for b in products.sure if (own := both(a, b))]
    every = [own for a in reading.any for b in products.any if (own := both(a, b))]
    return Reading(tuple(sure), tuple(own for own in every if own not in sure))


def _spread(reading: Reading, figure: Figure, lead: str) -> Iterator[Limit]:
    for scopes, is_exact in ((reading.sure, True), (reading.maybe, False)):
        for scope in scopes:
            yield Limit(
                scope=scope,
                max_percent=figure.max_percent,
                basis=figure.basis,
                text=f"{lead}{figure.text}",
                is_certain=figure.is_certain and is_exact,
            )


def _prohibitions(said: Iterable[_Said], uses: Sequence[_Use]) -> Iterator[Limit]:
    for own in said:
        if own.sentence.meaning is not Meaning.PROHIBITION:
            continue
        for scopes, is_exact in ((own.sentence.sure, True), (own.sentence.maybe, False)):
            for scope in scopes:
                yield from _for_letters(own, scope, uses, is_exact=is_exact)


def _for_letters(
    own: _Said, scope: Scope, uses: Sequence[_Use], *, is_exact: bool
) -> Iterator[Limit]:
    """A prohibition within the products of its letters; one that all letters share, everywhere."""
    letters = {use.letter for use in uses}
    if not own.letters or letters <= set(own.letters):
        yield Limit(scope=scope, is_allowed=False, text=own.sentence.text, is_certain=is_exact)
        return
    for use in uses:
        if use.letter in own.letters:
            narrowed = within(use.reading, scope)
            for scopes, sure in ((narrowed.sure, is_exact), (narrowed.maybe, False)):
                for inside in scopes:
                    yield Limit(
                        scope=inside, is_allowed=False, text=own.sentence.text, is_certain=sure
                    )


def _conditions(said: Iterable[_Said]) -> Iterator[str]:
    for own in said:
        if own.sentence.meaning is Meaning.CONDITION or own.sentence.doubts:
            yield own.sentence.text


def _doubts(
    cells: Cells,
    uses: Iterable[_Use],
    said: Iterable[_Said],
    figures: Iterable[tuple[tuple[str, ...], Figure]],
) -> Iterator[str]:
    yield from _untold(uses)
    for own in said:
        if own.sentence.meaning is Meaning.UNREAD:
            yield f"Not read: \u201c{own.sentence.text}\u201d"
        yield from own.sentence.doubts
    for _, figure in figures:
        if not figure.is_certain:
            yield f"Not read for sure: \u201c{figure.text}\u201d"
    if has_subparts(f"{cells.concentration}\n{cells.other}"):
        yield "Its letters are parted again, by (i) and (ii) or by numbers."


def _untold(uses: Iterable[_Use]) -> Iterator[str]:
    """The products that what is known of a product does not tell apart."""
    for use in uses:
        if use.text and not use.reading.sure:
            yield f"What is known of products does not tell which are \u201c{use.text}\u201d."
        elif use.reading.maybe:
            yield f"What is known of products does not tell all of \u201c{use.text}\u201d."


def _apart_by_words(limits: Sequence[Limit]) -> Iterator[str]:
    """Letters that the products do not part: the same scope with different figures."""
    seen: dict[tuple[Scope, bool], Limit] = {}
    for own in limits:
        if not own.is_certain or own.max_percent is None:
            continue
        key = (own.scope, own.basis.startswith("after mixing"))
        first = seen.setdefault(key, own)
        if first.max_percent != own.max_percent:
            both_texts = f"\u201c{first.text}\u201d, \u201c{own.text}\u201d"
            yield f"Different figures for the same products: {both_texts}"


def _is_irregular(
    cells: Cells,
    figures: Iterable[tuple[tuple[str, ...], Figure]],
    said: Iterable[_Said],
) -> bool:
    """Whether words that were not read may say that a figure does not hold."""
    if has_subparts(f"{cells.concentration}\n{cells.other}"):
        return True
    unread = " ".join(
        own.sentence.text.lower() for own in said if own.sentence.meaning is Meaning.UNREAD
    )
    loosening = re.search(
        r"\b(?:however|except|exception|unless|if|may|used after|entry)\b", unread
    )
    return bool(loosening)


def _settled(limits: Iterable[Limit], *, sure: bool) -> tuple[Limit, ...]:
    if sure:
        return tuple(dict.fromkeys(limits))
    return tuple(
        dict.fromkeys(
            Limit(
                scope=own.scope,
                max_percent=own.max_percent,
                is_allowed=own.is_allowed,
                basis=own.basis,
                text=own.text,
                # What is allowed without a figure can never be unlawful by this row.
                is_certain=own.is_certain and own.is_allowed and own.max_percent is None,
            )
            for own in limits
        )
    )


def _with_ground(
    limits: tuple[Limit, ...], types: Sequence[Part], figures: Sequence[object]
) -> tuple[Limit, ...]:
    """Where an entry only takes products out, the others are allowed."""
    if limits and not types and not figures and not any(own.is_allowed for own in limits):
        return (Limit(scope=ALL.sure[0], text="other products"), *limits)
    return limits


def _lost(cells: Cells, limits: Iterable[Limit], conditions: str) -> Iterator[str]:
    """Every figure of the source is in a row, or kept in the words of a condition."""
    kept = {own.max_percent for own in limits}
    words = conditions + " ".join(own.basis for own in limits)
    kept |= set(percents(words)) | {cells.leave_on, cells.rinse_off}
    for text in (cells.types, cells.concentration, cells.other):
        for figure in percents(text):
            if figure not in kept:
                yield f"The figure {figure} % was not placed."
