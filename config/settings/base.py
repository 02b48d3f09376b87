"""All settings, read from the environment; an empty environment is the embedded profile.

Embedded: one machine, SQLite, Celery over folders, everything under BACKROOM_DATA.
Production: PostgreSQL and Redis; `config/checks.py` refuses to start it half-configured.
"""

from pathlib import Path
from typing import Any

from config import env
from config.admin_site import UNFOLD as UNFOLD

BASE_DIR = Path(__file__).resolve().parent.parent.parent
BACKROOM_PROFILE = env.choice(
    "BACKROOM_PROFILE",
    "production" if env.text("DATABASE_URL") else "embedded",
    among=("embedded", "production"),
)
EMBEDDED = BACKROOM_PROFILE == "embedded"
BACKROOM_DATA = env.folder("BACKROOM_DATA", BASE_DIR / "var")
REDIS_URL = env.redis("REDIS_URL")

# Safety
DEBUG = env.boolean("BACKROOM_DEBUG", default=False)
SECRET_KEY = env.secret("BACKROOM_SECRET_KEY")
if EMBEDDED and not SECRET_KEY:
    SECRET_KEY = env.kept_secret(BACKROOM_DATA / "secret_key")
ALLOWED_HOSTS = env.words("BACKROOM_ALLOWED_HOSTS")
if EMBEDDED and not ALLOWED_HOSTS:
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.words("BACKROOM_CSRF_TRUSTED_ORIGINS")

# Apps
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "polymorphic",
    "simple_history",
    "import_export",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "django_celery_results",
    "django_prometheus",
    "django_structlog",
    "axes",
    "config.apps.BackroomConfig",
    "config.kernel",
    "catalog",
    "compliance",
    "inventory",
    "promotions",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# State: database, cache, broker
_postgres = env.postgres("DATABASE_URL")
DATABASES: dict[str, dict[str, Any]]
if _postgres:
    # A pool keeps its own connections; CONN_MAX_AGE beside it is refused by Django.
    _pool = {"min_size": 2, "max_size": env.integer("DATABASE_POOL_MAX", 8, least=2, most=100)}
    DATABASES = {
        "default": {
            **_postgres,
            "CONN_MAX_AGE": 0,
            "OPTIONS": {**_postgres["OPTIONS"], "pool": _pool},
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": BACKROOM_DATA / "db.sqlite3",
            "OPTIONS": {
                # Take the write lock when a transaction begins: no "database is locked" half-way.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                    "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
                ),
            },
        }
    }
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "backroom",
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

CELERY_BROKER_URL = REDIS_URL or "filesystem://"
if not REDIS_URL:
    _queue, _control = BACKROOM_DATA / "broker" / "queue", BACKROOM_DATA / "broker" / "control"
    for _folder in (_queue, _control):
        _folder.mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue),
        "data_folder_out": str(_queue),
        "control_folder": str(_control),
        "store_processed": False,
    }
CELERY_RESULT_BACKEND = "django-db"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = "UTC"

# Languages and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Files
STATIC_URL = "/static/"
STATIC_ROOT = BACKROOM_DATA / "static"
MEDIA_ROOT = BACKROOM_DATA / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Ways in
REST_FRAMEWORK: dict[str, Any] = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Backroom",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "add"
SIMPLE_HISTORY_DATE_INDEX = False
