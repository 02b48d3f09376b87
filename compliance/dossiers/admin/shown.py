"""How documents and what is missing are written."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from compliance.dossiers.models import Document
from compliance.dossiers.rules.papers import Certificate
from config.kernel.admin.display import LINK_CLASSES, day, label, link
from config.kernel.words import counted


def table(headers: Sequence[str], rows: Sequence[Sequence[Any]], empty: str) -> SafeString:
    """Rows as a table, or a sentence where there is none."""
    return render_to_string(
        "admin/compliance/dossiers/table.html",
        {"table": {"headers": headers, "rows": rows}, "empty": empty},
    )


def missing_labels(missing: Iterable[str]) -> SafeString:
    """What is missing, each as a red badge; or that nothing is."""
    badges = [label(text, "danger") for text in missing]
    return SafeString(" ".join(badges)) if badges else label("complete", "success")


def days_left(document: Document, today: date) -> SafeString:
    """How long a document is still valid, coloured by how urgent it is."""
    if document.withdrawn_at is not None:
        return label("withdrawn", "")
    if document.expiry_date is None:
        return SafeString("")
    left = (document.expiry_date - today).days
    if left < 0:
        return label(f"lapsed {counted(-left, 'day')} ago", "danger")
    colour = "danger" if left <= 7 else "warning" if left <= 30 else "info" if left <= 90 else ""
    return label("last day" if left == 0 else counted(left, "day"), colour)


def file_link(document: Document, text: str = "") -> SafeString:
    """The file by the name it came with, or another, served to those who may see it."""
    if not document.pk:
        return SafeString("")
    url = reverse("admin:compliance_document_file", args=[document.pk])
    return format_html(
        '<a href="{}" class="{}">{}</a>', url, LINK_CLASSES, text or document.file_name
    )


def add_link(text: str, **values: str | int | None) -> SafeString:
    """A link to the form for a new document in which so much is filled in."""
    given = {name: value for name, value in values.items() if value}
    url = f"{reverse('admin:compliance_document_add')}?{urlencode(given)}"
    return format_html('<a href="{}" class="{}">{}</a>', url, LINK_CLASSES, text)


def document_row(document: Document, today: date) -> list[Any]:
    """One line of the table of documents."""
    return [
        link("compliance_document_change", document.pk, document.title),
        document.get_kind_display(),
        document.standard,
        day(document.issued_date),
        day(document.expiry_date) or "does not run out",
        days_left(document, today),
        file_link(document),
    ]


def certificate_row(own: Certificate, product_id: int, *, may_add: bool) -> list[Any]:
    """One line of what is asked for."""
    if own.is_met:
        state = label("on file", "success")
    elif own.is_needed_to_sell:
        state = label("lapsed" if own.has_lapsed else "missing", "danger")
    else:
        state = label("lapsed" if own.has_lapsed else "asked for", "warning")
    last: Any = day(own.until) if own.until else "does not run out" if own.is_met else ""
    if not own.is_met and may_add:
        last = add_link("Add it", product=product_id, certificate_requirement=own.requirement_id)
    basis: Any = own.legal_basis
    if own.url:
        basis = format_html(
            '<a href="{}" rel="noreferrer" target="_blank" class="{}">{}</a>',
            own.url,
            LINK_CLASSES.replace("whitespace-nowrap ", ""),
            own.legal_basis,
        )
    return [own.name, state, "yes" if own.is_needed_to_sell else "no", last, basis]
