"""What the endpoints of recalls are asked."""

from typing import Any

from rest_framework import serializers

from config.kernel.api import ItemSerializer, LotField, QuantityField, UnitField
from config.kernel.api.items import ITEM_FIELDS
from inventory.recalls.models import (
    REASON_LENGTH_MAX,
    REFERENCE_LENGTH_MAX,
    ProgressKind,
    RecallStatus,
)
from inventory.recalls.services import LOTS_MAX

_LOT_HELP = "Absent, null or blank: the open lot."


class RecalledLotNameSerializer(ItemSerializer):
    """A lot, by an item and the code on the goods."""

    lot = LotField(help_text=_LOT_HELP)


class ProductionDaysSerializer(serializers.Serializer[Any]):
    """A range of days, the first and the last included."""

    to = serializers.DateField()

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python."""
        return {"from": serializers.DateField(), **super().get_fields()}


class StartRecallSerializer(serializers.Serializer[Any]):
    """Either lots by name, or all of a supplier, of a range of production days, or of both.

    An item narrows the latter down.
    """

    reference = serializers.CharField(
        max_length=REFERENCE_LENGTH_MAX, help_text="Your own name for the recall; there is one."
    )
    reason = serializers.CharField(max_length=REASON_LENGTH_MAX)
    lots = RecalledLotNameSerializer(  # type: ignore[call-arg]
        many=True, required=False, allow_empty=False, max_length=LOTS_MAX
    )
    supplier = serializers.CharField(
        max_length=20, required=False, help_text="A supplier's code: all lots that came from it."
    )
    produced = ProductionDaysSerializer(required=False, help_text="All lots made on these days.")
    sku = serializers.CharField(max_length=100, required=False)
    gtin = serializers.CharField(max_length=20, required=False)
    alias = serializers.CharField(max_length=80, required=False)
    alias_scheme = serializers.ChoiceField(
        ["supplier", "warehouse", "marketplace", "legacy"], required=False
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """At most one way to name the item."""
        if any(name in attrs for name in ITEM_FIELDS):
            return ItemSerializer.validate(self, attrs)  # type: ignore[arg-type]
        return attrs


class RecallProgressSerializer(RecalledLotNameSerializer):
    """What became of so many units of a recalled lot."""

    kind = serializers.ChoiceField(
        ProgressKind.choices,
        help_text="The first three are booked in a warehouse, the last two confirmed from outside.",
    )
    quantity = QuantityField(allow_zero=False)
    unit = UnitField()
    warehouse = serializers.CharField(
        max_length=20,
        required=False,
        allow_null=True,
        help_text="Where they came in or left; needed where it is booked, else absent.",
    )
    reference = serializers.CharField(
        max_length=100, required=False, allow_blank=True, help_text="Order, letter, return …"
    )
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class RecallsQuerySerializer(serializers.Serializer[Any]):
    """Which recalls."""

    status = serializers.ChoiceField(RecallStatus.values, required=False)
