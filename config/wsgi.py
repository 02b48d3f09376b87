"""The web server's way in: `gunicorn -c python:config.gunicorn`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
_django = get_wsgi_application()

from config.checks import refuse_half_set  # noqa: E402  (needs the apps loaded)
from config.serving.http import with_length  # noqa: E402

refuse_half_set()
application = with_length(_django)
