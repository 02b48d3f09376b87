"""The parts of a clearance's page: the list with its findings in place, the findings, the facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from catalog.products.models import CosmeticProduct
from compliance.assessments.admin.words import LETTERS, severity_label
from compliance.assessments.models import Clearance
from compliance.assessments.rules.findings import weight
from compliance.assessments.selectors.queue import how_many_wait_for
from compliance.assessments.selectors.review import (
    Precedent,
    SourceText,
    precedents,
    source_texts,
)
from config.kernel.admin.display import day

MATCHES = {
    "exact": "",
    "synonym": "by another name",
    "part": "by a part of what is printed",
    "spelling": "but for its spelling",
    "remembered": "as settled by a person",
    "none": "nobody knows it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A finding as the page shows it."""

    number: int
    severity: str
    letter: str
    badge: SafeString
    message: str
    ingredient: str
    reference: str
    url: str
    evidence: str
    asks: str
    later: str
    is_new: bool
    settled_as: str
    source: SourceText | None
    precedents: Sequence[Precedent]
    others: int
    others_url: str
    name_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """An entry of the printed list, and the findings about it."""

    text: str
    severity: str = ""
    letter: str = ""
    about: str
    findings: Sequence[Shown] = field(default_factory=tuple)


def shown_findings(row: Clearance) -> list[Shown]:
    """What was found: what waits for a decision first, then what was decided, then the rest."""
    kept = list(row.assessment.findings) if row.assessment else []
    asking = [own["key"] for own in kept if own["severity"] in ("block", "warn")]
    sources = source_texts({own["entry_id"] for own in kept if own["entry_id"]})
    earlier = precedents(asking, but_clearance=row)
    others = how_many_wait_for(asking, but_product_id=row.product_id) if asking else {}
    new = set(row.new_keys)
    kept.sort(key=lambda own: (own["key"] not in new, -weight(own["severity"])))
    return [
        _shown(number, own, row, sources, earlier, others)
        for number, own in enumerate(kept, start=1)
    ]


def _shown(
    number: int,
    own: Mapping[str, Any],
    row: Clearance,
    sources: Mapping[int, SourceText],
    earlier: Mapping[str, list[Precedent]],
    others: Mapping[str, int],
) -> Shown:
    key = own["key"]
    return Shown(
        number=number,
        severity=own["severity"],
        letter=LETTERS[own["severity"]],
        badge=severity_label(own["severity"]),
        message=own["message"],
        ingredient=own["ingredient"],
        reference=own["reference"],
        url=own["url"],
        evidence=own["evidence"],
        asks=own["asks"],
        later=_later(own),
        is_new=key in row.new_keys,
        settled_as=row.settled_keys.get(key, ""),
        source=sources.get(own["entry_id"] or 0),
        precedents=earlier.get(key, ()),
        others=others.get(key, 0),
        others_url=_queue_url(key),
        name_url=_name_url(own),
    )


def _later(own: Mapping[str, Any]) -> str:
    if not own["from_date"] or not own["later"]:
        return ""
    on = day(date.fromisoformat(own["from_date"]))
    return f"From {on} on: {'unlawful' if own['later'] == 'block' else own['later']}."


def _queue_url(key: str) -> str:
    return (
        f"{reverse('admin:compliance_waitingclearance_changelist')}?{urlencode({'finding': key})}"
    )


def _name_url(own: Mapping[str, Any]) -> str:
    """Where a name that nobody knows is settled."""
    if own["code"] != "unknown-ingredient":
        return ""
    try:
        url = reverse("admin:compliance_unknownname_changelist")
    except NoReverseMatch:
        return ""
    return f"{url}?{urlencode({'q': own['ingredient'][:100]})}"


def marked_list(row: Clearance, findings: Sequence[Shown]) -> list[Marked]:
    """The ingredients as printed, each with the heaviest of its findings."""
    by_text: dict[str, list[Shown]] = {}
    for own in findings:
        if own.ingredient:
            by_text.setdefault(own.ingredient, []).append(own)
    printed = row.assessment.ingredients if row.assessment else []
    return [_marked(one, by_text.get(one["text"][:300], [])) for one in printed]


def _marked(one: Mapping[str, Any], findings: list[Shown]) -> Marked:
    found = sorted(findings, key=lambda own: -weight(own.severity))
    known = one["inci_name"] or ""
    how = MATCHES.get(one["match"], "")
    about = ", ".join(part for part in (known, one["cas_number"] or "", how) if part)
    if not found:
        return Marked(text=one["text"], about=about)
    heaviest = found[0]
    return Marked(
        text=one["text"],
        severity=heaviest.severity,
        letter=heaviest.letter,
        about=about,
        findings=found,
    )


def facts_of(cosmetic: CosmeticProduct) -> list[tuple[str, str]]:
    """What the law asks of a cosmetic beside its ingredients; what is not known says so."""
    return [
        ("Stays on or is rinsed off", cosmetic.get_product_type_display() or "not known"),
        ("Purpose", cosmetic.get_purpose_display() or "not known"),
        ("Where it is applied", cosmetic.get_body_area_display() or "not known"),
        ("Form", cosmetic.get_form_display() or "not known"),
        ("For children under three", _yes(cosmetic.is_for_under_threes)),
        ("For professional use alone", _yes(cosmetic.is_professional)),
    ]


def _yes(value: bool | None) -> str:
    return "not known" if value is None else "yes" if value else "no"
