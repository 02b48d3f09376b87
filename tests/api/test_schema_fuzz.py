"""The published schema against the API: no undocumented status or shape, whatever is sent."""

import os
from collections import Counter
from datetime import date

import pytest
import yaml
from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from config.kernel import clients, clock
from tests.factories import catalog, inventory, reservations, returns

schemathesis = pytest.importorskip("schemathesis")
from schemathesis.core.parameters import ParameterLocation  # noqa: E402
from schemathesis.specs.openapi.checks import negative_data_rejection  # noqa: E402

pytestmark = pytest.mark.usefixtures("kept_connection")

# At least so many on the database of production; the embedded profile repeats a part of them.
CASES_ON_POSTGRES, CASES = 5000, 1500
# The same cases each time, unless others are asked for: BACKROOM_FUZZ_SEED=7 bin/test tests/api
SEED = os.environ.get("BACKROOM_FUZZ_SEED")

# A fuzzer cannot know our SKUs and markets: what is well-formed may still be refused, with 422, or
# with 400 in a query.
CONFIG = {
    "checks": {
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", 304, 400, 401, 403, 404, 409, 422]
        },
    },
}
METHODS = ("get", "post", "put", "patch", "delete")
# What is in the shop, by the name of the field that may hold it.
KNOWN = {
    "sku": "SE-BALL-5",
    "market": "DE",
    "warehouse": "BER",
    "from_warehouse": "BER",
    "to_warehouse": "LAX",
    "lot": "L42",
    "channel": "web",
    "unit": "each",
    "order_reference": "order-1",
    "order": "order-1",
}


def _operations():
    """Every operation of the published schema; a test holds the file to what is served."""
    paths = yaml.safe_load((django_settings.BASE_DIR / "docs" / "openapi.yaml").read_text())[
        "paths"
    ]
    return [
        (method.upper(), path)
        for path, operations in paths.items()
        for method in operations
        if method in METHODS
    ]


OPERATIONS = _operations()
tried: Counter[str] = Counter()


@pytest.fixture
def shop(db):
    """Things to be found: products on sale with stock in the market DE, a promise and a sale."""
    inventory.serves("DE", inventory.warehouse(), inventory.warehouse("LAX"))
    ball, cream = catalog.sports(sku="SE-BALL-5"), catalog.cosmetic(sku="COS-CREAM-50")
    inventory.receive(ball, 50)
    inventory.receive(cream, 50, lot="L42", expires=date(2029, 12, 31))


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


@pytest.fixture
def known_ids(token):
    """A held promise, a sold one and returns of it, to be named in a path."""
    client = clients.authenticate(token, clock.now())
    held, sold = (
        reservations.reserve(
            reservations.line(sku, 2), client_id=client.pk, now=clock.now(), reference=sku
        )
        for sku in ("SE-BALL-5", "COS-CREAM-50")
    )
    reservations.services.commit(reservation_id=sold.pk, order_reference="order-1", now=clock.now())
    cream, now = sold.lines.get().variant, clock.now()
    awaited = returns.authorised(returns.asked(cream), order="order-1", now=now)
    came = returns.authorised(returns.asked(cream), order="order-1", now=now)
    returns.received(came, now=now)
    return {
        "reservation_id": [str(held.pk), str(sold.pk)],
        "lot_id": [1, 2],
        "return_id": [str(awaited.pk), str(came.pk)],
    }


def fuzz(operation, check, *, mode, examples, extra=None):
    """Call the check with cases made for the operation, the same ones each time."""

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=SEED is None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=mode),
        extra=extra if extra is not None else st.none(),
    )
    def run(case, extra):
        tried[operation.path] += 1
        check(case, extra)

    if SEED is not None:
        run = seed(int(SEED))(run)
    run()


def cases_asked_for():
    """How many cases this database gets."""
    is_postgres = django_settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    return CASES_ON_POSTGRES if is_postgres else CASES


def named(value, choose):
    """The same body or query with things of the shop in it, where a field could hold them."""
    if isinstance(value, list):
        return [named(item, choose) for item in value]
    if isinstance(value, dict):
        return {
            key: KNOWN[key] if key in KNOWN and isinstance(inner, str) else named(inner, choose)
            for key, inner in value.items()
        }
    return value


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_every_answer_is_one_that_the_schema_tells_of(
    api_schema, token, known_ids, method, path, mode
):
    is_valid = mode is schemathesis.GenerationMode.POSITIVE

    def check(case, knows):
        if knows and is_valid:
            if isinstance(case.body, dict):
                case.body = named(case.body, knows)
            for name, ids in known_ids.items():
                if name in (case.path_parameters or {}):
                    case.path_parameters[name] = ids[knows % len(ids)]
        # What was wrong with the headers may have been the token, which is right again.
        mended = case.meta.components.get(ParameterLocation.HEADER)
        is_wrong_still = mended is None or mended.mode is schemathesis.GenerationMode.POSITIVE
        case.call_and_validate(
            headers={"Authorization": f"Bearer {token}"},
            excluded_checks=[] if is_wrong_still else [negative_data_rejection],
        )

    fuzz(
        api_schema[path][method],
        check,
        mode=mode,
        examples=-(-cases_asked_for() // (2 * len(OPERATIONS))),
        extra=st.integers(0, 3),
    )


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nobody_gets_in_without_a_token(api_schema, method, path):
    def check(case, _):
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


def test_as_many_cases_were_tried_as_are_asked_for():
    if {path for _, path in OPERATIONS} - tried.keys():
        pytest.skip("counts the cases of this whole file")

    assert sum(tried.values()) >= cases_asked_for()


def test_what_the_schema_tells_a_client_to_send_is_accepted(shop):
    api = reservations.caller("reservations:write")
    body = {
        "reference": "cart-1",
        "market": "DE",
        "lines": [{"sku": "SE-BALL-5", "quantity": "1", "unit": "each"}],
    }

    assert api.post("/api/v1/reservations", body, format="json").status_code == 201
