"""The tasks of every room of compliance, where Celery looks for them."""

from compliance.assessments.tasks import *
from compliance.dossiers.tasks import *
