"""Every write of dossiers, documents and what is asked of products."""

from compliance.dossiers.rules.defaults import RequirementDraft
from compliance.dossiers.services.alerting import alert_lapsing
from compliance.dossiers.services.documents import (
    add_document,
    after_documents_changed,
    keep_document,
    withdraw_document,
)
from compliance.dossiers.services.dossiers import responsible_person, set_dossier
from compliance.dossiers.services.requirements import load_requirements, requirement_changed

__all__ = [
    "RequirementDraft",
    "add_document",
    "after_documents_changed",
    "alert_lapsing",
    "keep_document",
    "load_requirements",
    "requirement_changed",
    "responsible_person",
    "set_dossier",
    "withdraw_document",
]
