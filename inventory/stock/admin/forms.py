"""What the actions on a place with stock ask for."""

from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from catalog.products.selectors import VariantRef, variants_by_sku
from catalog.units.rules import UNITS, plain
from config.kernel.admin import QuantityField, ReasonForm
from inventory.stock.lot_actions import SupplierReturnForm
from inventory.stock.models import StockLevel
from inventory.stock.selectors.openings import opened_before
from inventory.stock.selectors.serials import serial_tracked_ids, serials_on
from inventory.stock.widgets import CodeInput
from inventory.warehouses.models import Location
from inventory.warehouses.selectors import usable_locations

LOCATIONS_OFFERED_MAX = 500


class LevelForm(ReasonForm):
    """A form about one place with stock: how much of what lies there, and why."""

    quantity = QuantityField(required=False)
    serials = forms.CharField(
        label="Serial numbers",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false"}),
    )
    field_order = ["quantity", "serials", "reason"]

    def __init__(self, data: Any = None, *, level: StockLevel) -> None:
        super().__init__(data)
        self.level = level
        if serial_tracked_ids([level.variant_id]):
            there = serials_on([level.pk]).get(level.pk, [])
            more = f" and {len(there) - 30} more" if len(there) > 30 else ""
            known = f" There: {', '.join(there[:30])}{more}." if there else ""
            self.fields["serials"].help_text = f"Which pieces, one a line; all: blank.{known}"
        else:
            del self.fields["serials"]
        unit = UNITS[level.variant.product.stock_unit]
        step = "1" if unit.is_count else "any"
        field = self.fields["quantity"]
        field.label = f"Quantity ({unit.code})"
        field.widget.attrs.update({"step": step, "inputmode": "decimal", "autofocus": True})
        self.fields["reason"].widget.attrs.pop("autofocus", None)
        self.describe_quantity(field, unit.code)

    def describe_quantity(self, field: forms.Field, unit: str) -> None:
        """What a blank quantity means."""
        field.help_text = f"Blank: all {plain(self.level.on_hand)} {unit} that lie there."

    def clean_serials(self) -> list[str]:
        """One by one."""
        text: str = self.cleaned_data["serials"]
        return text.replace(",", " ").split()

    def clean_quantity(self) -> Decimal:
        """All of it, unless a quantity is given."""
        given: Decimal | None = self.cleaned_data["quantity"]
        return self.level.on_hand if given is None else given


class MoveForm(LevelForm):
    """To which place of the same warehouse."""

    to_location = forms.CharField(label="To", max_length=30, widget=CodeInput)
    field_order = ["to_location", "quantity", "serials", "reason"]

    def __init__(self, data: Any = None, *, level: StockLevel) -> None:
        super().__init__(data, level=level)
        here = level.location
        self.places = {
            place.code: place
            for place in usable_locations(here.warehouse_id)
            if place.pk != here.pk
        }
        box = self.fields["to_location"]
        box.help_text = f"Scan or type the code of a place in {here.warehouse.code}."
        box.widget.attrs["autofocus"] = True
        self.fields["quantity"].widget.attrs.pop("autofocus", None)
        offered = list(self.places.values())[:LOCATIONS_OFFERED_MAX]
        box.widget.offer(  # type: ignore[attr-defined]
            [(place.code, place.get_kind_display()) for place in offered]
        )

    def clean_to_location(self) -> Location:
        """The place of this code, however its letters are written."""
        code = self.cleaned_data["to_location"].strip()
        by_upper = {name.upper(): place for name, place in self.places.items()}
        place = self.places.get(code) or by_upper.get(code.upper())
        if place is None:
            warehouse = self.level.location.warehouse.code
            if code.upper() == self.level.location.code.upper():
                raise forms.ValidationError(f"The goods lie in {warehouse} {code} already.")
            raise forms.ValidationError(
                f"{warehouse} has no open place {code}: goods are moved inside one warehouse."
            )
        return place


class PutAwayForm(MoveForm):
    """Into which bin; everybody knows why."""

    def __init__(self, data: Any = None, *, level: StockLevel) -> None:
        super().__init__(data, level=level)
        del self.fields["reason"]


class AdjustForm(LevelForm):
    """By how much the books are wrong."""

    def __init__(self, data: Any = None, *, level: StockLevel) -> None:
        super().__init__(data, level=level)
        self.fields["quantity"].required = True

    def describe_quantity(self, field: forms.Field, unit: str) -> None:
        """The sign says which way."""
        field.label = f"Correct by ({unit})"
        field.help_text = (
            f"The books say {plain(self.level.on_hand)}: -2 if two less lie there, 3 if three more."
        )


class OpenForm(LevelForm):
    """How many containers, into which SKU, and what really came out."""

    into = forms.CharField(label="Into", max_length=40, widget=CodeInput)
    yielded = QuantityField(
        label="What came out",
        min_value=0,
        required=False,
        help_text="In the unit of that SKU; blank: all that the containers hold.",
    )
    field_order = ["into", "quantity", "yielded", "reason"]

    def __init__(self, data: Any = None, *, level: StockLevel) -> None:
        super().__init__(data, level=level)
        box = self.fields["into"]
        box.help_text = "Scan or type the SKU of the decant or tester. It gets a lot of its own."
        box.widget.attrs["autofocus"] = True
        box.widget.offer(opened_before(level.variant))  # type: ignore[attr-defined]
        self.fields["quantity"].widget.attrs.pop("autofocus", None)

    def describe_quantity(self, field: forms.Field, unit: str) -> None:
        """One container at a time, unless said otherwise."""
        self.initial["quantity"] = 1 if UNITS[unit].is_count else None
        field.label = f"Open ({unit})"
        field.help_text = f"{plain(self.level.on_hand)} {unit} lie there."
        field.required = True

    def clean_into(self) -> VariantRef:
        """The variant of this SKU, however its letters are written."""
        code = self.cleaned_data["into"].strip().upper()
        found = variants_by_sku([code]).get(code)
        if found is None:
            raise forms.ValidationError(f"There is no SKU {code}.")
        return found


class SendBackForm(LevelForm, SupplierReturnForm):
    """How much, and under which number of the supplier."""

    field_order = ["quantity", "serials", "reference", "reason"]
