"""The published schema against the API: no undocumented status or shape, whatever is sent."""

import pytest
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, given, settings

from config.kernel import clients, clock
from tests.factories import catalog, inventory, reservations

schemathesis = pytest.importorskip("schemathesis")
pytestmark = pytest.mark.usefixtures("kept_connection")

# A fuzzer cannot know our SKUs and markets: what is well-formed may still be refused, with 422, or
# with 400 in a query.
CONFIG = {
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", 400, 401, 403, 404, 409, 422]},
    },
}
OPERATIONS = [
    ("GET", "/api/v1/products"),
    ("GET", "/api/v1/resolve"),
    ("GET", "/api/v1/availability"),
    ("POST", "/api/v1/availability/query"),
    ("POST", "/api/v1/reservations"),
    ("GET", "/api/v1/reservations/{reservation_id}"),
    ("POST", "/api/v1/reservations/{reservation_id}/extend"),
    ("POST", "/api/v1/reservations/{reservation_id}/release"),
    ("POST", "/api/v1/reservations/{reservation_id}/commit"),
    ("POST", "/api/v1/receipts"),
    ("POST", "/api/v1/shipments"),
    ("GET", "/api/v1/shipments/{shipment_id}"),
    ("POST", "/api/v1/transfers"),
    ("GET", "/api/v1/transfers/{transfer_id}"),
    ("POST", "/api/v1/transfers/{transfer_id}/dispatch"),
    ("POST", "/api/v1/transfers/{transfer_id}/cancel"),
    ("POST", "/api/v1/transfers/{transfer_id}/receive"),
]


@pytest.fixture
def shop(db):
    """Something to be found: a product on sale with stock in the market DE."""
    inventory.serves("DE", inventory.warehouse())
    inventory.receive(catalog.sports(sku="SE-BALL-5"), 50)


@pytest.fixture
def token(db):
    return clients.create_client(
        name=f"fuzzer-{catalog.serial()}",
        scopes=list(clients.SCOPES),
        now=clock.now(),
        rate_limit_per_minute=0,
    )[1]


@pytest.fixture
def api_schema(shop):
    config = schemathesis.config.SchemathesisConfig.from_dict(CONFIG)
    return schemathesis.openapi.from_wsgi("/api/v1/schema", WSGIHandler(), config=config)


def fuzz(operation, check, *, mode, examples):
    """Call the check with cases made for the operation, the same ones each time."""

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case):
        check(case)

    run()


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_every_answer_is_one_that_the_schema_tells_of(api_schema, token, method, path, mode):
    def check(case):
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"})

    fuzz(api_schema[path][method], check, mode=mode, examples=20)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nobody_gets_in_without_a_token(api_schema, method, path):
    def check(case):
        case.headers.pop("Authorization", None)
        response = case.call()
        assert response.status_code == 401
        assert response.headers["content-type"] == ["application/problem+json"]

    fuzz(api_schema[path][method], check, mode=schemathesis.GenerationMode.POSITIVE, examples=3)


def test_every_operation_is_tried(api_schema):
    found = {
        (result.ok().method.upper(), result.ok().path) for result in api_schema.get_all_operations()
    }

    assert found == set(OPERATIONS)


def test_what_the_schema_tells_a_client_to_send_is_accepted(shop):
    api = reservations.caller("reservations:write")
    body = {
        "reference": "cart-1",
        "market": "DE",
        "lines": [{"sku": "SE-BALL-5", "quantity": "1", "unit": "each"}],
    }

    assert api.post("/api/v1/reservations", body, format="json").status_code == 201
