"""The page of a row's past: what changed, who did it, why and by which request."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import capfirst
from simple_history.admin import SimpleHistoryAdmin
from simple_history.template_utils import HistoricalRecordContextHelper

from config.kernel.history import change_reason

REASON_FIELD = "_reason"
_ROWS_PER_PAGE = 50
_NOT_SHOWN = frozenset({"created_at", "updated_at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One change of one row, in words."""

    at: datetime
    order: int
    what: str
    change: str
    who: str
    why: str
    request_id: str
    changes: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPart:
    """Rows that belong to the one whose page it is: their model, which ones, and their names."""

    model: type[models.Model]
    which: models.Q
    name: Callable[[Any], str] = lambda record: str(record.instance)


class HistoryPages(SimpleHistoryAdmin):
    """Shows the history of a row and of what belongs to it; asks for a reason on every form.

    A version of the past is looked at and never brought back: that would set fields that only a
    service may set, such as a stage or a SKU.
    """

    object_history_list_template = "admin/kernel/history.html"
    change_form_after_template = "admin/kernel/reason.html"

    def history_parts(self, object_id: int) -> Sequence[HistoryPart]:
        """What belongs to the row, so that its changes stand on the same page."""
        return ()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The form; what it saves is recorded with the reason given on it."""
        reason = request.POST.get(REASON_FIELD, "").replace("\x00", "").strip()
        context = {"asks_for_reason": self.keeps_history, **(extra_context or {})}
        with change_reason(reason):
            return super().changeform_view(request, object_id, form_url, context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The row's own history and that of its parts, the newest change first."""
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        options = self.model._meta
        row = self.get_object(request, unquote(object_id)) or self._removed(unquote(object_id))
        if row is None:
            raise Http404(f"no {options.verbose_name} {object_id}")
        if not self.has_view_history_or_change_history_permission(request, row):
            raise PermissionDenied
        paginator = Paginator(self._entries(row), _ROWS_PER_PAGE)
        page = paginator.get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"History: {row}",
            "object_history_list_template": self.object_history_list_template,
            "page_obj": page,
            "page_range": paginator.get_elided_page_range(page.number),
            "page_var": "p",
            "pagination_required": paginator.num_pages > 1,
            "module_name": capfirst(str(options.verbose_name_plural)),
            "object": row,
            "app_label": options.app_label,
            "opts": options,
            "revert_disabled": True,
            **(extra_context or {}),
        }
        return self.render_history_view(request, self.object_history_template, context)

    def history_form_view(
        self,
        request: HttpRequest,
        object_id: str,
        version_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A version as it was. Raises PermissionDenied on every attempt to bring it back."""
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return super().history_form_view(request, object_id, version_id, extra_context)

    def revert_disabled(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """There is no button to bring a version back."""
        return True

    @property
    def keeps_history(self) -> bool:
        """Whether there is a history to show; for a ledger there is not."""
        return hasattr(self.model._meta, "simple_history_manager_attribute")

    def _entries(self, row: models.Model) -> list[HistoryEntry]:
        pk = self.model._meta.pk
        own = HistoryPart(model=self.model, which=models.Q(**{pk.attname: row.pk}))
        entries = [
            entry
            for part in (own, *self.history_parts(row.pk))
            for entry in _told(part, is_own=part is own)
        ]
        return sorted(entries, key=lambda entry: (entry.at, entry.order), reverse=True)

    def _removed(self, key: str) -> models.Model | None:
        """The last version of a row that is gone."""
        pk = self.model._meta.pk
        try:
            which = {pk.attname: pk.to_python(key)}
        except ValidationError:
            return None
        last = _records(self.model).filter(**which).order_by("-history_id").first()
        return last.instance if last else None


def _records(model: type[models.Model]) -> Any:
    name: str = model._meta.simple_history_manager_attribute  # type: ignore[attr-defined]
    return getattr(model, name)


def _told(part: HistoryPart, *, is_own: bool) -> Iterable[HistoryEntry]:
    """The changes of a part, each with what it changed since the one before."""
    options = part.model._meta
    pk = options.pk.attname
    records = _records(part.model).filter(part.which).order_by(pk, "history_id")
    before: Any = None
    for record in records._select_related_history_tracked_objs():
        is_same_row = before is not None and getattr(before, pk) == getattr(record, pk)
        yield HistoryEntry(
            at=record.history_date,
            order=record.history_id,
            what="" if is_own else f"{capfirst(str(options.verbose_name))} {part.name(record)}",
            change=record.get_history_type_display(),
            who=record.actor or _user(record.history_user_id),
            why=record.history_change_reason or "",
            request_id=record.request_id,
            changes=_changes(part.model, record, before) if is_same_row else [],
        )
        before = record


def _user(key: int | None) -> str:
    """A user whose name was not written down; he may be gone."""
    return "" if key is None else f"user {key}"


def _changes(model: type[models.Model], record: Any, before: Any) -> list[dict[str, Any]]:
    delta = record.diff_against(before, excluded_fields=_NOT_SHOWN, foreign_keys_are_objs=True)
    shown = HistoricalRecordContextHelper(model, record).context_for_delta_changes(delta)
    return [
        {
            "field": words["field"],
            "old": "" if change.old is None else words["old"],
            "new": "" if change.new is None else words["new"],
        }
        for change, words in zip(delta.changes, shown, strict=True)
    ]
