"""What the endpoints of returns are asked."""

from typing import Any

from rest_framework import serializers

from config.kernel.api import (
    InstantField,
    ItemSerializer,
    MoneyField,
    QuantityField,
    SerialsField,
    UnitField,
)
from inventory.returns.models import NOTE_LENGTH_MAX, Disposition, ReturnReason
from inventory.returns.services import LINES_MAX

EXCHANGE = "exchange"
_SERIALS_HELP = "Which pieces, where they carry numbers."


class ReplacementSerializer(ItemSerializer):
    """The item that replaces what comes back."""

    quantity = QuantityField(
        allow_zero=False,
        required=False,
        help_text="In its own stock units; absent: as many as come back.",
    )


class ReturnedGoodsSerializer(ItemSerializer):
    """What a customer wants to send back of one item, and why."""

    quantity = QuantityField(allow_zero=False)
    unit = UnitField()
    reason = serializers.ChoiceField(ReturnReason.values, default=ReturnReason.OTHER)
    note = serializers.CharField(max_length=NOTE_LENGTH_MAX, required=False, allow_blank=True)
    lot = serializers.CharField(
        max_length=40,
        required=False,
        allow_null=True,
        help_text="As on the goods; absent or null: the only one that was sold, if it was one.",
    )
    serials = SerialsField(help_text=_SERIALS_HELP)
    exchange_for = ReplacementSerializer(
        required=False, help_text="It is reserved at once, and sent when the goods are approved."
    )


class AuthoriseReturnSerializer(serializers.Serializer[Any]):
    """Of which order what comes back."""

    order_reference = serializers.CharField(max_length=100)
    reference = serializers.CharField(
        max_length=100,
        required=False,
        help_text="Your own number; unique among your returns. Absent: it gets one.",
    )
    lines = ReturnedGoodsSerializer(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=LINES_MAX
    )


class LineNameSerializer(ItemSerializer):
    """A line of the return: by its number, or by its item where that is in one line only."""

    line = serializers.IntegerField(min_value=1, max_value=LINES_MAX, required=False)
    quantity = QuantityField(allow_zero=False)
    unit = UnitField()
    lot = serializers.CharField(
        max_length=40,
        required=False,
        allow_null=True,
        help_text="As read on the goods; absent or null: as announced or received.",
    )
    serials = SerialsField(help_text=_SERIALS_HELP)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The line's number, or exactly one way to name its item."""
        if "line" in attrs and not {"sku", "gtin", "alias", "alias_scheme"} & attrs.keys():
            return attrs
        if "line" in attrs:
            raise serializers.ValidationError(
                {"line": "Give the line's number or its item, not both."}, code="invalid"
            )
        return super().validate(attrs)


class ReceiveReturnSerializer(serializers.Serializer[Any]):
    """Where what has come; without lines all that was announced and has not come."""

    warehouse = serializers.CharField(max_length=20)
    received_at = InstantField(required=False, allow_null=True)
    lines = LineNameSerializer(  # type: ignore[call-arg]
        many=True, required=False, allow_empty=False, max_length=LINES_MAX
    )


class RefurbishedItemSerializer(ItemSerializer):
    """The item that goods become by being refurbished."""


class VerdictSerializer(LineNameSerializer):
    """What becomes of so much of a line; several of one line share it out."""

    disposition = serializers.ChoiceField(
        [*Disposition.values, EXCHANGE],
        help_text="exchange: the replacement is sent, and what came back goes into quarantine.",
    )
    exchange = serializers.ChoiceField(
        ["approved", "refused"],
        required=False,
        help_text="Whether the line's replacement is sent; absent: undecided.",
    )
    sealed = serializers.BooleanField(
        required=False, allow_null=True, help_text="Needed for cosmetics to go back on sale."
    )
    condition = serializers.CharField(max_length=NOTE_LENGTH_MAX, required=False, allow_blank=True)
    location = serializers.CharField(
        max_length=30, required=False, help_text="Where it is put; absent: where goods come in."
    )
    reference = serializers.CharField(
        max_length=100, required=False, allow_blank=True, help_text="Of what goes to the supplier."
    )
    unit_cost = MoneyField(
        required=False, help_text="What a stock unit is worth once it is refurbished."
    )
    refurbish_into = RefurbishedItemSerializer(
        required=False,
        help_text="The item as which refurbished goods are sold; absent: they stay what they are, "
        "on hold. Counted in the same unit, with the same rule for lots and serial numbers.",
    )
    for_sale = serializers.BooleanField(
        default=False,
        help_text="What was refurbished into an item of its own is for sale at once; else it is "
        "on hold until somebody releases it.",
    )


class InspectReturnSerializer(serializers.Serializer[Any]):
    """What becomes of what came, and whether that was all."""

    lines = VerdictSerializer(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=LINES_MAX
    )
    close = serializers.BooleanField(
        default=False, help_text="Nothing more comes of it; refused while goods wait."
    )


class EndReturnSerializer(serializers.Serializer[Any]):
    """Why, if there is something to say."""

    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)
