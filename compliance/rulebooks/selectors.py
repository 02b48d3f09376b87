"""Reads rulebooks: the rules of a jurisdiction as one immutable whole, kept per process."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q

from compliance.rulebooks.models import (
    Coverage,
    ReviewState,
    Rulebook,
    RulebookVersion,
    RuleEntry,
    RuleLimit,
    RuleProvision,
    RuleWarning,
    VersionStatus,
)
from compliance.rulebooks.rules.differences import Compared, Difference, difference
from compliance.rulebooks.rules.encoding import scope_from_json
from compliance.rulebooks.rules.shapes import (
    Duty,
    Entry,
    EntryKind,
    LabelWarning,
    Limit,
    Provision,
    Rules,
)

_kept: dict[str, tuple[str, Rules]] = {}


def stamp() -> str:
    """Changes whenever the active rules of any jurisdiction do."""
    rows = Rulebook.objects.order_by("code").values_list("code", "stamp", "coverage_note")
    return "|".join(":".join(row) for row in rows)


def rules_for(jurisdiction: str, version_id: int | None = None) -> Rules:
    """The rules in force in a jurisdiction, or as they would be with this version of one rulebook.

    The active ones are kept in this process until their stamp moves.
    """
    if version_id is not None:
        return _read(jurisdiction, version_id)
    now = stamp()
    kept = _kept.get(jurisdiction)
    if kept is None or kept[0] != now:
        kept = (now, _read(jurisdiction, None))
        _kept[jurisdiction] = kept
    return kept[1]


def counts(version_id: int) -> list[dict[str, Any]]:
    """How many entries of each section were read for sure, reviewed, or need review."""
    rows = (
        RuleEntry.objects.filter(version_id=version_id)
        .values("section")
        .annotate(
            entries=Count("pk"),
            machine_checked=Count("pk", filter=Q(review_state=ReviewState.MACHINE_CHECKED)),
            reviewed=Count("pk", filter=Q(review_state=ReviewState.REVIEWED)),
            needs_review=Count("pk", filter=Q(review_state=ReviewState.NEEDS_REVIEW)),
        )
        .order_by("section")
    )
    return [dict(row) for row in rows]


def active_versions(jurisdiction: str = "") -> list[RulebookVersion]:
    """The versions that products are judged by, of one jurisdiction or of all."""
    rows = RulebookVersion.objects.filter(status=VersionStatus.ACTIVE).select_related("rulebook")
    if jurisdiction:
        rows = rows.filter(rulebook__jurisdiction=jurisdiction)
    return list(rows.order_by("rulebook__code"))


def entries_of(versions: Iterable[RulebookVersion]) -> tuple[Entry, ...]:
    """Every entry of these versions, in their order; four queries."""
    codes = {version.pk: version.rulebook.code for version in versions}
    rows = RuleEntry.objects.filter(version_id__in=codes).order_by("version_id", "position")
    limits = _by_entry(RuleLimit, codes)
    provisions = _by_entry(RuleProvision, codes)
    warnings = _by_entry(RuleWarning, codes)
    return tuple(
        entry_of(
            row,
            codes[row.version_id],
            limits=limits.get(row.pk, ()),
            provisions=provisions.get(row.pk, ()),
            warnings=warnings.get(row.pk, ()),
        )
        for row in rows
    )


def entry_of(
    row: RuleEntry,
    rulebook: str,
    *,
    limits: Iterable[RuleLimit],
    provisions: Iterable[RuleProvision],
    warnings: Iterable[RuleWarning],
) -> Entry:
    """One entry as it is applied."""
    return Entry(
        id=row.pk,
        rulebook=rulebook,
        section=row.section,
        number=row.number,
        kind=EntryKind(row.kind),
        substance=row.substance,
        names=tuple(row.names),
        cas_numbers=tuple(row.cas_numbers),
        scope=scope_from_json(row.scope),
        limits=tuple(limit_of(limit) for limit in limits),
        unless=row.unless,
        is_nano=row.is_nano,
        warnings=tuple(
            LabelWarning(text=own.text, scope=scope_from_json(own.scope)) for own in warnings
        ),
        declare_leave_on=_plain(row.declare_leave_on),
        declare_rinse_off=_plain(row.declare_rinse_off),
        provisions=tuple(provision_of(own) for own in provisions),
        conditions=row.conditions,
        reference=row.reference,
        url=row.url,
        is_machine_checked=row.review_state != ReviewState.NEEDS_REVIEW,
    )


def limit_of(row: RuleLimit) -> Limit:
    """One limit as it is applied."""
    return Limit(
        scope=scope_from_json(row.scope),
        max_percent=_plain(row.max_percent),
        is_allowed=row.is_allowed,
        basis=row.basis,
        text=row.text,
        is_certain=row.is_certain,
    )


def provision_of(row: RuleProvision) -> Provision:
    """The dates of one duty."""
    return Provision(
        duty=Duty(row.duty),
        placing_from=row.placing_from,
        available_from=row.available_from,
        regulation=row.regulation,
        text=row.text,
    )


def _read(jurisdiction: str, version_id: int | None) -> Rules:
    versions = active_versions(jurisdiction)
    if version_id is not None:
        chosen = RulebookVersion.objects.select_related("rulebook").get(pk=version_id)
        others = [own for own in versions if own.rulebook_id != chosen.rulebook_id]
        versions = [*others, chosen]
    return Rules(
        jurisdiction=jurisdiction,
        versions=tuple(str(version) for version in versions),
        entries=entries_of(versions),
        coverage=_coverage(jurisdiction),
    )


def _coverage(jurisdiction: str) -> str:
    books = Rulebook.objects.filter(jurisdiction=jurisdiction).order_by("code")
    notes = [book.coverage_note for book in books if book.coverage != Coverage.COMPLETE]
    if not books:
        return "There is no rulebook for this jurisdiction."
    return " ".join(note for note in notes if note)


def _by_entry(model: Any, versions: Mapping[int, str]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in model.objects.filter(entry__version_id__in=versions).order_by(
        "entry_id", "position"
    ):
        found[row.entry_id].append(row)
    return found


def _plain(number: Decimal | None) -> Decimal | None:
    """The number without the zeros of its column: 0.5, not 0.50000000."""
    if number is None:
        return None
    short = number.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def difference_between(before_id: int, after_id: int) -> Difference:
    """What the later of two versions adds, drops and changes."""
    return difference(_compared(before_id), _compared(after_id))


def version_before(version: RulebookVersion) -> RulebookVersion | None:
    """The version that this one follows: the active one, else the last that took effect before."""
    others = RulebookVersion.objects.filter(rulebook=version.rulebook_id).exclude(pk=version.pk)
    if version.status == VersionStatus.DRAFT:
        active = others.filter(status=VersionStatus.ACTIVE).first()
        if active is not None:
            return active
    earlier = others.filter(effective_from__lt=version.effective_from)
    return earlier.order_by("-effective_from", "-pk").first()


def _compared(version_id: int) -> list[Compared]:
    dates: dict[int, list[str]] = defaultdict(list)
    for row in RuleProvision.objects.filter(entry__version_id=version_id).order_by(
        "entry_id", "position"
    ):
        dates[row.entry_id].append(
            f"{row.get_duty_display()}: placing from {row.placing_from or '-'}, "
            f"available from {row.available_from or '-'}"
        )
    rows = RuleEntry.objects.filter(version_id=version_id).order_by("position")
    return [
        Compared(
            id=row.pk,
            key=(row.section, row.number, row.occurrence),
            substance=row.substance,
            said={
                "Kind": row.get_kind_display(),
                "Substance": row.substance,
                "Names": ", ".join(sorted(row.names)),
                "CAS numbers": ", ".join(sorted(row.cas_numbers)),
                "Product type": row.product_type_text,
                "Maximum concentration": row.concentration_text,
                "Other": row.other_text,
                "Wording": row.wording_text,
                "Dates": "\n".join(dates[row.pk]),
            },
        )
        for row in rows
    ]
