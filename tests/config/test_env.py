from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


def test_an_empty_variable_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("BACKROOM_X", "  ")

    assert env.text("BACKROOM_X", "default") == "default"


@pytest.mark.parametrize(("value", "meaning"), [("1", True), ("Yes", True), ("off", False)])
def test_reads_yes_and_no(monkeypatch, value, meaning):
    monkeypatch.setenv("BACKROOM_X", value)

    assert env.boolean("BACKROOM_X", default=not meaning) is meaning


def test_refuses_what_is_neither_yes_nor_no(monkeypatch):
    monkeypatch.setenv("BACKROOM_X", "maybe")

    with pytest.raises(ImproperlyConfigured, match="BACKROOM_X is 'maybe'; it must be 1"):
        env.boolean("BACKROOM_X", default=False)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [("many", "it must be a whole number"), ("70000", "it must lie between 1 and 65535")],
)
def test_refuses_numbers_that_cannot_be_meant(monkeypatch, value, sentence):
    monkeypatch.setenv("PORT", value)

    with pytest.raises(ImproperlyConfigured, match=sentence):
        env.integer("PORT", 8000, least=1, most=65535)


def test_reads_a_secret_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.setenv("BACKROOM_X_FILE", str(tmp_path / "key"))

    assert env.secret("BACKROOM_X") == "from the file"


def test_refuses_a_secret_given_twice(monkeypatch, tmp_path):
    monkeypatch.setenv("BACKROOM_X", "one")
    monkeypatch.setenv("BACKROOM_X_FILE", str(tmp_path / "key"))

    with pytest.raises(ImproperlyConfigured, match="both set"):
        env.secret("BACKROOM_X")


def test_refuses_a_secret_file_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("BACKROOM_X_FILE", str(tmp_path / "missing"))

    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        env.secret("BACKROOM_X")


def test_all_who_start_together_get_the_same_kept_secret(tmp_path):
    path = tmp_path / "secret_key"

    with ThreadPoolExecutor(max_workers=8) as pool:
        values = set(pool.map(lambda _: env.kept_secret(path), range(32)))

    assert len(values) == 1
    assert len(values.pop()) >= 50
    assert path.stat().st_mode & 0o777 == 0o600


def test_reads_a_postgres_url(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://ann:p%40ss@db.example:5433/shop?sslmode=require")

    assert env.postgres("DATABASE_URL") == {
        "ENGINE": "config.kernel.postgresql",
        "NAME": "shop",
        "USER": "ann",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_reads_a_socket_folder_from_a_postgres_url(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres:///shop?host=/run/postgresql")

    assert env.postgres("DATABASE_URL")["HOST"] == "/run/postgresql"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://localhost/shop", "begins with 'mysql'"),
        ("postgres://localhost", "names no database"),
        ("postgres://localhost:x/shop", "cannot be read as a URL"),
    ],
)
def test_refuses_a_database_that_is_not_postgres(monkeypatch, url, sentence):
    monkeypatch.setenv("DATABASE_URL", url)

    with pytest.raises(ImproperlyConfigured, match=sentence):
        env.postgres("DATABASE_URL")


def test_refuses_a_redis_url_of_another_kind(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "localhost:6379")

    with pytest.raises(ImproperlyConfigured, match="must begin with redis://"):
        env.redis("REDIS_URL")


def test_reads_a_mail_server_with_tls_from_the_start(monkeypatch):
    monkeypatch.setenv("BACKROOM_EMAIL_URL", "smtps://shop:pw@mail.example")

    assert env.mail("BACKROOM_EMAIL_URL") == {
        "EMAIL_HOST": "mail.example",
        "EMAIL_PORT": 465,
        "EMAIL_HOST_USER": "shop",
        "EMAIL_HOST_PASSWORD": "pw",
        "EMAIL_USE_SSL": True,
        "EMAIL_USE_TLS": False,
    }


def test_refuses_a_mail_server_without_a_host(monkeypatch):
    monkeypatch.setenv("BACKROOM_EMAIL_URL", "mail.example")

    with pytest.raises(ImproperlyConfigured, match="not a mail server"):
        env.mail("BACKROOM_EMAIL_URL")
