import pytest

from tests.config.processes import COMPLETE_PRODUCTION, python


@pytest.fixture
def production(tmp_path):
    return {**COMPLETE_PRODUCTION, "BACKROOM_DATA": str(tmp_path)}


def test_a_complete_production_passes_every_deployment_check(production):
    done = python("manage.py", "check", "--deploy", "--fail-level", "WARNING", **production)

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("change", "what_to_set"),
    [
        ({"BACKROOM_SECRET_KEY": ""}, "Set BACKROOM_SECRET_KEY"),
        ({"BACKROOM_SECRET_KEY": "short"}, "The secret key is too short"),
        ({"BACKROOM_DEBUG": "1"}, "Unset BACKROOM_DEBUG"),
        ({"BACKROOM_ALLOWED_HOSTS": ""}, "Set BACKROOM_ALLOWED_HOSTS"),
        ({"BACKROOM_ALLOWED_HOSTS": "*"}, "Set BACKROOM_ALLOWED_HOSTS"),
        ({"DATABASE_URL": ""}, "Set DATABASE_URL"),
        ({"REDIS_URL": ""}, "Set REDIS_URL"),
    ],
)
def test_refuses_a_production_that_lacks_one_thing(production, change, what_to_set):
    done = python("manage.py", "check", **{**production, **change})

    assert done.returncode == 1
    assert what_to_set in done.stderr
    assert done.stderr.count("(backroom.E") == 1


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
    assert "PORT is 'eighty'; it must be a whole number." in done.stderr


def test_warns_when_no_mail_server_is_set(production):
    done = python("manage.py", "check", "--deploy", **{**production, "BACKROOM_EMAIL_URL": ""})

    assert "Set BACKROOM_EMAIL_URL" in done.stderr
