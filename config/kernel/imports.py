"""Plain master data from CSV and XLSX files: every row or none, and each wrong one named."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar
from zipfile import BadZipFile, ZipFile

import tablib
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Model
from import_export.fields import Field
from import_export.formats import base_formats
from import_export.resources import ModelResource
from import_export.widgets import BooleanWidget, ForeignKeyWidget

from config.kernel.errors import InvalidInput
from config.kernel.exports import restore_formula

FILE_BYTES_MAX = 1_000_000
UNPACKED_BYTES_MAX = 50_000_000
ROWS_MAX = 2_000

R = TypeVar("R", bound="type[MasterDataResource]")

RESOURCES: dict[type[Model], type["MasterDataResource"]] = {}


def imports(model: type[Model]) -> Callable[[R], R]:
    """Decorator for the resource that the admin page of this model imports by."""

    def register(resource: R) -> R:
        RESOURCES[model] = resource
        return resource

    return register


class MasterDataResource(ModelResource):
    """Rows of one table, found by `import_id_fields` and checked as a form checks them.

    A blank cell says nothing: it neither empties a field nor keeps a new row from its default.
    """

    class Meta:
        clean_model_instances = True
        skip_unchanged = True

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        """Refuse headings that nothing would be done with."""
        known = [field.column_name for field in self.get_import_fields()]
        unknown = [heading for heading in dataset.headers if heading not in known]
        if unknown:
            raise InvalidInput(
                f"There is no column {', '.join(unknown)}: the columns are {', '.join(known)}."
            )
        self._lines: dict[str, int] = {}

    def before_import_row(self, row: dict[str, str], **kwargs: Any) -> None:
        """Refuse a second row of the same thing: nobody could say which of the two holds."""
        key = " ".join(row.get(name, "") for name in self._meta.import_id_fields).casefold()
        first = self._lines.setdefault(key, kwargs["row_number"])
        if key and first != kwargs["row_number"]:
            raise ValidationError(f"Row {first} says what becomes of it already.")

    def import_field(
        self,
        field: Field,
        instance: Model,
        row: dict[str, str],
        is_m2m: bool = False,
        **kwargs: Any,
    ) -> None:
        """Take over what the cell says, if it says something."""
        if row.get(field.column_name):
            super().import_field(field, instance, row, is_m2m, **kwargs)


class YesNo(BooleanWidget):
    """Yes or no, as our exports write them, or what else is meant by it; nothing is guessed."""

    WORDS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> bool:
        """Raise ValueError for any other word."""
        try:
            return self.WORDS[value.lower()]
        except KeyError:
            raise ValueError(f"“{value}” is neither yes nor no.") from None


class ByCode(ForeignKeyWidget):
    """Another row, named by its code."""

    def __init__(self, model: type[Model]) -> None:
        super().__init__(model, field="code")

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Model | None:
        """Raise ValueError for a code that names nothing."""
        try:
            return super().clean(value, row, **kwargs)
        except ObjectDoesNotExist:
            noun = self.model._meta.verbose_name
            raise ValueError(f"There is no {noun} with the code {value}.") from None


class _Bounded:
    """A format whose headings are our column names, whose cells are texts, and that ends."""

    def create_dataset(self, in_stream: Any) -> tablib.Dataset:
        """Read the file. Raises InvalidInput."""
        read = super().create_dataset(in_stream)  # type: ignore[misc]
        if len(read) > ROWS_MAX:
            raise InvalidInput(f"The file has {len(read)} rows: {ROWS_MAX} are taken at once.")
        headings = [_text(heading).lower().replace(" ", "_") for heading in read.headers or []]
        rows = [cells for row in read if any(cells := [_text(cell) for cell in row])]
        if not rows:
            raise InvalidInput("The file has nothing below its headings.")
        return tablib.Dataset(*rows, headers=headings)


class Csv(_Bounded, base_formats.CSV):
    """CSV with commas, in UTF-8."""


class Xlsx(_Bounded, base_formats.XLSX):
    """The active sheet of a workbook; values, not formulas."""


def check_upload(file: UploadedFile) -> None:
    """Raise ValidationError for a file that is, or unpacks into, too much."""
    if (file.size or 0) > FILE_BYTES_MAX:
        raise ValidationError(f"The file has more than {FILE_BYTES_MAX // 1_000_000} MB.")
    try:
        with ZipFile(file) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except BadZipFile:
        return
    finally:
        file.seek(0)
    if unpacked > UNPACKED_BYTES_MAX:
        raise ValidationError("The workbook unpacks into far more than it may. Send it as CSV.")


def _text(cell: Any) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() | date():
            return cell.isoformat()
    return restore_formula(str(cell).strip())
