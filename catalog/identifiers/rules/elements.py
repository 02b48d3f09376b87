"""GS1 element strings: with parentheses for people, with FNC1 (sent as GS, 0x1D) for scanners."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from catalog.identifiers.errors import InvalidScan, shown
from catalog.identifiers.rules.application_identifiers import (
    APPLICATION_IDENTIFIERS,
    BAD_CHARACTER,
    find_ai,
    matches,
    unknown_ai_shape,
)

FNC1: Final = "\x1d"

# What the shop acts on: a doubtful value here is refused, elsewhere it is a warning.
ACTED_ON: Final = frozenset(
    ["00", "01", "02", "03", "10", "11", "13", "15", "16", "17", "21", "30", "37"]
    + [f"{kind}{decimals}" for kind in (310, 320) for decimals in range(6)]
)
_BRACKETED_AI: Final = re.compile(r"(?<!\\)\(([0-9]{2,4})\)")


@dataclass(frozen=True, slots=True)
class Element:
    """One application identifier with its value and GS1's title; no title where it is unknown."""

    ai: str
    value: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class ScanWarning:
    """Something odd in a scan that did not stop us from using the rest."""

    code: str
    detail: str


@dataclass(slots=True)
class Reading:
    """Elements read so far. Strict refuses whatever GS1 forbids; else what is safe is a warning."""

    text: str
    is_strict: bool = True
    elements: list[Element] = field(default_factory=list)
    warnings: list[ScanWarning] = field(default_factory=list)

    def refusal(self, reason: str, detail: str) -> InvalidScan:
        """Make the error that ends this reading."""
        return InvalidScan(f"{shown(self.text)}: {detail}.", reason=reason, value=self.text)

    def doubt(self, reason: str, detail: str) -> None:
        """Refuse when strict, else note a warning and go on."""
        if self.is_strict:
            raise self.refusal(reason, detail)
        self.warnings.append(ScanWarning(reason, f"{detail}."))

    def add(self, ai: str, value: str) -> None:
        """Check one element and keep it."""
        definition = APPLICATION_IDENTIFIERS.get(ai)
        if not self.is_strict:
            value = value.strip()
        if not value:
            name = definition.name if definition else f"({ai})"
            raise self.refusal("empty-value", f"{name} is empty")
        if definition is None:
            self.doubt(
                "unknown-ai", f"({ai}) is unknown here; its value {shown(value)} is not used"
            )
            self.elements.append(Element(ai, value))
            return
        if problem := definition.problem(value):
            reason, detail = problem
            sentence = f"{definition.name} {shown(value)} {detail}"
            is_text = definition.components[0].character_set == "X"
            if ai in ACTED_ON and not (reason == BAD_CHARACTER and is_text):
                raise self.refusal(reason, sentence)
            self.doubt(reason, sentence)
        self.elements.append(Element(ai, value, definition.title))

    def read_bracketed(self, text: str) -> None:
        """Read `(01)…(10)…`; a backslash stands before a parenthesis that belongs to a value."""
        parts = _BRACKETED_AI.split(text)
        if parts[0].strip() or len(parts) == 1:
            raise self.refusal("no-ai", "an AI in parentheses, such as (01), must come first")
        for ai, value in zip(parts[1::2], parts[2::2], strict=True):
            if self.is_strict and re.search(r"(?<!\\)\(", value):
                raise self.refusal("no-ai", f"the parenthesis in {shown(value)} opens no AI")
            self.add(ai, value.replace("\\(", "("))

    def read_raw(self, text: str) -> None:
        """Read elements one behind the other; the first FNC1, which says it is GS1, is gone."""
        rest = text
        if not rest:
            raise self.refusal("empty", "there is no GS1 data")
        while rest:
            if rest[0] == FNC1 and not self.is_strict:
                rest = rest[1:]
                continue
            ai, length = self._next_ai(rest)
            rest = rest[len(ai) :]
            if length is None:
                value, _, rest = rest.partition(FNC1)
            else:
                value = rest[:length].partition(FNC1)[0]
                rest = rest[len(value) :].removeprefix(FNC1)
            self.add(ai, value)

    def _next_ai(self, rest: str) -> tuple[str, int | None]:
        """Find the AI at the start, and the length of its value where no FNC1 needs to end it."""
        if definition := find_ai(rest):
            return definition.ai, None if definition.needs_fnc1 else definition.length_max
        shape = unknown_ai_shape(rest)
        if shape is None or self.is_strict:
            raise self.refusal("no-ai", f"{shown(rest)} starts with no GS1 application identifier")
        return shape


def parse_bracketed(text: str, *, strict: bool = True) -> tuple[Element, ...]:
    """Read an element string with parentheses; raises InvalidScan."""
    reading = Reading(text, is_strict=strict)
    reading.read_bracketed(text)
    return tuple(reading.elements)


def parse_raw(text: str, *, strict: bool = True) -> tuple[Element, ...]:
    """Read an element string that starts with FNC1 (0x1D); raises InvalidScan."""
    reading = Reading(text, is_strict=strict)
    if not text.startswith(FNC1):
        raise reading.refusal("no-fnc1", "GS1 data starts with FNC1")
    reading.read_raw(text[1:])
    return tuple(reading.elements)


def build_raw(elements: Iterable[Element]) -> str:
    """Write elements as a scanner sends them: FNC1 first, and behind each that needs one."""
    text, is_open = FNC1, False
    for element in elements:
        definition = APPLICATION_IDENTIFIERS.get(element.ai)
        text += f"{FNC1 if is_open else ''}{element.ai}{element.value}"
        is_open = definition is None or definition.needs_fnc1
    return text


def build_bracketed(elements: Iterable[Element]) -> str:
    """Write elements as people read them, with the AIs in parentheses."""
    return "".join(f"({e.ai}){e.value.replace('(', chr(92) + '(')}" for e in elements)


def find_conflicting_repeats(elements: Iterable[Element]) -> list[str]:
    """Name every AI that is given twice with different values."""
    first: dict[str, str] = {}
    return [
        f"({e.ai}) is both {shown(first[e.ai])} and {shown(e.value)}"
        for e in elements
        if first.setdefault(e.ai, e.value) != e.value
    ]


def find_exclusions(elements: Iterable[Element]) -> list[str]:
    """Name every pair of AIs that GS1 does not allow on one item."""
    ais = dict.fromkeys(e.ai for e in elements)
    return [
        f"({ai}) must not stand beside ({other})"
        for ai in ais
        if (definition := APPLICATION_IDENTIFIERS.get(ai))
        for pattern in definition.excludes
        for other in ais
        if other != ai and matches(other, pattern)
    ]


def find_missing_requisites(elements: Iterable[Element]) -> list[str]:
    """Name every AI that lacks the others GS1 wants on the same item."""
    ais = dict.fromkeys(e.ai for e in elements)
    return [
        f"({ai}) needs {' or '.join('+'.join(group) for group in groups)} beside it"
        for ai in ais
        if (definition := APPLICATION_IDENTIFIERS.get(ai))
        for groups in definition.requires
        if not any(all(any(matches(a, p) for a in ais) for p in group) for group in groups)
    ]


def find_unserialised_signature(elements: Iterable[Element]) -> list[str]:
    """Name a key under a digital signature (8030) that lacks the serial part it is signed for."""
    kept = list(elements)
    if not any(e.ai == "8030" for e in kept):
        return []
    key_lengths = {"253": 13, "255": 13, "8003": 14}
    return [
        f"({e.ai}) needs its serial number beside a digital signature (8030)"
        for e in kept
        if len(e.value) <= key_lengths.get(e.ai, 0)
    ]


def find_association_problems(elements: Iterable[Element]) -> list[str]:
    """Run every rule about AIs that stand together; what one item's barcodes say is one list."""
    kept = list(elements)
    return [
        *find_conflicting_repeats(kept),
        *find_exclusions(kept),
        *find_missing_requisites(kept),
        *find_unserialised_signature(kept),
    ]
