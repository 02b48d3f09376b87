"""What counting asks for: what to count, a figure, a decision."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from catalog.identifiers.errors import InvalidIdentifier
from catalog.products.selectors import VariantRef, variants_by_sku
from config.kernel import clock
from config.kernel.admin import DecimalInput, QuantityField, ReasonForm
from inventory.counting.admin.pieces import split_pieces
from inventory.counting.rules import TOLERANCE_PERCENT_DEFAULT
from inventory.lots.selectors import lots_by_code, resolve_code
from inventory.stock.reasons import StockReason
from inventory.stock.selectors.serials import serial_tracked_ids
from inventory.stock.widgets import CodeInput
from inventory.warehouses.models import Location, Warehouse
from inventory.warehouses.selectors import usable_locations

LOCATIONS_OFFERED_MAX = 500
CODES_MAX = 200
FIGURE = re.compile(r"[0-9]{1,9}([.,][0-9]{1,4})?", re.ASCII)
WAYS = [
    ("places", "Places"),
    ("items", "SKUs or lots"),
    ("abc", "A class by how often it is picked"),
    ("all", "The whole warehouse"),
]
CLASSES = [
    ("A", "A: the few that make 80 % of the picks of 90 days"),
    ("B", "B: the next 15 %"),
    ("C", "C: the rest"),
]


class DayInput(forms.DateInput):
    """A day, by the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(attrs={"class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")


def read_figure(text: str) -> Decimal | None:
    """A counted figure with point or comma; None where it is none. Zero is one, blank is not."""
    text = text.strip()
    return Decimal(text.replace(",", ".")) if FIGURE.fullmatch(text) else None


class PlanForm(forms.Form):
    """What is to be counted, and how far off it may be."""

    warehouse = forms.ModelChoiceField(
        queryset=Warehouse.objects.order_by("code"),
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
    )
    way = forms.ChoiceField(label="Count", choices=WAYS, widget=UnfoldAdminSelectWidget)
    places = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="Scan or type the codes of places, one a line. A-* means all that begin with A-.",
    )
    items = forms.CharField(
        label="SKUs or lots",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="Scan or type them, one a line: SKU, GTIN, lot, or a GS1 barcode.",
    )
    abc_class = forms.ChoiceField(
        label="Class", choices=CLASSES, required=False, widget=UnfoldAdminSelectWidget
    )
    tolerance_units = QuantityField(
        label="Tolerance in units", min_value=0, max_digits=12, initial=0
    )
    tolerance_percent = forms.DecimalField(
        label="Tolerance in percent",
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        initial=TOLERANCE_PERCENT_DEFAULT,
        widget=DecimalInput,
        help_text="A difference within the wider of the two is booked at once; the rest is counted "
        "again.",
    )

    def clean(self) -> dict[str, Any]:
        """What was chosen, as the service takes it, under `choice`; and in words, under `scope`."""
        data = super().clean() or self.cleaned_data
        if not data.get("warehouse"):
            return data
        way = data.get("way")
        if way == "places":
            self._read_places(data)
        elif way == "items":
            self._read_items(data)
        elif way == "abc":
            data["choice"] = {"abc_class": data.get("abc_class") or "A"}
            data["scope"] = f"Class {data['choice']['abc_class']}"
        else:
            data["choice"], data["scope"] = {}, "The whole warehouse"
        return data

    def _read_places(self, data: dict[str, Any]) -> None:
        codes = self._codes("places", data)
        places = list(usable_locations(data["warehouse"].pk))
        chosen: dict[int, Location] = {}
        for code in codes:
            found = [place for place in places if _is_named(place.code, code)]
            if not found:
                self.add_error("places", f"{data['warehouse']} has no open place {code}.")
            chosen |= {place.pk: place for place in found}
        data["choice"] = {"location_ids": sorted(chosen)}
        data["scope"] = _listed("Places", sorted(codes))

    def _read_items(self, data: dict[str, Any]) -> None:
        codes = self._codes("items", data)
        variant_ids: set[int] = set()
        lot_ids: set[int] = set()
        for code in codes:
            try:
                found = resolve_code(code, today=clock.now().date())
            except InvalidIdentifier as error:
                self.add_error("items", f"{code}: {error.detail}")
                continue
            variant = variants_by_sku([found.sku])[found.sku] if found.sku else None
            if variant is None:
                why = found.warnings[0].detail if found.warnings else "it is none of ours."
                self.add_error("items", f"{code}: {why}")
                continue
            lot = lots_by_code([(variant.id, found.lot)]) if found.lot else {}
            if found.lot and not lot:
                self.add_error("items", f"{variant.sku} has no lot {found.lot}.")
            lot_ids |= {row.pk for row in lot.values()}
            variant_ids |= set() if found.lot else {variant.id}
        data["choice"] = {"variant_ids": sorted(variant_ids), "lot_ids": sorted(lot_ids)}
        data["scope"] = _listed("SKUs and lots", codes)

    def _codes(self, field: str, data: dict[str, Any]) -> list[str]:
        lines = [line.strip() for line in data.get(field, "").splitlines()]
        codes = list(dict.fromkeys(line for line in lines if line))
        if not codes:
            self.add_error(field, "Say what is to be counted.")
        if len(codes) > CODES_MAX:
            self.add_error(field, f"{len(codes)} lines are more than {CODES_MAX}.")
        return codes[:CODES_MAX]


class NoQuestions(forms.Form):
    """Nothing to ask: the page shows what will happen."""


class FoundForm(forms.Form):
    """Goods that stand on no list: where they lie, and how many."""

    location = forms.CharField(label="Place", max_length=30, widget=CodeInput)
    lot_code = forms.CharField(
        label="Lot", max_length=40, required=False, widget=UnfoldAdminTextInputWidget
    )
    expiry_date = forms.DateField(label="Expires", required=False, widget=DayInput)
    serials = forms.CharField(
        label="Serial numbers, one a line",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false"}),
    )
    quantity = forms.CharField(
        max_length=16,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        variant: VariantRef,
        warehouse: Warehouse,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.variant = variant
        self.places = {place.code.upper(): place for place in usable_locations(warehouse.pk)}
        self.fields["lot_code"].required = variant.is_lot_tracked
        self.fields["quantity"].label = f"Quantity ({variant.stock_unit})"
        last = "quantity"
        if serial_tracked_ids([variant.id]):
            self.fields["quantity"].label = "Pieces without a number"
            self.fields["quantity"].required = False
            last = "serials"
        else:
            del self.fields["serials"]
        offered = list(self.places.values())[:LOCATIONS_OFFERED_MAX]
        self.fields["location"].widget.offer(  # type: ignore[attr-defined]
            (place.code, place.get_kind_display()) for place in offered
        )
        given = initial or {}
        first = next(
            (name for name in ("location", "lot_code") if self._is_asked(name, given)), last
        )
        self.fields[first].widget.attrs["autofocus"] = True

    def _is_asked(self, name: str, given: dict[str, Any]) -> bool:
        return self.fields[name].required and not given.get(name)

    def clean_location(self) -> Location:
        """The open place of this code, however its letters are written."""
        code = self.cleaned_data["location"].strip()
        place = self.places.get(code.upper())
        if place is None:
            raise forms.ValidationError(f"There is no open place {code} here.")
        return place

    def clean_quantity(self) -> Decimal:
        """A figure."""
        text = self.cleaned_data["quantity"]
        figure = read_figure(text or "0")
        if figure is None:
            raise forms.ValidationError(f"{text} is no quantity.")
        return figure

    def clean(self) -> dict[str, Any]:
        """The pieces count, each once; an empty field is not a zero."""
        data = super().clean() or self.cleaned_data
        pieces, _ = split_pieces(data.get("serials", ""))
        if "serials" in self.fields and not pieces and not self.data.get("quantity", "").strip():
            self.add_error("serials", "Scan the pieces, or say how many there are.")
        data["serials"] = pieces
        if "quantity" in data:
            data["quantity"] += len(pieces)
        return data


class DecisionForm(ReasonForm):
    """Why the books were wrong, by code; a note if there is more to say."""

    code = forms.ChoiceField(
        label="Reason",
        choices=[(reason.value, reason.capitalize()) for reason in StockReason],
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ["code", "reason"]

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        note = self.fields["reason"]
        note.label, note.required = "Note", False
        note.widget.attrs["maxlength"] = 120
        note.widget.attrs.pop("autofocus", None)
        self.fields["code"].widget.attrs["autofocus"] = True


def _is_named(place: str, pattern: str) -> bool:
    place, pattern = place.upper(), pattern.upper()
    return place.startswith(pattern[:-1]) if pattern.endswith("*") else place == pattern


def _listed(what: str, codes: list[str]) -> str:
    shown = ", ".join(codes[:8])
    return f"{what}: {shown}{f' and {len(codes) - 8} more' if len(codes) > 8 else ''}"[:300]
