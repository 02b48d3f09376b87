"""The verdict on a product by the laws of a market: everything found, and what follows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from compliance.assessments.rules.assessing import (
    assess,
    certificate_findings,
    in_order,
    next_change,
    no_rules,
)
from compliance.assessments.rules.compiled import CompiledRules
from compliance.assessments.rules.findings import Found, Severity, heaviest
from compliance.assessments.rules.subjects import Subject
from compliance.dossiers.rules.papers import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found of a product, the heaviest first, and when it is judged otherwise."""

    findings: tuple[Found, ...]
    versions: tuple[str, ...]
    next_date: date | None

    @property
    def severity(self) -> Severity:
        """The heaviest finding's."""
        return heaviest(self.findings)


def verdict(
    *,
    jurisdictions: tuple[str, ...],
    laws: Mapping[str, CompiledRules],
    subject: Subject | None,
    certificates: tuple[Certificate, ...],
    safety_reports: Mapping[str, date],
    on: date,
) -> Verdict:
    """Judge a product by each law that holds in a market; a cosmetic needs one at least."""
    found: list[Found] = []
    days: list[date | None] = []
    for code in jurisdictions:
        if subject is None:
            break
        if code not in laws:
            found.append(no_rules(code))
            continue
        own = replace(subject, safety_report_until=safety_reports.get(code))
        of_law = assess(own, laws[code], on)
        found.extend(of_law)
        days.append(next_change(of_law, own, on))
    if subject is not None and not jurisdictions:
        found.append(no_rules("this market"))
    papers = [own for own in certificates if own.jurisdiction in jurisdictions]
    of_papers = certificate_findings(papers, on)
    days.append(next_change(of_papers, None, on))
    return Verdict(
        findings=in_order(_one_each([*found, *of_papers])),
        versions=tuple(
            v for code in jurisdictions if code in laws for v in laws[code].rules.versions
        ),
        next_date=min((day for day in days if day is not None), default=None),
    )


def _one_each(findings: list[Found]) -> list[Found]:
    """What two laws say in the same words counts once: an unknown name, a missing list."""
    return list({found.key: found for found in reversed(findings)}.values())[::-1]
