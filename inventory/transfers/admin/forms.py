"""What the pages of transfers ask for."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from config.kernel import clock
from config.kernel.admin import QuantityField, ReasonForm
from inventory.stock.widgets import CodeInput
from inventory.transfers.models import Transfer, TransferItem
from inventory.transfers.scans import ScannedGoods, read_lines
from inventory.warehouses.models import Location, Warehouse
from inventory.warehouses.selectors import usable_locations

PLACES_OFFERED_MAX = 500


class DayInput(forms.DateInput):
    """A day, by the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(attrs={"class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")


def words(text: str) -> list[str]:
    """Serial numbers as they were scanned: one a line, or with spaces or commas between."""
    return text.replace(",", " ").split()


class PlanForm(forms.Form):
    """From where to where, when, and the goods: one scan a line."""

    source = forms.ModelChoiceField(
        label="From", queryset=Warehouse.objects.none(), widget=forms.Select()
    )
    destination = forms.ModelChoiceField(
        label="To", queryset=Warehouse.objects.none(), widget=forms.Select()
    )
    expected_date = forms.DateField(label="Expected on", required=False, widget=DayInput)
    reference = forms.CharField(
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Blank: it gets a number.",
    )
    goods = forms.CharField(
        widget=UnfoldAdminTextareaWidget(
            attrs={"rows": 12, "spellcheck": "false", "autocomplete": "off", "autofocus": True}
        ),
        help_text="Scan one below the other, or type a SKU and how many: COS-CREAM-50 12. A lot's "
        "barcode sends that lot; a SKU sends what expires first.",
    )

    def __init__(self, data: Any = None, *, now: datetime) -> None:
        super().__init__(data)
        self.now = now
        self.scanned: list[ScannedGoods] = []
        for name in ("source", "destination"):
            box = self.fields[name]
            box.queryset = Warehouse.objects.order_by("code")  # type: ignore[attr-defined]
            box.label_from_instance = lambda w: f"{w.code} · {w.name}"  # type: ignore[attr-defined]
            box.widget.attrs["class"] = "backroom-select w-full"

    def clean_goods(self) -> str:
        """Every line names goods; those that do not are told with their number."""
        text: str = self.cleaned_data["goods"]
        self.scanned, problems = read_lines(text, today=clock.today("UTC", self.now))
        if problems:
            raise forms.ValidationError(problems[:20])
        return text


class DispatchForm(forms.Form):
    """Whether promised stock goes, too."""

    may_take_promised = forms.BooleanField(
        label="Send what customers were promised, too",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Their promises are kept from other stock, or become shortages.",
    )


class DateForm(forms.Form):
    """When it should arrive."""

    expected_date = forms.DateField(
        label="Expected on", required=False, widget=DayInput, help_text="Blank: nobody knows."
    )


class WriteOffForm(ReasonForm):
    """Why, and which pieces where they carry numbers."""

    serials = forms.CharField(
        label="Serial numbers",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Only of goods that carry them: which pieces never arrived.",
    )
    field_order = ["reason", "serials"]

    def clean_serials(self) -> list[str]:
        """One by one."""
        return words(self.cleaned_data["serials"])


class ArrivalRow(forms.Form):
    """How much of one lot has arrived, and where it was put."""

    quantity = QuantityField(required=False, min_value=Decimal(0))
    location = forms.CharField(max_length=30, required=False, widget=CodeInput)
    serials = forms.CharField(required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}))

    def __init__(
        self, data: Any, *, item: TransferItem, places: dict[str, Location], is_tracked: bool
    ) -> None:
        super().__init__(data, prefix=f"item-{item.pk}")
        self.item, self.places = item, places
        unit = item.variant.product.stock_unit
        box = self.fields["quantity"]
        box.initial = item.on_the_road
        box.unit = unit  # type: ignore[attr-defined]
        box.widget.attrs.update(
            {"inputmode": "decimal", "aria-label": f"Arrived of {item.variant.sku} ({unit})"}
        )
        self.fields["location"].widget.attrs.update(
            {"aria-label": f"Place of {item.variant.sku}", "placeholder": "dock"}
        )
        self.fields["location"].widget.offer(  # type: ignore[attr-defined]
            (place.code, place.get_kind_display())
            for place in list(places.values())[:PLACES_OFFERED_MAX]
        )
        if is_tracked:
            self.fields["serials"].widget.attrs["aria-label"] = "Serial numbers"
        else:
            del self.fields["serials"]

    def clean_location(self) -> Location | None:
        """The open place of this code, however its letters are written; blank: the dock."""
        code = self.cleaned_data["location"].strip()
        if not code:
            return None
        place = self.places.get(code.upper())
        if place is None:
            raise forms.ValidationError(f"There is no open place {code}.")
        return place

    def clean_serials(self) -> list[str]:
        """One by one."""
        return words(self.cleaned_data["serials"])


class ReceiveForm(forms.Form):
    """What holds for the whole arrival."""

    is_all = forms.BooleanField(
        label="No more will come",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="What is missing stays on the road, and somebody is alerted to look for it.",
    )
    may_find_more = forms.BooleanField(
        label="More arrived than was sent",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="It is recorded as found.",
    )


def places_of(transfer: Transfer) -> dict[str, Location]:
    """The open places of where it goes, by their codes in capitals."""
    return {place.code.upper(): place for place in usable_locations(transfer.destination_id)}
