"""The counts: what is being counted, how far it is, and what came of it."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from config.kernel import clock
from config.kernel.admin import ReasonActionMixin, reason_action
from config.kernel.admin.pages import PageAdmin
from config.kernel.errors import DomainError
from inventory.counting import services
from inventory.counting.admin.entry import CountEntryPage
from inventory.counting.admin.forms import NoQuestions, PlanForm
from inventory.counting.admin.words import (
    STATUS_COLOURS,
    differences_url,
    line_cells,
    line_headers,
    progress,
)
from inventory.counting.models import CountStatus, CycleCount
from inventory.counting.selectors.counts import lines_of, with_progress
from inventory.stock import display as shown

LINES_SHOWN = 500
BEING_COUNTED = (CountStatus.COUNTING, CountStatus.SECOND_COUNT)
OVER = (CountStatus.CLOSED, CountStatus.CANCELLED)


@admin.register(CycleCount)
class CycleCountAdmin(ReasonActionMixin, PageAdmin):
    """Counts, the newest first; planning one and entering figures are pages of it."""

    nothing_here = "Nothing has been counted yet."
    change_form_template = "admin/inventory/counting/count.html"
    change_list_template = "admin/inventory/counting/change_list.html"
    list_display = [
        "reference",
        "warehouse",
        "scope",
        "status_label",
        "progress",
        "to_decide",
        "created",
        "closed",
    ]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("warehouse", RelatedDropdownFilter),
    ]
    list_filter_submit = True
    list_select_related = ["warehouse"]
    search_fields = ["reference", "scope"]
    search_help_text = "Reference, or what was counted"
    ordering = ["-created_at", "-id"]
    actions_detail = ["start", "cancel"]
    actions_row = ["start", "cancel"]
    export_columns = [
        "reference",
        "warehouse",
        "scope",
        "status",
        "line_count",
        "counted_count",
        "difference_count",
        "created_at",
        "created_by_name",
        "counted_at",
        "closed_at",
        "closed_by_name",
    ]

    def get_urls(self) -> list[URLPattern]:
        """The pages of counts, with planning and entering before them."""
        wrap = self.admin_site.admin_view
        entry = CountEntryPage(self.admin_site)
        return [
            path("plan/", wrap(self.plan_view), name="count_plan"),
            path("<uuid:count_id>/enter/", wrap(entry.enter), name="count_entry"),
            path("<uuid:count_id>/enter/found/", wrap(entry.found), name="count_found"),
            path("<uuid:count_id>/enter/finish/", wrap(entry.finish), name="count_finish"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CycleCount]:
        """With how far each is."""
        return with_progress(super().get_queryset(request)).select_related("warehouse")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with a button to plan a count for those who may."""
        context = {"may_plan": request.user.has_perm("inventory.plan_count")}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def plan_view(self, request: HttpRequest) -> HttpResponse:
        """Choose what is to be counted, and start at once."""
        if not request.user.has_perm("inventory.plan_count"):
            raise PermissionDenied
        form = PlanForm(request.POST or None, initial=_initial(request))
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            try:
                count = services.plan_count(
                    warehouse_id=data["warehouse"].pk,
                    scope=data["scope"],
                    tolerance_units=data["tolerance_units"],
                    tolerance_percent=data["tolerance_percent"],
                    now=clock.now(),
                    **data["choice"],
                )
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, f"{count} is planned: start it when you are ready.")
                return HttpResponseRedirect(
                    reverse("admin:inventory_cyclecount_change", args=[count.pk])
                )
        context = {
            **self.admin_site.each_context(request),
            "title": "Plan a count",
            "opts": self.model._meta,
            "form": form,
            "media": self.media + form.media,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/inventory/counting/plan.html", context)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """A draft is started; what is not over can be cancelled."""
        status = CycleCount.objects.filter(pk=object_id).values_list("status", flat=True).first()
        fitting = {"start"} if status == CountStatus.DRAFT else set()
        if status and status not in OVER:
            fitting.add("cancel")
        actions = super().get_actions_detail(request, object_id)
        return [action for action in actions if action.method.__name__ in fitting]

    def page_context(self, request: HttpRequest, count: Any, /) -> dict[str, Any]:
        """How far it is, and its lines; figures of the books only for those who do not count."""
        # Who is going to count must not read what the books say.
        is_open_book = count.status in OVER or request.user.has_perm("inventory.approve_count")
        lines = list(lines_of(count.pk)[:LINES_SHOWN])
        may_enter = request.user.has_perm("inventory.enter_count")
        return {
            "title": count.reference,
            "subtitle": count.warehouse.code,
            "count": count,
            "facts": [
                ("Warehouse", count.warehouse.code),
                ("What", count.scope),
                ("Status", self.status_badge(count)),
                ("Planned", _by(count.created_at, count.created_by_name)),
                ("Counted", shown.moment(count.counted_at)),
                ("Closed", _by(count.closed_at, count.closed_by_name)),
            ],
            "progress": progress(count),
            "cancel_reason": count.cancel_reason,
            "lines": {
                "headers": line_headers(is_open_book),
                "rows": [line_cells(line, is_open_book) for line in lines],
            },
            "more": count.line_count - len(lines),
            "enter_url": reverse("admin:count_entry", args=[count.pk])
            if may_enter and count.status in BEING_COUNTED
            else "",
            "decide_url": differences_url(count)
            if count.difference_count and request.user.has_perm("inventory.approve_count")
            else "",
        }

    def status_badge(self, count: CycleCount) -> SafeString:
        """Where it stands, as a badge."""
        text = count.get_status_display()
        return shown.label(text, STATUS_COLOURS.get(text, ""))

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_label(self, count: CycleCount) -> str:
        """Where it stands."""
        return count.get_status_display()

    @display(description="Counted", ordering="counted_count")
    def progress(self, count: Any) -> SafeString:
        """How many of its lines have a figure."""
        return progress(count)

    @display(description="To decide", ordering="difference_count")
    def to_decide(self, count: Any) -> SafeString | str:
        """How many differences wait for a decision."""
        if not count.difference_count:
            return ""
        return shown.label(str(count.difference_count), "warning")

    @display(description="Lines")
    def line_count(self, count: Any) -> int:
        """How many lines it has."""
        return count.line_count

    @display(description="Counted")
    def counted_count(self, count: Any) -> int:
        """How many of them have a figure."""
        return count.counted_count

    @display(description="To decide")
    def difference_count(self, count: Any) -> int:
        """How many differences wait for a decision."""
        return count.difference_count

    @display(description="Planned", ordering="created_at")
    def created(self, count: CycleCount) -> SafeString:
        """When it was planned or sent."""
        return shown.moment(count.created_at)

    @display(description="Closed", ordering="closed_at")
    def closed(self, count: CycleCount) -> SafeString:
        """When the last line was decided, or it was cancelled."""
        return shown.moment(count.closed_at)

    @reason_action(
        description="Start",
        permission="inventory.plan_count",
        icon="play_arrow",
        form_class=NoQuestions,
        preview=["reference", "warehouse", "scope", "line_count"],
    )
    def start(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Hand it to those who count."""
        count = services.start_count(count_id=self._one(queryset), now=clock.now())
        return f"{count} is being counted."

    @reason_action(
        description="Cancel",
        permission="inventory.plan_count",
        icon="cancel",
        danger=True,
        preview=["reference", "warehouse", "scope", "line_count"],
        note="This is final: figures that are not booked yet never will be. What is booked stays.",
    )
    def cancel(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Call it off."""
        count = services.cancel_count(
            count_id=self._one(queryset), reason=data["reason"], now=clock.now()
        )
        return f"{count} is cancelled."

    def _one(self, queryset: QuerySet) -> Any:
        found = queryset.values_list("pk", flat=True).first()
        if found is None:
            raise Http404("no such count")
        return found


def _by(when: datetime | None, who: str) -> SafeString:
    return format_html("{} {}", shown.moment(when), who) if when else SafeString("")


def _initial(request: HttpRequest) -> dict[str, Any]:
    """A link from a place, a SKU or a lot may say what to count."""
    given = request.GET
    initial: dict[str, Any] = {name: given[name] for name in ("places", "items") if name in given}
    if "items" in initial:
        initial["way"] = "items"
    if "warehouse" in given:
        initial["warehouse"] = given["warehouse"]
    return initial
