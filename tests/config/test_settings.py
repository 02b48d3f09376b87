import json

from tests.config.processes import COMPLETE_PRODUCTION, python

SHOW = """
import json, django
django.setup()
from django.conf import settings as s
print(json.dumps({
    "profile": s.BACKROOM_PROFILE, "debug": s.DEBUG, "hosts": s.ALLOWED_HOSTS,
    "secret": s.SECRET_KEY,
    "database": s.DATABASES["default"]["ENGINE"], "name": str(s.DATABASES["default"]["NAME"]),
    "options": s.DATABASES["default"]["OPTIONS"], "cache": s.CACHES["default"]["BACKEND"],
    "broker": s.CELERY_BROKER_URL, "transport": s.CELERY_BROKER_TRANSPORT_OPTIONS,
    "mail": s.EMAIL_BACKEND, "secure": s.SESSION_COOKIE_SECURE, "cookie": s.SESSION_COOKIE_NAME,
}))
"""


def settings(**environment):
    done = python("-c", SHOW, DJANGO_SETTINGS_MODULE="config.settings.base", **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_empty_environment_is_the_embedded_profile(tmp_path):
    found = settings(BACKROOM_DATA=str(tmp_path))

    assert found["profile"] == "embedded"
    assert found["debug"] is False
    assert found["hosts"] == ["localhost", "127.0.0.1", "[::1]"]
    assert found["database"] == "config.kernel.sqlite3"
    assert found["options"]["transaction_mode"] == "IMMEDIATE"
    assert found["cache"] == "django.core.cache.backends.locmem.LocMemCache"
    assert found["broker"] == "filesystem://"
    assert found["mail"] == "django.core.mail.backends.filebased.EmailBackend"


def test_everything_embedded_lies_in_the_data_folder(tmp_path):
    found = settings(BACKROOM_DATA=str(tmp_path))

    assert found["name"] == str(tmp_path / "db.sqlite3")
    assert found["transport"]["data_folder_in"] == str(tmp_path / "broker" / "queue")
    assert (tmp_path / "secret_key").read_text().strip() == found["secret"]


def test_the_secret_key_is_made_once(tmp_path):
    first = settings(BACKROOM_DATA=str(tmp_path))

    assert settings(BACKROOM_DATA=str(tmp_path))["secret"] == first["secret"]


def test_two_shops_on_one_machine_do_not_share_their_cookies(tmp_path):
    one = settings(BACKROOM_DATA=str(tmp_path), PORT="8000")
    two = settings(BACKROOM_DATA=str(tmp_path), PORT="8001")

    assert one["cookie"] != two["cookie"]


def test_a_database_url_means_production(tmp_path):
    complete = {k: v for k, v in COMPLETE_PRODUCTION.items() if k != "BACKROOM_PROFILE"}

    found = settings(**complete, BACKROOM_DATA=str(tmp_path))

    assert found["profile"] == "production"
    assert found["database"] == "config.kernel.postgresql"
    assert found["options"] == {"pool": {"min_size": 2, "max_size": 8, "timeout": 10}}
    assert found["cache"] == "django.core.cache.backends.redis.RedisCache"
    assert found["broker"] == COMPLETE_PRODUCTION["REDIS_URL"]
    assert found["secure"] is True
    assert not (tmp_path / "secret_key").exists()


def test_the_embedded_profile_can_be_asked_for_on_postgresql(tmp_path):
    found = settings(
        BACKROOM_PROFILE="embedded",
        DATABASE_URL="postgres://127.0.0.1/shop",
        BACKROOM_DATA=str(tmp_path),
    )

    assert found["profile"] == "embedded"
    assert found["database"] == "config.kernel.postgresql"


def test_an_unknown_profile_is_refused():
    done = python("manage.py", "check", BACKROOM_PROFILE="staging")

    assert done.returncode == 1
    assert "BACKROOM_PROFILE is 'staging'; it must be one of: embedded, production." in done.stderr
