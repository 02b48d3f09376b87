"""Documents come in with a file, and are withdrawn with a reason; none is changed or lost."""

import hashlib
import uuid
from collections.abc import Collection
from datetime import date, datetime
from typing import Any, BinaryIO

from django.core.files.base import ContentFile, File
from django.db import transaction

from catalog.products.models import Product
from compliance.dossiers.errors import AlreadyWithdrawn, InvalidDocument
from compliance.dossiers.gates import documents_changed
from compliance.dossiers.models import CertificateRequirement, Document
from compliance.dossiers.rules.files import (
    FILE_BYTES_MAX,
    HEAD_BYTES,
    ending_of,
    short_name,
    wrong_with_file,
)
from compliance.dossiers.services.alerting import resolve_for_products
from compliance.jurisdictions.rules import JURISDICTIONS
from config.kernel.errors import FieldError, InvalidInput, NotFound
from config.kernel.history import set_reason
from config.kernel.validation import save_checked


def add_document(
    *,
    product_id: int,
    kind: str,
    title: str,
    file: "File[bytes] | BinaryIO | bytes",
    file_name: str,
    now: datetime,
    jurisdiction: str = "",
    standard: str = "",
    issued_date: date | None = None,
    expiry_date: date | None = None,
    requirement_id: int | None = None,
    reason: str = "",
) -> Document:
    """Keep a document of a product with its file, and let the product be judged again.

    Raises NotFound (no such product or requirement), InvalidDocument (a field or the file is
    wrong, each named).
    """
    if not Product.objects.filter(pk=product_id).exists():
        raise NotFound(f"There is no product {product_id}.")
    if requirement_id and not CertificateRequirement.objects.filter(pk=requirement_id).exists():
        raise NotFound(f"There is no certificate requirement {requirement_id}.")
    check_jurisdiction(jurisdiction, InvalidDocument, may_be_blank=True)
    document = Document(
        product_id=product_id,
        kind=kind,
        title=title.strip(),
        jurisdiction=jurisdiction,
        standard=standard.strip(),
        issued_date=issued_date,
        expiry_date=expiry_date,
        certificate_requirement_id=requirement_id,
    )
    return keep_document(document=document, file=file, file_name=file_name, reason=reason, now=now)


def keep_document(
    *,
    document: Document,
    file: "File[bytes] | BinaryIO | bytes",
    file_name: str,
    reason: str = "",
    now: datetime,
) -> Document:
    """Save a new document whose facts are set, with its file. Raises InvalidDocument."""
    content = file if isinstance(file, bytes) else file.read(FILE_BYTES_MAX + 1)
    wrong = wrong_with_file(file_name, _size(file, content), content[:HEAD_BYTES])
    if wrong:
        raise InvalidDocument(
            "This file cannot be kept.", errors=[FieldError("/file", "invalid", wrong)]
        )
    document.file_name = short_name(file_name)
    document.sha256 = hashlib.sha256(content).hexdigest()
    document.added_at = now
    document.file = ContentFile(content, name=f"{uuid.uuid4()}.{ending_of(file_name)}")
    with transaction.atomic():
        save_checked(document, reason=reason, error=InvalidDocument)
        after_documents_changed(product_ids=[document.product_id], now=now)
    return document


@transaction.atomic
def withdraw_document(*, document_id: int, why: str, now: datetime) -> Document:
    """A document no longer proves anything; it stays on file. Its product is judged again.

    Raises NotFound, AlreadyWithdrawn, InvalidInput (no reason).
    """
    if not why.strip():
        raise InvalidInput("Say why it is withdrawn.")
    document = Document.objects.select_for_update().filter(pk=document_id).first()
    if document is None:
        raise NotFound(f"There is no document {document_id}.")
    if document.withdrawn_at is not None:
        raise AlreadyWithdrawn(f"{document.title} was withdrawn before: {document.withdrawn_why}")
    document.withdrawn_at, document.withdrawn_why = now, why.strip()[:200]
    set_reason(document, why.strip())
    document.save()
    after_documents_changed(product_ids=[document.product_id], now=now)
    return document


def after_documents_changed(*, product_ids: Collection[int], now: datetime) -> None:
    """Alerts that are settled by it go, and who judges products is told."""
    resolve_for_products(product_ids=product_ids, now=now)
    documents_changed.all(product_ids)


def check_jurisdiction(code: str, error: Any, *, may_be_blank: bool = False) -> None:
    """Raise the error where we know of no such jurisdiction."""
    if code in JURISDICTIONS or (may_be_blank and not code):
        return
    known = ", ".join(JURISDICTIONS)
    detail = f'"{code}" is no jurisdiction we know of: {known}.'
    raise error(detail, errors=[FieldError("/jurisdiction", "unknown-jurisdiction", detail)])


def _size(file: Any, content: bytes) -> int:
    """As large as it says, where we stopped reading."""
    return max(len(content), getattr(file, "size", 0) or 0)
