"""All settings, read from the environment; an empty environment is the embedded profile.

Embedded: one machine, SQLite, Celery over folders, everything under BACKROOM_DATA.
Production: PostgreSQL and Redis; `config/checks.py` refuses to start it half-configured.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from moneyed import CURRENCIES

from config import env, logs, schedule
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
PORT = env.integer("PORT", 8000, least=1, most=65535)
BACKROOM_URL = env.text("BACKROOM_URL", f"http://127.0.0.1:{PORT}").rstrip("/")

# Safety
DEBUG = env.boolean("BACKROOM_DEBUG", default=False)
SECRET_KEY = env.secret("BACKROOM_SECRET_KEY")
if EMBEDDED and not SECRET_KEY:
    SECRET_KEY = env.kept_secret(BACKROOM_DATA / "secret_key")
ALLOWED_HOSTS = env.words("BACKROOM_ALLOWED_HOSTS")
if EMBEDDED and not ALLOWED_HOSTS:
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.words("BACKROOM_CSRF_TRUSTED_ORIGINS")
METRICS_TOKEN = env.secret("BACKROOM_METRICS_TOKEN")
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if EMBEDDED:
    # Browsers keep cookies by host alone: two shops on one machine would log each other out.
    SESSION_COOKIE_NAME = f"backroom_{PORT}_session"
    CSRF_COOKIE_NAME = f"backroom_{PORT}_csrf"
else:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz/", r"^metrics$"]  # asked from inside, without TLS
    SECURE_HSTS_SECONDS = env.integer("BACKROOM_HSTS_SECONDS", 31_536_000, least=0, most=63_072_000)
    # Subdomains and the browsers' preload list are for the domain's owner to decide.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
AUTH_PASSWORD_VALIDATORS = (
    []  # the demo users' password is "demo"
    if EMBEDDED
    else [
        {"NAME": f"django.contrib.auth.password_validation.{name}"}
        for name in (
            "UserAttributeSimilarityValidator",
            "MinimumLengthValidator",
            "CommonPasswordValidator",
            "NumericPasswordValidator",
        )
    ]
)
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # a stranger cannot lock a user out
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

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
    "config.kernel.middleware.RequestContextMiddleware",
    "config.logs.AccessLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
ROOT_URLCONF = "config.urls"
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"
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
    # Who gets no connection in time is told to come again, before his own patience is over.
    _pool = {
        "min_size": 2,
        "max_size": env.integer("DATABASE_POOL_MAX", 8, least=2, most=100),
        "timeout": 10,
    }
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
            "ENGINE": "config.kernel.sqlite3",
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
            "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

API_TOKEN_SECONDS = 1  # for so long a process believes what it has read of an API token
# How long a figure of GET /availability lives that nobody could drop; 0: none is kept.
AVAILABILITY_CACHE_SECONDS = (
    env.integer("BACKROOM_AVAILABILITY_SECONDS", 5, least=0, most=60) if REDIS_URL else 0
)

# In which stock of many products is summed up. Costs in other currencies are named apart.
BASE_CURRENCY = env.choice("BACKROOM_BASE_CURRENCY", "EUR", among=CURRENCIES)

# How long an overview of the whole shop lives where the task that renews it does not run.
OVERVIEW_SECONDS = 150 if REDIS_URL else 0

CELERY_BROKER_URL = REDIS_URL or "filesystem://"
if REDIS_URL:
    # Longer than the longest task, or Redis would hand it out a second time.
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"visibility_timeout": 3 * 60 * 60}
else:
    _queue, _control = BACKROOM_DATA / "broker" / "queue", BACKROOM_DATA / "broker" / "control"
    for _folder in (_queue, _control):
        _folder.mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue),
        "data_folder_out": str(_queue),
        "control_folder": str(_control),
        "store_processed": False,
        "polling_interval": 0.3,
    }
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "backroom"
CELERY_TASK_TIME_LIMIT = 2 * 60 * 60
CELERY_TASK_TRACK_STARTED = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_RESULT_BACKEND = "django-db"
CELERY_RESULT_EXPIRES = timedelta(days=7)
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = schedule.SCHEDULE
CELERY_TIMEZONE = "UTC"

# Languages and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Files
STATIC_URL = "/static/"
STATIC_ROOT = env.folder("BACKROOM_STATIC", BACKROOM_DATA / "static")
MEDIA_ROOT = env.folder("BACKROOM_MEDIA", BACKROOM_DATA / "media")
MEDIA_URL = "/media/"  # nothing is served there: uploads are read through the admin
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
            if EMBEDDED  # over loopback, compressing costs seconds and saves nothing
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_MAX_AGE = 3600  # of files without a hash in their name
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # a list with many rows ticked or mended

# E-mail
if EMBEDDED:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = BACKROOM_DATA / "mail"
else:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    globals().update(env.mail("BACKROOM_EMAIL_URL"))
    EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("BACKROOM_EMAIL_FROM", "backroom@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

LOGGING = logs.configuration(as_json=not EMBEDDED)

# Ways in
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_SCHEMA_CLASS": "config.kernel.openapi.ApiSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": ["config.kernel.api.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["config.kernel.api.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["config.kernel.api.ClientRateThrottle"],
    "DEFAULT_PARSER_CLASSES": ["config.kernel.api.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "config.kernel.api.CursorPages",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "config.kernel.api.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Backroom",
    "DESCRIPTION": "What we sell, what is there, and promises of it.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {  # two components have a field of this name
        "AvailabilityStatus": ["in_stock", "low", "out_of_stock", "not_sellable"],
        "ClearanceStatus": ["needs_review", "asked", "approved", "waived", "rejected"],
        "FindingSeverity": ["block", "warn", "info"],
        "AssessmentSeverity": ["block", "warn", "info", "nothing"],
        "RecallStatus": ["open", "closed", "withdrawn"],
        "ReturnStatus": ["authorised", "received", "inspected", "closed", "cancelled"],
        "ReturnReason": [
            "damaged",
            "wrong_item",
            "wrong_size",
            "changed_mind",
            "allergic_reaction",
            "expired",
            "other",
        ],
        "ReservationStatus": ["held", "committed", "released", "expired"],
        "ExchangeDecision": ["approved", "refused"],
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
IMPORT_EXPORT_SKIP_ADMIN_LOG = True  # the histories tell of every row
SIMPLE_HISTORY_DATE_INDEX = False
