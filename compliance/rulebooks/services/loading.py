"""Makes the rulebooks, and a version of what the installed packages say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from compliance.rulebooks.books import BOOKS, CALIFORNIA, EU, FDA, Book
from compliance.rulebooks.models import Rulebook, RulebookVersion, VersionStatus
from compliance.rulebooks.rules.americas import california_entries, federal_entries
from compliance.rulebooks.rules.crossing import cross
from compliance.rulebooks.rules.drafts import Draft
from compliance.rulebooks.rules.entries import read_entries
from compliance.rulebooks.rules.names import common_names
from compliance.rulebooks.rules.notices import dated, read_register
from compliance.rulebooks.services.activating import activate_version
from compliance.rulebooks.services.carrying import carry_reviews
from compliance.rulebooks.services.writing import digest_of, write_entries
from compliance.rulebooks.sources import packaged_annexes, packaged_register, source_words
from compliance.substances.services import ensure_substances


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What there is to load of one rulebook."""

    label: str
    effective_from: date
    source: str
    drafts: Sequence[Draft]


def load_rulebooks(*, now: datetime) -> list[RulebookVersion]:
    """Make the rulebooks that are missing and load what the packages and this product know.

    The first version of a rulebook becomes active at once; a later one stays a draft until a
    person activates it. What is loaded already is left as it is. Answers the new versions.
    """
    made = []
    for book in BOOKS:
        with transaction.atomic():
            rulebook = _rulebook(book)
            if read := _CONTENTS.get(book.code):
                version = _load(rulebook, read(), now)
                if version is not None:
                    made.append(version)
    return made


def _rulebook(book: Book) -> Rulebook:
    rulebook, _ = Rulebook.objects.update_or_create(
        code=book.code,
        defaults={
            "jurisdiction": book.jurisdiction,
            "name": book.name,
            "coverage": book.coverage,
            "coverage_note": book.coverage_note,
            "url": book.url,
        },
    )
    return rulebook


def _load(rulebook: Rulebook, content: Content, now: datetime) -> RulebookVersion | None:
    digest = digest_of(content.drafts)
    versions = RulebookVersion.objects.filter(rulebook=rulebook)
    if versions.filter(label=content.label).exists() or versions.filter(digest=digest).exists():
        return None
    version = RulebookVersion.objects.create(
        rulebook=rulebook,
        label=content.label,
        effective_from=content.effective_from,
        source=content.source,
        digest=digest,
        entry_count=len(content.drafts),
        loaded_at=now,
    )
    write_entries(version_id=version.pk, drafts=content.drafts)
    active = versions.filter(status=VersionStatus.ACTIVE).first()
    if active is not None:
        carry_reviews(version_id=version.pk, from_version_id=active.pk)
    ensure_substances(
        names=[name for draft in content.drafts for name in _known_names(draft)],
        now=now,
        note=f"Named in {rulebook.code}",
    )
    if not versions.exclude(status=VersionStatus.DRAFT).exists():
        version = activate_version(version_id=version.pk, user=None, now=now)
    return version


def _known_names(draft: Draft) -> Sequence[str]:
    """The names that products may print: common ones, else the first of the entry's own."""
    if not draft.source.glossary and not draft.source.identified:
        return draft.names[:1]
    return common_names(draft.source) or draft.names[:1]


def _union() -> Content:
    annexes = packaged_annexes()
    updated = max(annex.updated for annex in annexes)
    read = [draft for annex in annexes for draft in read_entries(annex)]
    drafts = cross(dated(read, read_register(packaged_register())))
    return Content(
        label=updated,
        effective_from=date.fromisoformat(updated),
        source=source_words(),
        drafts=drafts,
    )


def _federal() -> Content:
    return Content(
        label="2026-11-23",
        effective_from=date(2026, 11, 23),
        source="Typed from the pages of the FDA on 21 CFR 700 and 250.250",
        drafts=federal_entries(),
    )


def _california() -> Content:
    return Content(
        label="2026-11-23",
        effective_from=date(2026, 11, 23),
        source="Typed from the text of AB 2762; AB 496 as far as it is known",
        drafts=california_entries(),
    )


_CONTENTS: Mapping[str, Callable[[], Content]] = {
    EU: _union,
    FDA: _federal,
    CALIFORNIA: _california,
}
