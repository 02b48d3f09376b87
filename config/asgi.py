"""The way in for an ASGI server, for those who have one."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
application = get_asgi_application()

from config.checks import refuse_half_set  # noqa: E402  (needs the apps loaded)

refuse_half_set()
