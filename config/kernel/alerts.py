"""One work list for all that needs a person's eyes. A key raises its alert once, for ever."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models.constants import OnConflict

from config.kernel.errors import DomainError, InvalidInput, NotFound

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

RESOLUTION_LENGTH_MAX = 200


class AlertSeverity(models.TextChoices):
    """How soon somebody should look."""

    INFO = "info", "Info"
    WARNING = "warning", "Warning"
    CRITICAL = "critical", "Critical"


URGENCY = models.Case(
    models.When(severity=AlertSeverity.CRITICAL, then=models.Value(0)),
    models.When(severity=AlertSeverity.WARNING, then=models.Value(1)),
    default=models.Value(2),
    output_field=models.IntegerField(),
)
"""Orders alerts by how soon somebody should look, the most urgent first."""


class Alert(models.Model):
    """Something to act on: what, how urgent, where to do it, who may, and how it ended."""

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200, unique=True)
    severity = models.CharField(max_length=10, choices=AlertSeverity)
    title = models.CharField(max_length=200)
    detail = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=120, blank=True)
    permission = models.CharField(max_length=120, blank=True)
    payload = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    resolution = models.CharField(max_length=RESOLUTION_LENGTH_MAX, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["kind", "-created_at"],
                name="kernel_alert_open",
                condition=models.Q(resolved_at=None),
            )
        ]
        permissions = [("resolve_alert", "Can resolve alerts")]

    def __str__(self) -> str:
        return self.title


class AlertAlreadyResolved(DomainError):
    """Somebody has dealt with this alert before."""

    code = "alert-already-resolved"
    title = "Alert already resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDraft:
    """An alert about to be raised, if its key is new."""

    kind: str
    key: str
    severity: str
    title: str
    detail: str = ""
    url: str = ""
    subject: str = ""
    permission: str = ""
    payload: dict[str, Any] = field(default_factory=dict)


def raise_alert(
    *,
    kind: str,
    key: str,
    severity: str,
    title: str,
    detail: str = "",
    url: str = "",
    subject: str = "",
    permission: str = "",
    payload: dict[str, Any] | None = None,
    now: datetime,
) -> Alert | None:
    """Raise one alert; None when its key was raised before, resolved or not."""
    draft = AlertDraft(
        kind=kind,
        key=key,
        severity=severity,
        title=title,
        detail=detail,
        url=url,
        subject=subject,
        permission=permission,
        payload=payload or {},
    )
    raised = raise_alerts([draft], now=now)
    return raised[0] if raised else None


@transaction.atomic
def raise_alerts(drafts: Iterable[AlertDraft], now: datetime) -> list[Alert]:
    """Raise these alerts and answer those that are new; two callers never raise one twice."""
    by_key = {draft.key: draft for draft in drafts}
    known: set[str] = set()
    keys = sorted(by_key)
    for start in range(0, len(keys), 500):
        chunk = keys[start : start + 500]
        known.update(Alert.objects.filter(key__in=chunk).values_list("key", flat=True))
    alerts = [_from_draft(by_key[key], now) for key in keys if key not in known]
    raised: list[Alert] = []
    for start in range(0, len(alerts), 100):
        raised += _insert_new(alerts[start : start + 100])
    return raised


@transaction.atomic
def resolve_alert(*, alert_id: int, resolution: str, user_id: int | None, now: datetime) -> Alert:
    """Take an alert off the work list, with what was done about it.

    Raises NotFound, AlertAlreadyResolved, InvalidInput (no resolution).
    """
    text = _checked_resolution(resolution)
    changed = Alert.objects.filter(pk=alert_id, resolved_at=None).update(
        resolved_at=now, resolved_by_id=user_id, resolution=text
    )
    alert = Alert.objects.filter(pk=alert_id).first()
    if alert is None:
        raise NotFound("There is no such alert.")
    if not changed:
        raise AlertAlreadyResolved(f"This alert was resolved before: {alert.resolution}")
    return alert


@transaction.atomic
def resolve_by_key_prefix(
    *, prefix: str, resolution: str, user_id: int | None = None, now: datetime
) -> int:
    """Resolve every open alert whose key starts so, because what it asked for has been done."""
    text = _checked_resolution(resolution)
    assert prefix, "an empty prefix would resolve every alert there is"
    return Alert.objects.filter(key__startswith=prefix, resolved_at=None).update(
        resolved_at=now, resolved_by_id=user_id, resolution=text
    )


def open_alerts() -> models.QuerySet[Alert]:
    """The work list: what nobody has dealt with."""
    return Alert.objects.filter(resolved_at=None)


def open_alert_keys(*, prefix: str) -> list[str]:
    """The keys of the open alerts that start so, in their order."""
    keys = open_alerts().filter(key__startswith=prefix).order_by("key")
    return list(keys.values_list("key", flat=True))


def alerts_for(user: "User | AnonymousUser") -> models.QuerySet[Alert]:
    """What a user may act on; who may act on nothing, such as an auditor, looks at all of them."""
    if user.is_superuser or not user.has_perm("kernel.resolve_alert"):
        return Alert.objects.all()
    return Alert.objects.filter(permission__in=["", *user.get_all_permissions()])


def _checked_resolution(resolution: str) -> str:
    text = resolution.strip()
    if not text:
        raise InvalidInput("Say what was done about it.")
    return text[:RESOLUTION_LENGTH_MAX]


def _from_draft(draft: AlertDraft, now: datetime) -> Alert:
    return Alert(
        kind=draft.kind,
        key=draft.key,
        severity=draft.severity,
        title=draft.title[:200],
        detail=draft.detail,
        url=draft.url,
        subject=draft.subject,
        permission=draft.permission,
        payload=draft.payload,
        created_at=now,
    )


def _insert_new(alerts: Sequence[Alert]) -> list[Alert]:
    """Insert what no other transaction has inserted meanwhile, and answer exactly that.

    `bulk_create(ignore_conflicts=True)` does not say which rows it wrote, so this asks the layer
    below it for the keys.
    """
    options = Alert._meta
    rows = Alert._base_manager._insert(  # type: ignore[attr-defined]
        alerts,
        fields=[f for f in options.local_concrete_fields if not f.primary_key],
        returning_fields=[options.get_field("id"), options.get_field("key")],
        using=Alert._base_manager.db,
        on_conflict=OnConflict.IGNORE,
    )
    ids = {key: pk for pk, key in rows}
    written = [alert for alert in alerts if alert.key in ids]
    for alert in written:
        alert.pk = ids[alert.key]
        alert._state.adding = False
        alert._state.db = Alert._base_manager.db
    return written
