"""The GS1 application identifiers, read from application_identifiers.tsv beside this file."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from catalog.identifiers.rules.linters import CHARACTER_SETS, LINTERS

BAD_CHARACTER: Final = "bad-character"
_LINK_PRIMARY_KEY: Final = "dlpkey"
_REASON_BY_LINTER: Final = {
    "csum": "wrong-check-digit",
    "csumalpha": "wrong-check-digit",
    "yymmdd": "bad-date",
    "yymmd0": "bad-date",
    "yyyymmdd": "bad-date",
}


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a value: its character set, how long it is, and what else must hold."""

    character_set: str
    length_min: int
    length_max: int
    is_optional: bool
    linters: tuple[str, ...]

    def problem(self, text: str) -> tuple[str, str] | None:
        """Give a stable reason and what is wrong with this part, or None."""
        if len(text) < self.length_min:
            return "too-short", "is too short"
        if wrong := CHARACTER_SETS[self.character_set](text):
            return BAD_CHARACTER, wrong
        for name in self.linters:
            linter = LINTERS.get(name)
            if linter is not None and (wrong := linter(text)):
                return _REASON_BY_LINTER.get(name, "bad-value"), wrong
        return None


@dataclass(frozen=True, slots=True)
class ApplicationIdentifier:
    """What a value under this AI looks like and which others must or must not stand beside it."""

    ai: str
    title: str
    needs_fnc1: bool
    is_link_attribute: bool
    components: tuple[Component, ...]
    requires: tuple[tuple[tuple[str, ...], ...], ...]
    excludes: tuple[str, ...]
    link_qualifiers: tuple[tuple[str, ...], ...] | None
    length_max: int = field(init=False)

    def __post_init__(self) -> None:
        length_max = sum(component.length_max for component in self.components)
        object.__setattr__(self, "length_max", length_max)

    @property
    def name(self) -> str:
        """How messages call it, such as `(10) BATCH/LOT`."""
        return f"({self.ai}) {self.title}".rstrip()

    def problem(self, value: str) -> tuple[str, str] | None:
        """Give a stable reason and what is wrong with the whole value, or None."""
        rest = value
        for component in self.components:
            if component.is_optional and not rest:
                break
            part, rest = rest[: component.length_max], rest[component.length_max :]
            if problem := component.problem(part):
                return problem
        return ("too-long", f"has more than {self.length_max} characters") if rest else None


def matches(ai: str, pattern: str) -> bool:
    """Say whether an AI is the one a pattern names, where `n` stands for any digit."""
    return len(ai) == len(pattern) and all(p in (c, "n") for c, p in zip(ai, pattern, strict=True))


def find_ai(text: str) -> ApplicationIdentifier | None:
    """Find the AI that a text starts with; no AI is the beginning of another."""
    for length in (2, 3, 4):
        if definition := APPLICATION_IDENTIFIERS.get(text[:length]):
            return definition
    return None


def unknown_ai_shape(text: str) -> tuple[str, int | None] | None:
    """Tell how long an AI that we do not know is, and its value where GS1 fixed that in advance.

    None where the text does not start with digits enough for one.
    """
    ai = text[: _LENGTH_BY_PREFIX.get(text[:2], 2)]
    if len(ai) < 2 or not (ai.isascii() and ai.isdigit()):
        return None
    return ai, _PREDEFINED_VALUE_LENGTHS.get(text[:2])


def _load() -> Iterator[ApplicationIdentifier]:
    path = Path(__file__).with_name("application_identifiers.tsv")
    with path.open(encoding="utf-8", newline="") as lines:
        entries = (line for line in lines if not line.startswith("#"))
        for row in csv.DictReader(entries, delimiter="\t", quoting=csv.QUOTE_NONE):
            first, _, last = row["ai"].partition("-")
            for number in range(int(first), int(last or first) + 1):
                yield _definition(str(number).zfill(len(first)), row)


def _definition(ai: str, row: dict[str, str]) -> ApplicationIdentifier:
    attributes = [part.partition("=") for part in row["attributes"].split()]
    groups = [value.split(",") for key, _, value in attributes if key == "req"]
    keys = [value for key, _, value in attributes if key == _LINK_PRIMARY_KEY]
    return ApplicationIdentifier(
        ai=ai,
        title=row["title"],
        needs_fnc1="*" not in row["flags"],
        is_link_attribute="?" in row["flags"],
        components=tuple(_component(part) for part in row["components"].split()),
        requires=tuple(tuple(tuple(g.split("+")) for g in group) for group in groups),
        excludes=tuple(
            pattern for key, _, value in attributes if key == "ex" for pattern in value.split(",")
        ),
        link_qualifiers=(
            tuple(tuple(filter(None, way.split(","))) for way in keys[0].split("|"))
            if keys
            else None
        ),
    )


def _component(text: str) -> Component:
    """Read one component, such as `N13`, `X..20` or `[N3]`, with its linters behind commas."""
    shape, *linters = text.split(",")
    bare = shape.strip("[]")
    least, _, most = bare[1:].rpartition("..") if ".." in bare else (bare[1:], "", bare[1:])
    return Component(
        character_set=bare[0],
        length_min=int(least or 1),
        length_max=int(most),
        is_optional=shape.startswith("["),
        linters=tuple(linters),
    )


APPLICATION_IDENTIFIERS: Final[dict[str, ApplicationIdentifier]] = {d.ai: d for d in _load()}
_LENGTH_BY_PREFIX: Final = {ai[:2]: len(ai) for ai in APPLICATION_IDENTIFIERS}
# GS1 General Specifications, figure 7.8.5-2: these lengths are promised for AIs not yet defined.
_PREDEFINED_VALUE_LENGTHS: Final = (
    {"04": 16, "14": 6, "18": 6, "19": 6, "41": 13} | {str(prefix): 6 for prefix in range(31, 37)}
)  # fmt: skip
