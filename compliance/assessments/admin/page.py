"""The page of a clearance: everything to decide by, and the decision."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.http import urlencode

from catalog.products.models import CosmeticProduct
from compliance.assessments import services
from compliance.assessments.admin import words
from compliance.assessments.admin.changelist import QueueChangeList
from compliance.assessments.admin.evidence import facts_of, marked_list, shown_findings
from compliance.assessments.admin.filters import number
from compliance.assessments.admin.forms import DONE, KINDS, DecisionForm
from compliance.assessments.admin.labels import label_url
from compliance.assessments.admin.letters import letter
from compliance.assessments.models import Clearance, Decision
from compliance.assessments.selectors.papers import documents_of
from compliance.assessments.selectors.queue import exposures, lots_of, still_waiting
from compliance.assessments.selectors.review import (
    clearance_page,
    cosmetic_of,
    history_of,
    skus_of,
)
from compliance.assessments.selectors.waiting import forget_waiting
from config.kernel import clock
from config.kernel.admin.display import instant
from config.kernel.admin.pages import PageAdmin
from config.kernel.errors import DomainError

FILTERS = "_changelist_filters"
VIEW, DECIDE = "compliance.view_clearance", "compliance.decide_clearance"
LOTS_SHOWN = 10


class ClearancePage(PageAdmin):
    """One clearance; the same page from the queue and from the list of all."""

    change_form_template = "admin/compliance/assessments/clearance.html"

    def get_urls(self) -> list[URLPattern]:
        """The page, and where its decision is sent."""
        view = self.admin_site.admin_view(self.decide_view)
        name = f"compliance_{self.model._meta.model_name}_decide"
        return [path("<int:pk>/decide/", view, name=name), *super().get_urls()]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see clearances."""
        return bool(request.user.has_perm(VIEW))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As above."""
        return self.has_view_permission(request)

    def check_view(self, request: HttpRequest) -> None:
        """Turn away whoever may not see clearances."""
        if not self.has_view_permission(request):
            raise PermissionDenied

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Model | None:
        """The clearance, whether it waits or not; read once for a request."""
        read = cast(Any, request)
        key = str(object_id)
        if getattr(read, "clearance_key", None) != key:
            read.clearance_key = key
            read.clearance_row = clearance_page(number(object_id) or 0, self.model)
        row: Model | None = read.clearance_row
        return row

    def page_context(self, request: HttpRequest, row: Any, /) -> dict[str, Any]:
        """Findings, list, facts, papers, what stands behind it, its history; bounded queries."""
        now = clock.now()
        findings = shown_findings(row)
        cosmetic = cosmetic_of(row.product_id)
        skus = skus_of(row.product_id)
        behind = exposures([row.product_id]).get(row.product_id)
        market = f"{row.market.name} ({row.market.code})"
        kept = row.assessment.findings if row.assessment else []
        return {
            "title": f"{row.product.name} in {row.market.code}",
            "row": row,
            "skus": skus,
            "status": words.status_label(row.status),
            "sale": words.sale_label(row, now),
            "severity": words.severity_label(row.severity),
            "figures": _figures(row, behind, now),
            "new": [own for own in findings if own.is_new],
            "decided": [own for own in findings if not own.is_new and own.severity != "info"],
            "notes": [own for own in findings if not own.is_new and own.severity == "info"],
            "ingredients": marked_list(row, findings),
            "cosmetic": cosmetic,
            "facts": facts_of(cosmetic) if cosmetic else [],
            "documents": papers(row.product_id, now.date()),
            "lots": lots_of([row.product_id], LOTS_SHOWN),
            "history": [_told(own) for own in history_of(row.product_id, row.market.code)],
            "letter": letter(
                product=row.product.name, skus=skus, market=market, findings=_asking(row, kept)
            ),
            "links": self._links(request, row, cosmetic),
            **self._place(request, row),
            **self._deciding(request, row),
        }

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The ledger of decisions, which stands on the page itself."""
        self.check_view(request)
        name = f"admin:compliance_{self.model._meta.model_name}_change"
        return HttpResponseRedirect(f"{reverse(name, args=[object_id])}#history")

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Decide, and go on to the next; what is refused stays on the page as it was typed."""
        if not request.user.has_perm(DECIDE):
            raise PermissionDenied
        url = self._url(pk, request.POST.get(FILTERS, ""))
        if request.method != "POST":
            return HttpResponseRedirect(url)
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404(f"no clearance {pk}")
        form = DecisionForm(request.POST)
        after = self._following(request, pk)
        if form.is_valid() and self._decided(request, cast(Clearance, row), form):
            return self._next(request, after, request.POST.get(FILTERS, ""))
        refused = cast(Any, request)
        refused.refused_form = form
        refused.method = "GET"  # Django's own page takes a POST for a change of the row itself
        refused.GET = QueryDict(urlencode({FILTERS: request.POST.get(FILTERS, "")}))
        return self.changeform_view(request, str(pk))

    def _decided(self, request: HttpRequest, row: Clearance, form: DecisionForm) -> bool:
        if request.POST.get("seen") != _seal(row):
            form.add_error(
                None,
                "The machine has judged the product again, or somebody has decided, since you "
                "opened this page: look at what stands here now, then decide.",
            )
            return False
        kind = form.cleaned_data["kind"]
        try:
            services.decide_one(
                clearance_id=row.pk,
                kind=kind,
                reason=form.cleaned_data["reason"],
                until=form.until_or_none(),
                user_id=cast(int, request.user.pk),
                now=clock.now(),
            )
        except DomainError as error:
            form.add_error(None, str(error))
            return False
        forget_waiting()
        messages.success(request, f"{DONE[kind]}: {row.product.name} in {row.market.code}.")
        return True

    def _next(self, request: HttpRequest, after: Sequence[int], kept: str) -> HttpResponse:
        key = still_waiting(after)
        if key is not None:
            return HttpResponseRedirect(self._url(key, kept))
        list_url = reverse("admin:compliance_waitingclearance_changelist")
        return HttpResponseRedirect(f"{list_url}?{kept}" if kept else list_url)

    def _url(self, pk: int, kept: str) -> str:
        url = reverse(f"admin:compliance_{self.model._meta.model_name}_change", args=[pk])
        return f"{url}?{urlencode({FILTERS: kept})}" if kept else url

    def _queue(self, request: HttpRequest) -> Sequence[int]:
        """The keys of the queue as the list was filtered that the user came from."""
        if self.model is Clearance:
            return []
        kept = request.POST.get(FILTERS) or request.GET.get(FILTERS) or ""
        listed = cast(Any, HttpRequest())
        listed.user, listed.GET, listed.META = request.user, QueryDict(kept), request.META
        listed.method, listed.session = "GET", getattr(request, "session", {})
        try:
            changes = self.get_changelist_instance(listed)
        except (IncorrectLookupParameters, PermissionDenied):
            return []
        assert isinstance(changes, QueueChangeList)
        return changes.all_keys()

    def _following(self, request: HttpRequest, pk: int) -> list[int]:
        keys = self._queue(request)
        at = keys.index(pk) if pk in keys else -1
        return [*keys[at + 1 :], *keys[: max(at, 0)]]

    def _place(self, request: HttpRequest, row: Clearance) -> dict[str, Any]:
        """Where it stands in the queue, with the ways to its neighbours."""
        kept = request.GET.get(FILTERS, "")
        keys = self._queue(request)
        at = keys.index(row.pk) if row.pk in keys else None
        before = keys[at - 1] if at else None
        after = keys[at + 1] if at is not None and at + 1 < len(keys) else None
        if at is None and keys:
            after = keys[0]
        return {
            "place": at + 1 if at is not None else None,
            "waiting_total": len(keys),
            "previous_url": self._url(before, kept) if before else "",
            "next_url": self._url(after, kept) if after else "",
            "filters": kept,
        }

    def _deciding(self, request: HttpRequest, row: Clearance) -> dict[str, Any]:
        if not request.user.has_perm(DECIDE):
            return {"form": None}
        form: DecisionForm | None = getattr(request, "refused_form", None)
        name = f"admin:compliance_{self.model._meta.model_name}_decide"
        return {
            "form": form or DecisionForm(),
            "kinds": [(kind, text, key) for (kind, text), key in zip(KINDS, "arsw", strict=True)],
            "decide_url": reverse(name, args=[row.pk]),
            "seen": _seal(row),
        }

    def _links(
        self, request: HttpRequest, row: Clearance, cosmetic: CosmeticProduct | None
    ) -> list[tuple[str, str]]:
        product_id = row.product_id
        found = [
            ("Product and formula", reverse("admin:compliance_product", args=[product_id])),
        ]
        if request.user.has_perm("catalog.view_product"):
            url = reverse("admin:catalog_product_change", args=[product_id])
            found.append(("Catalogue", url))
        sheet = label_url(request, product_id, row.market.code)
        if sheet and cosmetic:
            found.append(("Label sheet", sheet))
        return found


def _seal(row: Clearance) -> str:
    """Tells whether what was shown is still what is decided about."""
    return f"{row.assessment_id}:{row.status}:{row.decided_at}"


def _asking(row: Clearance, kept: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What waits for a decision, or all that was found once nothing waits any more."""
    new = set(row.new_keys)
    return [own for own in kept if not new or own["key"] in new]


def _figures(row: Clearance, behind: Any, now: Any) -> list[tuple[str, Any]]:
    assessment = row.assessment
    return [
        ("Stock value", words.worth(behind) or "nothing in stock"),
        ("Lots", str(behind.lots) if behind else "none"),
        ("Open reservations", str(behind.open_reservations) if behind else "none"),
        ("In the queue", words.age(row.queued_at, now)),
        ("Judged on", assessment.get_evidence_display() if assessment else "nothing"),
        ("By", ", ".join(assessment.rulebook_versions) if assessment else ""),
    ]


def _told(own: Decision) -> dict[str, Any]:
    """A line of the history, with the rules it was made by where they changed."""
    before, after = own.rulebook_versions_before, own.rulebook_versions
    versions = ", ".join(after)
    if before and before != after:
        versions = f"{', '.join(before)} → {versions}"
    return {
        "at": instant(own.at),
        "after": words.status_label(own.after),
        "was": own.get_before_display() if own.before and own.before != own.after else "",
        "how": own.get_how_display(),
        "actor": own.actor or (own.user.username if own.user else ""),
        "reason": own.reason,
        "until": own.waived_until,
        "evidence": own.get_evidence_display(),
        "versions": versions,
        "findings": len(own.findings),
    }


def papers(product_id: int, on: date) -> list[dict[str, Any]]:
    """The documents on file, each with its page where there is one."""
    return [
        {
            "title": own.title,
            "kind": own.get_kind_display(),
            "where": own.jurisdiction or "everywhere",
            "expiry_date": own.expiry_date,
            "has_lapsed": own.expiry_date is not None and own.expiry_date < on,
            "url": _document_url(own.pk),
        }
        for own in documents_of(product_id)
    ]


def _document_url(pk: int) -> str:
    try:
        return reverse("admin:compliance_document_change", args=[pk])
    except NoReverseMatch:
        return ""
