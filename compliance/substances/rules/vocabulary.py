"""All known names in memory, and how a printed name is understood: never by a guess."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from rapidfuzz import fuzz, process

from compliance.substances.rules.names import name_key, squashed
from compliance.substances.rules.readings import may_repeat, readings, sides, spelled
from compliance.substances.rules.shapes import (
    Ingredient,
    MatchKind,
    SubstanceRef,
    Understood,
)
from compliance.substances.rules.synonyms import EQUALS, SYNONYMS

CACHE_SIZE_MAX = 300_000
NEAREST_SCORE_MIN = 60.0

Found = tuple[SubstanceRef | None, MatchKind]
Look = Callable[[str], int | None]
_UNKNOWN: Found = (None, MatchKind.NONE)


class Vocabulary:
    """Substances by name and number. It does not change: a new state is a new vocabulary.

    `find` answers (None, REMEMBERED) for what a person called no ingredient.
    """

    def __init__(
        self,
        substances: Iterable[SubstanceRef],
        *,
        inci: Mapping[str, int],
        synonyms: Mapping[str, int] | None = None,
        answers: Mapping[str, int | None] | None = None,
    ) -> None:
        """`inci`, `synonyms` and `answers` are the substances' ids by the keys of names."""
        self._substances = {one.id: one for one in substances}
        self._inci = inci
        self._answers = answers or {}
        self._other = {
            key: inci[name] for key, name in SYNONYMS.items() if name in inci and key not in inci
        } | dict(synonyms or {})
        self._numbers = _by_number(self._substances.values())
        self._spelled = _by_spelling({**self._other, **inci})
        self._found: dict[str, Found] = {}

    def __len__(self) -> int:
        return len(self._substances)

    def find(self, ingredient: Ingredient | str) -> Found:
        """The substance that a printed name means, and how it was understood."""
        name = ingredient if isinstance(ingredient, str) else ingredient.name
        found = self._found.get(name)
        if found is None:
            found = self._find(name_key(name))
            if len(self._found) >= CACHE_SIZE_MAX:
                self._found.clear()
            self._found[name] = found
        return found

    def understand(self, ingredients: Iterable[Ingredient]) -> tuple[Understood, ...]:
        """Each entry of a list with its substance."""
        understood = []
        for ingredient in ingredients:
            substance, match = self.find(ingredient.name)
            understood.append(Understood(ingredient=ingredient, substance=substance, match=match))
        return tuple(understood)

    def by_cas(self, cas_number: str) -> tuple[SubstanceRef, ...]:
        """The substances with this CAS number: none, one or several."""
        return self._numbers.get(cas_number.strip(), ())

    def by_name(self, name: str) -> SubstanceRef | None:
        """The substance that an INCI name or another name of a substance names; no readings."""
        key = name_key(name)
        found = self._inci.get(key, self._other.get(key))
        return None if found is None else self._substances.get(found)

    def by_id(self, substance_id: int) -> SubstanceRef | None:
        """The substance with this key."""
        return self._substances.get(substance_id)

    def nearest(self, name: str, limit: int = 5) -> list[tuple[SubstanceRef, float]]:
        """The substances with the most similar names, best first: proposals for a person."""
        key = name_key(name)
        if not key:
            return []
        found = process.extract(
            key,
            self._inci.keys(),
            scorer=fuzz.ratio,
            limit=limit,
            score_cutoff=NEAREST_SCORE_MIN,
        )
        return [(self._substances[self._inci[near]], round(score, 1)) for near, score, _ in found]

    def _find(self, key: str) -> Found:
        if key in self._inci:
            return self._substances[self._inci[key]], MatchKind.EXACT
        if key in self._answers:
            answer = self._answers[key]
            return (self._substances.get(answer) if answer else None), MatchKind.REMEMBERED
        if key in self._other:
            return self._substances[self._other[key]], MatchKind.SYNONYM
        return self._in_parts(key) or self._by_spelling(key) or _UNKNOWN

    def _in_parts(self, key: str) -> Found | None:
        """One side of a slash, or with or without what stands in parentheses."""
        for reading in readings(key):
            found = self._known(reading)
            if found is not None:
                return self._substances[found], MatchKind.PART
        found = self._one_of(sides(key), self._known)
        return None if found is None else (self._substances[found], MatchKind.PART)

    def _by_spelling(self, key: str) -> Found | None:
        for reading in (key, *readings(key)):
            found = self._respelled(reading)
            if found is not None:
                return self._substances[found], MatchKind.SPELLING
        found = self._one_of(sides(key), self._respelled)
        return None if found is None else (self._substances[found], MatchKind.SPELLING)

    def _known(self, key: str) -> int | None:
        return self._inci.get(key, self._other.get(key))

    def _respelled(self, key: str) -> int | None:
        return self._spelled.get(squashed(spelled(key)))

    def _one_of(self, names: Sequence[str], look: Look) -> int | None:
        """What the sides of a slash all mean: the first, if the others name nothing else."""
        looked = [(name, look(name)) for name in names]
        found = [(name, one) for name, one in looked if one is not None]
        if not found:
            return None
        known, first = found[0]
        same = all(
            may_repeat(name, known) if one is None else self._is_same(first, one)
            for name, one in looked
        )
        return first if same else None

    def _is_same(self, one_id: int, other_id: int) -> bool:
        one, other = self._substances[one_id], self._substances[other_id]
        keys = name_key(one.inci_name), name_key(other.inci_name)
        return (
            one_id == other_id
            or EQUALS.get(keys[0], keys[0]) == EQUALS.get(keys[1], keys[1])
            or not set(one.cas_numbers).isdisjoint(other.cas_numbers)
        )


def _by_number(substances: Collection[SubstanceRef]) -> dict[str, tuple[SubstanceRef, ...]]:
    found: dict[str, list[SubstanceRef]] = {}
    for substance in substances:
        for number in substance.cas_numbers:
            found.setdefault(number, []).append(substance)
    return {number: tuple(those) for number, those in found.items()}


def _by_spelling(names: Mapping[str, int]) -> dict[str, int]:
    """Keys without blanks and hyphens, where they mean one substance."""
    found: dict[str, int] = {}
    doubtful: set[str] = set()
    for key, substance in names.items():
        short = squashed(spelled(key))
        if found.setdefault(short, substance) != substance:
            doubtful.add(short)
    for short in doubtful:
        del found[short]
    return found


def unknown_names(understood: Iterable[Understood]) -> Iterator[str]:
    """The printed names of what nobody recognised."""
    for one in understood:
        if one.match is MatchKind.NONE:
            yield one.ingredient.name
