"""What changed between two versions of a rulebook, entry by entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """An entry as far as versions are compared: its words, its numbers, its dates."""

    id: int
    key: Key  # section, number, which of the same number
    substance: str
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where it stands: `III 98`."""
        section, number, occurrence = self.key
        return f"{section} {number}" + (f" ({occurrence})" if occurrence > 1 else "")


@dataclass(frozen=True, slots=True)
class Change:
    """One part of an entry that reads differently."""

    part: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Changed:
    """An entry that both versions have, and how it differs."""

    before: Compared
    after: Compared
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What the later version adds, drops and changes, in its order."""

    added: tuple[Compared, ...] = ()
    removed: tuple[Compared, ...] = ()
    changed: tuple[Changed, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether both say the same."""
        return not (self.added or self.removed or self.changed)


def difference(before: Sequence[Compared], after: Sequence[Compared]) -> Difference:
    """Compare two contents by section and number."""
    old = {own.key: own for own in before}
    new = {own.key: own for own in after}
    changed = [
        Changed(old[own.key], own, changes)
        for own in after
        if own.key in old and (changes := _changes(old[own.key], own))
    ]
    return Difference(
        added=tuple(own for own in after if own.key not in old),
        removed=tuple(own for own in before if own.key not in new),
        changed=tuple(changed),
    )


def _changes(old: Compared, new: Compared) -> tuple[Change, ...]:
    parts = dict.fromkeys((*old.said, *new.said))
    return tuple(
        Change(part, old.said.get(part, ""), new.said.get(part, ""))
        for part in parts
        if _plain(old.said.get(part, "")) != _plain(new.said.get(part, ""))
    )


def _plain(text: str) -> str:
    """Words without what is only typesetting: spaces, hidden hyphens, dashes, capitals."""
    text = text.replace("\xad", "").replace("\u2014", "-")
    return "".join(text.split()).rstrip(".").lower()
