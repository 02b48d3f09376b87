"""The tasks of every room of compliance, where Celery looks for them."""

from compliance.dossiers.tasks import *
