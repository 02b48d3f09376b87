"""Composition root: puts the apps together; nobody imports it, except config.kernel."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
