"""Printed names that nobody recognised, to be settled once; and what was said of them."""

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from compliance.substances import services
from compliance.substances.models import NameAnswer, UnknownName
from compliance.substances.rules.shapes import SubstanceRef
from compliance.substances.selectors import open_names, products_naming, vocabulary
from config.kernel import clock
from config.kernel.admin import LedgerAdmin, ReasonActionMixin, ReasonForm, reason_action
from config.kernel.admin.display import link
from config.kernel.errors import DomainError
from config.kernel.words import counted

NEAREST_SHOWN = 3
NO_INGREDIENT = "none"
_MEANING = re.compile(r"[0-9]{1,18}")
SETTLE = "compliance.settle_name"
BUTTON_CLASSES = (
    "border border-base-200 dark:border-base-700 px-2 py-1 rounded-default "
    "hover:text-primary-600 cursor-pointer"
)


class SubstanceChoice(forms.Form):
    """Which substance the chosen names mean."""

    substance = forms.CharField(
        max_length=300,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True, "autocomplete": "off"}),
        help_text="Its INCI name. The answer is remembered for every list.",
    )

    def clean_substance(self) -> SubstanceRef:
        """The substance of this name, or the nearest ones as a hint."""
        name = self.cleaned_data["substance"]
        known = vocabulary()
        found = known.by_name(name)
        if found is None:
            near = ", ".join(ref.inci_name for ref, _ in known.nearest(name, NEAREST_SHOWN))
            hint = f" Near it are {near}." if near else ""
            raise forms.ValidationError(f"No substance is called “{name}”.{hint}")
        return found


class NothingAsked(forms.Form):
    """Confirms only."""


@admin.register(UnknownName)
class UnknownNameAdmin(ReasonActionMixin, LedgerAdmin):
    """The work list: the most frequent names first, each with what it may mean."""

    nothing_here = "Every printed name is understood."
    list_before_template = "admin/compliance/substances/keys.html"
    list_display_links = ["text"]
    list_per_page = 25
    search_fields = ["text", "key"]
    search_help_text = "Printed name"
    ordering = ["-times_seen", "id"]
    actions = ["mean_one_substance", "no_ingredient"]
    actions_detail = ["mean_one_substance", "no_ingredient"]
    fields = ["text", "times_seen", "first_seen_at", "last_seen_at", "nearest", "products"]
    readonly_fields = ["text", "times_seen", "first_seen_at", "last_seen_at", "nearest", "products"]
    export_columns = ["text", "times_seen", "first_seen_at", "last_seen_at"]

    class Media:
        js = ["backroom/names.js"]

    def get_urls(self) -> list[URLPattern]:
        """Where one click settles a name."""
        view = self.admin_site.admin_view(self.settle_view)
        return [
            path("<int:pk>/settle/<str:meaning>/", view, name="compliance_unknownname_settle"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[UnknownName]:
        """Those that wait."""
        return open_names()

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Proposals are buttons for those who may settle."""
        shown = "may_mean" if request.user.has_perm(SETTLE) else "near"
        return ["text", "times_seen", "last_seen_at", shown]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The page with the nearest names of each row, from one vocabulary."""
        changes = super().get_changelist_instance(request)
        known = vocabulary()
        changes.result_list = list(changes.result_list)
        for name in changes.result_list:
            name.nearest_found = [ref for ref, _ in known.nearest(name.key, NEAREST_SHOWN)]
        return changes

    def settle_view(self, request: HttpRequest, pk: int, meaning: str) -> HttpResponse:
        """Remember what was clicked."""
        if not request.user.has_perm(SETTLE):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if meaning != NO_INGREDIENT and not _MEANING.fullmatch(meaning):
            raise Http404(f"no substance {meaning}")
        name = open_names().filter(pk=pk).first()
        if name is None:
            messages.info(request, "Somebody has settled this name meanwhile.")
        else:
            self._settle(request, name, meaning)
        return HttpResponseRedirect(reverse("admin:compliance_unknownname_changelist"))

    def _settle(self, request: HttpRequest, name: UnknownName, meaning: str) -> None:
        try:
            answer = services.settle_name(
                key=name.key,
                substance_id=None if meaning == NO_INGREDIENT else int(meaning),
                user_id=request.user.pk,
                now=clock.now(),
            )
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            means = answer.substance or "no ingredient"
            messages.success(request, f"“{name.text}” is remembered as {means}.")

    @display(description="May mean")
    def near(self, name: Any) -> str:
        """The nearest names."""
        return ", ".join(ref.inci_name for ref in name.nearest_found)

    @display(description="May mean")
    def may_mean(self, name: Any) -> SafeString:
        """The nearest names, each a button; and that it is no ingredient."""
        offered = [(str(ref.id), ref.inci_name) for ref in name.nearest_found]
        return format_html(
            '<span class="backroom-names flex flex-wrap gap-1">{}</span>',
            format_html_join(
                " ",
                '<button type="submit" formmethod="post" formaction="{}" class="{}">{}</button>',
                [
                    (
                        reverse("admin:compliance_unknownname_settle", args=[name.pk, meaning]),
                        BUTTON_CLASSES,
                        label,
                    )
                    for meaning, label in [*offered, (NO_INGREDIENT, "Not an ingredient")]
                ],
            ),
        )

    @display(description="Nearest names")
    def nearest(self, name: UnknownName) -> str:
        """By how alike they are written."""
        return ", ".join(
            f"{ref.inci_name} ({score:g} %)" for ref, score in vocabulary().nearest(name.key)
        )

    @display(description="Printed on")
    def products(self, name: UnknownName) -> SafeString:
        """Some products whose list holds it."""
        return format_html_join(
            ", ",
            "{}",
            [
                (link("catalog_product_change", own.pk, own.name),)
                for own in products_naming(name.text)
            ],
        )

    @reason_action(
        description="Mean one substance",
        permission=SETTLE,
        form_class=SubstanceChoice,
        preview=["text", "times_seen"],
        icon="check",
    )
    def mean_one_substance(
        self, request: HttpRequest, queryset: QuerySet[UnknownName], data: dict[str, Any]
    ) -> str:
        """Give all of them the same meaning."""
        return self._settle_all(request, queryset, data["substance"])

    @reason_action(
        description="Not an ingredient",
        permission=SETTLE,
        form_class=NothingAsked,
        preview=["text", "times_seen"],
        icon="block",
        note="Lists that hold these words are read without them from now on.",
    )
    def no_ingredient(
        self, request: HttpRequest, queryset: QuerySet[UnknownName], data: dict[str, Any]
    ) -> str:
        """Remember that they are words about something else."""
        return self._settle_all(request, queryset, None)

    def _settle_all(
        self, request: HttpRequest, names: QuerySet[UnknownName], meaning: SubstanceRef | None
    ) -> str:
        done = services.settle_names(
            keys=list(names.values_list("key", flat=True)),
            substance_id=meaning.id if meaning else None,
            user_id=request.user.pk,
            now=clock.now(),
        )
        means = meaning.inci_name if meaning else "no ingredient"
        return f"{counted(done, 'name')} remembered as {means}."


@admin.register(NameAnswer)
class NameAnswerAdmin(ReasonActionMixin, LedgerAdmin):
    """What people said of printed names, the newest first."""

    nothing_here = "Nobody has settled a printed name yet."
    list_display = ["text", "meaning", "answered_by", "answered_at"]
    list_select_related = ["substance", "answered_by"]
    search_fields = ["text", "substance__inci_name"]
    search_help_text = "Printed name or INCI name"
    ordering = ["-answered_at", "-id"]
    actions = ["take_back"]
    actions_detail = ["take_back"]
    fields = ["text", "meaning", "answered_by", "answered_at"]
    readonly_fields = ["text", "meaning", "answered_by", "answered_at"]

    @display(description="Means", ordering="substance__inci_name")
    def meaning(self, answer: NameAnswer) -> str:
        """The substance, if it is one."""
        return answer.substance.inci_name if answer.substance else "Not an ingredient"

    @reason_action(
        description="Take back",
        permission=SETTLE,
        form_class=ReasonForm,
        preview=["text", "meaning"],
        icon="undo",
        note="The name waits on the work list again.",
    )
    def take_back(
        self, request: HttpRequest, queryset: QuerySet[NameAnswer], data: dict[str, Any]
    ) -> str:
        """Forget these answers; their history stays."""
        ids = list(queryset.values_list("pk", flat=True))
        for answer_id in ids:
            services.forget_answer(answer_id=answer_id, reason=data["reason"], now=clock.now())
        return f"{counted(len(ids), 'answer')} taken back."
