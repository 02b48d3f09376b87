"""Who changed master data, when, why and in which request: one history table per model.

Bulk writers fill these tables too, several rows for each row they import, so a history table has
two indexes only (its own key and the key of the row it tells of) and no foreign key constraint.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.db import models
from simple_history.models import HistoricalRecords
from simple_history.utils import bulk_create_with_history

from config.kernel.cache import reference_changed
from config.kernel.context import actor_id, actor_name, current_request_id

M = TypeVar("M", bound=models.Model)
REASON_LENGTH_MAX = 200

_reason: ContextVar[str] = ContextVar("backroom_change_reason", default="")


class HistoryRow(models.Model):
    """What our history rows carry besides the library's own columns."""

    request_id = models.CharField(
        max_length=64, blank=True, default=current_request_id, editable=False
    )
    actor = models.CharField(max_length=150, blank=True, default=actor_name, editable=False)

    class Meta:
        abstract = True


def _acting_user(**kwargs: Any) -> Any:
    """The acting user by key alone: no query for each history row."""
    key = actor_id()
    return None if key is None else get_user_model()(pk=key)


class _Records(HistoricalRecords):  # type: ignore[misc]
    """Histories that are cheap to write and know the reason of the change."""

    def finalize(self, sender: type[models.Model], **kwargs: Any) -> None:
        """A proxy is another view of the same rows: their history is the model's own."""
        if not sender._meta.proxy:
            super().finalize(sender, **kwargs)

    def copy_fields(self, model: type[models.Model]) -> dict[str, Any]:
        """The model's columns without their indexes; only the key stays searchable."""
        fields: dict[str, Any] = super().copy_fields(model)
        pk = model._meta.pk
        assert pk is not None
        for field in fields.values():
            field.db_index = field.name in (pk.name, pk.attname)
        return fields

    def create_historical_record(self, instance: models.Model, *args: Any, **kwargs: Any) -> None:
        """Write the row; figures kept in Redis that were made of master data are made anew."""
        super().create_historical_record(instance, *args, **kwargs)
        reference_changed()

    def _get_history_user_fields(self) -> dict[str, Any]:
        # No constraint, no index and no cascade: a deleted user stays named by his key.
        return {
            "history_user": models.ForeignKey(
                get_user_setting(),
                null=True,
                related_name="+",
                on_delete=models.DO_NOTHING,
                db_constraint=False,
                db_index=False,
            )
        }

    def get_change_reason_for_object(self, instance: models.Model, *args: Any) -> str | None:
        """The reason set on the instance, else the one of the surrounding block."""
        own = super().get_change_reason_for_object(instance, *args)
        reason = own or _reason.get()
        return reason[:REASON_LENGTH_MAX] if reason else None


def get_user_setting() -> str:
    """The user model's name, as foreign keys want it."""
    from django.conf import settings

    return settings.AUTH_USER_MODEL


def record_history(**options: Any) -> HistoricalRecords:
    """Keep a history of this model: `history = record_history()` in its body."""
    return _Records(
        inherit=True,
        bases=[HistoryRow],
        history_id_field=models.BigAutoField(),
        history_change_reason_field=models.CharField(max_length=REASON_LENGTH_MAX, null=True),
        get_user=_acting_user,
        **options,
    )


def current_reason() -> str:
    """The reason of the surrounding `change_reason` block, for bulk writers of history."""
    return _reason.get()


@contextmanager
def change_reason(reason: str) -> Iterator[None]:
    """Everything saved in this block is recorded with this reason."""
    token = _reason.set(reason)
    try:
        yield
    finally:
        _reason.reset(token)


def set_reason(instance: models.Model, reason: str) -> None:
    """The next save of this instance is recorded with this reason."""
    instance._change_reason = reason[:REASON_LENGTH_MAX]  # type: ignore[attr-defined]


def create_recorded(rows: Sequence[M], reason: str = "") -> list[M]:
    """Insert new rows of one model in bulk, each with the first row of its history.

    Nothing is validated but by the database; a model with parent tables is saved row by row.
    """
    if not rows:
        return []
    why = (reason or current_reason())[:REASON_LENGTH_MAX] or None
    made: list[M] = bulk_create_with_history(
        list(rows), type(rows[0]), batch_size=500, default_change_reason=why
    )
    reference_changed()
    return made
