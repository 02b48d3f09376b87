"""The pages where compliance is decided."""

from compliance.assessments.admin import clearances, queue

__all__ = ["clearances", "queue"]
