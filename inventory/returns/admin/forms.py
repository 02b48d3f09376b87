"""What the pages of returns ask for."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from catalog.markets.models import Market
from catalog.products.models import Variant
from catalog.products.selectors import VariantRef, variants_by_sku
from config.kernel import clock
from config.kernel.admin import QuantityField
from inventory.lots.models import Lot
from inventory.returns.models import (
    NOTE_LENGTH_MAX,
    REASON_LENGTH_MAX,
    Disposition,
    ReturnItem,
    ReturnLine,
    ReturnReason,
)
from inventory.stock.widgets import CodeInput
from inventory.transfers.scans import ScannedGoods, read_lines
from inventory.warehouses.models import Location, Warehouse

SELECT = "backroom-select w-full"
FOR_SALE = [("", "after a second look"), ("yes", "at once")]
SEALED = [("", "not checked"), ("yes", "sealed"), ("no", "opened")]


def words(text: str) -> list[str]:
    """Serial numbers as they were scanned: one a line, or with spaces or commas between."""
    return text.replace(",", " ").split()


def _amount(label: str, unit: str, **fields: Any) -> QuantityField:
    box = QuantityField(required=False, min_value=Decimal(0), **fields)
    box.unit = unit
    box.widget.attrs.update({"inputmode": "decimal", "aria-label": label})
    return box


def _choice(choices: Sequence[tuple[str, str]], label: str, **fields: Any) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": SELECT, "aria-label": label})
    return forms.ChoiceField(choices=choices, widget=widget, required=False, **fields)


class SoldRow(forms.Form):
    """How much of one item of the order comes back, and why."""

    def __init__(self, data: Any, *, variant: Variant, lots: Sequence[Lot], left: Decimal) -> None:
        super().__init__(data, prefix=f"sold-{variant.pk}")
        self.variant, self.left = variant, left
        sku = variant.sku
        self.fields["quantity"] = _amount(f"Returned of {sku}", variant.product.stock_unit)
        self.fields["reason"] = _choice(ReturnReason.choices, f"Why {sku} comes back")
        codes = [(lot.code, lot.code or "open lot") for lot in lots]
        options = [("?", "unknown")] + [(code or "-", name) for code, name in codes]
        self.fields["lot"] = _choice(options if len(lots) > 1 else options[1:], f"Lot of {sku}")
        self.fields["exchange_for"] = forms.CharField(
            max_length=100,
            required=False,
            widget=CodeInput({"aria-label": f"Replacement for {sku}", "placeholder": "none"}),
        )

    @property
    def lot_code(self) -> str | None:
        """The lot that was named, or None."""
        said = self.cleaned_data["lot"]
        return None if said in ("", "?") else "" if said == "-" else said


class BlindForm(forms.Form):
    """Goods of an order that we never saw."""

    market = forms.ModelChoiceField(
        queryset=Market.objects.none(), widget=forms.Select(attrs={"class": SELECT})
    )
    why = forms.CharField(
        label="Why do we take it?",
        max_length=REASON_LENGTH_MAX,
        widget=UnfoldAdminTextInputWidget,
        help_text="Such as: sold on a marketplace before Backroom.",
    )
    reason = forms.ChoiceField(
        label="Why does it come back?",
        choices=ReturnReason.choices,
        widget=forms.Select(attrs={"class": SELECT}),
    )
    goods = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="Scan one below the other, or type a SKU and how many: COS-CREAM-50 2.",
    )

    def __init__(self, data: Any = None, *, now: datetime) -> None:
        super().__init__(data, prefix="blind")
        self.now = now
        self.scanned: list[ScannedGoods] = []
        markets = Market.objects.filter(is_active=True).order_by("code")
        self.fields["market"].queryset = markets  # type: ignore[attr-defined]

    def clean_goods(self) -> str:
        """Every line names goods; those that do not are told with their number."""
        text: str = self.cleaned_data["goods"]
        self.scanned, problems = read_lines(text, today=clock.today("UTC", self.now))
        if problems:
            raise forms.ValidationError(problems[:20])
        return text


class ArrivedRow(forms.Form):
    """How much of one line has come, and of which lot."""

    def __init__(self, data: Any, *, line: ReturnLine, is_tracked: bool) -> None:
        super().__init__(data, prefix=f"line-{line.pk}")
        self.line = line
        sku = line.variant.sku
        left = max(line.quantity - line.received, Decimal(0))
        self.fields["quantity"] = _amount(
            f"Come of {sku}", line.variant.product.stock_unit, initial=left or None
        )
        lot = (line.lot.code or "open lot") if line.lot else "unknown"
        self.fields["lot"] = forms.CharField(
            max_length=40,
            required=False,
            widget=CodeInput({"aria-label": f"Lot of {sku}", "placeholder": lot}),
        )
        if is_tracked:
            self.fields["serials"] = forms.CharField(
                required=False,
                initial="\n".join(line.serials),
                widget=UnfoldAdminTextareaWidget(
                    attrs={"rows": 2, "aria-label": f"Serial numbers of {sku}"}
                ),
            )


class WarehouseForm(forms.Form):
    """Where it came in."""

    warehouse = forms.ModelChoiceField(
        queryset=Warehouse.objects.none(), widget=forms.Select(attrs={"class": SELECT})
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        box = self.fields["warehouse"]
        box.queryset = Warehouse.objects.order_by("code")  # type: ignore[attr-defined]
        first = Warehouse.objects.order_by("code").first()
        box.initial = first.pk if first else None
        box.label_from_instance = lambda w: f"{w.code} · {w.name}"  # type: ignore[attr-defined]


class BenchRow(forms.Form):
    """What becomes of goods on the bench: a quantity for each disposition."""

    def __init__(
        self,
        data: Any,
        *,
        item: ReturnItem,
        places: dict[str, Location],
        is_tracked: bool,
        lot: str = "",
        offers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(data, prefix=f"item-{item.pk}")
        self.item, self.places = item, places
        sku = item.line.variant.sku
        received_as = (item.stock_level.lot.code or "open lot") if item.is_identified else "unknown"
        self.fields["lot"] = forms.CharField(
            max_length=40,
            required=False,
            initial=lot,
            widget=CodeInput({"aria-label": f"Lot read on {sku}", "placeholder": received_as}),
        )
        self.fields["sealed"] = _choice(SEALED, f"Whether {sku} is sealed")
        self.fields["condition"] = forms.CharField(
            max_length=NOTE_LENGTH_MAX,
            required=False,
            widget=UnfoldAdminTextInputWidget(attrs={"aria-label": f"Condition of {sku}"}),
        )
        self.fields["location"] = forms.CharField(
            max_length=30,
            required=False,
            widget=CodeInput({"aria-label": f"Place for {sku}", "placeholder": "dock"}),
        )
        into = self.fields["refurbish_into"] = forms.CharField(
            max_length=40,
            required=False,
            widget=CodeInput({"aria-label": f"{sku} becomes", "placeholder": f"{sku}, on hold"}),
        )
        into.widget.offer(offers)  # type: ignore[attr-defined]
        self.fields["for_sale"] = _choice(FOR_SALE, f"When refurbished {sku} may be sold")
        unit = item.line.variant.product.stock_unit
        for disposition in Disposition:
            box = self.fields[disposition.name.lower()] = _amount(
                f"{disposition.label}: {sku}", unit
            )
            box.widget.attrs["title"] = disposition.label
        if is_tracked:
            self.fields["serials"] = forms.CharField(
                required=False,
                widget=UnfoldAdminTextareaWidget(
                    attrs={"rows": 2, "aria-label": f"Serial numbers of {sku}"}
                ),
                help_text="In the order of the quantities, from the left.",
            )

    @property
    def boxes(self) -> list[Any]:
        """The quantity of each disposition."""
        return [self[disposition.name.lower()] for disposition in Disposition]

    def clean_refurbish_into(self) -> VariantRef | None:
        """The variant of this SKU, however its letters are written; blank: it stays what it is."""
        code = self.cleaned_data["refurbish_into"].strip().upper()
        if not code:
            return None
        found = variants_by_sku([code]).get(code)
        if found is None:
            raise forms.ValidationError(f"There is no SKU {code}.")
        return found

    def clean_location(self) -> Location | None:
        """The open place of this code; blank: where goods come in."""
        code = self.cleaned_data["location"].strip()
        if not code:
            return None
        place = self.places.get(code.upper())
        if place is None:
            raise forms.ValidationError(f"There is no open place {code}.")
        return place


class ExchangeRow(forms.Form):
    """Whether what replaces a line is sent."""

    def __init__(self, data: Any, *, line: ReturnLine) -> None:
        super().__init__(data, prefix=f"exchange-{line.pk}")
        self.line = line
        self.fields["decision"] = _choice(
            [("", "later"), ("approved", "send it"), ("refused", "refuse it")],
            f"Replacement of line {line.position}",
        )
