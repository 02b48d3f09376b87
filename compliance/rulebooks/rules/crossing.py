"""What the entries of one law say of one another: a substance may be on several lists.

An entry of annex III that is about a use (`hair dye substance in …`) does not forbid what another
entry allows; the figure of a positive list is about that use of the substance and no other.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from compliance.rulebooks.rules.algebra import without
from compliance.rulebooks.rules.drafts import Draft
from compliance.rulebooks.rules.shapes import EVERYTHING, EntryKind, Limit, Scope

_USES = {
    EntryKind.COLORANT: "a colorant",
    EntryKind.PRESERVATIVE: "a preservative",
    EntryKind.UV_FILTER: "a UV filter",
}


def cross(drafts: Sequence[Draft]) -> tuple[Draft, ...]:
    """The same entries, each with what the others allow of its substance."""
    by_substance = _by_substance(drafts)
    return tuple(
        _crossed(draft, tuple(_others(place, drafts, by_substance)))
        for place, draft in enumerate(drafts)
    )


def _by_substance(drafts: Sequence[Draft]) -> Mapping[str, Sequence[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for place, draft in enumerate(drafts):
        if draft.kind is EntryKind.PROHIBITED:
            continue
        for key in _keys(draft):
            found[key].append(place)
    return found


def _keys(draft: Draft) -> Iterable[str]:
    return {*draft.cas_numbers, *(name.casefold() for name in draft.names)}


def _others(
    place: int, drafts: Sequence[Draft], by_substance: Mapping[str, Sequence[int]]
) -> Iterator[Draft]:
    draft = drafts[place]
    if draft.kind is EntryKind.PROHIBITED:
        return
    found = {other for key in _keys(draft) for other in by_substance.get(key, ())}
    for other in sorted(found - {place}):
        if not _are_apart(draft, drafts[other]):
            yield drafts[other]


def _are_apart(one: Draft, other: Draft) -> bool:
    """Whether one is about the nano form alone and the other is not."""
    return bool(one.is_nano) != bool(other.is_nano)


def _crossed(draft: Draft, others: Sequence[Draft]) -> Draft:
    if not draft.limits or not others:
        return draft
    limits = [*_of_its_use(draft, others), *_elsewhere(draft, others)]
    return replace(draft, limits=tuple(limits))


def _of_its_use(draft: Draft, others: Sequence[Draft]) -> Iterator[Limit]:
    """The rows of a positive list whose substance may be there for another reason too."""
    use = _USES.get(draft.kind)
    named = ", ".join(f"Annex {o.source.section}, entry {o.source.number}" for o in others)
    for limit in draft.limits:
        if use and limit.max_percent is not None:
            words = f"when used as {use}; for other uses see {named}"
            yield replace(limit, basis=f"{limit.basis}, {words}" if limit.basis else words)
        else:
            yield limit


def _elsewhere(draft: Draft, others: Sequence[Draft]) -> Iterator[Limit]:
    """Rows for the products that another entry is about and this one is not."""
    mine = [limit.scope for limit in draft.limits if limit.is_allowed]
    for other in others:
        words = f"see Annex {other.source.section}, entry {other.source.number}"
        for scope in without(_allowed(other), mine):
            yield Limit(scope=scope, text=words)
            mine.append(scope)


def _allowed(draft: Draft) -> Sequence[Scope]:
    scopes = [limit.scope for limit in draft.limits if limit.is_allowed]
    return scopes or [EVERYTHING]
