"""The forms of rulebooks: import a file, review a rule."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from django import forms
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from compliance.rulebooks.models import NOTE_LENGTH_MAX, Rulebook, RuleEntry, RuleLimit
from compliance.rulebooks.rules.annexes import SECTIONS
from compliance.rulebooks.rules.encoding import VALUES, scope_from_json
from compliance.rulebooks.rules.shapes import Limit, Scope
from compliance.rulebooks.services.importing import FILE_BYTES_MAX, LABEL_MAX
from config.kernel.errors import DomainError

EXTRA_ROWS = 2
_TITLES = {
    "product_types": "Leave-on or rinse-off",
    "purposes": "Purpose",
    "body_areas": "Body area",
    "forms": "Form",
}
_PRODUCTS = [
    (title, [(f"{name}:{value}", value.replace("_", " ")) for value in VALUES[name]])
    for name, title in _TITLES.items()
]
_PROFESSIONAL = [("", "Everybody"), ("yes", "Professionals"), ("no", "General use")]
_CHILDREN = [("", "All ages"), ("yes", "Under three"), ("no", "Not under three")]


class ImportForm(forms.Form):
    """A file and what it is to be called."""

    rulebook = forms.ModelChoiceField(
        queryset=Rulebook.objects.none(), widget=UnfoldAdminSelectWidget()
    )
    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,text/csv"}),
        help_text="CSV in UTF-8: our own columns, or one annex as CosIng exports it.",
    )
    section = forms.ChoiceField(
        required=False,
        choices=[("", "As the file says"), *((name, f"Annex {name}") for name in SECTIONS)],
        widget=UnfoldAdminSelectWidget(),
        help_text="Older exports do not say which annex they are.",
    )
    label = forms.CharField(
        max_length=LABEL_MAX,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Such as the day of the last update: 2026-08-28.",
    )
    effective_from = forms.DateField(
        widget=UnfoldAdminDateWidget(), help_text="The day from which this version is the law."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = cast(forms.ModelChoiceField, self.fields["rulebook"])
        chosen.queryset = Rulebook.objects.order_by("code")

    def clean_file(self) -> Any:
        """Refuse what is too large, before it is read."""
        file = self.cleaned_data["file"]
        if (file.size or 0) > FILE_BYTES_MAX:
            raise forms.ValidationError(f"The file has more than {FILE_BYTES_MAX // 1_000_000} MB.")
        return file

    def refuse(self, error: DomainError) -> None:
        """Show why the import was refused."""
        self.add_error(None, error.detail)
        for own in error.errors:
            line, _, column = own.pointer.strip("/").partition("/")
            place = f"Row {line}, {column}: " if column else f"Row {line}: "
            self.add_error(None, f"{place if line.isdigit() else ''}{own.detail}")


class ReviewForm(forms.Form):
    """Why, and the exception where there is one."""

    note = forms.CharField(
        max_length=NOTE_LENGTH_MAX,
        widget=UnfoldAdminTextInputWidget(),
        help_text="What you read, and where. Kept in the history of the rule.",
    )
    unless = forms.CharField(
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        label="Except, if",
        help_text="What only a person can settle for each product, in words.",
    )


class LimitForm(forms.Form):
    """One row: which products, and how much is lawful in them."""

    is_allowed = forms.ChoiceField(
        choices=[("yes", "Allowed"), ("no", "Not allowed")], widget=UnfoldAdminSelectWidget()
    )
    max_percent = forms.DecimalField(
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=8,
        label="At most %",
        widget=UnfoldAdminDecimalFieldWidget(),
    )
    basis = forms.CharField(
        required=False,
        max_length=300,
        label="Counted as",
        widget=UnfoldAdminTextInputWidget(),
    )
    products = forms.MultipleChoiceField(
        required=False,
        choices=_PRODUCTS,
        label="Only these products",
        widget=UnfoldAdminSelectMultipleWidget(attrs={"size": 9}),
    )
    but = forms.MultipleChoiceField(
        required=False,
        choices=_PRODUCTS,
        label="But not these",
        widget=UnfoldAdminSelectMultipleWidget(attrs={"size": 9}),
    )
    professional = forms.ChoiceField(
        required=False, choices=_PROFESSIONAL, label="Used by", widget=UnfoldAdminSelectWidget()
    )
    children = forms.ChoiceField(
        required=False, choices=_CHILDREN, label="For children", widget=UnfoldAdminSelectWidget()
    )
    text = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget())
    is_certain = forms.BooleanField(
        required=False, initial=True, label="Certain", widget=UnfoldBooleanSwitchWidget()
    )
    is_dropped = forms.BooleanField(
        required=False, label="Drop", widget=UnfoldBooleanSwitchWidget()
    )

    def clean(self) -> dict[str, Any]:
        """A row that does not allow has no figure."""
        data = super().clean() or {}
        if data.get("is_allowed") == "no" and data.get("max_percent") is not None:
            self.add_error("max_percent", "What is not allowed has no percentage.")
        return data

    def as_limit(self) -> Limit:
        """The row as it is applied."""
        data = self.cleaned_data
        return Limit(
            scope=_scope(data),
            max_percent=data["max_percent"],
            is_allowed=data["is_allowed"] == "yes",
            basis=data["basis"],
            text=data["text"],
            is_certain=data["is_certain"],
        )


LimitForms = forms.formset_factory(LimitForm, extra=EXTRA_ROWS, max_num=100, validate_max=True)


def filled(rows: Any) -> list[Limit]:
    """Every row of the formset that is filled and not dropped."""
    return [
        form.as_limit()
        for form in rows.forms
        if (form.initial or form.has_changed()) and not form.cleaned_data.get("is_dropped")
    ]


def limit_initial(limits: Sequence[RuleLimit]) -> list[dict[str, Any]]:
    """The rows of a rule as its forms show them."""
    return [
        {
            "is_allowed": "yes" if own.is_allowed else "no",
            "max_percent": _short(own.max_percent),
            "basis": own.basis,
            "products": _chosen(own.scope, ""),
            "but": _chosen(own.scope, "but_"),
            "professional": _answer(own.scope.get("is_professional")),
            "children": _answer(own.scope.get("is_for_under_threes")),
            "text": own.text,
            "is_certain": own.is_certain,
        }
        for own in limits
    ]


def entry_initial(entry: RuleEntry) -> dict[str, Any]:
    """What the form of a rule starts from."""
    return {"unless": entry.unless}


def _short(percent: Decimal | None) -> Decimal | None:
    return None if percent is None else Decimal(format(percent.normalize(), "f"))


def _chosen(scope: Mapping[str, Any], prefix: str) -> list[str]:
    return [f"{name}:{value}" for name in VALUES for value in scope.get(f"{prefix}{name}", ())]


def _answer(flag: bool | None) -> str:
    return {True: "yes", False: "no"}.get(flag, "") if flag is not None else ""


def _scope(data: Mapping[str, Any]) -> Scope:
    said: dict[str, Any] = {}
    for prefix, chosen in (("", data["products"]), ("but_", data["but"])):
        for one in chosen:
            name, _, value = one.partition(":")
            said.setdefault(f"{prefix}{name}", []).append(value)
    flags = (("is_professional", "professional"), ("is_for_under_threes", "children"))
    for name, column in flags:
        if data[column]:
            said[name] = data[column] == "yes"
    return scope_from_json(said)
