"""Form fields of products for what the database keeps as JSON."""

import re
from typing import Any

from django import forms
from django.utils.dates import MONTHS
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

_MATERIAL = re.compile(r"(?P<name>.*?)(?:\s+(?P<share>\d+(?:[.,]\d+)?)\s*%)?")


class MonthsField(forms.TypedMultipleChoiceField):
    """Months to tick; none means all year."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("encoder", None)
        kwargs.pop("decoder", None)
        super().__init__(choices=list(MONTHS.items()), coerce=int, empty_value=[], **kwargs)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other months are ticked, in whatever order."""
        return sorted(int(month) for month in data or []) != sorted(initial or [])


class MaterialsField(forms.CharField):
    """`cotton 80 %, elastane 20 %` for materials with their shares."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        """The list as people write it."""
        if not isinstance(value, list):
            return value
        return ", ".join(
            entry["name"] if entry.get("share") is None else f"{entry['name']} {entry['share']:g} %"
            for entry in value
        )

    def to_python(self, value: Any) -> Any:
        """Names with shares; the model checks that the shares make sense."""
        if isinstance(value, list):
            return value
        found = []
        for part in re.split(r"[,;](?!\d)", value or ""):
            if part.strip():
                match = _MATERIAL.fullmatch(part.strip())
                assert match is not None
                share = match["share"]
                number = float(share.replace(",", ".")) if share else None
                whole = int(number) if number is not None and number.is_integer() else number
                found.append({"name": match["name"], "share": whole})
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other materials were typed, however they were spaced."""
        return self.to_python(data) != (initial or [])

    def run_validators(self, value: Any) -> None:
        """Those of a text do not apply to a list."""
