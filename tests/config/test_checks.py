import pytest

from config import checks
from tests.config.processes import COMPLETE_PRODUCTION, python


@pytest.fixture
def production(tmp_path):
    return {**COMPLETE_PRODUCTION, "BACKROOM_DATA": str(tmp_path)}


def test_a_complete_production_passes_every_deployment_check(production):
    done = python("manage.py", "check", "--deploy", "--fail-level", "WARNING", **production)

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.fixture
def complete(settings, monkeypatch):
    settings.BACKROOM_PROFILE = "production"
    settings.SECRET_KEY = COMPLETE_PRODUCTION["BACKROOM_SECRET_KEY"]
    settings.ALLOWED_HOSTS = ["backroom.example.com"]
    settings.REDIS_URL = COMPLETE_PRODUCTION["REDIS_URL"]
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "config.kernel.postgresql")
    return settings


@pytest.mark.parametrize(
    ("name", "value", "what_to_set"),
    [
        ("SECRET_KEY", "", "Set BACKROOM_SECRET_KEY"),
        ("SECRET_KEY", "short", "Set BACKROOM_SECRET_KEY"),
        ("DEBUG", True, "Unset BACKROOM_DEBUG"),
        ("ALLOWED_HOSTS", [], "Set BACKROOM_ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS", ["*"], "Set BACKROOM_ALLOWED_HOSTS"),
        ("REDIS_URL", "", "Set REDIS_URL"),
    ],
)
def test_refuses_a_production_that_lacks_one_thing(complete, name, value, what_to_set):
    assert list(checks.check_production()) == []

    setattr(complete, name, value)

    [error] = checks.check_production()
    assert error.is_serious()
    assert error.hint.startswith(what_to_set)


def test_refuses_a_production_on_sqlite(complete, monkeypatch):
    monkeypatch.setitem(complete.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")

    [error] = checks.check_production()

    assert error.hint.startswith("Set DATABASE_URL")


def test_names_all_that_is_missing_at_once(tmp_path):
    done = python("manage.py", "check", BACKROOM_PROFILE="production", BACKROOM_DATA=str(tmp_path))

    assert done.returncode == 1
    for name in ("BACKROOM_SECRET_KEY", "BACKROOM_ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"):
        assert f"Set {name}" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("-c", "import config.wsgi"),
        ("-c", "import config.asgi"),
        ("-m", "celery", "--app", "config", "worker", "--pool", "solo"),
        ("-m", "celery", "--app", "config", "beat", "--pidfile="),
    ],
)
def test_no_server_starts_in_a_half_set_production(production, command):
    done = python(*command, **{**production, "BACKROOM_SECRET_KEY": ""})

    assert done.returncode != 0
    assert "Backroom does not start like this" in done.stderr
    assert "Set BACKROOM_SECRET_KEY" in done.stderr


def test_a_value_that_cannot_be_meant_stops_the_start_with_a_sentence(tmp_path):
    done = python("manage.py", "check", PORT="eighty", BACKROOM_DATA=str(tmp_path))

    assert done.returncode == 1
    assert done.stderr == "PORT is 'eighty'; it must be a whole number.\n"


def test_warns_when_no_mail_server_is_set(production):
    done = python("manage.py", "check", "--deploy", **{**production, "BACKROOM_EMAIL_URL": ""})

    assert "Set BACKROOM_EMAIL_URL" in done.stderr
