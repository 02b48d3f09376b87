"""Takes a rulebook file as a new version, a draft until a person activates it."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from compliance.rulebooks.errors import (
    RowsRefused,
    UnknownRulebook,
    UnreadableRulebook,
    VersionTaken,
)
from compliance.rulebooks.models import Rulebook, RulebookVersion, VersionStatus
from compliance.rulebooks.rules.crossing import cross
from compliance.rulebooks.rules.drafts import Draft
from compliance.rulebooks.rules.files import NotARulebook, RowProblem, RulebookFile, read_file
from compliance.rulebooks.services.carrying import carry_reviews, copy_other_sections
from compliance.rulebooks.services.writing import actor_columns, digest_of, write_entries
from config.kernel.errors import FieldError, InvalidInput

FILE_BYTES_MAX = 20_000_000
LABEL_MAX = 30
PROBLEMS_SHOWN = 50
_ANNEX_IN_NAME = re.compile(r"annex[ _-]*(III|II|IV|VI|V)(?![a-z])", re.IGNORECASE)


@transaction.atomic
def import_rulebook(
    *,
    rulebook: str,
    content: bytes,
    file_name: str,
    label: str,
    effective_from: date,
    user: AbstractBaseUser | None,
    now: datetime,
    section: str = "",
) -> RulebookVersion:
    """Make a draft of a file: our own columns, or one annex as CosIng exports it.

    A file of one annex replaces that section; the others are taken over from the active version.
    `section` names the annex where neither the file nor its name does. Reviews of entries that
    read the same stay. Raises UnknownRulebook, UnreadableRulebook, RowsRefused, VersionTaken,
    InvalidInput; then nothing is changed.
    """
    book = Rulebook.objects.select_for_update().filter(code=rulebook).first()
    if book is None:
        raise UnknownRulebook(f"There is no rulebook {rulebook!r}.")
    label = _checked_label(book, label)
    read = _read(content, section or _named(file_name))
    if read.problems:
        raise _refused(read.problems)
    drafts = cross(read.drafts)
    digest = digest_of(drafts)
    _check_is_new(book, digest)
    version = RulebookVersion.objects.create(
        rulebook=book,
        label=label,
        effective_from=effective_from,
        source=f"File {file_name}"[:300],
        digest=digest,
        entry_count=len(drafts),
        loaded_at=now,
        **actor_columns(user, "loaded_by"),
    )
    _write(version, drafts, read.annex)
    return version


def _read(content: bytes, section: str) -> RulebookFile:
    if len(content) > FILE_BYTES_MAX:
        raise UnreadableRulebook(f"The file is larger than {FILE_BYTES_MAX // 1_000_000} MB.")
    try:
        return read_file(content.decode("utf-8-sig"), section)
    except UnicodeDecodeError as wrong:
        raise UnreadableRulebook("The file is not text in UTF-8.") from wrong
    except NotARulebook as wrong:
        raise UnreadableRulebook(str(wrong)) from wrong


def _named(file_name: str) -> str:
    """The annex that a file's name says: `cosing_annex_III_2022.csv`."""
    found = _ANNEX_IN_NAME.search(file_name)
    return found[1].upper() if found else ""


def _checked_label(book: Rulebook, label: str) -> str:
    label = label.strip()
    if not 0 < len(label) <= LABEL_MAX:
        detail = f"A label has 1 to {LABEL_MAX} characters."
        raise InvalidInput(
            "The version needs a label.", errors=[FieldError("/label", "invalid", detail)]
        )
    if RulebookVersion.objects.filter(rulebook=book, label=label).exists():
        raise VersionTaken(f"{book.code} has a version {label} already.")
    return label


def _check_is_new(book: Rulebook, digest: str) -> None:
    same = RulebookVersion.objects.filter(rulebook=book, digest=digest).first()
    if same is not None:
        raise VersionTaken(f"The file says what version {same.label} of {book.code} says.")


def _refused(problems: Sequence[RowProblem]) -> RowsRefused:
    shown = problems[:PROBLEMS_SHOWN]
    more = len(problems) - len(shown)
    detail = "Nothing was imported." + (f" {more} more problems are not shown." if more else "")
    return RowsRefused(
        detail,
        errors=[
            FieldError(f"/{own.line}/{own.column}".rstrip("/"), own.code, own.detail)
            for own in shown
        ],
    )


def _write(version: RulebookVersion, drafts: Sequence[Draft], annex: str) -> None:
    write_entries(version_id=version.pk, drafts=drafts)
    active = RulebookVersion.objects.filter(
        rulebook=version.rulebook_id, status=VersionStatus.ACTIVE
    ).first()
    if active is None:
        return
    carry_reviews(version_id=version.pk, from_version_id=active.pk)
    if annex:
        copied = copy_other_sections(
            version_id=version.pk, from_version_id=active.pk, section=annex
        )
        version.entry_count = len(drafts) + copied
        version.save(update_fields=["entry_count"])
