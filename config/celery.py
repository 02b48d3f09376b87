"""The Celery application: worker and beat start from here."""

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import import_modules, setup_logging
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_logging(**kwargs: Any) -> None:
    """Leave logging as the settings have it; Celery would set up its own."""


@import_modules.connect
def refuse_half_set(**kwargs: Any) -> None:
    """Worker and beat do not start in a half-set production either, nor connect to anything."""
    from config import checks

    try:
        checks.refuse_half_set()
    except ImproperlyConfigured as error:
        # Celery swallows exceptions of its signals, but not this one.
        sys.exit(str(error))
