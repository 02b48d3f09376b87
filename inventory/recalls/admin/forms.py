"""What the pages of recalls ask for."""

from collections.abc import Sequence
from typing import Any

from django import forms
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from config.kernel.admin import QuantityField, ReasonForm
from config.kernel.errors import DomainError
from inventory.recalls.models import (
    REASON_LENGTH_MAX,
    REFERENCE_LENGTH_MAX,
    ProgressKind,
)
from inventory.recalls.selectors.figures import LotProgress
from inventory.stock import display as shown
from inventory.warehouses.models import Warehouse


class DayInput(forms.DateInput):
    """A day, by the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(attrs={"class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")


class CriteriaForm(forms.Form):
    """A supplier, a range of production days, a product: whatever narrows the lots down."""

    supplier = forms.CharField(
        max_length=20,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"list": "recall-suppliers"}),
        help_text="Its code.",
    )
    produced_from = forms.DateField(label="Made from", required=False, widget=DayInput)
    produced_to = forms.DateField(label="Made until", required=False, widget=DayInput)
    sku = forms.CharField(
        label="SKU",
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Blank: of every product.",
    )


class RefusableForm(forms.Form):
    """Shows a refusal beside the field that it is about."""

    def refuse(self, error: DomainError) -> None:
        """Add what was refused, where it belongs."""
        pointer = error.errors[0].pointer.lstrip("/") if error.errors else ""
        self.add_error(pointer if pointer in self.fields else None, error.detail)


class AddForm(RefusableForm):
    """Nothing more is asked where lots are added to a recall."""


class StartForm(RefusableForm):
    """How the recall is called, and why it is."""

    reference = forms.CharField(
        max_length=REFERENCE_LENGTH_MAX,
        widget=UnfoldAdminTextInputWidget,
        help_text="Stands in letters and in the ledger.",
    )
    reason = forms.CharField(
        max_length=REASON_LENGTH_MAX,
        widget=UnfoldAdminTextInputWidget,
        help_text="Stands in letters.",
    )


class ProgressForm(RefusableForm):
    """What became of so many units of one lot."""

    lot = forms.TypedChoiceField(coerce=int, widget=UnfoldAdminSelectWidget)
    kind = forms.ChoiceField(
        label="What became of it", choices=ProgressKind.choices, widget=UnfoldAdminSelectWidget
    )
    quantity = QuantityField()
    warehouse = forms.TypedChoiceField(
        coerce=int,
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Where it came in or left; blank: it was not in our hands.",
    )
    reference = forms.CharField(
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Order, letter, return number.",
    )
    note = forms.CharField(max_length=200, required=False, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, lots: Sequence[LotProgress], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            (
                found.recalled.lot_id,
                f"{found.recalled.lot.variant.sku} · {shown.lot_name(found.recalled.lot)}",
            )
            for found in lots
        ]
        self.fields["lot"].choices = choices  # type: ignore[attr-defined]
        rows = Warehouse.objects.order_by("code").values_list("pk", "code", "name")
        self.fields["warehouse"].choices = [  # type: ignore[attr-defined]
            ("", "none of ours"),
            *((pk, f"{code} · {name}") for pk, code, name in rows),
        ]


class CloseForm(ReasonForm):
    """Why, where not all is accounted for."""

    reason = forms.CharField(
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
        help_text="Needed while units are outstanding.",
    )
