"""The forms of an import: the file, and what its columns mean."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from catalog.partners.models import Partner
from catalog.supplier_files import deliveries
from catalog.supplier_files.admin.words import COLUMN_LABELS
from catalog.supplier_files.models import FileKind
from catalog.supplier_files.rules.columns import COLUMNS, REQUIRED
from catalog.supplier_files.rules.columns import FileKind as RowKind
from catalog.supplier_files.rules.dates import DateOrder
from catalog.supplier_files.rules.numbers import DecimalMark
from catalog.supplier_files.rules.tables import COLUMNS_MAX, FILE_BYTES_MAX, ROWS_MAX

REFERENCE_LENGTH_MAX = 100
NOTE_FIELDS = ("warehouse", "reference")
DEFAULTS: Mapping[RowKind, Sequence[str]] = {
    RowKind.PRODUCT_LIST: ("kind", "brand", "currency"),
    RowKind.DELIVERY_NOTE: ("currency",),
}
FILE_MEGABYTES_MAX = FILE_BYTES_MAX // 1024 // 1024
FILE_LIMITS = (
    f"CSV or XLSX, up to {FILE_MEGABYTES_MAX} MB, {ROWS_MAX:,} rows and {COLUMNS_MAX} columns."
)


class UploadForm(forms.Form):
    """Which file, from whom, and for a delivery note where the goods go."""

    supplier = forms.ModelChoiceField(
        queryset=Partner.objects.none(),
        widget=UnfoldAdminSelectWidget,
        empty_label="Choose the supplier",
        help_text="Prices, article numbers and the meaning of columns are kept per supplier.",
    )
    file = forms.FileField(
        max_length=255,
        widget=UnfoldAdminFileFieldWidget(
            attrs={
                "accept": ".csv,.tsv,.txt,.xlsx,text/csv,"
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            }
        ),
        help_text=f"{FILE_LIMITS} Encoding and separator are found out.",
    )
    kind = forms.ChoiceField(
        label="Kind of file",
        required=False,
        choices=[("", "Recognise it by its headings"), *FileKind.choices],
        widget=UnfoldAdminSelectWidget(attrs={"x-model": "kind"}),
    )
    warehouse = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Where a delivery goes. A product list needs none.",
    )
    reference = forms.CharField(
        label="Delivery note number",
        required=False,
        max_length=REFERENCE_LENGTH_MAX,
        widget=UnfoldAdminTextInputWidget,
        help_text="By which goods-in will find the delivery. Blank: the name of the file.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        suppliers: forms.ModelChoiceField = self.fields["supplier"]  # type: ignore[assignment]
        suppliers.queryset = Partner.objects.filter(is_supplier=True).order_by("name", "pk")
        self.fields["warehouse"].choices = _warehouse_choices()  # type: ignore[attr-defined]

    def clean_file(self) -> UploadedFile:
        """Refuse what is too large before anybody reads it."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > FILE_BYTES_MAX:
            megabytes = (file.size or 0) / 1024 / 1024
            raise forms.ValidationError(
                f"The file has {megabytes:.0f} MB; {FILE_MEGABYTES_MAX} MB is the most we read.",
                code="file-too-large",
            )
        return file

    def clean_reference(self) -> str:
        """Refuse what nobody could read back."""
        reference: str = self.cleaned_data["reference"]
        if not reference.isprintable():
            raise forms.ValidationError("The number holds characters that cannot be printed.")
        return reference

    def clean(self) -> dict[str, Any]:
        """A delivery note goes to a warehouse; where the kind is found out, it is asked then."""
        data = super().clean() or {}
        is_note = data.get("kind") == FileKind.DELIVERY_NOTE
        if is_note and not data.get("warehouse") and "warehouse" not in self.errors:
            self.add_error("warehouse", "Say where the delivery goes.")
        return data


class MappingForm(forms.Form):
    """For each heading of the file, which column of ours it is; and what holds for all rows."""

    def __init__(
        self,
        *args: Any,
        kind: RowKind,
        columns: Mapping[str, str],
        options: Mapping[str, Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.headings = list(columns)
        required = REQUIRED[kind]
        choices = [("", "— not used —")] + [
            (name, f"{name}{' *' if name in required else ''} · {COLUMN_LABELS[name]}")
            for name in COLUMNS[kind]
        ]
        for index, (heading, column) in enumerate(columns.items()):
            self.fields[f"column_{index}"] = forms.ChoiceField(
                label=heading,
                required=False,
                choices=choices,
                initial=column,
                widget=UnfoldAdminSelectWidget,
            )
        for name, field in _option_fields(kind, options).items():
            self.fields[name] = field

    def clean_default_currency(self) -> str:
        """Codes are written in capitals."""
        return str(self.cleaned_data["default_currency"]).strip().upper()

    def clean(self) -> dict[str, Any]:
        """No column of ours twice, and those that every row needs at all."""
        data = super().clean() or {}
        taken: dict[str, str] = {}
        for index, heading in enumerate(self.headings):
            column = data.get(f"column_{index}")
            if not column:
                continue
            if column in taken:
                self.add_error(
                    f"column_{index}", f'"{taken[column]}" is already {column}. Choose one of them.'
                )
            taken.setdefault(column, heading)
        given = {*taken, *self.defaults}
        missing = [name for name in REQUIRED[self.kind] if name not in given]
        if missing:
            raise forms.ValidationError(
                f"No heading is {' or '.join(missing)} yet, which every row needs.",
                code="columns-missing",
            )
        return data

    @property
    def columns(self) -> dict[str, str]:
        """Our column for each heading that has one."""
        chosen = (
            (heading, self.cleaned_data.get(f"column_{index}"))
            for index, heading in enumerate(self.headings)
        )
        return {heading: column for heading, column in chosen if column}

    @property
    def defaults(self) -> dict[str, str]:
        """Values for rows that leave a column blank."""
        given = {name: self.cleaned_data.get(f"default_{name}", "") for name in DEFAULTS[self.kind]}
        return {name: value for name, value in given.items() if value}

    @property
    def options(self) -> dict[str, Any]:
        """What holds for all rows; what was blanked is blank, not as before."""
        names = [name for name in self.fields if not name.startswith(("column_", "default_"))]
        return {**{name: self.cleaned_data[name] for name in names}, "defaults": self.defaults}


def _option_fields(kind: RowKind, options: Mapping[str, Any]) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    if kind == RowKind.DELIVERY_NOTE:
        fields["warehouse"] = forms.ChoiceField(
            choices=_warehouse_choices(),
            initial=options.get("warehouse", ""),
            widget=UnfoldAdminSelectWidget,
            help_text="Where the delivery goes.",
        )
        fields["reference"] = forms.CharField(
            label="Delivery note number",
            max_length=REFERENCE_LENGTH_MAX,
            initial=options.get("reference", ""),
            widget=UnfoldAdminTextInputWidget,
        )
    fields |= _default_fields(kind, options.get("defaults") or {})
    fields["decimal_mark"] = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Found out from the values"),
            (DecimalMark.COMMA.value, "Comma: 1.234,50"),
            (DecimalMark.POINT.value, "Point: 1,234.50"),
        ],
        initial=options.get("decimal_mark", ""),
        widget=UnfoldAdminSelectWidget,
        help_text="Where 1,234 may be read in two ways.",
    )
    if kind == RowKind.DELIVERY_NOTE:
        fields["date_order"] = forms.ChoiceField(
            label="Order of dates",
            required=False,
            choices=[
                ("", "Found out from the values"),
                (DateOrder.DAY_FIRST.value, "Day first: 31.12.2027"),
                (DateOrder.MONTH_FIRST.value, "Month first: 12/31/2027"),
                (DateOrder.YEAR_FIRST.value, "Year first: 2027-12-31"),
            ],
            initial=options.get("date_order", ""),
            widget=UnfoldAdminSelectWidget,
            help_text="Where 03/04/2027 may be read in two ways.",
        )
    return fields


def _default_fields(kind: RowKind, defaults: Mapping[str, str]) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {
        "default_currency": forms.CharField(
            label="Currency",
            required=False,
            max_length=3,
            initial=defaults.get("currency", ""),
            widget=UnfoldAdminTextInputWidget,
            help_text="For rows that do not say it. Blank: the supplier's own.",
        )
    }
    if kind == RowKind.DELIVERY_NOTE:
        return fields
    return {
        "default_kind": forms.ChoiceField(
            label="Kind of product",
            required=False,
            choices=[
                ("", "As the file says"),
                ("cosmetic", "Cosmetics"),
                ("sports", "Sports goods"),
            ],
            initial=defaults.get("kind", ""),
            widget=UnfoldAdminSelectWidget,
            help_text="For rows that do not say it.",
        ),
        "default_brand": forms.CharField(
            label="Brand",
            required=False,
            max_length=100,
            initial=defaults.get("brand", ""),
            widget=UnfoldAdminTextInputWidget,
            help_text="For rows that do not say it.",
        ),
        **fields,
    }


def _warehouse_choices() -> list[tuple[str, str]]:
    places = [(code, f"{code} · {name}") for code, name in deliveries.warehouses.ask()]
    return places if len(places) == 1 else [("", "Choose the warehouse"), *places]
