import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from tests.config.kernel import api_urls


@pytest.fixture
def schema():
    return SchemaGenerator(patterns=api_urls.urlpatterns).get_schema(request=None, public=True)


def test_is_a_valid_description(schema):
    validate_schema(schema)


def test_describes_every_refusal(schema):
    answers = schema["paths"]["/api/v1/orders"]["post"]["responses"]

    for status in ("400", "401", "403", "404", "406", "409", "413", "415", "422", "429"):
        content = answers[status]["content"]
        assert list(content) == ["application/problem+json"]
        assert content["application/problem+json"]["schema"] == {
            "$ref": "#/components/schemas/Problem"
        }


def test_names_the_headers(schema):
    def headers(path, method):
        operation = schema["paths"][path][method]
        return {p["name"] for p in operation["parameters"] if p["in"] == "header"}

    assert headers("/api/v1/orders", "post") == {"X-Request-ID", "Idempotency-Key"}
    assert headers("/api/v1/levels", "get") == {"X-Request-ID", "If-None-Match"}


def test_names_the_scope_and_how_to_authenticate(schema):
    operation = schema["paths"]["/api/v1/orders"]["post"]

    assert operation["x-required-scope"] == "reservations:write"
    assert operation["security"] == [{"bearer": []}]
    assert schema["components"]["securitySchemes"] == {
        "bearer": {"type": "http", "scheme": "bearer"}
    }
    assert "304" in schema["paths"]["/api/v1/levels"]["get"]["responses"]
