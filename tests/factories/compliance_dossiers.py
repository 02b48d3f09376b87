"""What a test needs of dossiers, by the public services wherever there is one."""

from datetime import UTC, date, datetime
from typing import Any

from compliance.dossiers import services
from compliance.dossiers.models import (
    CertificateRequirement,
    Document,
    Dossier,
    ResponsiblePerson,
)
from tests.factories import catalog

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
PDF = b"%PDF-1.4\n% an example\n"


def person(name: str = "", **fields: Any) -> ResponsiblePerson:
    """Somebody who answers, a new one unless a name is given."""
    given = {
        "name": name or f"Person {catalog.serial()}",
        "address": "Lindenweg 4\n10115 Berlin",
        "country": "DE",
    }
    return services.responsible_person(**given | fields)


def document(product_id: int, *, expiry_date: date | None = None, **fields: Any) -> Document:
    """A certificate of a product."""
    given: dict[str, Any] = {
        "kind": "certificate",
        "title": f"Certificate {catalog.serial()}",
        "file": PDF,
        "file_name": "certificate.pdf",
        "now": NOW,
    }
    return services.add_document(product_id=product_id, expiry_date=expiry_date, **given | fields)


def requirement(category_id: int, **fields: Any) -> CertificateRequirement:
    """What the products of a category need: EN 1078 in the Union unless told otherwise."""
    given = {
        "jurisdiction": "EU",
        "name": "CE / EN 1078 bicycle helmet",
        "standard": "EN 1078",
        "legal_basis": "Regulation (EU) 2016/425",
    }
    return CertificateRequirement.objects.create(category_id=category_id, **given | fields)


def dossier(product_id: int, jurisdiction: str = "EU", **fields: Any) -> Dossier:
    """What is known of a product in a jurisdiction."""
    return services.set_dossier(product_id=product_id, jurisdiction=jurisdiction, **fields)


def content(document: Document) -> bytes:
    """What is in the file of a document."""
    with document.file.open("rb") as file:
        return file.read()
