"""Printed names judged by hand, one by one, with the inventory beside them.

`DRAWN`: 300 tokens drawn at random (seed 20261124) from all entries of
products_with_ingredients.csv, as often as they occur. `REWRITTEN`: 200 different ones (seed
20261125) of those that are not printed as their INCI name: other names, parts, spellings.
"""

import csv
from pathlib import Path

NOT_AN_INGREDIENT = "-"
NO_ONE_SUBSTANCE = "?"  # half a name, two in one, or a part of a plant that nobody can tell


def _sample(name: str) -> list[tuple[str, str]]:
    with Path(__file__).with_name("judged.csv").open(encoding="utf-8", newline="") as lines:
        return [
            (row["printed"], row["meaning"])
            for row in csv.DictReader(lines)
            if row["sample"] == name
        ]


DRAWN = _sample("drawn")
REWRITTEN = _sample("rewritten")
