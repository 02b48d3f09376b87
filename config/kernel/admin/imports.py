"""The page on which plain master data comes in from a file."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from import_export.admin import ImportMixin
from import_export.results import Result
from unfold.contrib.import_export.forms import ImportForm

from config.kernel.admin.base import BackroomAdmin
from config.kernel.errors import DomainError
from config.kernel.history import change_reason
from config.kernel.imports import RESOURCES, Csv, MasterDataResource, Xlsx, check_upload


class UploadForm(ImportForm):
    """Takes files of a size that is read at once."""

    def clean_import_file(self) -> Any:
        """Refuse what is too large, before it is opened."""
        file = self.cleaned_data["import_file"]
        check_upload(file)
        return file


class MasterDataAdmin(ImportMixin, BackroomAdmin):
    """A page whose rows also come from a file, all or none, by the resource in `imports.py`."""

    import_form_class = UploadForm
    import_formats = [Csv, Xlsx]
    import_export_change_list_template = None  # ours shows the button beside the exports
    skip_import_confirm = True

    def get_import_resource_classes(self, request: HttpRequest) -> list[type[MasterDataResource]]:
        """The one that `imports(model)` registered."""
        return [RESOURCES[self.model]]

    def has_import_permission(self, request: HttpRequest) -> bool:
        """A file makes new rows and changes those that are there."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def process_dataset(
        self, dataset: Any, form: Any, request: HttpRequest, **kwargs: Any
    ) -> Result:
        """Take in the rows, with the file's name as the reason in their histories."""
        with change_reason(f"Imported from {form.cleaned_data['import_file'].name}"):
            return super().process_dataset(dataset, form, request, **kwargs)

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """There is no second step that could be asked for by itself."""
        raise Http404("a file is imported in one step")

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        """Say what is wrong with the file, where we know it."""
        if isinstance(e, DomainError):
            form.add_error("import_file", e.detail)
        elif isinstance(e, UnicodeDecodeError):
            form.add_error("import_file", "The file is not in UTF-8: save it as “CSV UTF-8”.")
        else:
            super().add_data_read_fail_error_to_form(form, e)

    def add_success_message(self, result: Result, request: HttpRequest) -> None:
        """Count what the file did."""
        done = result.totals
        messages.success(
            request,
            f"{done['new']} new, {done['update']} changed, {done['skip']} already so.",
        )
