"""The list of rulebooks, and where a file comes in as a new version."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.decorators import display

from compliance.rulebooks import services
from compliance.rulebooks.admin.forms import ImportForm
from compliance.rulebooks.admin.shown import COVERAGE_COLOURS, STATUS_COLOURS
from compliance.rulebooks.models import Coverage, Rulebook, VersionStatus
from config.kernel import clock
from config.kernel.admin.display import day, label, link, moment
from config.kernel.admin.pages import PageAdmin
from config.kernel.errors import DomainError
from config.kernel.words import counted


class ImportPage:
    """GET asks for a file; POST makes a draft of it, whose page shows what it would change."""

    def __init__(self, admin_site: AdminSite) -> None:
        self.admin_site = admin_site
        self.__name__ = type(self).__name__

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """For those who may import."""
        if not request.user.has_perm("compliance.import_rulebook"):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            try:
                version = services.import_rulebook(
                    rulebook=data["rulebook"].code,
                    content=data["file"].read(),
                    file_name=data["file"].name,
                    label=data["label"],
                    effective_from=data["effective_from"],
                    section=data["section"],
                    user=cast(Any, request.user),
                    now=clock.now(),
                )
            except DomainError as error:
                form.refuse(error)
            else:
                entries = counted(version.entry_count, "rule")
                messages.success(
                    request, f"{version}: {entries}. Nothing applies before it is active."
                )
                url = reverse("admin:compliance_rulebookversion_change", args=[version.pk])
                return HttpResponseRedirect(url)
        context = {
            **self.admin_site.each_context(request),
            "title": "Import a version of a rulebook",
            "form": form,
            "back_url": reverse("admin:compliance_rulebook_changelist"),
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/compliance/rulebooks/import.html", context)


@admin.register(Rulebook)
class RulebookAdmin(PageAdmin):
    """Every law that is known by name, and how much of it is here."""

    nothing_here = "No rulebooks: run manage.py load_rulebooks."
    change_form_template = "admin/compliance/rulebooks/rulebook.html"
    list_before_template = "admin/compliance/rulebooks/import_link.html"
    list_display = ["code", "name", "jurisdiction", "coverage_label", "active", "drafts"]
    search_fields = ["code", "name"]
    ordering = ["code"]

    def get_urls(self) -> list[URLPattern]:
        """The page of the import, before the rows."""
        view = self.admin_site.admin_view(ImportPage(self.admin_site))
        return [path("import/", view, name="rulebook_import"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rulebook]:
        """With the versions, read once for the whole list."""
        rows = super().get_queryset(request).prefetch_related("versions")
        return rows.annotate(
            draft_total=Count("versions", filter=Q(versions__status=VersionStatus.DRAFT))
        )

    @display(description="Coverage", ordering="coverage")
    def coverage_label(self, book: Rulebook) -> Any:
        """How much of the law is here."""
        return label(book.get_coverage_display(), COVERAGE_COLOURS[Coverage(book.coverage)])

    @display(description="Active version")
    def active(self, book: Rulebook) -> Any:
        """The version that products are judged by."""
        for version in book.versions.all():
            if version.status == VersionStatus.ACTIVE:
                return link("compliance_rulebookversion_change", version.pk, version.label)
        return ""

    @display(description="Drafts")
    def drafts(self, book: Any) -> Any:
        """Versions that wait."""
        return book.draft_total or ""

    def page_context(self, request: HttpRequest, book: Any, /) -> dict[str, Any]:
        """Its versions, the latest first."""
        versions = book.versions.order_by("-effective_from", "-pk")
        return {
            "title": book.name,
            "book": book,
            "facts": [
                ("Code", book.code),
                ("Jurisdiction", book.jurisdiction),
                ("Coverage", self.coverage_label(book)),
                ("Missing", book.coverage_note),
            ],
            "columns": 4,
            "versions": {
                "headers": ["Version", "Status", "Effective from", "Rules", "Loaded", "Activated"],
                "rows": [
                    [
                        link("compliance_rulebookversion_change", own.pk, own.label),
                        label(own.get_status_display(), STATUS_COLOURS[VersionStatus(own.status)]),
                        day(own.effective_from),
                        f"{own.entry_count:,}",
                        moment(own.loaded_at),
                        moment(own.activated_at),
                    ]
                    for own in versions
                ],
            },
        }
