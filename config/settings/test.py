"""What tests do differently: never the production profile, cheap passwords, no manifest."""

import os

os.environ["BACKROOM_PROFILE"] = "embedded"

from config.settings.base import *  # noqa: F403
from config.settings.base import REDIS_URL, STORAGES

SECRET_KEY = "tests"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_BROKER_URL = REDIS_URL or "memory://"
# On a Redis that others use too, no real worker takes what tests enqueue.
CELERY_BROKER_TRANSPORT_OPTIONS = {"global_keyprefix": "backroom-test:"} if REDIS_URL else {}
API_TOKEN_SECONDS = 0
AVAILABILITY_CACHE_SECONDS = 0  # what a test writes, it does not commit
AXES_ENABLED = False
# Static files come from the apps' folders: nothing has to be collected first.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
