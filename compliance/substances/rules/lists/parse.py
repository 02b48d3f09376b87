"""From a text to its ingredients: which sections are lists, of how many products, and why not."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from compliance.substances.rules.lists import words
from compliance.substances.rules.lists.entries import Entry, read_entry
from compliance.substances.rules.lists.segments import (
    Kind,
    Segment,
    cleaned_lines,
    segments,
    unpacked,
)
from compliance.substances.rules.lists.tokens import split_slashes, split_tokens
from compliance.substances.rules.names import repair
from compliance.substances.rules.shapes import Ingredient, ParsedList, Problem

TEXT_LENGTH_MAX = 500_000
INGREDIENTS_MAX = 500
ENTRY_LENGTH_MAX = 2_000
PERCENT_SUM_MAX = Decimal("100.5")  # printed figures are rounded
SHOWN_LENGTH_MAX = 200

_PROSE_SHARE_MAX = 0.5
_LIKE_SHARE_MIN = 0.5
_WATER = re.compile(r"(?:aqua|water|eau)\b", re.IGNORECASE)
_COLOURS = re.compile(r"(?:c\.?i\.?\s?#?\s?)?(\d{5})(?::\d)?", re.IGNORECASE)
_COLOUR_GROUP = re.compile(r"[\[(]([^()\[\]]*\d{5}[^()\[\]]*)[\])]")
_INNER = re.compile(r"^(.{2,80}?)\s?[\[(]([^()\[\]]*,[^()\[\]]*)[\])]$")
_SCENT = re.compile(r"(?:fragrance|parfum|perfume|aroma|flavou?r|essential oils?)\b", re.IGNORECASE)
_NOTHING = re.compile(r"(?:none|n/?a|no info|not available|unknown|-+)\.?", re.IGNORECASE)


@dataclass(slots=True)
class _Part:
    """The list of one product of the text, while it is read."""

    title: str = ""
    is_headed: bool = False
    is_active: bool = False  # the active ingredients so far: the others follow
    entries: list[tuple[Entry, bool]] = field(default_factory=list)


@dataclass(slots=True)
class _Reader:
    """Takes the sections one after the other."""

    parts: list[_Part] = field(default_factory=lambda: [_Part()])
    remarks: list[str] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)
    may_contain: bool = False
    sentences: int = 1

    @property
    def part(self) -> _Part:
        return self.parts[-1]

    def take(self, segment: Segment) -> None:
        """Read one section."""
        match segment.kind:
            case Kind.REMARK:
                self._remark(f"{segment.heading}: {segment.body}".strip(": "))
            case Kind.MAY_CONTAIN:
                self.may_contain = True
                self._body(segment.body)
            case Kind.INTRO:
                self._intro(segment)
            case Kind.TITLED:
                self._titled(segment)
            case Kind.PLAIN:
                self._body(segment.body)

    def _remark(self, text: str) -> None:
        if any(c.isalnum() for c in text):
            self.remarks.append(text)

    def _intro(self, segment: Segment) -> None:
        """`Ingredients:` begins a list; what stood before was about something else."""
        title = words.title_of(segment.heading)
        is_active = words.is_active(segment.heading)
        goes_on = (is_active or self.part.is_active) and not title
        if self.part.entries and not goes_on:
            if not self.part.is_headed and len(self.part.entries) < 5:
                self.remarks += [entry.text for entry, _ in self.part.entries]
                self.part.entries.clear()
            else:
                self.parts.append(_Part())
        self.part.is_headed = True
        self.part.is_active = is_active or goes_on
        self.part.title = self.part.title or title
        self.may_contain = False
        self._body(segment.body)

    def _titled(self, segment: Segment) -> None:
        """`Shampoo:` begins the list of one of several products, or a sentence about something."""
        tokens = split_tokens(segment.body)
        if not segment.body and self.sentences <= 2:
            self._remark(segment.heading)
        elif not _is_list(tokens, least=3) and segment.body:
            self._remark(f"{segment.heading}: {segment.body}")
        else:
            if self.part.entries:
                self.parts.append(_Part())
            self.part.title, self.part.is_headed = segment.heading, True
            self.may_contain = False
            self._tokens(tokens)

    def _body(self, body: str) -> None:
        tokens = split_tokens(body)
        if len(tokens) == 1:
            tokens = split_slashes(tokens[0]) if tokens[0].count(" / ") >= 3 else tokens
        if len(tokens) == 1 and self.sentences > 1 and not self._is_single_name(tokens[0]):
            self._remark(tokens[0])
        elif len(tokens) > 1 and not _is_list(tokens, least=2):
            self.prose.append(body)
        else:
            self._begin_again(tokens)
            self._tokens(tokens)

    def _is_single_name(self, token: str) -> bool:
        return not words.is_prose(token[:ENTRY_LENGTH_MAX]) and words.is_like_ingredient(
            token[:ENTRY_LENGTH_MAX]
        )

    def _begin_again(self, tokens: Sequence[str]) -> None:
        """A list that begins with water, after one that has begun, is another product's."""
        entries = self.part.entries
        is_whole = len(entries) > 3 and not all("%" in entry.text for entry, _ in entries)
        goes_on = self.part.is_active or not is_whole
        if len(tokens) > 3 and not goes_on and _WATER.match(tokens[0]):
            self.parts.append(_Part())
            self.may_contain = False

    def _tokens(self, tokens: Iterable[str]) -> None:
        for token in tokens:
            if len(token) > ENTRY_LENGTH_MAX:
                self.part.entries.append((Entry(token, token), self.may_contain))
            elif words.is_prose(token):
                self.prose.append(token)
            else:
                self._entry(token)

    def _entry(self, token: str) -> None:
        for piece in _expanded(token):
            entry = read_entry(piece)
            if entry.remark:
                self.remarks.append(entry.remark)
            if any(c.isalpha() for c in entry.name) or entry.name.isdigit():
                self.part.entries.append((entry, self.may_contain))
            elif any(c.isalnum() for c in entry.text):
                self.remarks.append(entry.text)


def parse_list(text: str) -> ParsedList:
    """Read a printed list. What is none is refused with the reason; nothing is guessed.

    Problems beside ingredients are remarks (`remark`: nothing of the list is in them) or pieces
    that could not be read (`prose`); every other code leaves no ingredients.
    """
    if len(text) > TEXT_LENGTH_MAX:
        return _refused(
            "too-long",
            f"The text has {len(text):,} characters: a list has at most {TEXT_LENGTH_MAX:,}.",
        )
    text = cleaned_lines(unpacked(repair(text)))
    if not text.strip(" .,;-*[]()") or _NOTHING.fullmatch(text.strip()):
        return _refused("empty", "There is no ingredient list.", text)
    reader = _Reader()
    sections = list(segments(text))
    reader.sentences = len(sections)
    for section in sections:
        reader.take(section)
    return _judged(reader, text)


def _is_list(tokens: Sequence[str], least: int) -> bool:
    """Whether these read as names rather than as pieces of a sentence."""
    if len(tokens) < least:
        return False
    names = [token[:ENTRY_LENGTH_MAX] for token in tokens]
    prose = sum(map(words.is_prose, names))
    like = sum(map(words.is_like_ingredient, names))
    if prose and prose >= _PROSE_SHARE_MAX * len(names):
        return False
    return like >= _LIKE_SHARE_MIN * len(names) or (not prose and like > 0 and least < 3)


def _expanded(token: str) -> list[str]:
    """`Iron Oxides (CI 77491, CI 77492)` are two colours; `Parfum (Linalool, Citral)` are three."""
    group = _COLOUR_GROUP.search(token)
    if group and not token[group.end() :].strip(" .*+"):
        colours = _COLOURS.findall(group.group(1))
        if len(colours) > 1 and _COLOURS.sub("", group.group(1)).strip(" ,;/&-andci") == "":
            return [f"CI {colour}" for colour in colours]
    inner = _INNER.match(token) if "," in token else None
    if inner:
        names = split_tokens(inner.group(2))
        if _SCENT.match(token) or len(names) > 2:
            return [inner.group(1), *names]
    return [token]


def _judged(reader: _Reader, text: str) -> ParsedList:
    remarks = tuple(
        Problem("remark", "This is no part of the ingredient list.", _shown(remark))
        for remark in reader.remarks
    )
    parts = [part for part in reader.parts if part.entries]
    if not parts:
        return _refused("prose", "This is a text, not an ingredient list.", text)
    read = sum(len(part.entries) for part in parts)
    if reader.prose and read < len(reader.prose):
        return _refused("prose", "Most of this is a text, not an ingredient list.", reader.prose[0])
    for part in parts:
        if wrong := _wrong(part):
            return ParsedList(problems=(wrong,))
    prose = tuple(
        Problem("prose", "This reads as a sentence, not as an ingredient.", _shown(piece))
        for piece in reader.prose
    )
    if len(parts) == 1:
        return ParsedList(ingredients=_ingredients(parts[0]), problems=prose + remarks)
    return _several(parts, prose + remarks)


def _several(parts: Sequence[_Part], others: tuple[Problem, ...]) -> ParsedList:
    titles = [part.title or f"List {number}" for number, part in enumerate(parts, 1)]
    shown = ", ".join(titles)
    problem = Problem(
        "several-products",
        f"The text holds the lists of {len(parts)} products ({_shown(shown)}).",
    )
    lists = tuple((title, _ingredients(part)) for title, part in zip(titles, parts, strict=True))
    return ParsedList(problems=(problem, *others), parts=lists)


def _ingredients(part: _Part) -> tuple[Ingredient, ...]:
    return tuple(
        Ingredient(
            text=entry.text,
            name=entry.name,
            position=position,
            percent=entry.percent,
            is_nano=entry.is_nano,
            may_contain=may_contain,
        )
        for position, (entry, may_contain) in enumerate(part.entries, 1)
    )


def _wrong(part: _Part) -> Problem | None:
    """Why this list can be no ingredient list of a product."""
    entries = [entry for entry, _ in part.entries]
    if len(entries) > INGREDIENTS_MAX:
        return Problem(
            "too-many",
            f"The list has {len(entries):,} ingredients: a product has at most {INGREDIENTS_MAX}.",
        )
    long = next((entry for entry in entries if len(entry.text) > ENTRY_LENGTH_MAX), None)
    if long:
        return Problem(
            "too-long",
            f"One ingredient has {len(long.text):,} characters: a name has at most"
            f" {ENTRY_LENGTH_MAX:,}. A separator may be missing.",
            _shown(long.text),
        )
    over = next((entry for entry in entries if entry.too_much), None)
    if over:
        return Problem("bad-percentage", f"{over.too_much} is more than 100 %.", _shown(over.text))
    return _wrong_sum(entries)


def _wrong_sum(entries: Sequence[Entry]) -> Problem | None:
    total = sum((entry.percent for entry in entries if entry.percent), Decimal(0))
    if total > PERCENT_SUM_MAX:
        return Problem("bad-percentage", f"The percentages add up to {total} %: more than 100 %.")
    return None


def _refused(code: str, detail: str, text: str = "") -> ParsedList:
    return ParsedList(problems=(Problem(code, detail, _shown(text)),))


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN_LENGTH_MAX else text[: SHOWN_LENGTH_MAX - 1] + "\u2026"
