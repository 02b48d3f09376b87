"""The kernel's own pages: the work list, the events, the API's clients."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminIntegerFieldWidget

from config.kernel import alerts, clients, clock
from config.kernel.admin.actions import ReasonActionMixin, reason_action
from config.kernel.admin.base import BackroomAdmin, LedgerAdmin
from config.kernel.alerts import Alert, AlertSeverity
from config.kernel.clients import ApiClient, ApiToken
from config.kernel.events import event_types
from config.kernel.outbox import OutboxEvent

EVENTS_SEARCHED = 10_000
KEY_DIGITS = 19


class ResolvedFilter(admin.SimpleListFilter):
    """Open alerts unless somebody asks for others."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What to choose from."""
        return [("resolved", "Resolved"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        """The same, with "Open" in the place of the usual "All"."""
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": "Open",
        }
        for value, title in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        """The alerts of the chosen state."""
        if self.value() == "all":
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() is None)


@admin.register(Alert)
class AlertAdmin(ReasonActionMixin, LedgerAdmin):
    """The work list: what somebody has to look at, with a link to where it is done."""

    nothing_here = "No alerts: nothing needs a person."
    list_display = [
        "shown_severity",
        "linked_title",
        "subject",
        "shown_kind",
        "created_at",
        "resolution",
    ]
    list_display_links = None
    list_filter = [ResolvedFilter, ("severity", ChoicesDropdownFilter), "kind"]
    search_fields = ["title", "subject", "detail"]
    ordering = [alerts.URGENCY, "-created_at", "-id"]
    export_columns = ["severity", "title", "detail", "subject", "kind", "created_at", "resolution"]
    actions = ["resolve"]

    @display(
        description="Severity",
        ordering=alerts.URGENCY,
        label={
            AlertSeverity.INFO.label: "info",
            AlertSeverity.WARNING.label: "warning",
            AlertSeverity.CRITICAL.label: "danger",
        },
    )
    def shown_severity(self, alert: Alert) -> str:
        """How urgent it is, as a coloured label."""
        return alert.get_severity_display()

    @display(description="Kind", ordering="kind")
    def shown_kind(self, alert: Alert) -> str:
        """What sort of alert it is, in words."""
        return alert.kind.replace("-", " ").capitalize()

    @display(description="What to do", ordering="title")
    def linked_title(self, alert: Alert) -> str:
        """The sentence, leading to the page where it is dealt with."""
        if not alert.url:
            return alert.title
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
            alert.url,
            alert.title,
        )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        """The list is of this user's work, not of everybody's."""
        return alerts.alerts_for(request.user).order_by(*self.get_ordering(request))

    @reason_action(
        description="Resolve",
        permission="kernel.resolve_alert",
        preview=["title", "subject", "created_at"],
        note="A resolved alert leaves the list. It is not raised again for the same cause.",
        icon="task_alt",
    )
    def resolve(self, request: HttpRequest, queryset: models.QuerySet, data: dict[str, Any]) -> str:
        """Take the chosen alerts off the list."""
        now = clock.now()
        for alert in queryset:
            alerts.resolve_alert(
                alert_id=alert.pk, resolution=data["reason"], user_id=request.user.pk, now=now
            )
        return f"{len(queryset)} resolved."


class EventTypeFilter(admin.SimpleListFilter):
    """One type of event; the types are those there are in the code, not a search of the table."""

    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every type that a room of ours publishes."""
        return [(name, name) for name in event_types()]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        """Events of that type."""
        return queryset.filter(type=self.value()) if self.value() else queryset


@admin.register(OutboxEvent)
class OutboxEventAdmin(LedgerAdmin):
    """What happened, in the order it was written."""

    nothing_here = "Nothing has happened yet that others are told of."
    list_display = ["id", "type", "subject", "occurred_at", "actor", "request_id"]
    list_filter = [EventTypeFilter, ("occurred_at", RangeDateTimeFilter)]
    list_filter_submit = True
    search_fields = ["subject", "request_id", "actor"]
    search_help_text = (
        f"An event's number, or subject, request or person among the newest {EVENTS_SEARCHED:,} "
        "that the filters leave"
    )
    ordering = ["-id"]

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """Within bounds: an index on what is searched would cost every promise something."""
        if not search_term:
            return queryset, False
        if search_term.isascii() and search_term.isdigit() and len(search_term) < KEY_DIGITS:
            return queryset.filter(pk=search_term), False
        keys = queryset.order_by("-pk").values_list("pk", flat=True)
        for oldest in keys[EVENTS_SEARCHED - 1 : EVENTS_SEARCHED]:
            queryset = queryset.filter(pk__gte=oldest)
        return super().get_search_results(request, queryset, search_term)


class ApiClientForm(ModelForm):
    """Scopes as boxes to tick."""

    scopes = forms.MultipleChoiceField(
        choices=[(name, f"{name}: {text}") for name, text in clients.SCOPES.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = ApiClient
        fields = ["name", "scopes", "rate_limit_per_minute", "partner_id", "is_active"]


class ApiTokenInline(TabularInline):
    """A client's tokens, to look at."""

    model = ApiToken
    extra = 0
    can_delete = False
    hide_title = True
    fields = ["prefix", "created_at", "expires_at", "last_used_at", "revoked_at"]
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """A token is made by the client's action, which shows it."""
        return False


class NewTokenForm(forms.Form):
    """How long the token lives."""

    days = forms.IntegerField(
        min_value=1,
        max_value=3650,
        initial=clients.TOKEN_LIFETIME_DAYS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="The token ends by itself after this many days.",
    )


@admin.register(ApiClient)
class ApiClientAdmin(ReasonActionMixin, BackroomAdmin):
    """Programs that call the API. A new one gets its first token at once, shown this one time."""

    form = ApiClientForm
    list_display = ["name", "is_active", "scope_list", "rate_limit_per_minute"]
    list_filter = ["is_active"]
    search_fields = ["name"]
    ordering = ["name"]
    inlines = [ApiTokenInline]
    actions_detail = ["new_token"]

    @display(description="Scopes")
    def scope_list(self, client: ApiClient) -> str:
        """The scopes in one line."""
        return ", ".join(client.scopes)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save it; a new client's token is made with it."""
        super().save_model(request, obj, form, change)
        if not change:
            _, secret = clients.create_token(client_id=obj.pk, now=clock.now())
            messages.warning(request, _shown_once(secret))

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Clients are switched off, not removed: what they did keeps their name."""
        return False

    @reason_action(
        description="New token",
        permission="kernel.add_apitoken",
        form_class=NewTokenForm,
        preview=["name", "scope_list"],
        note="The token is shown once, on the next page. The client's other tokens stay valid.",
        icon="key",
    )
    def new_token(
        self, request: HttpRequest, queryset: models.QuerySet, data: dict[str, Any]
    ) -> str:
        """Give the client one more token."""
        _, secret = clients.create_token(
            client_id=queryset.get().pk, now=clock.now(), days=data["days"]
        )
        return _shown_once(secret)


@admin.register(ApiToken)
class ApiTokenAdmin(ReasonActionMixin, LedgerAdmin):
    """Every token by its first letters: whose, until when, and when it was used last."""

    nothing_here = "No tokens: nobody can call the API yet."
    list_display = ["prefix", "client", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["client"]
    list_filter = ["revoked_at", "expires_at"]
    search_fields = ["prefix", "client__name"]
    ordering = ["-id"]
    actions = ["revoke"]

    @reason_action(
        description="Revoke",
        permission="kernel.change_apitoken",
        preview=["prefix", "client", "last_used_at"],
        note="A revoked token stops working at once and for good.",
        icon="block",
        danger=True,
    )
    def revoke(self, request: HttpRequest, queryset: models.QuerySet, data: dict[str, Any]) -> str:
        """End the chosen tokens."""
        now = clock.now()
        for token in queryset:
            clients.revoke_token(token_id=token.pk, now=now)
            self.log_change(request, token, f"Revoked: {data['reason']}")
        return f"{len(queryset)} revoked."


def _shown_once(secret: str) -> str:
    return f"The token, shown this once: {secret}"
