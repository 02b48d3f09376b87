"""The mark by which every process sees that names mean something else than before."""

from uuid import uuid4

from compliance.substances.models import NamesStamp
from compliance.substances.selectors import STAMP_ID


def names_changed() -> None:
    """Move the stamp, inside the transaction of the change.

    A value that was never there before: a rolled back one can be mistaken for no other.
    """
    NamesStamp.objects.update_or_create(pk=STAMP_ID, defaults={"value": uuid4().hex})
