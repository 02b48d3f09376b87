import json
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from config.kernel import clients, clock
from config.serving.http import with_length

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_connection")]

MEBIBYTE = 1024 * 1024


def asked_in_chunks(body, path="/api/v1/availability/query"):
    """Ask as gunicorn does where the caller sends chunks: a body, and no word of its length."""
    _, token = clients.create_client(name="shop", scopes=["stock:read"], now=clock.now())
    environ = (
        RequestFactory()
        .post(
            path,
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}", "Transfer-Encoding": "chunked"},
        )
        .environ
    )
    del environ["CONTENT_LENGTH"]
    environ["wsgi.input"] = BytesIO(body)
    said = []
    answer = with_length(WSGIHandler())(environ, lambda status, headers: said.append(status))
    return int(said[0].split()[0]), b"".join(answer)


def test_a_body_that_comes_in_chunks_is_read():
    status, answer = asked_in_chunks(b'{"sku": ["A"], "market": "ZZ"}')

    assert status == 422
    assert json.loads(answer)["errors"][0]["code"] == "unknown-market"


def test_a_body_in_chunks_that_is_too_large_is_refused():
    status, answer = asked_in_chunks(b" " * 3 * MEBIBYTE)

    assert status == 413
    assert json.loads(answer)["code"] == "body-too-large"


def test_the_body_of_other_pages_is_left_alone():
    stream = BytesIO(b"x")
    seen = {}
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "PATH_INFO": "/admin/", "wsgi.input": stream}

    with_length(lambda given, start: seen.update(given) or [])(environ, lambda *_: None)

    assert seen["wsgi.input"] is stream
    assert "CONTENT_LENGTH" not in seen
