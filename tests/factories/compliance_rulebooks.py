"""Rulebooks for tests: a small law of our own, in our own columns."""

from datetime import UTC, date, datetime

from compliance.rulebooks.models import Coverage, Rulebook
from compliance.rulebooks.services import activate_version, import_rulebook

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
HEADINGS = (
    "section,number,kind,substance,names,cas,product_type,maximum_concentration,other,"
    "available_from"
)
LAW = (
    "A,1,prohibited,Nastium,Nastium,50-00-0,,,,",
    (
        "A,2,restricted,Mildium,Mildium|Mild Oil,64-17-5,(a) Toothpaste|(b) Other products,"
        "(a) 1 %|(b) 2 %,,"
    ),
    "A,3,preservative,Keepium,Keepium,67-56-1,Something odd,0.5%,,",
)


def file_of(*rows: str, headings: str = HEADINGS) -> bytes:
    """A rulebook file; `|` in cells of prose stands for a line break."""
    lines = [headings]
    for row in rows:
        cells = row.split(",")
        prose = [f'"{c}"'.replace("|", "\n") if place > 5 else c for place, c in enumerate(cells)]
        lines.append(",".join(prose))
    return "\n".join(lines).encode()


def rulebook(code: str = "TEST", jurisdiction: str = "XX") -> Rulebook:
    """A law of its own."""
    return Rulebook.objects.get_or_create(
        code=code,
        defaults={"jurisdiction": jurisdiction, "name": code, "coverage": Coverage.COMPLETE},
    )[0]


def imported(*rows: str, label: str = "1", on: date = date(2026, 1, 1), **given):
    """A draft of these rows, or of the small law."""
    book = rulebook()
    return import_rulebook(
        rulebook=book.code,
        content=given.pop("content", None) or file_of(*(rows or LAW)),
        file_name=given.pop("file_name", "law.csv"),
        label=label,
        effective_from=on,
        user=given.pop("user", None),
        now=NOW,
        **given,
    )


def active(*rows: str, **given):
    """The same, made the law."""
    version = imported(*rows, **given)
    return activate_version(version_id=version.pk, user=None, now=NOW)
