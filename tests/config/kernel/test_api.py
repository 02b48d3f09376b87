import json
import time
from unittest.mock import patch

import pytest
from django.test import Client

from config.kernel import alerts, clients, clock
from config.kernel.alerts import Alert
from config.kernel.clients import ApiClient, ApiToken
from tests.config.kernel.api_urls import Levels

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.config.kernel.api_urls")]

ORDER = {"reference": "cart-1", "lines": [{"sku": "A", "quantity": "2"}]}


def problem(response, status, code):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert response["X-Request-ID"]
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert body["status"] == status
    assert body["code"] == code
    assert set(body) >= {"type", "title", "status", "detail", "code", "errors"}
    return body


def post(api, body, **headers):
    return api.post("/api/v1/orders", body, format="json", headers=headers)


# Who may call


def test_asks_for_a_token():
    response = Client().get("/api/v1/levels")

    problem(response, 401, "not-authenticated")
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "bearer \xe9\xff"])
def test_refuses_an_unknown_token(header):
    response = Client().get("/api/v1/levels", headers={"Authorization": header})

    problem(response, 401, "invalid-token")


def test_refuses_another_scheme():
    response = Client().get("/api/v1/levels", headers={"Authorization": "Basic YTpi"})

    problem(response, 401, "not-authenticated")


def test_refuses_a_client_that_was_switched_off(api):
    ApiClient.objects.update(is_active=False)

    problem(api.get("/api/v1/levels"), 401, "invalid-token")


def test_names_the_missing_scope(api):
    body = problem(api.put("/api/v1/prices", {}, format="json"), 403, "missing-scope")

    assert body["detail"] == "This needs the scope prices:write."


def test_keeps_a_view_without_a_scope_closed(api):
    problem(api.get("/api/v1/closed"), 403, "missing-scope")


def test_notes_the_use_of_a_token_once_a_minute(api, django_assert_num_queries):
    api.get("/api/v1/levels")
    first = ApiToken.objects.get().last_used_at

    with django_assert_num_queries(1):
        api.get("/api/v1/levels")

    assert first is not None
    assert ApiToken.objects.get().last_used_at == first


# How often


def test_refuses_more_requests_than_the_client_may_make(api):
    ApiClient.objects.update(rate_limit_per_minute=2)
    api.get("/api/v1/levels")
    api.get("/api/v1/levels")

    response = api.get("/api/v1/levels")

    problem(response, 429, "too-many-requests")
    assert 1 <= int(response["Retry-After"]) <= 61


def test_counts_no_requests_of_a_client_without_limit(api):
    ApiClient.objects.update(rate_limit_per_minute=0)

    with patch("config.kernel.api.access._count") as count:
        assert api.get("/api/v1/levels").status_code == 200

    count.assert_not_called()


def test_stays_open_when_redis_is_away(api, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert api.get("/api/v1/levels").status_code == 200


# A token that was read a moment ago


@pytest.fixture
def remembering(settings):
    settings.API_TOKEN_SECONDS = 1
    yield
    clients._known.clear()


def test_reads_a_token_once_a_second(api, remembering, django_assert_num_queries):
    api.get("/api/v1/levels")

    with django_assert_num_queries(0):
        api.get("/api/v1/levels")


def test_refuses_a_revoked_token_a_second_later(api, remembering):
    api.get("/api/v1/levels")
    clients.revoke_token(token_id=ApiToken.objects.get().pk, now=clock.now())

    time.sleep(1)

    problem(api.get("/api/v1/levels"), 401, "invalid-token")


def test_refuses_an_expired_token_at_once(api, remembering):
    api.get("/api/v1/levels")
    later = ApiToken.objects.get().expires_at

    with patch("config.kernel.api.access.clock.now", return_value=later):
        problem(api.get("/api/v1/levels"), 401, "invalid-token")


def test_believes_what_a_client_may_do_for_a_second(api, remembering):
    api.get("/api/v1/levels")
    ApiClient.objects.update(scopes=[])

    time.sleep(1)

    problem(api.get("/api/v1/levels"), 403, "missing-scope")


# What cannot be read


@pytest.mark.parametrize(
    "body",
    [
        b'{"reference": ',
        b"\xff\xfe{}",
        b'{"reference": NaN}',
        b'{"reference": Infinity}',
        b'{"reference": "\\ud800"}',
        b'{"\\uDFFF": 1}',
        b"[" * 100_000,
        b'{"reference": ' + b"9" * 5000 + b"}",
        b'{"reference": 1e99999999999999999999}',
    ],
    ids=[
        *("cut", "bytes", "nan", "infinity", "surrogate", "surrogate-key", "deep", "digits"),
        "exponent",
    ],
)
def test_answers_400_to_what_is_no_json(api, body):
    response = api.generic("POST", "/api/v1/orders", body, content_type="application/json")

    problem(response, 400, "malformed-body")
    assert Alert.objects.count() == 0


@pytest.mark.parametrize(
    "number", ["1e999999999", "-1e999999999", "1e-999999999", "0e999999999", "1.5e999999999"]
)
def test_reads_a_huge_exponent_without_effort(api, number):
    body = f'{{"reference": "a", "lines": [{{"sku": "A", "quantity": {number}}}]}}'
    started = time.monotonic()

    response = api.generic("POST", "/api/v1/orders", body.encode(), content_type="application/json")

    problem(response, 422, "invalid-input")
    assert time.monotonic() - started < 2


def test_points_at_each_wrong_field(api):
    lines = [{"sku": "A", "quantity": "1"}, {"quantity": "1e5"}, {"sku": "B", "quantity": "0"}]

    body = problem(post(api, {"reference": "x" * 21, "lines": lines}), 422, "invalid-input")

    assert [(e["pointer"], e["code"]) for e in body["errors"]] == [
        ("/reference", "max-length"),
        ("/lines/1/sku", "required"),
        ("/lines/1/quantity", "invalid"),
        ("/lines/2/quantity", "not-positive"),
    ]


def test_points_at_an_empty_list(api):
    body = problem(post(api, {"reference": "a", "lines": []}), 422, "invalid-input")

    assert [(e["pointer"], e["code"]) for e in body["errors"]] == [("/lines", "empty")]


@pytest.mark.parametrize("body", [[], "text", 5, None, True])
def test_refuses_a_body_that_is_no_object(api, body):
    response = api.generic(
        "POST", "/api/v1/orders", json.dumps(body), content_type="application/json"
    )

    problem(response, 422, "invalid-input")


def test_refuses_nul_in_a_text(api):
    body = problem(post(api, {**ORDER, "reference": "a\x00b"}), 422, "invalid-input")

    assert body["errors"][0]["pointer"] == "/reference"


def test_escapes_pointers(api):
    body = problem(api.post("/api/v1/nested", {}, format="json"), 422, "invalid-input")

    assert body["errors"][0]["pointer"] == "/a~1b/c~0d"


def test_refuses_a_body_of_more_than_a_mebibyte(api):
    response = post(api, {**ORDER, "padding": "x" * 1024 * 1024})

    problem(response, 413, "body-too-large")


def test_refuses_what_is_not_sent_as_json(api):
    response = api.generic("POST", "/api/v1/orders", b"a=1", content_type="text/csv")

    problem(response, 415, "unsupported-media-type")


def test_refuses_a_caller_who_wants_no_json(api):
    problem(api.get("/api/v1/levels", headers={"Accept": "text/html"}), 406, "not-acceptable")


def test_refuses_a_method_that_is_not_there(api):
    problem(api.patch("/api/v1/orders", {}, format="json"), 405, "method-not-allowed")


def test_names_each_bad_query_parameter(api):
    body = problem(api.get("/api/v1/orders?sku=A&sku=TOOLONG"), 400, "invalid-query")

    assert [(e["pointer"], e["code"]) for e in body["errors"]] == [
        ("/market", "required"),
        ("/sku", "max-length"),
    ]


@pytest.mark.parametrize("text", ["%00", "%ff%00", "%ed%a0%80%00"])
def test_answers_400_to_a_query_that_is_no_text(api, text):
    problem(api.get(f"/api/v1/orders?market={text}"), 400, "invalid-query")


def test_reads_repeated_parameters(api):
    response = api.get("/api/v1/orders?market=DE&sku=A&sku=B")

    assert response.json() == {"market": "DE", "sku": ["A", "B"]}


# What the business refuses


def test_answers_a_domain_error_with_its_code_and_members(api):
    body = problem(post(api, {**ORDER, "reference": "shortage"}), 409, "insufficient-stock")

    assert body["title"] == "Not enough stock"
    assert body["shortages"] == [{"sku": "A"}]


def test_answers_404_for_what_the_business_does_not_know(api):
    problem(post(api, {**ORDER, "reference": "missing"}), 404, "not-found")


def test_hides_what_went_wrong_inside(api, caplog):
    body = problem(post(api, {**ORDER, "reference": "explode"}), 500, "internal-error")

    assert "secret" not in json.dumps(body)
    assert "secret detail" in caplog.text


def test_asks_to_come_again_while_the_database_is_away(api, caplog):
    response = post(api, {**ORDER, "reference": "outage"})

    problem(response, 503, "unavailable")
    assert response["Retry-After"] == "2"
    assert "server closed the connection" in caplog.text


def test_answers_json_for_an_address_that_does_not_exist(api):
    problem(api.get("/api/v1/nothing"), 404, "not-found")
    problem(api.get("/api/v1/items/a%00b"), 404, "not-found")


def test_leaves_other_pages_their_404():
    response = Client().get("/nothing")

    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


# Quantities and money


def test_answers_quantities_without_trailing_zeros(api):
    lines = [
        {"sku": "A", "quantity": "2.5000"},
        {"sku": "B", "quantity": 3},
        {"sku": "C", "quantity": "100"},
        {"sku": "D", "quantity": 0.1, "price": {"amount": "12.50", "currency": "EUR"}},
    ]

    response = post(api, {"reference": "a", "lines": lines})

    assert [line["quantity"] for line in response.json()["lines"]] == ["2.5", "3", "100", "0.1"]
    assert response.json()["lines"][3]["price"] == {"amount": "12.50", "currency": "EUR"}


@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        ("1.00001", "max-decimal-places"),
        (1.00001, "max-decimal-places"),
        ("1" * 13, "max-digits"),
        (10**30, "max-digits"),
        ("-1", "not-positive"),
        ("NaN", "invalid"),
        ("1e3", "invalid"),
        ("1,5", "invalid"),
        ("", "invalid"),
        ("\u0661", "invalid"),
        (True, "invalid"),
        ({}, "invalid"),
        (None, "null"),
    ],
)
def test_refuses_what_is_no_quantity(api, quantity, code):
    lines = [{"sku": "A", "quantity": quantity}]

    body = problem(post(api, {"reference": "a", "lines": lines}), 422, "invalid-input")

    assert [(e["pointer"], e["code"]) for e in body["errors"]] == [("/lines/0/quantity", code)]


@pytest.mark.parametrize(
    ("price", "pointer", "code"),
    [
        ("5 EUR", "/lines/0/price", "invalid"),
        ({"amount": "5"}, "/lines/0/price", "invalid"),
        ({"amount": "5", "currency": "XYZ"}, "/lines/0/price", "unknown-currency"),
        ({"amount": "5", "currency": ["EUR"]}, "/lines/0/price", "unknown-currency"),
        ({"amount": "-5", "currency": "EUR"}, "/lines/0/price/amount", "negative"),
    ],
)
def test_refuses_what_is_no_money(api, price, pointer, code):
    lines = [{"sku": "A", "quantity": "1", "price": price}]

    body = problem(post(api, {"reference": "a", "lines": lines}), 422, "invalid-input")

    assert [(e["pointer"], e["code"]) for e in body["errors"]] == [(pointer, code)]


# Request id


def test_answers_with_the_callers_request_id(api):
    response = api.get("/api/v1/levels", headers={"X-Request-ID": "order-42"})

    assert response["X-Request-ID"] == "order-42"


@pytest.mark.parametrize("given", ["x" * 65, "a b", "caf\xe9", ""])
def test_makes_a_request_id_of_its_own_where_the_callers_is_not_sane(api, given):
    response = api.get("/api/v1/levels", headers={"X-Request-ID": given})

    assert len(response["X-Request-ID"]) == 32


# Keeping and asking again


def test_answers_304_to_a_caller_who_has_the_same(api):
    first = api.get("/api/v1/levels")

    second = api.get("/api/v1/levels", headers={"If-None-Match": first["ETag"]})

    assert first.status_code == 200
    assert first["Cache-Control"] == "private, max-age=2"
    assert "Accept-Language" in first["Vary"]
    assert second.status_code == 304
    assert second.content == b""
    assert second["ETag"] == first["ETag"]
    assert second["Cache-Control"] == "private, max-age=2"


def test_makes_another_etag_for_other_content(api):
    first = api.get("/api/v1/levels")

    with patch.object(Levels, "content", {"available": "4"}):
        second = api.get("/api/v1/levels", headers={"If-None-Match": first["ETag"]})

    assert second.status_code == 200
    assert second.json()["available"] == "4"
    assert second["ETag"] != first["ETag"]


def test_says_not_to_store_what_does_not_say_otherwise(api):
    assert post(api, ORDER)["Cache-Control"] == "no-store"


# Pages


@pytest.fixture
def five_alerts(now):
    drafts = [
        alerts.AlertDraft(kind="k", key=f"k:{n}", severity="info", title="t") for n in range(5)
    ]
    alerts.raise_alerts(drafts, now=now)


@pytest.mark.usefixtures("five_alerts")
def test_walks_a_list_page_by_page(api):
    seen, url = [], "/api/v1/alerts?page_size=2"

    while url:
        page = api.get(url).json()
        assert set(page) == {"next", "previous", "results"}
        seen.append(page["results"])
        url = page["next"]

    assert seen == [["k:0", "k:1"], ["k:2", "k:3"], ["k:4"]]


@pytest.mark.parametrize(
    "query",
    [
        "page_size=0",
        "page_size=201",
        "page_size=-1",
        "page_size=a",
        "page_size=\u0663",
        "cursor=!!",
        "cursor=%00",
        "cursor=cD1hYmM%3D",  # p=abc
        "cursor=cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk%3D",  # a number beyond 64 bits
        "cursor=bz0tMQ%3D%3D",  # o=-1
    ],
)
@pytest.mark.usefixtures("five_alerts")
def test_answers_400_to_a_page_that_makes_no_sense(api, query):
    response = api.get(f"/api/v1/alerts?{query}")

    if response.status_code == 200:  # beyond the end is an empty page, not an error
        assert response.json()["results"] == []
    else:
        problem(response, 400, "invalid-query")


def test_asks_the_token_table_first_and_nothing_else(api, django_assert_num_queries):
    ApiToken.objects.update(last_used_at=clock.now())

    with django_assert_num_queries(1):
        api.get("/api/v1/levels")


def test_tells_history_and_events_which_client_acts():
    client = ApiClient(name="pos")

    assert client.actor.name == "api:pos"
    assert client.actor.id is None
    assert "stock:read" in clients.SCOPES
