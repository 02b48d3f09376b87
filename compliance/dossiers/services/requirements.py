"""Which documents products need, as data: a set to begin with, which an officer changes."""

from collections.abc import Collection, Mapping, Sequence

from django.db import transaction

from compliance.dossiers.errors import InvalidRequirement
from compliance.dossiers.gates import documents_changed
from compliance.dossiers.models import CertificateRequirement
from compliance.dossiers.rules.defaults import DEFAULTS, RequirementDraft
from compliance.dossiers.selectors import products_below
from compliance.dossiers.services.documents import check_jurisdiction
from config.kernel.validation import save_checked

REASON = "The set to begin with"


@transaction.atomic
def load_requirements(
    *,
    categories: Mapping[str, int],
    drafts: Sequence[RequirementDraft] = DEFAULTS,
    reason: str = REASON,
) -> int:
    """Add the requirements of these categories (key by code) that are not there yet; how many.

    What an officer changed or switched off stays as it is. Raises InvalidRequirement.
    """
    added: set[int] = set()
    count = 0
    for draft in drafts:
        for code in draft.categories:
            if code in categories and _add(draft, categories[code], reason):
                added.add(categories[code])
                count += 1
    if added:
        requirement_changed(category_ids=added)
    return count


def requirement_changed(*, category_ids: Collection[int]) -> None:
    """What is asked of the products of these categories is another: they may be judged again."""
    product_ids = products_below(category_ids)
    if product_ids:
        documents_changed.all(product_ids)


def _add(draft: RequirementDraft, category_id: int, reason: str) -> bool:
    check_jurisdiction(draft.jurisdiction, InvalidRequirement)
    known = CertificateRequirement.objects.filter(
        category_id=category_id, jurisdiction=draft.jurisdiction, name=draft.name
    )
    if known.exists():
        return False
    row = CertificateRequirement(
        category_id=category_id,
        jurisdiction=draft.jurisdiction,
        name=draft.name,
        kind=draft.kind,
        standard=draft.standard,
        legal_basis=draft.legal_basis,
        url=draft.url,
        ppe_category=draft.ppe_category,
        valid_from_date=draft.valid_from_date,
        is_needed_to_sell=draft.is_needed_to_sell,
    )
    save_checked(row, reason=reason, error=InvalidRequirement)
    return True
