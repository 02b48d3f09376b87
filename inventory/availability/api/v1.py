"""GET /availability, POST /availability/query, GET /resolve."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpResponse, QueryDict
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.kernel import clock
from config.kernel.api import ConditionalMixin, QuantityField, QueryInvalid, read_body, read_query
from config.kernel.errors import FieldError, InvalidInput
from inventory.availability.rules import AvailabilityStatus
from inventory.availability.selectors import Question, UnknownPlace, answer, resolve_code
from inventory.reservations.errors import DeliveryInPast
from inventory.reservations.selectors import ItemCode

CODE_LENGTH_MAX = 8000


def _codes(help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, help_text=help_text
    )


class AvailabilityQuerySerializer(serializers.Serializer[Any]):
    """What is asked about: at most 200 items, by SKU, GTIN or alias, for one market."""

    sku = _codes("Our SKU; may be given many times.")
    gtin = _codes("A GTIN of 8, 12, 13 or 14 digits instead.")
    alias = _codes("A partner's code instead, together with alias_scheme.")
    alias_scheme = serializers.ChoiceField(
        ["supplier", "warehouse", "marketplace", "legacy"],
        required=False,
        help_text="Whose codes the aliases are.",
    )
    market = serializers.CharField(max_length=10, help_text="Such as DE.")
    warehouse = serializers.CharField(
        max_length=20, required=False, help_text="One of the market's warehouses alone."
    )
    detail = serializers.ChoiceField(
        ["lots"], required=False, help_text="Also say from which lots."
    )
    deliver_on = serializers.DateField(
        required=False,
        help_text="Only lots that may still be sold on this day: today where they lie, or later.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """At least one item, and aliases only with their scheme."""
        if not any(attrs.get(name) for name in ("sku", "gtin", "alias")):
            raise serializers.ValidationError({"sku": "Name at least one item."}, code="required")
        if attrs.get("alias") and not attrs.get("alias_scheme"):
            raise serializers.ValidationError(
                {"alias_scheme": "Aliases need their scheme."}, code="required"
            )
        return attrs


class LotAvailabilitySerializer(serializers.Serializer[Any]):
    """What one lot in one warehouse has free."""

    warehouse = serializers.CharField()
    lot = serializers.CharField(allow_null=True, help_text="Null: the open lot.")
    expires_on = serializers.DateField(allow_null=True)
    available = QuantityField()


class WarehouseAvailabilitySerializer(serializers.Serializer[Any]):
    """What one warehouse has free."""

    code = serializers.CharField()
    available = QuantityField()


class AvailabilitySerializer(serializers.Serializer[Any]):
    """What could be reserved of one variant now."""

    sku = serializers.CharField()
    available = QuantityField()
    unit = serializers.CharField()
    status = serializers.ChoiceField([status.value for status in AvailabilityStatus])
    earliest_expiry = serializers.DateField(allow_null=True)
    restock_on = serializers.DateField(allow_null=True, help_text="Null: not known.")
    warehouses = WarehouseAvailabilitySerializer(many=True)
    lots = LotAvailabilitySerializer(many=True, required=False)


class AvailabilityAnswerSerializer(serializers.Serializer[Any]):
    """Every item that was asked about: known ones once each, unknown codes apart."""

    as_of = serializers.DateTimeField()
    items = AvailabilitySerializer(many=True)
    unknown = serializers.ListField(child=serializers.CharField())


class AvailabilityView(ConditionalMixin, APIView):
    """What a market can be promised now."""

    scope = "stock:read"

    @extend_schema(
        operation_id="availability",
        parameters=[AvailabilityQuerySerializer],
        responses=AvailabilityAnswerSerializer,
    )
    def get(self, request: Request) -> HttpResponse:
        """How much of each item could be reserved now, and from where."""
        asked = plain_query(request.query_params) or read_query(
            request, AvailabilityQuerySerializer
        )
        now = clock.now()
        try:
            inside = _inside(asked, now)
        except (_UnknownPlace, DeliveryInPast) as error:
            raise QueryInvalid(error.detail, errors=error.errors) from error
        return self.answer_bytes(request, _whole(inside, now), content=inside)


class AvailabilityQueryView(APIView):
    """The same for lists that are too long for an address."""

    scope = "stock:read"

    @extend_schema(
        operation_id="availability_query",
        request=AvailabilityQuerySerializer,
        responses=AvailabilityAnswerSerializer,
    )
    def post(self, request: Request) -> HttpResponse:
        """How much of each item could be reserved now, and from where."""
        asked = read_body(request, AvailabilityQuerySerializer)
        now = clock.now()
        body = _whole(_inside(asked, now), now)
        return HttpResponse(body, content_type="application/json")


class ResolveQuerySerializer(serializers.Serializer[Any]):
    """A code to be understood."""

    code = serializers.CharField(
        max_length=CODE_LENGTH_MAX,
        trim_whitespace=False,
        help_text="A SKU, an alias, a GTIN, a lot's name or a whole scanned GS1 string.",
    )


class CodeWarningSerializer(serializers.Serializer[Any]):
    """Something odd about the code."""

    code = serializers.CharField()
    detail = serializers.CharField()


class ResolvedCodeSerializer(serializers.Serializer[Any]):
    """What a code said and names."""

    gtin = serializers.CharField(allow_null=True, help_text="As 14 digits.")
    sku = serializers.CharField(allow_null=True, help_text="Null: not one of ours.")
    lot = serializers.CharField(allow_null=True)
    expires_on = serializers.DateField(allow_null=True)
    serial = serializers.CharField(allow_null=True)
    quantity = QuantityField(allow_null=True)
    warnings = CodeWarningSerializer(many=True)


class ResolveView(APIView):
    """What a code means."""

    scope = "catalog:read"

    @extend_schema(
        operation_id="resolve",
        parameters=[ResolveQuerySerializer],
        responses=ResolvedCodeSerializer,
    )
    def get(self, request: Request) -> Response:
        """The item, lot and dates that a typed or scanned code names."""
        code = read_query(request, ResolveQuerySerializer)["code"]
        resolved = resolve_code(code, today=clock.today("UTC", clock.now()))
        return Response(ResolvedCodeSerializer(resolved).data)


class _UnknownPlace(InvalidInput):
    """A market or warehouse that is not there."""

    code = "unknown-place"


def plain_query(query: QueryDict) -> dict[str, Any] | None:
    """The usual query at a glance, as the serializer would read it; None: let the serializer."""
    if query.keys() - _PLAIN_FIELDS.keys():
        return None
    asked: dict[str, Any] = {}
    for name, pattern in _PLAIN_FIELDS.items():
        values = query.getlist(name)
        if not all(pattern.fullmatch(value) for value in values):
            return None
        if values:
            asked[name] = values if name == "sku" else values[-1]
    return asked if "sku" in asked and "market" in asked else None


_PLAIN_FIELDS = {
    "sku": re.compile(r"[!-~]{1,100}"),
    "market": re.compile(r"[!-~]{1,10}"),
    "warehouse": re.compile(r"[!-~]{1,20}"),
    "detail": re.compile(r"lots"),
}


def _inside(asked: Mapping[str, Any], now: datetime) -> bytes:
    """The items and what is unknown, as JSON: all of the answer but its `as_of`."""
    question = Question(
        market=asked["market"],
        warehouse=asked.get("warehouse"),
        deliver_on=asked.get("deliver_on"),
    )
    try:
        found = answer(items=_items(asked), question=question, now=now)
    except UnknownPlace as error:
        raise _unknown_place(error.field, error.code) from error
    return found.body(with_lots=asked.get("detail") == "lots")


def _whole(inside: bytes, now: datetime) -> bytes:
    as_of = now.isoformat().replace("+00:00", "Z").encode()
    return b'{"as_of":"%s",%s}' % (as_of, inside)


def _items(asked: Mapping[str, Any]) -> list[ItemCode]:
    return [
        *(ItemCode(sku=code) for code in asked.get("sku", ())),
        *(ItemCode(gtin=code) for code in asked.get("gtin", ())),
        *(
            ItemCode(alias=code, alias_scheme=asked["alias_scheme"])
            for code in asked.get("alias", ())
        ),
    ]


def _unknown_place(field: str, code: str) -> _UnknownPlace:
    detail = f'There is no {field} "{code}".'
    return _UnknownPlace(detail, errors=[FieldError(f"/{field}", f"unknown-{field}", detail)])
