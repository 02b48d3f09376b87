"""Dossiers in the admin: who answers, which documents there are, which ones are asked for."""

from compliance.dossiers.admin import documents, dossiers, requirements

__all__ = ["documents", "dossiers", "requirements"]
