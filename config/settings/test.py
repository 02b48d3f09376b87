"""What tests do differently: never the production profile, cheap passwords, no manifest."""

import os
from urllib.parse import urlsplit

os.environ["BACKROOM_PROFILE"] = "embedded"

from config.settings.base import *  # noqa: F403
from config.settings.base import CACHES, DATABASES, REDIS_URL, STORAGES

SECRET_KEY = "tests"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": ":memory:"}
if REDIS_URL and (worker := os.environ.get("PYTEST_XDIST_WORKER")):
    # Runs side by side must not empty each other's cache: a database of Redis for each.
    _url = urlsplit(REDIS_URL)
    _number = int(_url.path.strip("/") or 0) + int(worker.removeprefix("gw"))
    REDIS_URL = CACHES["default"]["LOCATION"] = _url._replace(path=f"/{_number}").geturl()
CELERY_BROKER_URL = REDIS_URL or "memory://"
# On a Redis that others use too, no real worker takes what tests enqueue.
CELERY_BROKER_TRANSPORT_OPTIONS = {"global_keyprefix": "backroom-test:"} if REDIS_URL else {}
API_TOKEN_SECONDS = 0
AVAILABILITY_CACHE_SECONDS = 0  # what a test writes, it does not commit
OVERVIEW_SECONDS = 0
AXES_ENABLED = False
# Static files come from the apps' folders: nothing has to be collected first.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
