"""What is asked for when somebody decides, and the formula of a product."""

from datetime import date
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from compliance.assessments.models import REASON_LENGTH_MAX
from compliance.assessments.services import APPROVE, ASK, REJECT, WAIVE
from config.kernel.admin import ReasonForm

KINDS = (
    (APPROVE, "Approve"),
    (REJECT, "Reject"),
    (ASK, "Ask the supplier"),
    (WAIVE, "Waive until a day"),
)
DONE = {
    APPROVE: "Approved",
    REJECT: "Rejected",
    ASK: "Noted that the supplier was asked",
    WAIVE: "Waived",
}


class DecisionForm(forms.Form):
    """A decision about one clearance or several: which, why, and until when it is waived."""

    kind = forms.ChoiceField(
        label="Decision", choices=KINDS, widget=UnfoldAdminSelectWidget(choices=KINDS)
    )
    reason = forms.CharField(
        max_length=REASON_LENGTH_MAX,
        widget=UnfoldAdminTextInputWidget(),
        error_messages={"required": "Say why."},
        help_text="Kept in the history beside your name.",
    )
    until = forms.DateField(
        label="Waived until",
        required=False,
        widget=UnfoldAdminDateWidget(),
        help_text="The last day on which it may be sold; for a waiver only.",
        error_messages={"invalid": "Write the day as 2027-01-31."},
    )

    def until_or_none(self) -> date | None:
        """The end, which counts for a waiver only."""
        until: date | None = self.cleaned_data["until"]
        return until if self.cleaned_data["kind"] == WAIVE else None


class WaiveForm(ReasonForm):
    """Why, and until when."""

    until = forms.DateField(
        label="Waived until",
        widget=UnfoldAdminDateWidget(),
        help_text="The last day on which it may be sold; a year at most.",
    )


class FormulaForm(forms.Form):
    """A formula, a line each substance."""

    text = forms.CharField(
        label="Formula",
        required=False,
        max_length=400_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 14, "spellcheck": "false"}),
        help_text="One substance a line: its name, a semicolon and its percent, as in "
        "“Niacinamide; 5”, “Parfum; 0.1 - 0.5” or “Glycerin; < 10”. An empty box takes the "
        "formula away.",
    )

    def refuse(self, error: Any) -> None:
        """Tell what is wrong, each line in a sentence of its own."""
        for sentence in [part.detail for part in error.errors] or [error.detail]:
            self.add_error("text", sentence)
