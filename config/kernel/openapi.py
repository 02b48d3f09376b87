"""The API's description: how callers authenticate, and what every refusal looks like."""

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from config.kernel.problems import PROBLEM_CONTENT_TYPE

_ALWAYS = {
    "400": "The query, a header or the body cannot be read.",
    "401": "There is no token, or it is unknown, expired or revoked.",
    "403": "The token's client lacks the scope.",
    "404": "There is no such thing.",
    "406": "The caller accepts no JSON.",
    "422": "It was understood, but something in it is wrong.",
    "429": "Too many requests in this minute; see Retry-After.",
    "500": "Something went wrong on our side.",
    "503": "The database does not answer at the moment; see Retry-After.",
}
_WRITING = {
    "409": "The business refuses, or the idempotency key is in use.",
    "413": "The body has more than 1 MiB.",
    "415": "The body is no JSON.",
}


class FieldErrorSerializer(serializers.Serializer[Any]):
    """One field that is wrong."""

    pointer = serializers.CharField(help_text="JSON pointer into the request.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457 problem details."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="A stable word; nobody has to parse the detail.")
    errors = FieldErrorSerializer(many=True)  # type: ignore[assignment]


class ApiSchema(AutoSchema):
    """Adds to each operation what the kernel answers by itself."""

    def get_override_parameters(self) -> list[Any]:
        """The headers that every operation takes."""
        parameters = [
            *super().get_override_parameters(),
            _header("X-Request-ID", "An id of the caller's own, up to 64 printable characters."),
        ]
        if getattr(self._handler(), "is_idempotent", False):
            parameters.append(
                _header("Idempotency-Key", "The same key and body again: the first answer again.")
            )
        if self.method == "GET" and hasattr(self.view, "cache_control"):
            parameters.append(_header("If-None-Match", "An ETag that the caller has."))
        return parameters

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """The operation, with the scope that it asks for."""
        from config.kernel.api.access import scope_of

        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            scope = scope_of(self.view, self.method)
            if scope:
                operation["x-required-scope"] = scope
        return operation

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status, description in self._problems().items():
            if status not in bodies:
                body = self._get_response_for_code(  # type: ignore[no-untyped-call]
                    ProblemSerializer, status, media_types=[PROBLEM_CONTENT_TYPE]
                )
                bodies[status] = {**body, "description": description}
        if self.method == "GET" and hasattr(self.view, "cache_control"):
            bodies.setdefault("304", {"description": "What the caller has is still true."})
        return bodies

    def _problems(self) -> dict[str, str]:
        return _ALWAYS if self.method == "GET" else {**_ALWAYS, **_WRITING}

    def _handler(self) -> Any:
        name = getattr(self.view, "action", None) or self.method.lower()
        return getattr(self.view, name, None)


class _TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "config.kernel.api.access.TokenAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer"}


def _header(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(
        name, str, OpenApiParameter.HEADER, required=False, description=description
    )
