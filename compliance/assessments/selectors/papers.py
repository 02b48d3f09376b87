"""The documents on file of a product, as far as deciding asks for them."""

from compliance.dossiers.models import Document
from compliance.dossiers.selectors import kept_documents

SHOWN_MAX = 50


def documents_of(product_id: int) -> list[Document]:
    """The documents that were not withdrawn, the newest first."""
    return list(
        kept_documents().filter(product_id=product_id).order_by("-added_at", "-pk")[:SHOWN_MAX]
    )
