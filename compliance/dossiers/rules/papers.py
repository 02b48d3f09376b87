"""Which document meets which requirement, on which day, and for how long."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

# Where the law of another holds too: what is valid for the whole is valid in its part.
_WHOLE: Mapping[str, str] = {"US-CA": "US"}

FOREVER = date.max
LAPSED = "lapsed"
ALERT_DAYS = (90, 30, 7)


class DocumentKind(StrEnum):
    """What a document is."""

    SAFETY_REPORT = "safety_report"
    SDS = "sds"
    TEST_REPORT = "test_report"
    CERTIFICATE = "certificate"
    DECLARATION = "declaration"
    CPNP_NOTIFICATION = "cpnp_notification"
    LABEL_ARTWORK = "label_artwork"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document as far as it matters whether it holds; a blank jurisdiction: everywhere."""

    id: int
    product_id: int
    kind: str
    title: str
    standard: str = ""
    jurisdiction: str = ""
    requirement_id: int | None = None
    issued_date: date | None = None
    expiry_date: date | None = None

    @property
    def until(self) -> date:
        """The last day on which it holds; without one it does not run out."""
        return self.expiry_date or FOREVER

    def holds(self, on: date) -> bool:
        """Whether it has begun and has not run out."""
        return (self.issued_date is None or self.issued_date <= on) and on <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A paper that the products of a category need in a jurisdiction."""

    id: int
    category_id: int
    name: str
    jurisdiction: str
    kind: str
    standard: str = ""
    legal_basis: str = ""
    url: str = ""
    valid_from_date: date | None = None
    is_needed_to_sell: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a product needs in a jurisdiction, and until when it has it.

    Where it is met `until` is the last day, None if it does not run out; where it has lapsed
    `until` is the last day on which it was met.
    """

    name: str
    jurisdiction: str
    legal_basis: str
    url: str = ""
    is_met: bool = False
    has_lapsed: bool = False
    until: date | None = None
    requirement_id: int | None = None
    document_id: int | None = None
    is_needed_to_sell: bool = True


def standard_key(text: str) -> str:
    """A standard without its year and spelling: `DIN EN 1078:2014` is `DINEN1078`."""
    return re.sub(r"[^A-Z0-9]", "", text.upper().split(":")[0])


def is_same_standard(required: str, stated: str) -> bool:
    """Whether a document is by the required standard, in whatever edition and national form.

    `EN 1077` is met by `EN 1077 B` and `DIN EN 1077:2007`, never by `EN 10770`.
    """
    wanted = standard_key(required)
    return not wanted or bool(re.search(rf"{wanted}(?!\d)", standard_key(stated)))


def reaches(where: str, jurisdiction: str) -> bool:
    """Whether a document for `where` holds in a jurisdiction; blank: everywhere."""
    return where in ("", jurisdiction, _WHOLE.get(jurisdiction, ""))


def is_for(paper: Paper, requirement: Requirement) -> bool:
    """Whether a document is what a requirement asks for, whenever it holds.

    A document kept for one requirement answers no other.
    """
    if paper.requirement_id is not None:
        return paper.requirement_id == requirement.id
    return (
        paper.kind == requirement.kind
        and reaches(paper.jurisdiction, requirement.jurisdiction)
        and is_same_standard(requirement.standard, paper.standard)
    )


def certificate_of(requirement: Requirement, papers: Iterable[Paper], on: date) -> Certificate:
    """How a requirement stands on a day: by the document that holds longest, if one does."""
    own = [paper for paper in papers if is_for(paper, requirement)]
    holding = [paper for paper in own if paper.holds(on)]
    lapsed = [paper for paper in own if paper.until < on]
    best = max(holding or lapsed, key=lambda paper: (paper.until, paper.id), default=None)
    return Certificate(
        name=requirement.name,
        jurisdiction=requirement.jurisdiction,
        legal_basis=requirement.legal_basis,
        url=requirement.url,
        is_met=bool(holding),
        has_lapsed=bool(lapsed) and not holding,
        until=best.expiry_date if best else None,
        requirement_id=requirement.id,
        document_id=best.id if best else None,
        is_needed_to_sell=requirement.is_needed_to_sell,
    )


def applies(requirement: Requirement, lineage: Iterable[int], on: date) -> bool:
    """Whether a requirement is about a product of this category, with those above it, by now."""
    begun = requirement.valid_from_date is None or requirement.valid_from_date <= on
    return begun and requirement.category_id in lineage


def safety_report_until(
    papers: Iterable[Paper], jurisdictions: Iterable[str], on: date
) -> dict[str, date]:
    """The last day of the safety report that holds longest, by jurisdiction; none: missing."""
    reports = [
        paper for paper in papers if paper.kind == DocumentKind.SAFETY_REPORT and paper.holds(on)
    ]
    return {
        code: max(paper.until for paper in own)
        for code in jurisdictions
        if (own := [paper for paper in reports if reaches(paper.jurisdiction, code)])
    }


def is_replaced(paper: Paper, others: Iterable[Paper], on: date) -> bool:
    """Whether another document does what this one does, and for longer, on this day already."""
    return any(
        other.id != paper.id
        and other.product_id == paper.product_id
        and other.kind == paper.kind
        and other.requirement_id in (paper.requirement_id, None)
        and reaches(other.jurisdiction, paper.jurisdiction)
        and is_same_standard(paper.standard, other.standard)
        and other.holds(on)
        and other.until > paper.until
        for other in others
    )


def missing(
    *,
    is_cosmetic: bool,
    jurisdiction: str,
    has_responsible_person: bool,
    cpnp_number: str,
    certificates: Iterable[Certificate],
) -> tuple[str, ...]:
    """What a product lacks in a jurisdiction, in words.

    The Union wants somebody who answers for any product (Regulation (EU) 2023/988, Article 16;
    Regulation (EC) No 1223/2009, Article 4), others for cosmetics only.
    """
    asks_for_person = jurisdiction == "EU" or (is_cosmetic and jurisdiction in ("GB", "US"))
    lacks = []
    if asks_for_person and not has_responsible_person:
        lacks.append("Responsible person")
    if is_cosmetic and jurisdiction == "EU" and not cpnp_number:
        lacks.append("CPNP number")
    lacks += [
        f"{own.name} (lapsed)" if own.has_lapsed else own.name
        for own in certificates
        if not own.is_met
    ]
    return tuple(lacks)


def reached(days_left: int, thresholds: Sequence[int]) -> str:
    """The most urgent threshold reached: days as text, `lapsed` after the last day; or none."""
    if days_left < 0:
        return LAPSED
    return str(min((days for days in thresholds if days_left <= days), default=""))
