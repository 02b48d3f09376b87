"""The page where an inventory comes in: upload, see what differs, take it over."""

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminFileFieldWidget

from compliance.substances import services
from config.kernel import clock
from config.kernel.errors import DomainError
from config.kernel.words import counted

FILE_BYTES_MAX = 20_000_000
ROWS_SHOWN = 20
_SEAL = re.compile(r"[0-9a-f]{64}")


class InventoryForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label="Inventory",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,text/csv"}),
        help_text="CSV in UTF-8 with the columns inci_name, cas_number, einecs_number and "
        "function, or the headings of CosIng's own export.",
    )

    def clean_file(self) -> Any:
        """Refuse what is too large, before it is read."""
        file = self.cleaned_data["file"]
        if (file.size or 0) > FILE_BYTES_MAX:
            raise forms.ValidationError(f"The file has more than {FILE_BYTES_MAX // 1_000_000} MB.")
        return file


class UploadInventory:
    """GET asks for a file; POST shows what it differs in, and then takes over what was shown."""

    def __init__(self, admin_site: AdminSite) -> None:
        self.admin_site = admin_site

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """One step after the other."""
        if not request.user.has_perm("compliance.import_substances"):
            raise PermissionDenied
        if request.method != "POST":
            return self._page(request, InventoryForm())
        if _SEAL.fullmatch(request.POST.get("seal", "")):
            return self._apply(request, request.POST["seal"])
        form = InventoryForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, form)
        data = form.cleaned_data["file"].read()
        try:
            report = services.import_substances(data=data, now=clock.now(), apply=False)
        except DomainError as error:
            form.add_error("file", error.detail)
            return self._page(request, form)
        seal = services.keep_file(data) if report.has_differences else ""
        return self._page(request, form, report, seal)

    def _apply(self, request: HttpRequest, seal: str) -> HttpResponse:
        data = services.kept_file(seal)
        if data is None:
            messages.error(request, "The file is no longer here: upload it again.")
            return HttpResponseRedirect(reverse("admin:substance_import"))
        try:
            report = services.import_substances(data=data, now=clock.now(), apply=True)
        except DomainError as error:
            messages.error(request, error.detail)
            return HttpResponseRedirect(reverse("admin:substance_import"))
        services.forget_file(seal)
        messages.success(
            request,
            f"{len(report.new):,} new, {len(report.changed):,} changed, "
            f"{report.unchanged:,} already so.",
        )
        return HttpResponseRedirect(reverse("admin:compliance_substance_changelist"))

    def _page(
        self,
        request: HttpRequest,
        form: InventoryForm,
        report: services.ImportReport | None = None,
        seal: str = "",
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Import substances",
            "form": form,
            "report": report,
            "facts": _facts(report) if report else [],
            "tables": _tables(report) if report else [],
            "seal": seal,
            "button": _button(report) if report else "",
            "back_url": reverse("admin:compliance_substance_changelist"),
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/compliance/substances/import.html", context)


def _button(report: services.ImportReport) -> str:
    return f"Take over {counted(len(report.new) + len(report.changed), 'substance')}"


def _facts(report: services.ImportReport) -> list[tuple[str, str]]:
    return [
        ("New", f"{len(report.new):,}"),
        ("Changed", f"{len(report.changed):,}"),
        ("Unchanged", f"{report.unchanged:,}"),
        ("Ours that the file lacks", f"{len(report.missing):,}"),
        ("Repeated rows", f"{report.repeated:,}"),
        ("Rejected cells", f"{len(report.rejected):,}"),
    ]


def _tables(report: services.ImportReport) -> list[dict[str, Any]]:
    """The first rows of each kind of difference."""
    tables: list[tuple[str, list[str], list[list[Any]]]] = [
        (
            "Rejected",
            ["Line", "Column", "Value", "Why"],
            [[r.line, r.column, r.value, r.reason] for r in report.rejected],
        ),
        (
            "Changed",
            ["Substance", "Before → after"],
            [[change.inci_name, change.text] for change in report.changed],
        ),
        (
            "Names that become substances of their own",
            ["Name", "Names until now"],
            [list(pair) for pair in report.renamed],
        ),
        ("New", ["Substance"], [[name] for name in report.new]),
        ("Ours that the file lacks; they stay", ["Substance"], [[n] for n in report.missing]),
    ]
    return [
        {
            "title": title,
            "table": {"headers": headings, "rows": rows[:ROWS_SHOWN]},
            "more": f"{len(rows) - ROWS_SHOWN:,}" if len(rows) > ROWS_SHOWN else "",
        }
        for title, headings, rows in tables
        if rows
    ]
