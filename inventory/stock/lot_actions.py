"""What one does with whole lots, wherever the admin lists them."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from config.kernel import clock
from config.kernel.admin import ReasonActionMixin, ReasonForm, reason_action
from config.kernel.words import counted
from inventory.lots.models import HoldReason
from inventory.stock import services
from inventory.stock.filters import number
from inventory.stock.losses import WhoLosesMixin

FINAL = (
    "This is final: the goods leave the books. What is promised of them is promised from other "
    "lots, where there are any."
)


# What a recall froze only the recall lets go: its page says how far it is.
BY_HAND = [(reason.value, reason.label) for reason in HoldReason if reason != HoldReason.RECALL]


class HoldForm(ReasonForm):
    """Which kind of hold, and why."""

    hold = forms.ChoiceField(label="Kind of hold", choices=BY_HAND, widget=UnfoldAdminSelectWidget)
    field_order = ["hold", "reason"]


class SupplierReturnForm(ReasonForm):
    """Why, and under which number of the supplier."""

    reference = forms.CharField(
        label="Return number",
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="The supplier's authorisation, if there is one.",
    )


def chosen_warehouse(request: HttpRequest) -> int | None:
    """The warehouse that the list is filtered by: its figures and its actions are of that one."""
    return number(request.GET.get("warehouse"))


class LotActions(WhoLosesMixin, ReasonActionMixin):
    """Hold, release, write off, send back.

    For an admin of lots whose columns are called `lot`, `product`, `quantity`, `promised`,
    `value_at_risk` and `hold_badge`.
    """

    @reason_action(
        description="Put on hold",
        permission="inventory.place_lothold",
        form_class=HoldForm,
        icon="front_hand",
        preview=["lot", "product", "quantity", "promised"],
        note="You can undo this: release them from hold. What is promised of them is promised "
        "from other lots meanwhile.",
        consequences="who_loses",
    )
    def hold(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Lots are kept from sale."""
        held = services.place_holds(
            lot_ids=_ids(queryset),
            reason=HoldReason(data["hold"]),
            note=data["reason"],
            now=clock.now(),
            user_id=request.user.pk,
        )
        return f"{counted(len(held), 'lot')} put on hold."

    @reason_action(
        description="Release from hold",
        permission="inventory.release_lothold",
        icon="lock_open",
        preview=["lot", "product", "quantity", "hold_badge"],
        note="You can undo this: put them on hold again. All their open holds end; what a "
        "recall has frozen stays so until the recall is withdrawn.",
    )
    def release(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Lots may be sold again."""
        released = services.release_holds(
            lot_ids=_ids(queryset),
            note=data["reason"],
            now=clock.now(),
            user_id=request.user.pk,
            reasons=[HoldReason(value) for value, _ in BY_HAND],
        )
        return f"{counted(len(released), 'hold')} released."

    @reason_action(
        description="Write off",
        permission="inventory.write_off_stock",
        icon="delete",
        danger=True,
        preview=["lot", "product", "quantity", "promised", "value_at_risk"],
        note=FINAL,
        consequences="who_loses",
    )
    def write_off(self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]) -> str:
        """Lots leave the books for good."""
        movements = services.write_off_lots(
            lot_ids=_ids(queryset),
            reason=data["reason"],
            now=clock.now(),
            warehouse_id=chosen_warehouse(request),
        )
        return f"Written off in {counted(len(movements), 'place')}."

    @reason_action(
        description="Return to supplier",
        permission="inventory.return_to_supplier",
        form_class=SupplierReturnForm,
        icon="undo",
        danger=True,
        preview=["lot", "product", "quantity", "promised", "value_at_risk"],
        note=FINAL,
        consequences="who_loses",
    )
    def return_to_supplier(
        self, request: HttpRequest, queryset: QuerySet, data: dict[str, Any]
    ) -> str:
        """Lots go back to where they came from."""
        movements = services.return_lots_to_supplier(
            lot_ids=_ids(queryset),
            reason=data["reason"],
            reference=data["reference"],
            now=clock.now(),
            warehouse_id=chosen_warehouse(request),
        )
        return f"Sent back from {counted(len(movements), 'place')}."


def _ids(queryset: QuerySet) -> list[int]:
    return list(queryset.order_by("pk").values_list("pk", flat=True))
