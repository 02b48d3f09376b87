"""Form fields for lists that the database keeps as JSON and people write with commas."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget


class TextListField(forms.CharField):
    """`name print, engraving` for a list of texts."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        """A list as text; what was typed stays as it was."""
        return ", ".join(str(part) for part in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The texts between the commas."""
        if isinstance(value, list):
            return value
        return [part.strip() for part in (value or "").split(",") if part.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another list was typed, however it was spaced."""
        return self.to_python(data) != (initial or [])

    def validate(self, value: Any) -> None:
        """Refuse an empty list where one is required."""
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """Those of a text do not apply to a list; the model checks the rest."""


class NumberListField(TextListField):
    """`90, 60, 30, 7` for a list of whole numbers; empty means nothing is said."""

    def to_python(self, value: Any) -> Any:
        """The numbers between the commas, or None."""
        parts = super().to_python(value)
        try:
            return [int(part) for part in parts] or None
        except (TypeError, ValueError):
            raise forms.ValidationError(
                "%(value)s is not a list of whole numbers such as 90, 60, 30.",
                code="invalid",
                params={"value": value},
            ) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other numbers were typed."""
        try:
            return self.to_python(data) != (initial or None)
        except forms.ValidationError:
            return True
