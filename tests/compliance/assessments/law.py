"""A small law to judge by, made by hand."""

from datetime import date
from decimal import Decimal

from compliance.assessments.rules.compiled import compile_rules
from compliance.assessments.rules.shares import Share, ShareSource
from compliance.assessments.rules.subjects import Amount, Subject
from compliance.rulebooks.rules.shapes import (
    EVERYTHING,
    Entry,
    EntryKind,
    Facts,
    Limit,
    Rules,
    Scope,
)
from compliance.substances.rules.shapes import Ingredient, MatchKind, SubstanceRef, Understood

TODAY = date(2026, 11, 1)
LEAVE_ON, RINSE_OFF = Facts(product_type="leave-on"), Facts(product_type="rinse-off")


class Names:
    """Substances by their names; each is made as it is asked for."""

    def __init__(self, functions=None):
        self.known = {}
        self.functions = functions or {}

    def by_name(self, name):
        key = name.casefold()
        if key not in self.known:
            self.known[key] = SubstanceRef(
                id=len(self.known) + 1, inci_name=name, functions=self.functions.get(name, ())
            )
        return self.known[key]

    def by_cas(self, cas):
        return ()


def entry(number, name, kind=EntryKind.RESTRICTED, **fields):
    fields.setdefault(
        "section", {EntryKind.PROHIBITED: "II", EntryKind.RESTRICTED: "III"}.get(kind, "V")
    )
    return Entry(
        id=number,
        rulebook="EU",
        number=str(number),
        kind=kind,
        substance=name,
        names=(name,),
        reference=f"Annex {fields['section']}, entry {number}",
        **fields,
    )


def limit(percent=None, scope=EVERYTHING, **fields):
    return Limit(scope=scope, max_percent=None if percent is None else Decimal(percent), **fields)


def scope(**fields):
    return Scope(**{key: frozenset([value]) for key, value in fields.items()})


def law(*entries, names=None, coverage=""):
    names = names or Names()
    rules = Rules(
        jurisdiction="EU", versions=("EU 2026-08-28",), entries=tuple(entries), coverage=coverage
    )
    return compile_rules(rules, names), names


def printed(names, *texts, match=MatchKind.EXACT, percent=None):
    """A list of these names; a text that ends in a question mark is not known to anybody."""
    found = []
    for position, text in enumerate(texts, start=1):
        own = Ingredient(
            text=text,
            name=text,
            position=position,
            percent=None if percent is None or text not in percent else Decimal(percent[text]),
            is_nano="(nano)" in text,
        )
        substance = None if text.endswith("?") else names.by_name(text.replace(" (nano)", ""))
        found.append(
            Understood(
                ingredient=own,
                substance=substance,
                match=MatchKind.NONE if substance is None else match,
            )
        )
    return tuple(found)


def amount(names, text, low, high=None):
    (understood,) = printed(names, text)
    return Amount(understood=understood, percent_min=Decimal(low), percent_max=Decimal(high or low))


def cosmetic(label=(), facts=LEAVE_ON, **fields):
    return Subject(label=label, facts=facts, **fields)


def at_most(percent):
    return Share(Decimal(0), Decimal(percent), ShareSource.ORDER)
