"""Admin actions that show what they will do, ask why, and then call one service."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import wraps
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.utils import label_for_field, lookup_field, model_ngettext
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from config.kernel.errors import DomainError
from config.kernel.events import plain_decimal

ACTION_ROWS_MAX = 500
CONFIRM_FIELD = "_confirm"
SEEN_FIELD = "_seen"
REASON_LENGTH_MAX = 200

if TYPE_CHECKING:
    _AdminBase = admin.ModelAdmin
else:
    _AdminBase = object

Perform = Callable[[Any, HttpRequest, models.QuerySet, dict[str, Any]], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """What an action would do to others, as a table; shown before it is done."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]

    @property
    def table(self) -> dict[str, Any]:
        """The same as unfold's table shows it."""
        return {"headers": self.headings, "rows": self.rows}

    @property
    def seal(self) -> str:
        """Tells whether what was shown is still what would happen."""
        return hashlib.sha256(repr([list(map(str, row)) for row in self.rows]).encode()).hexdigest()


class ReasonForm(forms.Form):
    """Asks why. Subclasses add what else the action needs, with unfold's widgets."""

    reason = forms.CharField(
        max_length=REASON_LENGTH_MAX,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
        help_text="Kept in the history of what you change.",
    )


def reason_action(
    *,
    description: str,
    permission: str,
    form_class: type[forms.Form] = ReasonForm,
    preview: Sequence[str] | str = (),
    note: str = "",
    icon: str = "",
    danger: bool = False,
    url_path: str | None = None,
    consequences: str = "",
) -> Callable[[Perform], Callable[..., HttpResponseBase | None]]:
    """Decorator for a method of a ReasonActionMixin: turns it into an action with its own page.

    The method gets the request, the chosen rows and the form's cleaned data, makes its one call
    and answers what to tell the user. `preview` names the columns to show of each row, or the
    method that answers (headings, rows). `note` says whether it can be undone. `consequences` names
    the method that gets the request and the change as a function, and answers the Consequences to
    confirm, or None. The same method may stand in `actions`, `actions_detail` and `actions_row`.
    """

    def decorate(perform: Perform) -> Callable[..., HttpResponseBase | None]:
        @wraps(perform)
        def action(
            self: "ReasonActionMixin",
            request: HttpRequest,
            queryset: models.QuerySet | None = None,
            object_id: str | None = None,
        ) -> HttpResponseBase | None:
            return self._run_reason_action(request, spec, queryset, object_id)

        name = perform.__name__
        spec = _Spec(
            name, perform, description, permission, form_class, preview, note, danger, consequences
        )
        action.short_description = description  # type: ignore[attr-defined]
        action.allowed_permissions = [permission]  # type: ignore[attr-defined]
        action.attrs = {}  # type: ignore[attr-defined]
        action.icon = icon  # type: ignore[attr-defined]
        action.variant = ActionVariant.DANGER if danger else ActionVariant.DEFAULT  # type: ignore[attr-defined]
        action.url_path = url_path or name.replace("_", "-")  # type: ignore[attr-defined]
        return action

    return decorate


class _Spec:
    """What one reason action is made of."""

    def __init__(
        self,
        name: str,
        perform: Perform,
        description: str,
        permission: str,
        form_class: type[forms.Form],
        preview: Sequence[str] | str,
        note: str,
        danger: bool,
        consequences: str,
    ) -> None:
        self.name = name
        self.perform = perform
        self.description = description
        self.permission = permission
        self.form_class = form_class
        self.preview = preview
        self.note = note
        self.danger = danger
        self.consequences = consequences


class ReasonActionMixin(_AdminBase):
    """For a ModelAdmin that has reason actions; goes before BackroomAdmin in the bases."""

    def reason_form(
        self, request: HttpRequest, form_class: type[forms.Form], queryset: models.QuerySet
    ) -> forms.Form:
        """The form, bound once it was sent. Override to give it choices that depend on the rows."""
        return form_class(request.POST if CONFIRM_FIELD in request.POST else None)

    def _filter_actions_by_permissions(
        self, request: HttpRequest, actions: Sequence[tuple[Any, str, str]]
    ) -> list[tuple[Any, str, str]]:
        """Permissions by their full name, beside Django's `view` or `change`."""
        by_name = [a for a in actions if _full_permissions(a[0])]
        rest = [a for a in actions if a not in by_name]
        allowed = [a for a in by_name if request.user.has_perms(_full_permissions(a[0]))]
        return [*allowed, *super()._filter_actions_by_permissions(request, rest)]  # type: ignore[misc]

    def _run_reason_action(
        self,
        request: HttpRequest,
        spec: _Spec,
        queryset: models.QuerySet | None,
        object_id: str | None,
    ) -> HttpResponseBase | None:
        if not request.user.has_perm(spec.permission):
            raise PermissionDenied
        back = self._back_url(request, object_id)
        rows = self._chosen_rows(request, queryset, object_id)
        if rows is None:
            return HttpResponseRedirect(back)
        form = self.reason_form(request, spec.form_class, rows)
        if CONFIRM_FIELD in request.POST and form.is_valid():
            try:
                unseen = self._unseen_consequences(request, spec, rows, form)
                if unseen:
                    return self._reason_page(request, spec, rows, form, back, unseen)
                with transaction.atomic():
                    told = spec.perform(self, request, rows, form.cleaned_data)
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, told or f"{spec.description}: done.")
                return HttpResponseRedirect(back)
        return self._reason_page(request, spec, rows, form, back)

    def _unseen_consequences(
        self, request: HttpRequest, spec: _Spec, rows: models.QuerySet, form: forms.Form
    ) -> Consequences | None:
        """What this would do to others, unless the user has just been shown exactly that."""
        if not spec.consequences:
            return None
        found: Consequences | None = getattr(self, spec.consequences)(
            request, lambda: spec.perform(self, request, rows, form.cleaned_data)
        )
        return None if found is None or request.POST.get(SEEN_FIELD) == found.seal else found

    def _chosen_rows(
        self, request: HttpRequest, queryset: models.QuerySet | None, object_id: str | None
    ) -> models.QuerySet | None:
        if object_id is not None:
            rows = self.get_queryset(request).filter(pk=object_id)
            if not rows.exists():
                raise Http404(f"no {self.model._meta.verbose_name} {object_id}")
            return rows
        assert queryset is not None
        count = queryset.count()
        if count > ACTION_ROWS_MAX:
            messages.error(
                request, f"{count} rows are chosen; at most {ACTION_ROWS_MAX} at a time."
            )
            return None
        if CONFIRM_FIELD in request.POST:
            gone = len(request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)) - count
            if gone:
                messages.error(
                    request,
                    f"{gone} of the chosen rows left this list meanwhile. Nothing was changed: "
                    "look again and choose anew.",
                )
                return None
        return queryset

    def _back_url(self, request: HttpRequest, object_id: str | None) -> str:
        options = self.model._meta
        prefix = f"{self.admin_site.name}:{options.app_label}_{options.model_name}"
        if object_id is not None:
            return reverse(f"{prefix}_change", args=[object_id])
        query = request.GET.urlencode()
        return reverse(f"{prefix}_changelist") + (f"?{query}" if query else "")

    def _reason_page(
        self,
        request: HttpRequest,
        spec: _Spec,
        rows: models.QuerySet,
        form: forms.Form,
        back: str,
        consequences: Consequences | None = None,
    ) -> TemplateResponse:
        headings, cells = self._preview(request, spec, rows)
        context = {
            **self.admin_site.each_context(request),
            "title": spec.description,
            "opts": self.model._meta,
            "form": form,
            "media": self.media + form.media,
            "note": spec.note,
            "danger": spec.danger,
            "preview": {"headers": headings, "rows": cells},
            "heading": f"{spec.description}: {len(rows)} {model_ngettext(self.opts, len(rows))}",
            "action_name": spec.name,
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
            "confirm_field": CONFIRM_FIELD,
            "seen_field": SEEN_FIELD,
            "consequences": consequences,
            "chosen": [str(row.pk) for row in rows],
            "back_url": back,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/kernel/reason_action.html", context)

    def _preview(
        self, request: HttpRequest, spec: _Spec, rows: models.QuerySet
    ) -> tuple[list[str], list[list[str]]]:
        if isinstance(spec.preview, str):
            headings, cells = getattr(self, spec.preview)(request, rows)
            return list(headings), [[_shown(value) for value in row] for row in cells]
        if not spec.preview:
            return [str(self.model._meta.verbose_name)], [[str(row)] for row in rows]
        labels = [
            str(label_for_field(column, self.model, model_admin=self)) for column in spec.preview
        ]
        return labels, [[_cell(self, row, column) for column in spec.preview] for row in rows]


def _full_permissions(action: Any) -> list[str]:
    return [name for name in getattr(action, "allowed_permissions", ()) if "." in name]


def _cell(admin: Any, row: models.Model, column: str) -> str:
    try:
        field, _, value = lookup_field(column, row, admin)
    except ObjectDoesNotExist:
        return ""
    choices: Mapping[Any, Any] = dict(getattr(field, "flatchoices", None) or ())
    return _shown(choices.get(value, value))


def _shown(value: Any) -> Any:
    """A cell for people: blank where there is nothing, decimals without trailing zeros."""
    if value is None:
        return ""
    if isinstance(value, tuple):  # what a list shows on two lines
        return " · ".join(str(part) for part in value)
    if isinstance(value, Decimal):
        return plain_decimal(value)
    return value
