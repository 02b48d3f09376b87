"""Documents: what proves something of a product, and until when."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from compliance.dossiers import services
from compliance.dossiers.admin import shown
from compliance.dossiers.admin.forms import DocumentForm
from compliance.dossiers.models import CertificateRequirement, Document
from compliance.dossiers.rules.files import MEDIA_TYPES, ending_of
from compliance.dossiers.rules.papers import ALERT_DAYS
from config.kernel import clock
from config.kernel.admin import LedgerAdmin, ReasonActionMixin, reason_action
from config.kernel.admin.display import link
from config.kernel.words import counted


class ValidityFilter(DropdownFilter):
    """Documents by whether they still hold."""

    title = "validity"
    parameter_name = "validity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Those that run out soon, have run out, hold, or were withdrawn."""
        soon = [(str(days), f"runs out within {days} days") for days in sorted(ALERT_DAYS)]
        return [*soon, ("lapsed", "lapsed"), ("holds", "holds"), ("withdrawn", "withdrawn")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Documents that do."""
        today, value = clock.now().date(), str(self.value() or "")
        kept = queryset.filter(withdrawn_at=None)
        if value == "withdrawn":
            return queryset.exclude(withdrawn_at=None)
        if value == "lapsed":
            return kept.filter(expiry_date__lt=today)
        if value == "holds":
            return kept.exclude(expiry_date__lt=today)
        if value.isdecimal() and int(value) in ALERT_DAYS:
            until = today + timedelta(days=int(value))
            return kept.filter(expiry_date__gte=today, expiry_date__lte=until)
        return queryset


@admin.register(Document)
class DocumentAdmin(ReasonActionMixin, LedgerAdmin):
    """Added with a file, withdrawn with a reason; a newer one replaces an older."""

    form = DocumentForm
    nothing_here = "No document is on file yet."
    list_display = [
        "what",
        "kind",
        "where",
        "standard",
        "expiry_date",
        "left",
        "opened",
    ]
    list_display_links = None
    list_filter = [
        ValidityFilter,
        ("kind", ChoicesDropdownFilter),
        ("jurisdiction", ChoicesDropdownFilter),
    ]
    list_filter_submit = True
    list_select_related = ["product"]
    search_fields = ["title", "standard", "product__name", "product__variants__sku", "file_name"]
    search_help_text = "Title, standard, product, SKU or file name"
    ordering = ["-added_at", "-pk"]
    autocomplete_fields = ["product", "certificate_requirement"]
    actions = ["withdraw"]
    actions_detail = ["withdraw"]
    export_columns = [
        "title",
        "product",
        "kind",
        "jurisdiction",
        "standard",
        "issued_date",
        "expiry_date",
        "added_at",
        "withdrawn_at",
        "withdrawn_why",
        "file_name",
        "sha256",
    ]

    def get_urls(self) -> list[URLPattern]:
        """The files, before the admin's own URLs."""
        view = self.admin_site.admin_view(self.file_view)
        return [
            path("<int:document_id>/file/", view, name="compliance_document_file"),
            *super().get_urls(),
        ]

    def file_view(self, request: HttpRequest, document_id: int) -> HttpResponseBase:
        """The file of a document, for those who may see documents."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        document = Document.objects.filter(pk=document_id).first()
        if document is None:
            raise Http404(f"no document {document_id}")
        try:
            file = document.file.open("rb")
        except FileNotFoundError as error:
            raise Http404(f"The file of {document.title} is not in the store.") from error
        return FileResponse(
            file,
            filename=document.file_name,
            content_type=MEDIA_TYPES[ending_of(document.file_name)],
            headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"},
        )

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Those with the right to."""
        return request.user.has_perm("compliance.add_document")

    def get_fields(self, request: HttpRequest, obj: Document | None = None) -> list[Any]:
        """A form for a new one; of one on file, all there is to know."""
        facts: list[Any] = [
            "product",
            ("kind", "title"),
            ("jurisdiction", "standard"),
            "certificate_requirement",
            ("issued_date", "expiry_date"),
        ]
        if obj is None:
            return [*facts, "file"]
        facts[0] = "product_link"
        withdrawn = ["withdrawn_at", "withdrawn_why"] if obj.withdrawn_at else []
        newer = ["newer"] if self.has_add_permission(request) else []
        return [*facts, "left", "download", "sha256", "added_at", *withdrawn, *newer]

    def get_readonly_fields(self, request: HttpRequest, obj: Document | None = None) -> list[str]:
        """What is shown of one on file beside its own facts."""
        if obj is None:
            return []
        names = ["product_link", "left", "download", "newer", "sha256", "added_at"]
        return [*names, "withdrawn_at", "withdrawn_why"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What a requirement asks for is filled in."""
        found: dict[str, Any] = super().get_changeform_initial_data(request)
        key = str(found.get("certificate_requirement") or "")
        asked = None
        if key.isdecimal():
            asked = CertificateRequirement.objects.filter(pk=int(key)).first()
        if asked is None:
            return found
        return {
            "kind": asked.kind,
            "title": asked.name,
            "jurisdiction": asked.jurisdiction,
            "standard": asked.standard,
            **found,
        }

    def save_model(
        self, request: HttpRequest, obj: Document, form: ModelForm, change: bool
    ) -> None:
        """A new document goes the way of all: kept with its digest, its product judged again."""
        file = form.cleaned_data["file"]
        services.keep_document(document=obj, file=file, file_name=file.name, now=clock.now())

    @reason_action(
        description="Withdraw",
        permission="compliance.withdraw_document",
        icon="block",
        danger=True,
        preview=["title", "product", "kind", "expiry_date"],
        note="It no longer proves anything and stays on file. Products that need it may no longer "
        "be sold. It cannot be brought back: add it again.",
    )
    def withdraw(
        self, request: HttpRequest, queryset: QuerySet[Document], data: dict[str, Any]
    ) -> str:
        """Documents prove nothing any more."""
        ids = list(queryset.order_by("pk").values_list("pk", flat=True))
        for pk in ids:
            services.withdraw_document(document_id=pk, why=data["reason"], now=clock.now())
        return f"Withdrawn: {counted(len(ids), 'document')}."

    @display(description="Document", ordering="title", header=True)
    def what(self, document: Document) -> tuple[SafeString, str]:
        """Its title, leading to its page, and the product that it is about."""
        title = link("compliance_document_change", document.pk, document.title)
        return title, document.product.name

    @display(description="Where", ordering="jurisdiction")
    def where(self, document: Document) -> str:
        """The code of the jurisdiction."""
        return document.jurisdiction or "everywhere"

    @display(description="File")
    def opened(self, document: Document) -> SafeString:
        """The file, by a short word."""
        return shown.file_link(document, "Open")

    @display(description="Product", ordering="product__name")
    def product_link(self, document: Document) -> SafeString:
        """Its name, leading to its page."""
        return link("catalog_product_change", document.product_id, document.product.name)

    @display(description="Days left", ordering="expiry_date")
    def left(self, document: Document) -> SafeString:
        """How long it still holds."""
        return shown.days_left(document, clock.now().date())

    @display(description="File")
    def download(self, document: Document) -> SafeString:
        """The file by its name."""
        return shown.file_link(document)

    @display(description="To replace it")
    def newer(self, document: Document) -> SafeString:
        """The form for a newer one, with what stays the same."""
        return shown.add_link(
            "Add a newer one",
            product=document.product_id,
            kind=document.kind,
            title=document.title,
            jurisdiction=document.jurisdiction,
            standard=document.standard,
            certificate_requirement=document.certificate_requirement_id,
        )
