"""Makes a version of a rulebook the law that products are judged by."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from compliance.rulebooks.errors import (
    EmptyVersion,
    NotADraft,
    UnknownVersion,
    WrongVersionOrder,
)
from compliance.rulebooks.models import Rulebook, RulebookVersion, VersionStatus
from compliance.rulebooks.services.writing import actor_columns, rules_changed


@transaction.atomic
def activate_version(
    *, version_id: int, user: AbstractBaseUser | None, now: datetime
) -> RulebookVersion:
    """Activate a draft; the version that was active is superseded.

    Versions follow one another by the day that they take effect: one that is older than the
    active version, or that has an older draft before it, is refused. Raises UnknownVersion,
    NotADraft, EmptyVersion, WrongVersionOrder.
    """
    version = RulebookVersion.objects.filter(pk=version_id).first()
    if version is None:
        raise UnknownVersion(f"There is no version {version_id} of a rulebook.")
    rulebook = Rulebook.objects.select_for_update().get(pk=version.rulebook_id)
    version = RulebookVersion.objects.select_related("rulebook").get(pk=version_id)
    _check(version, now)
    RulebookVersion.objects.filter(rulebook=rulebook, status=VersionStatus.ACTIVE).update(
        status=VersionStatus.SUPERSEDED
    )
    version.status = VersionStatus.ACTIVE
    version.activated_at = now
    for name, value in actor_columns(user, "activated_by").items():
        setattr(version, name, value)
    version.save(update_fields=["status", "activated_at", "activated_by", "activated_by_name"])
    rules_changed(rulebook)
    return version


def _check(version: RulebookVersion, now: datetime) -> None:
    if version.status != VersionStatus.DRAFT:
        raise NotADraft(f"{version} is {version.get_status_display().lower()}, not a draft.")
    if not version.entry_count:
        raise EmptyVersion(f"{version} has no entries.")
    others = RulebookVersion.objects.filter(rulebook=version.rulebook_id).exclude(pk=version.pk)
    active = others.filter(status=VersionStatus.ACTIVE).first()
    if active is not None:
        _check_follows(version, active, now)
    earlier = (
        others.filter(status=VersionStatus.DRAFT, effective_from__lt=version.effective_from)
        .order_by("effective_from", "pk")
        .first()
    )
    if earlier is not None:
        raise WrongVersionOrder(
            f"{version} cannot be activated before {earlier.label}, which takes effect earlier, on "
            f"{earlier.effective_from.isoformat()}. Activate that one first."
        )


def _check_follows(version: RulebookVersion, active: RulebookVersion, now: datetime) -> None:
    if active.effective_from >= version.effective_from:
        raise WrongVersionOrder(
            f"{version} is effective from {version.effective_from.isoformat()}, the active "
            f"{active.label} from {active.effective_from.isoformat()}: an older version cannot "
            "follow a newer one."
        )
    if version.effective_from > now.date():
        raise WrongVersionOrder(
            f"{version} takes effect on {version.effective_from.isoformat()}, which has not come."
        )
