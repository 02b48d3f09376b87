"""What the endpoints of recalls answer."""

from typing import Any

from rest_framework import serializers

from config.kernel.api import QuantityField
from inventory.recalls.api.asking import ProductionDaysSerializer
from inventory.recalls.models import ProgressKind, RecallStatus


class RecallChosenLotSerializer(serializers.Serializer[Any]):
    """A lot that was named."""

    sku = serializers.CharField()
    lot = serializers.CharField(allow_null=True)


class RecallChoiceSerializer(serializers.Serializer[Any]):
    """How the lots were named when it began."""

    lots = RecallChosenLotSerializer(many=True, required=False)
    supplier = serializers.CharField(required=False)
    produced = ProductionDaysSerializer(required=False)
    sku = serializers.CharField(required=False)


class RecallHeadSerializer(serializers.Serializer[Any]):
    """A recall: why, since when, how it ended."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    reason = serializers.CharField()
    status = serializers.ChoiceField(RecallStatus.values)
    chosen = RecallChoiceSerializer()
    started_at = serializers.DateTimeField()
    started_by = serializers.CharField(allow_blank=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by = serializers.CharField(allow_null=True)
    end_reason = serializers.CharField(allow_null=True)


class RecallTotalSerializer(serializers.Serializer[Any]):
    """The progress of all lots counted in one unit."""

    unit = serializers.CharField()
    total = QuantityField(help_text="Every unit there ever was.")
    accounted_for = QuantityField(help_text="Of these, what we know the place or the end of.")
    on_hand = QuantityField(help_text="Frozen in our warehouses.")
    gone = QuantityField(help_text="Destroyed by us, sent back, or opened into a recalled lot.")
    confirmed = QuantityField(help_text="Ended with customers or partners, as they said.")
    outstanding = QuantityField(help_text="With customers, and nobody knows what became of it.")
    percent = serializers.IntegerField(help_text="Accounted for; 100 only when all of it is.")


class RecallStartPlaceSerializer(serializers.Serializer[Any]):
    """What lay in a warehouse when the lot was frozen."""

    warehouse = serializers.CharField()
    on_hand = QuantityField()
    reserved = QuantityField()


class RecalledLotSerializer(serializers.Serializer[Any]):
    """A recalled lot, what there was of it, and where each unit is now.

    `received + corrected = on_hand + written_off + sent_back + opened + sold - returned`, and what
    is sold and not returned is `confirmed` or `outstanding`.
    """

    id = serializers.IntegerField()
    sku = serializers.CharField()
    lot = serializers.CharField(allow_null=True, help_text="Null: the open lot.")
    unit = serializers.CharField()
    produced_on = serializers.DateField(allow_null=True)
    expires_on = serializers.DateField(allow_null=True)
    supplier = serializers.CharField(allow_null=True, help_text="Its code.")
    opened_from = serializers.IntegerField(
        allow_null=True, help_text="The id of the lot it was opened from."
    )
    is_frozen = serializers.BooleanField()
    frozen_at = serializers.DateTimeField()
    at_start = RecallStartPlaceSerializer(many=True)
    received = QuantityField()
    corrected = QuantityField(allow_negative=True, help_text="By counts and adjustments.")
    on_hand = QuantityField()
    sold = QuantityField(allow_negative=True)
    returned = QuantityField(allow_negative=True)
    written_off = QuantityField(allow_negative=True)
    sent_back = QuantityField(allow_negative=True)
    opened = QuantityField()
    confirmed = QuantityField()
    outstanding = QuantityField()
    percent = serializers.IntegerField()


class RecallLossSerializer(serializers.Serializer[Any]):
    """What a reservation lost when the lots were frozen."""

    reservation = serializers.UUIDField()
    reference = serializers.CharField()
    client = serializers.CharField(allow_null=True)
    status = serializers.CharField(help_text="Of the reservation, now.")
    sku = serializers.CharField()
    unit = serializers.CharField()
    lost = QuantityField()
    found = QuantityField(help_text="From other lots or places.")
    short = QuantityField(help_text="What it did not find then.")
    lost_at = serializers.DateTimeField()


class RecallSourceSerializer(serializers.Serializer[Any]):
    """A supplier of some of the lots."""

    code = serializers.CharField()
    name = serializers.CharField()
    lots = serializers.IntegerField()


class RecallArrivalSerializer(serializers.Serializer[Any]):
    """Some of it came in."""

    sku = serializers.CharField()
    lot = serializers.CharField(allow_null=True)
    happened_at = serializers.DateTimeField()
    warehouse = serializers.CharField()
    quantity = QuantityField(allow_negative=True)
    delivery = serializers.CharField(allow_null=True, help_text="The delivery note or order.")
    announced = serializers.BooleanField(help_text="The supplier had announced this delivery.")


class RecallExpectedSerializer(serializers.Serializer[Any]):
    """More of it that a supplier has announced."""

    sku = serializers.CharField()
    lot = serializers.CharField()
    supplier = serializers.CharField()
    delivery = serializers.CharField()
    warehouse = serializers.CharField()
    quantity = QuantityField(help_text="Still to come.")
    expected_on = serializers.DateField(allow_null=True)


class RecallWarehouseSerializer(serializers.Serializer[Any]):
    """A warehouse where some lies or has lain, and who runs it."""

    code = serializers.CharField()
    name = serializers.CharField()
    operator = serializers.CharField(allow_null=True, help_text="A partner's code; null: we do.")


class RecallPlaceSerializer(serializers.Serializer[Any]):
    """Where some of it lies now."""

    sku = serializers.CharField()
    lot = serializers.CharField(allow_null=True)
    warehouse = serializers.CharField()
    location = serializers.CharField()
    in_transit = serializers.BooleanField(help_text="On the road to this warehouse.")
    on_hand = QuantityField()
    reserved = QuantityField()


class RecallTransferredSerializer(serializers.Serializer[Any]):
    """Some of it went from one warehouse to another."""

    transfer = serializers.UUIDField()
    reference = serializers.CharField()
    status = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    destination = serializers.CharField()
    sku = serializers.CharField()
    lot = serializers.CharField(allow_null=True)
    sent = QuantityField()
    in_transit = QuantityField()


class RecallBuyerSerializer(serializers.Serializer[Any]):
    """A client whose orders got some, or whose reservations lost some."""

    client = serializers.CharField(allow_null=True, help_text="Null: reserved by nobody.")
    partner = serializers.CharField(allow_null=True, help_text="The company's code, if on file.")
    orders = serializers.IntegerField()
    reservations = serializers.IntegerField(help_text="That lost some when it was frozen.")


class RecallRecordSerializer(serializers.Serializer[Any]):
    """What was said to have become of some units."""

    sku = serializers.CharField()
    lot = serializers.CharField(allow_null=True)
    kind = serializers.ChoiceField(ProgressKind.values)
    quantity = QuantityField()
    warehouse = serializers.CharField(allow_null=True)
    reference = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    takes_back = serializers.BooleanField(help_text="It takes an earlier record back.")
    recorded_at = serializers.DateTimeField()
    actor = serializers.CharField(allow_blank=True)


class RecallOrderReservationSerializer(serializers.Serializer[Any]):
    """A reservation with which it left."""

    reservation = serializers.UUIDField()
    reference = serializers.CharField()
    client = serializers.CharField(allow_null=True)


class RecallDepartureSerializer(serializers.Serializer[Any]):
    """Some of it left for an order."""

    order_reference = serializers.CharField(allow_blank=True)
    sku = serializers.CharField()
    lot = serializers.CharField(allow_null=True)
    happened_at = serializers.DateTimeField()
    warehouse = serializers.CharField()
    quantity = QuantityField(allow_negative=True)
    unit = serializers.CharField()
    reservations = RecallOrderReservationSerializer(many=True)


class RecallOrdersPageSerializer(serializers.Serializer[Any]):
    """A page of the orders that got some, the newest first."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = RecallDepartureSerializer(many=True)


class RecallSerializer(RecallHeadSerializer):
    """A recall with all it touches.

    Lists but those of lots, suppliers, warehouses and orders hold 200; `shortened` names those that
    have more.
    """

    is_complete = serializers.BooleanField(help_text="Every unit is accounted for.")
    progress = RecallTotalSerializer(many=True)
    lots = RecalledLotSerializer(many=True)
    reservations = RecallLossSerializer(many=True)
    suppliers = RecallSourceSerializer(many=True)
    received = RecallArrivalSerializer(many=True)
    expected = RecallExpectedSerializer(many=True)
    warehouses = RecallWarehouseSerializer(many=True)
    stock = RecallPlaceSerializer(many=True)
    transfers = RecallTransferredSerializer(many=True)
    clients = RecallBuyerSerializer(many=True)
    records = RecallRecordSerializer(many=True)
    shortened = serializers.ListField(child=serializers.CharField())
    orders = RecallOrdersPageSerializer()
