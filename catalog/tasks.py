"""The tasks of every room of catalog, where Celery looks for them."""

from catalog.supplier_files.tasks import *
