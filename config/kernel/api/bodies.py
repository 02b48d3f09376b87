"""Bodies and queries, read strictly: what cannot be read is 400, never a 500."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.serializers import ListField, Serializer

from config.kernel.problems import BodyTooLarge, QueryInvalid, field_errors

BODY_BYTES_MAX = 1024 * 1024


class StrictJSONParser(JSONParser):
    """UTF-8 JSON of at most 1 MiB, without NaN, with decimals kept exact."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The parsed body. Raises ParseError, BodyTooLarge."""
        raw = stream.read(BODY_BYTES_MAX + 1)
        if len(raw) > BODY_BYTES_MAX:
            raise BodyTooLarge
        try:
            parsed = json.loads(
                raw.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse_constant
            )
            if b"\\ud" in raw.lower():
                json.dumps(parsed, ensure_ascii=False, default=str).encode("utf-8")
        except (ValueError, ArithmeticError, RecursionError) as error:
            raise ParseError(f"The body is not JSON: {_reason(error)}") from error
        return parsed


def read_query(request: Request, serializer_class: type[Serializer[Any]]) -> dict[str, Any]:
    """The query parameters, checked and typed. Raises QueryInvalid (400), naming each bad one."""
    given, fields = request.query_params, serializer_class().fields
    # As plain values: in what looks like a form to DRF, an empty parameter counts as an absent one.
    data = {
        name: given.getlist(name) if isinstance(fields.get(name), ListField) else given[name]
        for name in given
    }
    serializer = serializer_class(data=data, context={"request": request})
    if not serializer.is_valid():
        details = {
            name: [{"message": str(error), "code": error.code} for error in _flat(found)]
            for name, found in serializer.errors.items()
        }
        raise QueryInvalid(
            "Some query parameters are not valid.", errors=list(field_errors(details))
        )
    validated: dict[str, Any] = serializer.validated_data
    return validated


def read_body(request: Request, serializer_class: type[Serializer[Any]]) -> dict[str, Any]:
    """The body, checked and typed. Raises DRF's ValidationError (422), naming each bad field."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    validated: dict[str, Any] = serializer.validated_data
    return validated


def _flat(found: Any) -> list[Any]:
    if isinstance(found, Mapping):
        return [error for below in found.values() for error in _flat(below)]
    if isinstance(found, list):
        return [error for below in found for error in _flat(below)]
    return [found]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} in line {error.lineno}, column {error.colno}."
    if isinstance(error, RecursionError):
        return "it is nested too deeply."
    return "it holds something that cannot be read."
