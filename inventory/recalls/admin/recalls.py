"""Recalls: the list, and the page that follows one to the last unit."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.text import slugify
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from config.kernel import clock, exports
from config.kernel.admin import ReasonActionMixin, reason_action
from config.kernel.admin.pages import PageAdmin
from config.kernel.errors import DomainError
from inventory.availability.selectors import trace
from inventory.recalls import services
from inventory.recalls.admin import files, tables
from inventory.recalls.admin.forms import CloseForm, ProgressForm
from inventory.recalls.admin.letters import LetterPages
from inventory.recalls.admin.start import StartRecall
from inventory.recalls.models import BOOKED, ProgressKind, Recall, RecallProgress, RecallStatus
from inventory.recalls.selectors import letters, progress_of, touched
from inventory.recalls.selectors.figures import LotProgress
from inventory.stock import display as shown
from inventory.stock.filters import number

STATUS_COLOURS = {
    RecallStatus.OPEN.label: "danger",
    RecallStatus.CLOSED.label: "success",
    RecallStatus.WITHDRAWN.label: "warning",
}
ORDERS_SHOWN = 50
RECORDS_SHOWN = 100


@admin.register(Recall)
class RecallAdmin(LetterPages, ReasonActionMixin, PageAdmin):
    """Every recall, the newest first."""

    nothing_here = "No recalls: nothing had to be called back."
    change_form_template = "admin/inventory/recalls/recall.html"
    list_before_template = "admin/inventory/recalls/start_link.html"
    list_display = ["reference", "status_label", "why", "lot_count", "started", "by", "ended"]
    list_display_links = ["reference"]
    list_filter = [("status", ChoicesDropdownFilter)]
    list_filter_submit = True
    search_fields = ["reference", "reason", "lots__lot__code", "lots__lot__variant__sku"]
    search_help_text = "Reference, reason, lot or SKU"
    ordering = ["-started_at", "-id"]
    actions_detail = ["close", "withdraw"]
    export_columns = [
        "reference", "status_label", "reason", "lot_count", "started_at", "by", "ended_at",
        "end_reason",
    ]  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        """The page where a recall begins, and what belongs to one."""
        view = self.admin_site.admin_view
        return [
            path("start/", view(StartRecall(self.admin_site)), name="recall_start"),
            path("<uuid:pk>/progress/", view(self.progress_view), name="recall_progress"),
            path("<uuid:pk>/take-back/", view(self.take_back_view), name="recall_take_back"),
            path(
                "<uuid:pk>/files/<str:what>.<str:file_format>",
                view(self.file_view),
                name="recall_file",
            ),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recall]:
        """With the number of lots."""
        return super().get_queryset(request).annotate(lot_total=Count("lots", distinct=True))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Nothing more is done with one that has ended."""
        is_open = Recall.objects.filter(pk=object_id, status=RecallStatus.OPEN).exists()
        return super().get_actions_detail(request, object_id) if is_open else []

    def page_context(self, request: HttpRequest, recall: Any, /) -> dict[str, Any]:
        """Progress, up stream, down stream, letters; some twenty queries at any size."""
        lots, sums = progress_of(recall)
        ids = [lot.recalled.lot_id for lot in lots]
        may_record = (
            request.user.has_perm("inventory.record_recall") and recall.status == RecallStatus.OPEN
        )
        buyers = touched.buyers_of(recall.pk, ids)
        thawed = [lot for lot in lots if not lot.is_frozen]
        return {
            "title": f"Recall {recall.reference}",
            "recall": recall,
            "status_label": shown.label(
                recall.get_status_display(), STATUS_COLOURS[recall.get_status_display()]
            ),
            "facts": [
                ("Begun", shown.moment(recall.started_at)),
                ("By", recall.started_by_name),
                ("Lots", str(len(lots))),
                ("Chosen by", _chosen(recall.chosen)),
                ("Ended", shown.moment(recall.ended_at)),
                ("Because", recall.end_reason),
            ],
            "shares": [tables.shares(total) for total in sums],
            "thawed": thawed if recall.status != RecallStatus.WITHDRAWN else [],
            "add_url": (
                f"{reverse('admin:recall_start')}?recall={recall.pk}"
                if recall.status == RecallStatus.OPEN
                and request.user.has_perm("inventory.start_recall")
                else ""
            ),
            "lots_table": tables.lots_table(lots),
            "form": self._progress_form(request, lots) if may_record else None,
            "progress_url": reverse("admin:recall_progress", args=[recall.pk]),
            "records": [
                _record(record, may_take_back=may_record)
                for record in touched.records_of(recall.pk)[:RECORDS_SHOWN]
            ],
            "take_back_url": reverse("admin:recall_take_back", args=[recall.pk]),
            "upstream": _upstream(ids),
            "losses_table": tables.losses_table(
                list(touched.losses_of(recall.pk)[: tables.ROWS_SHOWN + 1])
            ),
            "buyers_table": tables.buyers_table(buyers),
            **_orders(request, recall, ids),
            "letters": [
                (recipient, reverse("admin:recall_letter", args=[recall.pk, recipient.key]))
                for recipient in letters.recipients_of(recall, lots)
            ],
            "zip_url": reverse("admin:recall_letters", args=[recall.pk]),
        }

    def _progress_form(self, request: HttpRequest, lots: Sequence[LotProgress]) -> ProgressForm:
        """The form, or the one that was refused."""
        refused: ProgressForm | None = getattr(request, "refused_form", None)
        return refused or ProgressForm(lots=lots)

    def progress_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Say what became of some units."""
        if not request.user.has_perm("inventory.record_recall"):
            raise PermissionDenied
        recall = self._recall(pk)
        url = reverse("admin:inventory_recall_change", args=[pk])
        if request.method != "POST":
            return HttpResponseRedirect(url)
        lots, _ = progress_of(recall)
        form = ProgressForm(request.POST, lots=lots)
        if form.is_valid():
            data = form.cleaned_data
            try:
                services.record_progress(
                    recall_id=pk,
                    lot_id=data["lot"],
                    kind=ProgressKind(data["kind"]),
                    quantity=data["quantity"],
                    warehouse_id=data["warehouse"],
                    reference=data["reference"],
                    note=data["note"],
                    now=clock.now(),
                )
            except DomainError as error:
                form.refuse(error)
            else:
                messages.success(request, "Recorded.")
                return HttpResponseRedirect(f"{url}#progress")
        request.refused_form = form  # type: ignore[attr-defined]
        request.method = "GET"  # Django's own page takes a POST for a change of the recall itself
        return self.changeform_view(request, str(pk))

    def take_back_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Take back what was confirmed by mistake."""
        if not request.user.has_perm("inventory.record_recall"):
            raise PermissionDenied
        if request.method == "POST":
            try:
                services.take_back(
                    progress_id=number(request.POST.get("record")) or 0,
                    note="recorded by mistake",
                    now=clock.now(),
                )
            except DomainError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, "Taken back.")
        url = reverse("admin:inventory_recall_change", args=[pk])
        return HttpResponseRedirect(f"{url}#progress")

    def file_view(
        self, request: HttpRequest, pk: UUID, what: str, file_format: str
    ) -> HttpResponseBase:
        """Every order that got some, or every reservation that lost some, as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if what not in files.FILES or file_format not in ("csv", "xlsx"):
            raise Http404(f"no export of {what} as {file_format}")
        recall = self._recall(pk)
        headings, read_rows = files.FILES[what]
        rows = read_rows(recall)
        name = f"recall-{slugify(recall.reference) or recall.pk}-{what}.{file_format}"
        if file_format == "csv":
            return StreamingHttpResponse(
                exports.csv_rows(headings, rows),
                content_type="text/csv; charset=utf-8",
                headers={"Content-Disposition": f'attachment; filename="{name}"'},
            )
        book = exports.xlsx_file(headings, rows, title=what.title())
        return FileResponse(book, as_attachment=True, filename=name)

    def _recall(self, pk: UUID) -> Recall:
        recall = Recall.objects.filter(pk=pk).first()
        if recall is None:
            raise Http404(f"no recall {pk}")
        return recall

    @reason_action(
        description="Close",
        permission="inventory.close_recall",
        form_class=CloseForm,
        icon="task_alt",
        preview="outstanding_preview",
        note="This is final. The lots stay frozen.",
    )
    def close(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """All is accounted for, or it is said why not."""
        for recall in queryset:
            services.close_recall(recall_id=recall.pk, reason=data["reason"], now=clock.now())
        return "Closed. The lots stay frozen."

    @reason_action(
        description="Withdraw",
        permission="inventory.withdraw_recall",
        icon="undo",
        danger=True,
        preview="outstanding_preview",
        note="This is final: the lots may be sold again at once, unless another recall or hold "
        "keeps them. Promises that are short are filled from them.",
    )
    def withdraw(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """It should never have been."""
        for recall in queryset:
            services.withdraw_recall(recall_id=recall.pk, reason=data["reason"], now=clock.now())
        return "Withdrawn. The lots may be sold again, but for those that something else holds."

    def outstanding_preview(
        self, request: HttpRequest, queryset: QuerySet
    ) -> tuple[list[str], list[list[str]]]:
        """How far each has come."""
        rows = []
        for recall in queryset:
            _, sums = progress_of(recall)
            rows += [
                [
                    recall.reference,
                    shown.quantity(total.total, total.unit),
                    shown.quantity(total.on_hand, total.unit),
                    shown.quantity(total.outstanding, total.unit),
                ]
                for total in sums
            ]
        return ["Recall", "Of it in all", "Frozen on hand", "Outstanding"], rows

    @display(description="State", ordering="status", label=STATUS_COLOURS)
    def status_label(self, recall: Recall) -> str:
        """Where it stands."""
        return recall.get_status_display()

    @display(description="Why")
    def why(self, recall: Recall) -> str:
        """The reason, as long as a list has room for it."""
        return recall.reason if len(recall.reason) <= 80 else f"{recall.reason[:79]}…"

    @display(description="Lots", ordering="lot_total")
    def lot_count(self, recall: Any) -> int:
        """How many lots are in it."""
        return int(recall.lot_total)

    @display(description="Begun", ordering="started_at")
    def started(self, recall: Recall) -> SafeString:
        """When its lots were frozen."""
        return shown.moment(recall.started_at)

    @display(description="By", ordering="started_by_name")
    def by(self, recall: Recall) -> str:
        """Person or API client."""
        return recall.started_by_name

    @display(description="Ended", ordering="ended_at")
    def ended(self, recall: Recall) -> SafeString:
        """When it was closed or withdrawn."""
        return shown.moment(recall.ended_at)


def _chosen(chosen: dict[str, Any]) -> str:
    """How the lots were named, in words."""
    if "lots" in chosen:
        return "scan or name"
    parts = []
    if "supplier" in chosen:
        parts.append(f"supplier {chosen['supplier']}")
    if "produced" in chosen:
        parts.append(f"made {chosen['produced']['from']} to {chosen['produced']['to']}")
    if "sku" in chosen:
        parts.append(chosen["sku"])
    return ", ".join(parts)


def _upstream(ids: Sequence[int]) -> list[tables.Table]:
    limit = tables.ROWS_SHOWN
    lines = list(trace.arrivals(ids)[: limit + 1])
    arrivals = trace.with_notices(lines[:limit])
    found = [
        tables.arrivals_table(arrivals, more=len(lines) > limit),
        tables.expected_table(list(touched.expected_lines(ids)[: limit + 1])),
        tables.places_table(list(trace.whereabouts(ids)[: limit + 1])),
        tables.transfers_table(list(touched.transfers_of(ids)[: limit + 1])),
    ]
    return [table for table in found if table.rows or table is found[2]]


def _orders(request: HttpRequest, recall: Recall, ids: Sequence[int]) -> dict[str, Any]:
    """A page of the orders, by the number of orders before it."""
    start = min(number(request.GET.get("orders")) or 0, 10**9)
    lines = list(touched.orders_of(ids)[start : start + ORDERS_SHOWN + 1])
    page = reverse("admin:inventory_recall_change", args=[recall.pk])
    before = max(start - ORDERS_SHOWN, 0)
    return {
        "orders_table": tables.orders_table(trace.with_buyers(lines[:ORDERS_SHOWN])),
        "orders_from": start + 1,
        "orders_to": start + len(lines[:ORDERS_SHOWN]),
        "orders_before_url": f"{page}?orders={before}#orders" if start else "",
        "orders_next_url": (
            f"{page}?orders={start + ORDERS_SHOWN}#orders" if len(lines) > ORDERS_SHOWN else ""
        ),
        "files": {
            f"{what}_{kind}": reverse("admin:recall_file", args=[recall.pk, what, kind])
            for what in files.FILES
            for kind in ("csv", "xlsx")
        },
    }


def _record(record: RecallProgress, *, may_take_back: bool) -> dict[str, Any]:
    lot = record.recall_lot.lot
    is_back = record.reverses_id is not None
    is_gone = hasattr(record, "reversed_by")
    return {
        "pk": record.pk,
        "at": record.recorded_at,
        "kind": shown.label("Taken back" if is_back else record.get_kind_display(), ""),
        "what": record.get_kind_display() if is_back else "",
        "quantity": shown.quantity(record.quantity, lot.variant.product.stock_unit),
        "lot": shown.lot_link(lot),
        "sku": lot.variant.sku,
        "where": record.warehouse.code if record.warehouse else "",
        "reference": record.reference,
        "note": record.note,
        "actor": record.actor_name,
        "is_gone": is_gone,
        "may_take_back": (
            may_take_back and not is_back and not is_gone and record.kind not in BOOKED
        ),
    }
