"""How much of real ingredient lists is understood: `python -m tests.compliance.substances.measure`.

Reads the folder BACKROOM_REAL_DATA, or ../shared/data beside the project.
"""

import csv
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from compliance.substances.rules.common import common_substances
from compliance.substances.rules.inventory import InventoryRow, read_inventory
from compliance.substances.rules.lists import parse_list
from compliance.substances.rules.lists.entries import read_entry
from compliance.substances.rules.shapes import MatchKind, ParsedList, SubstanceRef
from compliance.substances.rules.vocabulary import Vocabulary
from tests.compliance.substances.judged import DRAWN, NO_ONE_SUBSTANCE, NOT_AN_INGREDIENT, REWRITTEN

INVENTORY = Path("cosmetics_regulation") / "cosing_inventory.csv"
PRODUCTS = Path("cosmetics_products") / "products_with_ingredients.csv"
UNKNOWN_SHOWN = 30


@dataclass
class Measured:
    """What came of all lists."""

    lists: Counter = field(default_factory=Counter)
    refused: Counter = field(default_factory=Counter)
    matches: Counter = field(default_factory=Counter)
    unknown: Counter = field(default_factory=Counter)
    lists_per_second: float = 0  # of processor time

    @property
    def tokens(self) -> int:
        return self.matches.total()

    @property
    def recognised(self) -> float:
        return 1 - self.matches[MatchKind.NONE] / self.tokens


@dataclass
class Judged:
    """The program against the hand."""

    right: int = 0
    wrong: list = field(default_factory=list)
    missed: list = field(default_factory=list)
    ingredients: int = 0

    @property
    def precision(self) -> float:
        return self.right / (self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        return self.right / self.ingredients


def vocabulary_of(folder: Path) -> Vocabulary:
    """The inventory and the common substances, without a database."""
    rows: dict[str, InventoryRow] = {row.key: row for row in common_substances()}
    rows |= read_inventory((folder / INVENTORY).read_bytes()).rows
    ids = {key: number for number, key in enumerate(rows, 1)}
    return Vocabulary(
        [
            SubstanceRef(id=ids[key], inci_name=row.inci_name, cas_numbers=row.cas_numbers)
            for key, row in rows.items()
        ],
        inci=ids,
    )


def texts_of(folder: Path, status: str = "list") -> list[str]:
    """The printed lists."""
    with (folder / PRODUCTS).open(encoding="utf-8", newline="") as lines:
        return [
            row["ingredients_text"]
            for row in csv.DictReader(lines)
            if row["ingredient_status"] == status
        ]


def measure(texts: list[str], known: Vocabulary) -> Measured:
    """Parse and understand all of them; the lists of kits count, too."""
    found = Measured()
    begun = time.process_time()
    for text in texts:
        parsed = parse_list(text)
        found.lists[_kind(parsed)] += 1
        if not parsed.is_list and not parsed.parts:
            found.refused[parsed.problems[0].code] += 1
        for ingredients in (parsed.ingredients, *(part for _, part in parsed.parts)):
            for one in known.understand(ingredients):
                found.matches[one.match] += 1
                if one.match is MatchKind.NONE:
                    found.unknown[one.ingredient.name.casefold()] += 1
    found.lists_per_second = len(texts) / (time.process_time() - begun)
    return found


def judge(pairs: list[tuple[str, str]], known: Vocabulary) -> Judged:
    """Ask the program what each printed name means, and compare."""
    found = Judged()
    for text, expected in pairs:
        substance, _ = known.find(read_entry(text).name)
        found.ingredients += expected != NOT_AN_INGREDIENT
        if substance is None:
            if expected != NOT_AN_INGREDIENT:
                found.missed.append((text, expected))
        elif substance.inci_name == expected:
            found.right += 1
        else:
            found.wrong.append((text, expected, substance.inci_name))
    return found


def _kind(parsed: ParsedList) -> str:
    if parsed.parts:
        return "several products, split"
    if not parsed.is_list:
        return "refused"
    has_prose = any(problem.code == "prose" for problem in parsed.problems)
    return "read, with a sentence left out" if has_prose else "read"


def main() -> int:
    """Print the tables."""
    folder = Path(os.environ.get("BACKROOM_REAL_DATA", "../shared/data"))
    known, texts = vocabulary_of(folder), texts_of(folder)
    found = measure(texts, known)
    print(f"{len(texts):,} lists, {found.tokens:,} entries, {found.lists_per_second:,.0f} lists/s")
    for kind, count in found.lists.most_common():
        print(f"{count:>8,}  {kind}")
    for code, count in found.refused.most_common():
        print(f"{count:>8,}  refused: {code}")
    for match, count in found.matches.most_common():
        print(f"{count:>8,}  {count / found.tokens:6.1%}  {match}")
    print(f"recognised {found.recognised:.2%}")
    for label, pairs in (("drawn", DRAWN), ("rewritten", REWRITTEN)):
        judged = judge(pairs, known)
        print(
            f"{label}: precision {judged.precision:.1%}, recall {judged.recall:.1%} of "
            f"{judged.ingredients}; wrong {judged.wrong}; missed "
            f"{[text for text, expected in judged.missed if expected != NO_ONE_SUBSTANCE]}"
        )
    junk = measure(texts_of(folder, "missing_or_junk"), known)
    print(f"texts that are no lists: {dict(junk.lists)}, refused {dict(junk.refused)}")
    for name, count in found.unknown.most_common(UNKNOWN_SHOWN):
        print(f"{count:>8,}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
