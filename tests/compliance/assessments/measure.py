"""Judges the real products and prints what docs/compliance.md shows.

`BACKROOM_DATA=… python -m tests.compliance.assessments.measure [FOLDER]`, in a database with the
rulebooks loaded and the substance inventory imported.
"""

import csv
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

TODAY = date(2026, 11, 1)
# What the shops' categories say of the facts that the law asks for: type, purpose, body area.
FACTS = (
    ("scrub", ("rinse-off", "cleansing", "face")),
    ("exfoliat", ("rinse-off", "cleansing", "face")),
    ("cleans", ("rinse-off", "cleansing", "face")),
    ("wash", ("rinse-off", "cleansing", "body")),
    ("bath", ("rinse-off", "cleansing", "body")),
    ("eye", ("leave-on", "skin_care", "eyes")),
    ("sun", ("leave-on", "sun_care", "face")),
    ("moistur", ("leave-on", "skin_care", "face")),
    ("treatment", ("leave-on", "skin_care", "face")),
    ("serum", ("leave-on", "skin_care", "face")),
    ("toner", ("leave-on", "skin_care", "face")),
    ("mist", ("leave-on", "skin_care", "face")),
    ("oil", ("leave-on", "skin_care", "face")),
    ("balm", ("leave-on", "skin_care", "face")),
    ("peel", ("rinse-off", "skin_care", "face")),
    ("mask", ("rinse-off", "skin_care", "face")),
    ("lip", ("leave-on", "make_up", "lips")),
)

FORMS = (("spray", "spray"), ("mist", "spray"), ("powder", "powder"), ("stick", "stick"))


@dataclass(frozen=True)
class Row:
    """One judged product."""

    key: str
    name: str
    category: str
    verdict: str
    codes: tuple[str, ...]
    findings: tuple


def facts_of(row):
    """The facts behind a category, or else a name: a face cream unless they say otherwise."""
    text = (row["category"] or row["name"]).casefold()
    product_type, purpose, area = next(
        (facts for word, facts in FACTS if word in text), ("leave-on", "skin_care", "face")
    )
    name = row["name"].casefold()
    if "tan" in name.split() or "self-tan" in name or "bronz" in name:
        purpose = "self_tanning"
    elif "spf" in name or "sunscreen" in name:
        purpose = "sun_care"
    form = next((own for word, own in FORMS if word in name), "cream")
    return {
        "product_type": product_type,
        "purpose": purpose,
        "body_area": area,
        "form": form,
        "is_for_under_threes": "baby" in name or "kids" in name,
        "is_professional": False,
    }


def verdict_of(findings):
    """The class of a product: unlawful, lawful only if, a name to settle, nothing to do."""
    law = [own for own in findings if own.code not in NOT_LAW]
    if any(own.severity == "block" for own in law):
        return "unlawful"
    if any(own.severity == "warn" for own in law):
        return "only if"
    if any(own.severity == "warn" for own in findings):
        return "names to settle"
    return "nothing to do"


NOT_LAW = frozenset({"unknown-ingredient", "list-unclear"})
REFUSED = "refused"


def judged(folder: Path) -> Iterator[Row]:
    """Every real product with a list, judged by the rules of the Union."""
    from compliance.assessments.rules.assessing import assess
    from compliance.assessments.rules.subjects import Subject
    from compliance.assessments.selectors.lawbooks import lawbook
    from compliance.rulebooks.rules.shapes import Facts
    from compliance.substances.rules.lists import parse_list
    from compliance.substances.selectors import vocabulary

    names, rules = vocabulary(), lawbook(("EU",))["EU"]
    with (folder / "cosmetics_products" / "products_with_ingredients.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["ingredient_status"] == "list"]
    began = time.perf_counter()
    subjects = []
    for row in rows:
        parsed = parse_list(row["ingredients_text"])
        facts = Facts(**facts_of(row))
        understood = names.understand(parsed.ingredients)
        subjects.append((row, Subject(facts=facts, label=understood, problems=parsed.problems)))
    read = time.perf_counter()
    found = [(row, own, assess(own, rules, TODAY)) for row, own in subjects]
    ended = time.perf_counter()
    print(f"read {len(rows) / (read - began):,.0f} lists a second")
    print(f"judged {len(rows) / (ended - read):,.0f} products a second")
    for row, own, findings in found:
        verdict = verdict_of(findings) if own.label else REFUSED
        codes = tuple(f"{f.severity}:{f.code}" for f in findings)
        yield Row(row["product_key"], row["name"], row["category"], verdict, codes, tuple(findings))


def main() -> None:
    """Print the tables."""
    django.setup()
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    rows = list(judged(folder))
    for verdict, count in Counter(row.verdict for row in rows).most_common():
        print(f"{verdict:18} {count:6} {count / len(rows):7.1%}")
    for severity in ("block", "warn"):
        print(f"\n{severity}: products by code and entry")
        entries = Counter(
            (own.code, own.reference.rpartition("Annex ")[2], own.message[:90])
            for row in rows
            for own in {f.key: f for f in row.findings}.values()
            if own.severity == severity and own.code not in NOT_LAW
        )
        for (code, reference, message), count in entries.most_common(60):
            print(f"{count:6} {code:22} {reference:18} {message}")


if __name__ == "__main__":
    main()
