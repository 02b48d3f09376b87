"""Clearances that wait, with judgements and findings, for tests of what people look at."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from catalog.models import Market, Product
from compliance.assessments.rules.findings import Found, Severity, heaviest
from compliance.jurisdictions.rules import jurisdictions_of
from compliance.models import Assessment, Clearance, Finding
from config.kernel.events import to_json
from tests.factories import catalog

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TODAY = NOW.date()


def found(code: str = "over-limit", severity: str = "block", **fields: Any) -> Found:
    """A finding about salicylic acid unless told otherwise."""
    given = {
        "severity": Severity(severity),
        "code": code,
        "key": f"EU-1223-2009:III/98:{code}",
        "message": f"Salicylic Acid: {code.replace('-', ' ')}.",
        "ingredient": "Salicylic Acid",
        "reference": "Regulation (EC) No 1223/2009, Annex III, entry 98",
        "url": "https://eur-lex.europa.eu/eli/reg/2009/1223",
        "evidence": "named on the label",
        "asks": "how much salicylic acid is in it",
    }
    return Found(**given | fields)


def coming(from_date: date, later: str = "block", **fields: Any) -> Found:
    """A finding that asks for nothing before a day to come."""
    given: dict[str, Any] = {
        "code": "unlawful-soon",
        "severity": "info",
        "from_date": from_date,
    }
    return found(**given | {"later": Severity(later)} | fields)


def assessment(
    product: Product,
    findings: Sequence[Found] = (),
    *,
    market: Market,
    ingredients: Sequence[str] = ("Aqua", "Glycerin", "Salicylic Acid"),
    **fields: Any,
) -> Assessment:
    """A judgement of a product by the law of a market, with the rows of its findings."""
    made = Assessment.objects.create(
        product_id=product.pk,
        jurisdictions=" ".join(jurisdictions_of(market.country, market.region)),
        **{
            "on_date": TODAY,
            "assessed_at": NOW,
            "inputs_hash": "0" * 64,
            "rulebook_versions": ["EU-1223-2009 2026-08-28"],
            "evidence": "label",
            "severity": heaviest(tuple(findings)).value,
            "ingredients": [
                {
                    "text": text,
                    "substance": None,
                    "inci_name": text.upper(),
                    "cas_number": None,
                    "match": "exact",
                }
                for text in ingredients
            ],
            "findings": [to_json(asdict(own)) for own in findings],
        }
        | fields,
    )
    Finding.objects.bulk_create(finding_rows(made, findings))
    return made


def finding_rows(made: Assessment, findings: Sequence[Found]) -> list[Finding]:
    """The rows of those findings that ask for something now or on a day to come."""
    return [
        Finding(
            assessment=made,
            product_id=made.product_id,
            key=own.key,
            code=own.code,
            severity=own.severity.value,
            ingredient=own.ingredient,
            reference=own.reference,
            message=own.message,
            from_date=own.from_date,
            later_severity=own.later.value if own.later else "",
        )
        for own in findings
        if own.from_date is not None or own.severity in (Severity.BLOCK, Severity.WARN)
    ]


def clearance(
    product: Product | None = None,
    market: Market | None = None,
    *,
    findings: Sequence[Found] | None = None,
    days_waiting: int = 3,
    **fields: Any,
) -> Clearance:
    """A clearance in the queue: salicylic acid over its limit, off sale, unless told otherwise."""
    product = product or catalog.cosmetic()
    market = market or catalog.market()
    findings = [found()] if findings is None else findings
    judged = assessment(product, findings, market=market)
    since = NOW - timedelta(days=days_waiting)
    given = {
        "status": "needs_review",
        "off_sale_at": since,
        "assessment": judged,
        "severity": judged.severity,
        "new_keys": [own.key for own in findings if own.severity in ("block", "warn")],
        "queued_at": since,
        "judged_at": NOW,
        "product_updated_at": NOW,
        "rules_stamp": "tests",
        "decided_how": "machine",
    }
    row, _ = Clearance.objects.update_or_create(
        product_id=product.pk, market=market, defaults=given | fields
    )
    return row
