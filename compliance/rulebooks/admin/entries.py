"""Rules: the source's words beside what was read of them, and the review by a person."""

from datetime import date, timedelta
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from compliance.rulebooks import services
from compliance.rulebooks.admin.forms import (
    LimitForms,
    ReviewForm,
    entry_initial,
    filled,
    limit_initial,
)
from compliance.rulebooks.admin.shown import (
    STATE_COLOURS,
    dates_words,
    limit_words,
    scope_words,
)
from compliance.rulebooks.models import (
    ReviewState,
    RulebookVersion,
    RuleEntry,
    RuleLimit,
    VersionStatus,
)
from config.kernel import clock
from config.kernel.admin.display import instant, label
from config.kernel.admin.pages import PageAdmin
from config.kernel.errors import DomainError

REVIEW = "compliance.review_rule"
SUBSTANCE_SHOWN = 90
NAMES_SHOWN = 40
REVIEWS_SHOWN = 50


class VersionFilter(SimpleListFilter):
    """The active versions, unless one is chosen."""

    title = "version"
    parameter_name = "version__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every version, by rulebook."""
        rows = RulebookVersion.objects.select_related("rulebook")
        rows = rows.order_by("rulebook__code", "-effective_from")
        return [(str(own.pk), str(own)) for own in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those of the chosen version, else of the active ones."""
        chosen = self.value()
        if chosen and chosen.isdigit():
            return queryset.filter(version_id=chosen)
        return queryset.filter(version__status=VersionStatus.ACTIVE)


class SectionFilter(SimpleListFilter):
    """Annex or section."""

    title = "section"
    parameter_name = "section"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every section of the active versions."""
        rows = RuleEntry.objects.filter(version__status=VersionStatus.ACTIVE)
        names = rows.order_by("section").values_list("section", flat=True).distinct()
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those of the section."""
        return queryset.filter(section=self.value()) if self.value() else queryset


class ComingFilter(SimpleListFilter):
    """Rules with a date that is still to come."""

    title = "coming dates"
    parameter_name = "coming"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Within some time, or at all."""
        return [("90", "Within 90 days"), ("365", "Within a year"), ("all", "At any time")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those with a date after today and within the time."""
        days = self.value()
        if days not in ("90", "365", "all"):
            return queryset
        today = clock.now().date()
        last = date.max if days == "all" else today + timedelta(days=int(days))
        coming = Q(provisions__placing_from__gt=today, provisions__placing_from__lte=last) | Q(
            provisions__available_from__gt=today, provisions__available_from__lte=last
        )
        return queryset.filter(coming).distinct()


@admin.register(RuleEntry)
class RuleEntryAdmin(PageAdmin):
    """The rules of the active versions; those that need review first where asked."""

    nothing_here = "No rules: run manage.py load_rulebooks."
    change_form_template = "admin/compliance/rulebooks/entry.html"
    list_display = ["rule", "short_substance", "kind_words", "state_label"]
    list_display_links = ["rule"]
    list_filter = [
        SectionFilter,
        ("kind", ChoicesDropdownFilter),
        ("review_state", ChoicesDropdownFilter),
        ComingFilter,
        VersionFilter,
    ]
    list_filter_submit = True
    list_select_related = ["version__rulebook"]
    search_fields = ["number", "substance", "names", "cas_numbers"]
    search_help_text = "Number, substance, name or CAS number"
    ordering = ["version_id", "position"]
    export_columns = [
        "section", "number", "kind", "substance", "product_type_text", "concentration_text",
        "other_text", "wording_text", "review_state", "reviewed_by_name", "review_note",
    ]  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        """The page of the review."""
        view = self.admin_site.admin_view(self.review_view)
        return [path("<int:pk>/review/", view, name="rule_review"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RuleEntry]:
        """With version and rulebook, which name it."""
        return super().get_queryset(request).select_related("version__rulebook")

    @display(description="Rule", ordering="section")
    def rule(self, entry: RuleEntry) -> str:
        """Section and number."""
        return f"{entry.section} {entry.number}"

    @display(description="Substance")
    def short_substance(self, entry: RuleEntry) -> str:
        """Its first name, or its words cut short."""
        words = entry.names[0] if entry.names else entry.substance
        return words if len(words) <= SUBSTANCE_SHOWN else f"{words[: SUBSTANCE_SHOWN - 1]}…"

    @display(description="Kind", ordering="kind")
    def kind_words(self, entry: RuleEntry) -> str:
        """What the list does."""
        return entry.get_kind_display()

    @display(description="Read", ordering="review_state")
    def state_label(self, entry: RuleEntry) -> Any:
        """Who vouches for it."""
        colour = STATE_COLOURS[ReviewState(entry.review_state)]
        return label(entry.get_review_state_display(), colour)

    def page_context(self, request: HttpRequest, entry: Any, /) -> dict[str, Any]:
        """The source on one side, what was read of it on the other."""
        may_review = (
            request.user.has_perm(REVIEW) and entry.version.status != VersionStatus.SUPERSEDED
        )
        return {
            "title": entry.reference,
            "entry": entry,
            "state_label": self.state_label(entry),
            "source": _source(entry),
            "rows": _rows(entry),
            "read": _read(entry),
            "reviews": entry.reviews.order_by("-reviewed_at", "-pk")[:REVIEWS_SHOWN],
            "review_url": reverse("admin:rule_review", args=[entry.pk]) if may_review else "",
        }

    def review_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Confirm or correct how a rule was read."""
        if not request.user.has_perm(REVIEW):
            raise PermissionDenied
        entry = self.get_queryset(request).filter(pk=pk).first()
        if entry is None:
            raise Http404(f"no rule {pk}")
        limits = list(entry.limits.order_by("position"))
        form = ReviewForm(request.POST or None, initial=entry_initial(entry))
        rows = LimitForms(request.POST or None, initial=limit_initial(limits), prefix="limits")
        if request.method == "POST" and form.is_valid() and rows.is_valid():
            try:
                services.review_entry(
                    entry_id=pk,
                    note=form.cleaned_data["note"],
                    unless=form.cleaned_data["unless"],
                    limits=filled(rows),
                    user=cast(Any, request.user),
                    now=clock.now(),
                )
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, f"{entry.reference} is reviewed.")
                url = reverse("admin:compliance_ruleentry_change", args=[pk])
                return HttpResponseRedirect(url)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Review {entry.reference}",
            "entry": entry,
            "source": _source(entry),
            "form": form,
            "rows": rows,
            "media": self.media + form.media + rows.media,
            "back_url": reverse("admin:compliance_ruleentry_change", args=[pk]),
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/compliance/rulebooks/review.html", context)


def _source(entry: RuleEntry) -> list[tuple[str, str]]:
    """The source's words, cell by cell; what is blank is left out."""
    names = entry.names[:NAMES_SHOWN]
    more = f" and {len(entry.names) - NAMES_SHOWN} more" if len(entry.names) > NAMES_SHOWN else ""
    cells = [
        ("Substance", entry.substance),
        ("Names", ", ".join(names) + more),
        ("CAS", ", ".join(entry.cas_numbers)),
        ("EC", ", ".join(entry.ec_numbers)),
        ("Product type", entry.product_type_text),
        ("Maximum concentration", entry.concentration_text),
        ("Other", entry.other_text),
        ("Wording of warnings", entry.wording_text),
        ("Regulation", entry.regulation),
        ("The amending regulation", entry.notice_text),
    ]
    return [(name, text) for name, text in cells if text.strip()]


def _rows(entry: RuleEntry) -> list[dict[str, Any]]:
    """Rows that say the same of several products stand together."""
    grouped: dict[tuple[str, bool, str], list[str]] = {}
    for own in RuleLimit.objects.filter(entry=entry).order_by("position"):
        key = (limit_words(own), own.is_certain, own.text)
        grouped.setdefault(key, []).append(scope_words(own.scope))
    return [
        {"limit": limit, "is_certain": is_certain, "text": text, "products": products}
        for (limit, is_certain, text), products in grouped.items()
    ]


def _read(entry: RuleEntry) -> list[tuple[str, list[str]]]:
    """What else was read of it."""
    provisions = entry.provisions.order_by("position")
    warnings = entry.warnings.order_by("position")
    parts: list[tuple[str, list[str]]] = [
        ("In these products", [scope_words(entry.scope)] if entry.scope else []),
        ("Except", [entry.unless] if entry.unless else []),
        ("Named on the label", _declared(entry)),
        ("Dates", dates_words(provisions)),
        ("On the label", [f"{own.text} ({scope_words(own.scope)})" for own in warnings]),
        ("For the maker", entry.conditions.splitlines()),
        ("A person must look at", list(entry.doubts)),
        ("Reviewed", _reviewed(entry)),
    ]
    return [(name, lines) for name, lines in parts if lines]


def _declared(entry: RuleEntry) -> list[str]:
    if entry.declare_leave_on is None or entry.declare_rinse_off is None:
        return []
    leave_on, rinse_off = entry.declare_leave_on, entry.declare_rinse_off
    return [f"above {leave_on.normalize():f} % leave-on, {rinse_off.normalize():f} % rinse-off"]


def _reviewed(entry: RuleEntry) -> list[str]:
    if entry.reviewed_at is None:
        return []
    return [f"{instant(entry.reviewed_at)} by {entry.reviewed_by_name}: {entry.review_note}"]
