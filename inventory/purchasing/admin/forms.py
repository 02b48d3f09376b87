"""What goods in asks for before goods are booked."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.safestring import SafeString
from moneyed import CurrencyDoesNotExist
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from catalog.products.selectors import VariantRef
from catalog.units.rules import UNITS, convert_exactly, plain
from config.kernel.admin import DecimalInput, QuantityField
from config.kernel.errors import DomainError
from config.kernel.money import Money
from inventory.purchasing.models import ShipmentNotice
from inventory.purchasing.scans import ScannedGoods
from inventory.stock.widgets import CodeInput
from inventory.warehouses.models import Location, Warehouse
from inventory.warehouses.selectors import usable_locations

LOCATIONS_OFFERED_MAX = 500
FIELD_OF_POINTER = {
    "/lot_code": "lot_code",
    "/expiry_date": "expiry_date",
    "/production_date": "production_date",
    "/quantity": "quantity",
    "/unit_cost": "unit_cost",
    "/serials": "serials",
}


class DayInput(forms.DateInput):
    """A day, by the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(attrs={"class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")


class DateForm(forms.Form):
    """When it should arrive."""

    expected_date = forms.DateField(
        label="Expected on", required=False, widget=DayInput, help_text="Blank: nobody knows."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where goods come in: a warehouse, and its open locations, the dock first."""

    warehouse: Warehouse
    locations: list[Location]

    @classmethod
    def of(cls, warehouse: Warehouse) -> "Place":
        """The warehouse with its locations."""
        return cls(warehouse=warehouse, locations=list(usable_locations(warehouse.pk)))


class ReceiveForm(forms.Form):
    """The goods that were scanned, to be confirmed."""

    lot_code = forms.CharField(
        label="Lot", max_length=40, required=False, widget=UnfoldAdminTextInputWidget
    )
    quantity = QuantityField()
    unit = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    expiry_date = forms.DateField(label="Expires", required=False, widget=DayInput)
    production_date = forms.DateField(label="Produced", required=False, widget=DayInput)
    location = forms.CharField(label="Into", max_length=30, widget=CodeInput)
    serials = forms.CharField(
        label="Serial numbers",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One for each piece, one a line.",
    )
    unit_cost = forms.DecimalField(
        label="Cost",
        max_digits=14,
        decimal_places=4,
        required=False,
        widget=DecimalInput(places_min=2),
    )
    currency = forms.CharField(
        max_length=3, required=False, widget=UnfoldAdminTextInputWidget(attrs={"maxlength": 3})
    )
    reference = forms.CharField(
        label="Delivery note", max_length=100, required=False, widget=UnfoldAdminTextInputWidget
    )

    def __init__(
        self,
        data: Any = None,
        *,
        variant: VariantRef,
        place: Place,
        notice: ShipmentNotice | None,
        goods: ScannedGoods | None = None,
        is_serial_tracked: bool = False,
    ) -> None:
        super().__init__(data, initial=_initial(goods, variant, place))
        self.variant, self.place = variant, place
        unit = UNITS[variant.stock_unit]
        alike = [u for u in UNITS.values() if u.dimension is unit.dimension]
        self.fields["unit"].choices = [(u.code, u.name) for u in alike]  # type: ignore[attr-defined]
        self.fields["lot_code"].required = variant.is_lot_tracked
        quantity = self.fields["quantity"]
        quantity.widget.attrs.update(
            {"step": "1" if unit.is_count else "any", "min": "0", "inputmode": "decimal"}
        )
        if not is_serial_tracked:
            del self.fields["serials"]
        self.first = _first_to_fill(goods, variant, is_serial_tracked=is_serial_tracked)
        if self.first:
            self.fields[self.first].widget.attrs["autofocus"] = True
        self.fields["location"].widget.offer(  # type: ignore[attr-defined]
            (location.code, location.get_kind_display())
            for location in place.locations[:LOCATIONS_OFFERED_MAX]
        )
        self.fields["unit_cost"].label = f"Cost per {unit.code}"
        if notice is not None:  # the delivery note says the cost and is the reference
            for name in ("unit_cost", "currency", "reference"):
                del self.fields[name]

    @property
    def button_attrs(self) -> SafeString:
        """Where nothing is left to fill in, Enter books."""
        focus = "" if self.first else " autofocus"
        return SafeString(f'id="goods-in-book" x-bind:disabled="sent"{focus}')

    def clean_location(self) -> Location:
        """The open location of this code, however its letters are written."""
        code = self.cleaned_data["location"].strip()
        by_code = {location.code.upper(): location for location in self.place.locations}
        location = by_code.get(code.upper())
        if location is None:
            raise forms.ValidationError(f"{self.place.warehouse.code} has no open place {code}.")
        return location

    def clean_serials(self) -> list[str]:
        """One by one, as they were scanned: one a line, or with spaces or commas between."""
        text: str = self.cleaned_data["serials"]
        return text.replace(",", " ").split()

    def clean(self) -> dict[str, Any]:
        """The quantity in stock units; a cost with its currency."""
        data = super().clean() or self.cleaned_data
        if data.get("quantity") is not None:
            unit = UNITS.get(data.get("unit") or "", UNITS[self.variant.stock_unit])
            try:
                data["quantity"] = convert_exactly(
                    data["quantity"], unit, UNITS[self.variant.stock_unit]
                )
            except DomainError as error:
                self.add_error("quantity", error.detail)
        data["unit_cost"] = self._cost(data.get("unit_cost"), data.get("currency") or "")
        return data

    def _cost(self, amount: Decimal | None, currency: str) -> Money | None:
        if amount is None:
            return None
        if not currency.strip():
            self.add_error("currency", f"Cost {plain(amount)} needs its currency, such as EUR.")
            return None
        try:
            return Money(amount, currency.strip().upper())
        except CurrencyDoesNotExist:
            self.add_error("currency", f"{currency} is no currency; write it like EUR.")
            return None

    def refuse(self, error: DomainError) -> None:
        """Show a refusal beside the field it is about, or on top."""
        told = False
        for problem in error.errors:
            field = FIELD_OF_POINTER.get(problem.pointer)
            if field in self.fields:
                self.add_error(field, problem.detail)
                told = True
        if not told:
            self.add_error(None, str(error))


def _first_to_fill(
    goods: ScannedGoods | None, variant: VariantRef, *, is_serial_tracked: bool
) -> str:
    """The first field that the scan left empty; blank: none."""
    if goods is None:
        return ""
    if variant.is_lot_tracked and not goods.lot_code:
        return "lot_code"
    if variant.is_lot_tracked and not goods.expiry_date:
        return "expiry_date"
    if not goods.quantity:
        return "quantity"
    return "serials" if is_serial_tracked and not goods.serial else ""


def _initial(
    goods: ScannedGoods | None, variant: VariantRef, place: Place
) -> dict[str, str | date | Decimal | None]:
    if goods is None:
        return {}
    return {
        "lot_code": goods.lot_code,
        "quantity": plain(goods.quantity) if goods.quantity else None,
        "unit": variant.stock_unit,
        "expiry_date": goods.expiry_date,
        "production_date": goods.production_date,
        "serials": goods.serial,
        "location": place.locations[0].code if place.locations else "",
    }
