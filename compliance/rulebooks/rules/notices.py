"""Matches the register of amendments to the entries that they amend, and dates these."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from compliance.rulebooks.rules.annexes import SECTIONS
from compliance.rulebooks.rules.dates import read_dates
from compliance.rulebooks.rules.drafts import Draft, SourceRow
from compliance.rulebooks.rules.names import cas_numbers
from compliance.rulebooks.rules.shapes import Duty, EntryKind, Provision

LABELLING = "2023/1545"
"""Regulation (EU) 2023/1545 is on the labelling of fragrance allergens and on nothing else."""

_GROUPS = ("entries", "labelling_only", "restriction_text_not_recovered", "uncheckable")
# The 26 of Directive 2003/15/EC: naming them was a duty long before it was worded anew.
_NAMED_BEFORE = frozenset({"45", *map(str, range(67, 93))})
_WORDS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One dated sentence of an amending regulation about one entry."""

    regulation: str
    section: str
    number: str
    names: tuple[str, ...]
    cas_numbers: tuple[str, ...]
    text: str
    sentence: str
    day: date
    is_placing: bool


def read_register(register: Mapping[str, Any]) -> tuple[Notice, ...]:
    """Every notice of the register, whichever of its groups it stands in."""
    return tuple(_notice(said) for group in _GROUPS for said in register.get(group, ()))


def dated(drafts: Sequence[Draft], notices: Iterable[Notice]) -> tuple[Draft, ...]:
    """The entries with the dates of the notices; what no entry has becomes one of its own.

    Numbers are not enough: the official text and the export number new entries differently.
    """
    by_entry: dict[int, list[Notice]] = defaultdict(list)
    unmatched: dict[tuple[str, str, str], list[Notice]] = defaultdict(list)
    for notice in notices:
        place = _place(drafts, notice)
        if place is None:
            unmatched[notice.section, notice.number, notice.regulation].append(notice)
        else:
            by_entry[place].append(notice)
    known = [_dated(draft, by_entry.get(place, [])) for place, draft in enumerate(drafts)]
    return (*known, *(_new(group) for group in unmatched.values()))


def _notice(said: Mapping[str, Any]) -> Notice:
    names = [own["name"] for own in said["names"] if own["form"] == "as written"]
    row = SourceRow(line=0, section=said["annex"], number="", substance=said["row_text"])
    return Notice(
        regulation=said["regulation"].removeprefix("Commission "),
        section=said["annex"],
        number=said["entry_reference"],
        names=tuple(names),
        cas_numbers=cas_numbers(row),
        text=said["row_text"],
        sentence=said["provision"],
        day=date.fromisoformat(said["date"]),
        is_placing=said["restriction"] == "placing",
    )


def _place(drafts: Sequence[Draft], notice: Notice) -> int | None:
    """The entry of the same annex with the same substance, the same number first."""
    found = [
        place
        for place, draft in enumerate(drafts)
        if draft.source.section == notice.section and _is_same(draft, notice)
    ]
    exact = [place for place in found if drafts[place].source.number == notice.number]
    return next(iter(exact or found), None)


def _is_same(draft: Draft, notice: Notice) -> bool:
    if set(draft.cas_numbers) & set(notice.cas_numbers):
        return True
    mine = {_key(name) for name in draft.names} | {_key(draft.source.substance)}
    return any(
        key in mine or (len(key) > 40 and any(key in own for own in mine))
        for key in map(_key, notice.names)
        if key
    )


def _key(name: str) -> str:
    return _WORDS.sub("", name.lower())


def _dated(draft: Draft, notices: Sequence[Notice]) -> Draft:
    if not notices:
        return draft
    provisions = list(draft.provisions)
    for regulation in dict.fromkeys(notice.regulation for notice in notices):
        own = [notice for notice in notices if notice.regulation == regulation]
        provisions += _provisions(draft, regulation, own)
    texts = dict.fromkeys(f"{own.regulation}: {own.text}" for own in notices)
    return replace(draft, provisions=_without_doubles(provisions), notice="\n".join(texts))


def _provisions(draft: Draft, regulation: str, notices: Sequence[Notice]) -> Iterator[Provision]:
    is_naming = LABELLING in regulation
    if is_naming and draft.source.number in _NAMED_BEFORE:
        return
    duty = Duty.DECLARE if is_naming else Duty.USE
    sentences = dict.fromkeys(notice.sentence for notice in notices)
    read = [own for text in sentences for own in read_dates(text).provisions]
    placing = [own.placing_from for own in read if own.placing_from]
    placing += [notice.day for notice in notices if notice.is_placing]
    shelf = [notice.day for notice in notices if not notice.is_placing]
    yield Provision(
        duty=duty,
        placing_from=min(placing, default=None),
        available_from=min(shelf, default=None),
        regulation=regulation,
        text=" ".join(sentences),
    )


def _without_doubles(provisions: Iterable[Provision]) -> tuple[Provision, ...]:
    """One of each pair of dates and duty; the register's, which names its regulation, wins."""
    kept: dict[tuple[Duty, date | None], Provision] = {}
    for own in provisions:
        kept[own.duty, own.available_from] = replace(
            own, placing_from=own.placing_from or _placed(kept, own)
        )
    return tuple(kept.values())


def _placed(kept: Mapping[tuple[Duty, date | None], Provision], own: Provision) -> date | None:
    before = kept.get((own.duty, own.available_from))
    return before.placing_from if before else None


def _new(notices: Sequence[Notice]) -> Draft:
    """An entry that only the register has: it holds from its dates, and a person must look."""
    first = notices[0]
    kind = SECTIONS[first.section]
    row = SourceRow(
        line=0,
        section=first.section,
        number=f"{first.number}*",
        substance=first.names[0] if first.names else first.text,
        other=first.text,
        regulation=first.regulation,
    )
    draft = Draft(
        source=row,
        kind=kind,
        names=first.names,
        cas_numbers=first.cas_numbers,
        reference=f"{first.regulation}, Annex {first.section}, entry {first.number}",
        url="https://eur-lex.europa.eu/eli/reg/2009/1223/oj",
        doubts=("Only the register of amendments has it; the annex does not yet.",),
    )
    limited = () if kind is EntryKind.PROHIBITED else draft.limits
    return _dated(replace(draft, limits=limited), notices)
