import logging

import pytest

from tests.factories import people

pytestmark = pytest.mark.django_db


def test_the_root_leads_to_the_admin(client):
    response = client.get("/")

    assert response.status_code == 302
    assert response["Location"] == "/admin/"


def test_the_schema_and_its_pages_are_served_without_other_hosts(client):
    schema, page = client.get("/api/v1/schema"), client.get("/api/v1/docs")

    assert schema.status_code == 200
    assert page.status_code == 200
    assert "//cdn" not in page.content.decode()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/v1/nothing", 404),
        ("get", "/api/", 404),
        ("delete", "/api/v1/schema", 405),
        ("delete", "/api/v1/docs", 405),
    ],
)
def test_the_api_refuses_in_its_own_shape(client, method, path, status):
    response = getattr(client, method)(path)

    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert response["X-Request-ID"]


def test_metrics_are_open_on_ones_own_machine(client):
    response = client.get("/metrics")

    assert response.status_code == 200
    assert b"django_http_requests" in response.content


def test_metrics_need_the_token_in_production(client, settings):
    settings.EMBEDDED = False
    settings.METRICS_TOKEN = "let me see"

    with_token = client.get("/metrics", headers={"Authorization": "Bearer let me see"})
    without = client.get("/metrics")
    wrong = client.get("/metrics", headers={"Authorization": "Bearer let me sea"})

    assert [with_token.status_code, without.status_code, wrong.status_code] == [200, 404, 404]


def test_metrics_are_closed_in_production_without_a_token(client, settings):
    settings.EMBEDDED = False
    settings.METRICS_TOKEN = ""

    response = client.get("/metrics", headers={"Authorization": "Bearer "})

    assert response.status_code == 404


def test_each_request_leaves_one_line_with_its_id(client, caplog):
    import structlog

    seen = []

    class Handler(logging.Handler):
        def emit(self, record):
            seen.append((record.getMessage(), structlog.contextvars.get_contextvars()))

    logger = logging.getLogger("backroom.access")
    handler = Handler()
    logger.addHandler(handler)
    try:
        client.get("/api/v1/nothing", headers={"X-Request-ID": "abc-1"})
    finally:
        logger.removeHandler(handler)

    assert seen == [("GET /api/v1/nothing 404", {"request_id": "abc-1"})]


def test_a_page_one_may_not_see_says_so_in_words_and_leads_back(client):
    client.force_login(people.staff("inventory.view_lot"))

    response = client.get("/admin/inventory/shipmentnotice/goods-in/")

    assert response.status_code == 403
    assert "Your role may not do this" in response.content.decode()
    assert 'href="/admin/"' in response.content.decode()


def test_an_address_that_leads_nowhere_says_so_in_words(client):
    response = client.get("/nothing")

    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()
