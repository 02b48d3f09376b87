"""Form fields that show what the database keeps as people write it: quantities, lists."""

from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from config.kernel.events import plain_decimal


class DecimalInput(UnfoldAdminDecimalFieldWidget):
    """A box with a number as people write it: 50 and 0.25, not 50.0000.

    `places_min` keeps zeros, as in 12.50 of a price.
    """

    def __init__(self, attrs: dict[str, Any] | None = None, *, places_min: int = 0) -> None:
        super().__init__(attrs)
        self.places_min = places_min

    def format_value(self, value: Any) -> str | None:
        """The number without zeros at the end; what was typed stays as it was."""
        if not isinstance(value, Decimal):
            return super().format_value(value)
        whole, _, places = plain_decimal(value).partition(".")
        places = places.ljust(self.places_min, "0")
        return f"{whole}.{places}" if places else whole


class QuantityField(forms.DecimalField):
    """How much of something, to the four places that stock is kept in; its unit stands beside."""

    widget = DecimalInput
    unit = ""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 16, "decimal_places": 4, **kwargs})


class AmountForm(forms.ModelForm):
    """Of something with an amount of money, which has its cents."""

    class Meta:
        widgets = {"amount": DecimalInput(places_min=2)}


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
