"""GET /stock: what lies where, now or at any instant that has passed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from config.kernel import clock
from config.kernel.api import (
    ChangePages,
    ConditionalMixin,
    CursorPages,
    InstantField,
    QuantityField,
    QueryInvalid,
    read_query,
)
from config.kernel.errors import FieldError
from inventory.availability.api.asking import (
    PULL_FROM,
    ItemsQuerySerializer,
    asked_variants,
    asked_warehouse,
)
from inventory.lots.selectors import todays
from inventory.stock.selectors import Moment, free_now, stock_then, stock_today, told


class StockQuerySerializer(ItemsQuerySerializer):
    """Which stock, and when: now, or at an instant that has passed."""

    warehouse = serializers.CharField(
        max_length=20, required=False, help_text="The stock of this warehouse alone."
    )
    at = InstantField(required=False, help_text="What lay there at this instant, which has passed.")
    known_at = InstantField(
        required=False,
        help_text="With `at`: as the ledger knew it at this instant, which has passed, rather "
        "than as it is known now.",
    )
    updated_since = InstantField(
        required=False,
        help_text="Without `at`: only where something moved at this instant or later, what is "
        f"empty since included. {PULL_FROM}",
    )


class StockSerializer(serializers.Serializer[Any]):
    """What lies, or lay, of one lot in one place. The last three are told of today alone."""

    sku = serializers.CharField()
    warehouse = serializers.CharField()
    location = serializers.CharField()
    lot = serializers.CharField(allow_null=True, help_text="Null: the open lot.")
    expires_on = serializers.DateField(allow_null=True)
    on_hand = QuantityField(help_text="Below zero: it is said to have left before it came.")
    unit = serializers.CharField()
    reserved = QuantityField(required=False)
    available = QuantityField(
        required=False,
        help_text="On hand less reserved where it may be sold: not on hold, not past its last "
        "day of sale, in a warehouse that sells.",
    )
    updated_at = serializers.DateTimeField(required=False, help_text="When something last moved.")


class StockView(ConditionalMixin, GenericAPIView[Any]):
    """What lies where."""

    scope = "stock:read"
    serializer_class = StockSerializer
    pagination_class = CursorPages

    @extend_schema(
        operation_id="stock",
        parameters=[StockQuerySerializer],
        responses=StockSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """On hand per lot and place, page by page: today's, or as it was at an instant.

        With `at` it is read from the ledger, in which every line says when it happened and when
        it was written: as known now, or with `known_at` as it was believed then. Places where
        nothing lies, or lay, are left out.
        """
        asked = read_query(request, StockQuerySerializer)
        now = clock.now()
        moment = _moment(asked, now)
        variants, warehouse = asked_variants(asked), asked_warehouse(asked)
        if moment is None:
            since = asked.get("updated_since")
            if since is not None:
                self.pagination_class = ChangePages
            levels = stock_today(variant_ids=variants, warehouse_id=warehouse, changed_since=since)
        else:
            levels = stock_then(moment, variant_ids=variants, warehouse_id=warehouse)
        page = self.paginate_queryset(levels.only("pk"))
        assert page is not None, "the list has pages"
        dates = todays(now) if moment is None else None
        shown = [_shown(level, dates) for level in told(page, moment)]
        return self.get_paginated_response(StockSerializer(shown, many=True).data)


def _moment(asked: Mapping[str, Any], now: datetime) -> Moment | None:
    """The instant that was asked about, None for now. Raises QueryInvalid."""
    for name in ("at", "known_at"):
        if asked.get(name) is not None and asked[name] > now:
            raise _refused(name, "in-future", f"{asked[name].isoformat()} has not come yet.")
    at, known_at = asked.get("at"), asked.get("known_at")
    if at is None and known_at is not None:
        raise _refused("known_at", "needs-at", "It goes with `at`: say for which instant.")
    if at is not None and asked.get("updated_since") is not None:
        raise _refused(
            "updated_since", "not-with-at", "It goes with today's stock: leave it out, or `at`."
        )
    return None if at is None else Moment(at=at, known_at=known_at)


def _refused(field: str, code: str, detail: str) -> QueryInvalid:
    return QueryInvalid(detail, errors=[FieldError(f"/{field}", code, detail)])


def _shown(level: Any, today: Mapping[str, date] | None) -> dict[str, Any]:
    """A level as it is today; without today's dates as it was."""
    shown = {
        "sku": level.variant.sku,
        "warehouse": level.location.warehouse.code,
        "location": level.location.code,
        "lot": level.lot.code or None,
        "expires_on": level.lot.expiry_date,
        "on_hand": level.on_hand if today is not None else level.on_hand_then,
        "unit": level.variant.product.stock_unit,
    }
    if today is not None:
        shown |= {
            "reserved": level.reserved,
            "available": free_now(level, today),
            "updated_at": level.changed_at,
        }
    return shown
