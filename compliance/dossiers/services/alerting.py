"""Somebody is told before a document runs out and when it has, with what lapses with it."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from compliance.dossiers.gates import documents_changed
from compliance.dossiers.models import Document
from compliance.dossiers.rules import papers
from compliance.dossiers.selectors import Lapsing, lapsing, paper_of, papers_of
from config.kernel.alerts import (
    AlertDraft,
    AlertSeverity,
    open_alerts,
    raise_alerts,
    resolve_by_key_prefix,
)
from config.kernel.words import counted

ALERT_KIND = "document-lapsing"
ALERT_PERMISSION = "compliance.add_document"
_SEVERITY = {
    "90": AlertSeverity.INFO,
    "30": AlertSeverity.WARNING,
    "7": AlertSeverity.CRITICAL,
    papers.LAPSED: AlertSeverity.CRITICAL,
}


@transaction.atomic
def alert_lapsing(*, now: datetime) -> int:
    """Alert once for each document and threshold that is reached; how many alerts are new.

    A more urgent alert replaces the one before; those that are settled are resolved. Products
    whose document has just run out are to be judged again.
    """
    on = now.date()
    _resolve(_alerted(), now)
    due = {
        _key(found.document.pk, threshold): (found, threshold)
        for found in lapsing(on=on, within_days=max(papers.ALERT_DAYS))
        if (threshold := papers.reached(found.days_left, papers.ALERT_DAYS))
    }
    raised = raise_alerts(
        [_draft(key, found, threshold) for key, (found, threshold) in due.items()], now=now
    )
    for alert in raised:
        _supersede(due[alert.key][0].document.pk, alert.key, now)
    lapsed = {
        due[alert.key][0].document.product_id
        for alert in raised
        if due[alert.key][1] == papers.LAPSED
    }
    if lapsed:
        documents_changed.all(sorted(lapsed))
    return len(raised)


def resolve_for_products(*, product_ids: Collection[int], now: datetime) -> None:
    """Resolve the alerts of these products' documents that are settled now."""
    rows = Document.objects.filter(product_id__in=list(product_ids), expiry_date__isnull=False)
    _resolve(rows.order_by("pk"), now)


def _alerted() -> Iterable[Document]:
    ids = {
        payload["document_id"]
        for payload in open_alerts().filter(kind=ALERT_KIND).values_list("payload", flat=True)
    }
    return Document.objects.filter(pk__in=ids).order_by("pk")


def _resolve(documents: Iterable[Document], now: datetime) -> None:
    rows = list(documents)
    own = papers_of({row.product_id for row in rows})
    for row in rows:
        why = _settled_by(row, own.get(row.product_id, []), now)
        if why:
            resolve_by_key_prefix(prefix=_prefix(row.pk), resolution=why, now=now)


def _settled_by(row: Document, own: list[papers.Paper], now: datetime) -> str:
    """Why nobody needs to look after a document any more; empty: somebody must."""
    if row.withdrawn_at is not None:
        return "It was withdrawn."
    if papers.is_replaced(paper_of(row), own, now.date()):
        return "A newer document replaces it."
    return ""


def _supersede(document_id: int, key: str, now: datetime) -> None:
    open_alerts().filter(key__startswith=_prefix(document_id)).exclude(key=key).update(
        resolved_at=now, resolution="Replaced by a later alert."
    )


def _prefix(document_id: int) -> str:
    return f"document:{document_id}:"


def _key(document_id: int, threshold: str) -> str:
    return f"{_prefix(document_id)}{threshold}"


def _draft(key: str, found: Lapsing, threshold: str) -> AlertDraft:
    document = found.document
    when = (
        f"ran out on {document.expiry_date:%d %b %Y}"
        if found.days_left < 0
        else f"runs out on {document.expiry_date:%d %b %Y} (in {counted(found.days_left, 'day')})"
    )
    return AlertDraft(
        kind=ALERT_KIND,
        key=key,
        severity=_SEVERITY[threshold],
        title=f"{document.product.name}: {document.get_kind_display()} {when}"[:200],
        detail=f"{document.title}. {_consequences(found)}",
        url=reverse("admin:compliance_document_change", args=[document.pk]),
        subject=document.product.name[:120],
        permission=ALERT_PERMISSION,
        payload={
            "document_id": document.pk,
            "product_id": document.product_id,
            "expiry_date": f"{document.expiry_date}",
            "markets": list(found.markets),
        },
    )


def _consequences(found: Lapsing) -> str:
    """What lapses with it: what it is needed for, and the markets it is for."""
    markets = ", ".join(found.markets) or "no market we sell in"
    needed = [asked for asked in found.requirements if asked.is_needed_to_sell]
    if needed:
        names = "; ".join(asked.name for asked in needed)
        return f"It is needed to sell: {names}. Markets: {markets}."
    if found.document.kind == papers.DocumentKind.SAFETY_REPORT:
        return f"Limits that the safety report settles are open again. Markets: {markets}."
    return f"Markets: {markets}."
