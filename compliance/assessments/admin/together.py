"""The same finding, decided once for everything that waits for it."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from compliance.assessments import services
from compliance.assessments.admin import words
from compliance.assessments.admin.filters import KEY_LENGTH_MAX, number
from compliance.assessments.admin.forms import DONE, DecisionForm
from compliance.assessments.admin.outcome import tell_refused
from compliance.assessments.admin.page import DECIDE, VIEW
from compliance.assessments.selectors.queue import (
    TOGETHER_MAX,
    exposures,
    waiting_findings,
    waiting_for,
)
from compliance.assessments.selectors.review import entry_of, finding_named, source_texts
from compliance.assessments.selectors.waiting import forget_waiting
from config.kernel import clock
from config.kernel.admin import LedgerAdmin
from config.kernel.errors import DomainError
from config.kernel.words import counted

FINDINGS_SHOWN = 200


class FindingPages(LedgerAdmin):
    """What the queue waits for, by finding; and one decision for all that wait for one."""

    def get_urls(self) -> list[URLPattern]:
        """Two pages beside the queue."""
        view = self.admin_site.admin_view
        return [
            path("findings/", view(self.findings_view), name="compliance_findings"),
            path("findings/decide/", view(self.together_view), name="compliance_together"),
            *super().get_urls(),
        ]

    def findings_view(self, request: HttpRequest) -> HttpResponse:
        """Every finding that something waits for, the most frequent first."""
        if not request.user.has_perm(VIEW):
            raise PermissionDenied
        found, is_cut = waiting_findings(limit=FINDINGS_SHOWN)
        queue_url = reverse("admin:compliance_waitingclearance_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": "What the queue waits for",
            "findings": [
                (
                    own,
                    words.severity_label(own.severity),
                    f"{queue_url}?{urlencode({'finding': own.key})}",
                    _together_url(own.key),
                )
                for own in found
            ],
            "is_cut": is_cut,
            "shown_max": FINDINGS_SHOWN,
            "queue_url": queue_url,
            "may_decide": request.user.has_perm(DECIDE),
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/compliance/assessments/findings.html", context)

    def together_view(self, request: HttpRequest) -> HttpResponse:
        """What waits for one finding alone, and the decision for all of it or some."""
        if not request.user.has_perm(DECIDE):
            raise PermissionDenied
        key = request.GET.get("finding", "").replace("\0", "")[:KEY_LENGTH_MAX]
        form = DecisionForm(request.POST if request.method == "POST" else None)
        if (
            request.method == "POST"
            and form.is_valid()
            and self._decided_together(request, key, form)
        ):
            if waiting_for(key).alone:
                return HttpResponseRedirect(_together_url(key))
            return HttpResponseRedirect(reverse("admin:compliance_findings"))
        return self._page(request, key, form)

    def _decided_together(self, request: HttpRequest, key: str, form: DecisionForm) -> bool:
        chosen = {number(value) for value in request.POST.getlist("clearance")}
        ids = [row.pk for row in waiting_for(key).alone if row.pk in chosen]
        if not ids:
            form.add_error(
                None, "Choose at least one of them: none of those chosen waits any more."
            )
            return False
        kind = form.cleaned_data["kind"]
        try:
            outcome = services.decide(
                clearance_ids=ids,
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
        if outcome.done:
            messages.success(request, f"{DONE[kind]}: {counted(outcome.done, 'clearance')}.")
        tell_refused(request, outcome)
        return True

    def _page(self, request: HttpRequest, key: str, form: DecisionForm) -> HttpResponse:
        finding = finding_named(key) if key else None
        together = waiting_for(key) if key else None
        rows = together.alone if together else []
        behind = exposures({row.product_id for row in rows})
        chosen = set(request.POST.getlist("clearance"))
        now = clock.now()
        queue_url = reverse("admin:compliance_waitingclearance_changelist")
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Decide together",
            "finding": finding,
            "badge": words.severity_label(finding.severity) if finding else "",
            "source": _source(key),
            "rows": [
                {
                    "row": row,
                    "url": reverse("admin:compliance_waitingclearance_change", args=[row.pk]),
                    "sale": words.sale_label(row, now),
                    "value": words.worth(behind.get(row.product_id)),
                    "reservations": own.open_reservations
                    if (own := behind.get(row.product_id))
                    else 0,
                    "is_chosen": not chosen or str(row.pk) in chosen,
                }
                for row in rows
            ],
            "with_others": together.with_others if together else 0,
            "is_cut": together.is_cut if together else False,
            "together_max": TOGETHER_MAX,
            "others_url": f"{queue_url}?{urlencode({'finding': key})}",
            "findings_url": reverse("admin:compliance_findings"),
            "form": form,
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/compliance/assessments/together.html", context)


def _together_url(key: str) -> str:
    return f"{reverse('admin:compliance_together')}?{urlencode({'finding': key})}"


def _source(key: str) -> Any:
    entry_id = entry_of(key)
    return source_texts([entry_id]).get(entry_id) if entry_id else None
