"""POST /returns, /returns/{id}/receive, /inspect, /close, /cancel, GET /returns/{id}."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.products.errors import UnknownProduct
from catalog.products.selectors import variants_by_id
from catalog.units.errors import UnitMismatch
from config.kernel import clock
from config.kernel.api import (
    PROBLEM_CONTENT_TYPE,
    QuantityField,
    client_of,
    idempotent,
    item_codes,
    read_body,
)
from config.kernel.errors import FieldError, InvalidInput
from config.kernel.openapi import ProblemSerializer
from inventory.reservations.goods import NamedGoods, understand
from inventory.reservations.quantities import in_stock_units
from inventory.reservations.selectors import ItemCode, resolve_items
from inventory.reservations.services.wanted import unknown_item
from inventory.returns import services
from inventory.returns.api import answers, asking
from inventory.returns.errors import NotInReturn, UnknownReturn
from inventory.returns.models import Disposition, ReturnAuthorization, ReturnLine, ReturnReason
from inventory.returns.selectors import return_with_everything
from inventory.warehouses.errors import UnknownLocation, UnknownWarehouse
from inventory.warehouses.selectors import locations_by_code, warehouse_by_code

SCOPE = "returns:write"


class ReturnsView(APIView):
    """Authorising returns."""

    scope = SCOPE

    @extend_schema(
        operation_id="authorise_return",
        request=asking.AuthoriseReturnSerializer,
        responses={
            200: OpenApiResponse(answers.ReturnSerializer, "You asked for exactly this already."),
            201: answers.ReturnSerializer,
            (409, PROBLEM_CONTENT_TYPE): inline_serializer(
                "ReturnRefused",
                fields={
                    **ProblemSerializer().get_fields(),
                    "shortages": inline_serializer(
                        "ReplacementShortage",
                        fields={
                            "sku": serializers.CharField(),
                            "requested": QuantityField(),
                            "available": QuantityField(),
                        },
                        many=True,
                        required=False,
                    ),
                },
            ),
        },
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Let a customer send back some of an order, and reserve what replaces it."""
        asked = read_body(request, asking.AuthoriseReturnSerializer)
        client = client_of(request)
        found, is_new = services.authorise_return(
            order_reference=asked["order_reference"],
            reference=asked.get("reference", ""),
            lines=_asked(asked["lines"]),
            client_id=client.pk,
            now=clock.now(),
        )
        return _answer(found.pk, status=201 if is_new else 200)


class ReturnView(APIView):
    """One return."""

    scope = SCOPE

    @extend_schema(operation_id="return", responses=answers.ReturnSerializer)
    def get(self, request: Request, return_id: UUID) -> Response:
        """The return as it stands: what was announced, what came, what became of it."""
        return _answer(return_id)


class ReceiveReturnView(APIView):
    """Goods come back."""

    scope = SCOPE

    @extend_schema(
        operation_id="receive_return",
        request=asking.ReceiveReturnSerializer,
        responses=answers.ReturnSerializer,
    )
    @idempotent
    def post(self, request: Request, return_id: UUID) -> Response:
        """Take in what has come: on hand, and not for sale until it is inspected."""
        asked = read_body(request, asking.ReceiveReturnSerializer)
        found = _found(return_id)
        warehouse = warehouse_by_code(asked["warehouse"])
        if warehouse is None:
            detail = f'There is no warehouse "{asked["warehouse"]}".'
            error = FieldError("/warehouse", UnknownWarehouse.code, detail)
            raise UnknownWarehouse(detail, errors=[error])
        lines = asked.get("lines")
        services.receive_return(
            return_id=return_id,
            warehouse_id=warehouse.pk,
            arrivals=None if lines is None else _arrivals(found, lines),
            happened_at=asked.get("received_at"),
            now=clock.now(),
        )
        return _answer(return_id)


class InspectReturnView(APIView):
    """Somebody says what becomes of what came."""

    scope = SCOPE

    @extend_schema(
        operation_id="inspect_return",
        request=asking.InspectReturnSerializer,
        responses=answers.ReturnSerializer,
    )
    @idempotent
    def post(self, request: Request, return_id: UUID) -> Response:
        """Restock, refurbish, quarantine, scrap, back to the supplier, or exchange, per line."""
        asked = read_body(request, asking.InspectReturnSerializer)
        found = _found(return_id)
        verdicts, exchanges = _verdicts(found, asked["lines"])
        now = clock.now()
        with transaction.atomic():
            services.inspect_return(
                return_id=return_id, verdicts=verdicts, exchanges=exchanges, now=now
            )
            if asked["close"]:
                services.close_return(return_id=return_id, now=now)
        return _answer(return_id)


class CloseReturnView(APIView):
    """Nothing more comes of a return."""

    scope = SCOPE

    @extend_schema(
        operation_id="close_return",
        request=asking.EndReturnSerializer,
        responses=answers.ReturnSerializer,
    )
    @idempotent
    def post(self, request: Request, return_id: UUID) -> Response:
        """All that came is decided, and no more will come; closed again it stays as it is."""
        asked = read_body(request, asking.EndReturnSerializer)
        reason = asked.get("reason", "")
        services.close_return(return_id=return_id, reason=reason, now=clock.now())
        return _answer(return_id)


class CancelReturnView(APIView):
    """Nothing was sent back."""

    scope = SCOPE

    @extend_schema(
        operation_id="cancel_return",
        request=asking.EndReturnSerializer,
        responses=answers.ReturnSerializer,
    )
    @idempotent
    def post(self, request: Request, return_id: UUID) -> Response:
        """Take the leave back before anything has come; cancelled again it stays as it is."""
        asked = read_body(request, asking.EndReturnSerializer)
        reason = asked.get("reason", "")
        services.cancel_return(return_id=return_id, reason=reason, now=clock.now())
        return _answer(return_id)


def _asked(lines: Sequence[dict[str, Any]]) -> list[services.Asked]:
    named = [
        NamedGoods(item=ItemCode(**item_codes(line)), quantity=line["quantity"], unit=line["unit"])
        for line in lines
    ]
    return [
        services.Asked(
            variant_id=goods.variant.id,
            quantity=goods.quantity,
            requested_quantity=goods.asked_quantity,
            requested_unit=goods.asked_unit,
            reason=ReturnReason(line["reason"]),
            note=line.get("note", ""),
            lot_code=line.get("lot"),
            serials=line.get("serials", ()),
            exchange_for=ItemCode(**item_codes(other)) if other else None,
            exchange_quantity=other.get("quantity"),
        )
        for line, goods in zip(lines, understand(named), strict=True)
        for other in (line.get("exchange_for") or {},)
    ]


def _understood(
    found: ReturnAuthorization, lines: Sequence[dict[str, Any]]
) -> list[tuple[ReturnLine, Decimal]]:
    """The line that each of these names, and how much of it, in its stock units.

    Raises UnknownProduct, NotInReturn, UnitMismatch, InvalidInput.
    """
    own = list(found.lines.all())
    by_position = {line.position: line for line in own}
    variants = resolve_items([ItemCode(**item_codes(line)) for line in lines])
    errors: list[FieldError] = []
    chosen: list[ReturnLine] = []
    for number, (line, variant) in enumerate(zip(lines, variants, strict=True)):
        if "line" in line:
            match = [by_position[line["line"]]] if line["line"] in by_position else []
            field = "line"
        else:
            match = [one for one in own if variant and one.variant_id == variant.id]
            field = ItemCode(**item_codes(line)).field
        if len(match) == 1:
            chosen.append(match[0])
            continue
        kind = UnknownProduct if field != "line" and variant is None else NotInReturn
        why = "is in several lines: name one by its number" if match else "is not in this return"
        detail = f"{line.get(field)} {why}."
        errors.append(FieldError(f"/lines/{number}/{field}", kind.code, detail))
    if errors:
        raise NotInReturn("Some lines are not in this return.", errors=errors)
    of_lines = variants_by_id({line.variant_id for line in chosen})
    quantities = []
    for number, (line, one, named) in enumerate(zip(lines, chosen, variants, strict=True)):
        variant = named or of_lines[one.variant_id]
        try:
            quantities.append(in_stock_units(line["quantity"], line["unit"], variant))
        except (UnitMismatch, InvalidInput) as error:
            field = "unit" if error.code == UnitMismatch.code else "quantity"
            error.errors = (FieldError(f"/lines/{number}/{field}", error.code, error.detail),)
            raise
    return list(zip(chosen, quantities, strict=True))


def _arrivals(
    found: ReturnAuthorization, lines: Sequence[dict[str, Any]]
) -> list[services.Arrived]:
    return [
        services.Arrived(
            position=own.position,
            quantity=quantity,
            lot_code=line.get("lot"),
            serials=line.get("serials", ()),
        )
        for line, (own, quantity) in zip(lines, _understood(found, lines), strict=True)
    ]


def _verdicts(
    found: ReturnAuthorization, lines: Sequence[dict[str, Any]]
) -> tuple[list[services.Verdict], dict[int, bool]]:
    """What is decided, and which replacements are sent or refused. Raises InvalidInput."""
    understood = _understood(found, lines)
    becomes = _becomes(lines)
    warehouse_id = found.warehouse_id or 0
    places = locations_by_code([warehouse_id])
    verdicts: list[services.Verdict] = []
    exchanges: dict[int, bool] = {}
    for number, (line, (own, quantity)) in enumerate(zip(lines, understood, strict=True)):
        place = places.get((warehouse_id, line.get("location", "")))
        if "location" in line and place is None:
            detail = f'There is no open place "{line["location"]}" where the return came in.'
            error = FieldError(f"/lines/{number}/location", UnknownLocation.code, detail)
            raise UnknownLocation(detail, errors=[error])
        said = line.get("exchange")
        is_exchange = line["disposition"] == asking.EXCHANGE
        if is_exchange or said:
            is_approved = is_exchange or said == "approved"
            if exchanges.setdefault(own.position, is_approved) != is_approved or (
                is_exchange and said == "refused"
            ):
                detail = f"The replacement of line {own.position} is approved and refused at once."
                error = FieldError(f"/lines/{number}/exchange", InvalidInput.code, detail)
                raise InvalidInput(detail, errors=[error])
        verdicts.append(
            services.Verdict(
                position=own.position,
                quantity=quantity,
                disposition=Disposition.QUARANTINE
                if is_exchange
                else Disposition(line["disposition"]),
                lot_code=line.get("lot"),
                is_sealed=line.get("sealed"),
                condition=line.get("condition", ""),
                serials=line.get("serials", ()),
                location_id=place.pk if place else None,
                reference=line.get("reference", ""),
                unit_cost=line.get("unit_cost"),
                into_variant_id=becomes.get(number),
                is_for_sale=line["for_sale"],
            )
        )
    return verdicts, exchanges


def _becomes(lines: Sequence[dict[str, Any]]) -> dict[int, int]:
    """What is refurbished becomes, by the number of its line. Raises UnknownProduct."""
    named = {
        number: ItemCode(**item_codes(line["refurbish_into"]))
        for number, line in enumerate(lines)
        if "refurbish_into" in line
    }
    found = dict(zip(named, resolve_items(list(named.values())), strict=True))
    errors = [
        unknown_item(named[number], f"/lines/{number}/refurbish_into")
        for number, variant in found.items()
        if variant is None
    ]
    if errors:
        raise UnknownProduct("Some goods are to become no product of ours.", errors=errors)
    return {number: variant.id for number, variant in found.items() if variant is not None}


def _found(return_id: UUID) -> ReturnAuthorization:
    found = return_with_everything(return_id)
    if found is None:
        raise UnknownReturn("There is no such return.")
    return found


def _answer(return_id: UUID, status: int = 200) -> Response:
    headers = {"Location": f"/api/v1/returns/{return_id}"} if status == 201 else None
    body = answers.ReturnSerializer(answers.shown(_found(return_id))).data
    return Response(body, status=status, headers=headers)
