"""Bulk writers of planned rows and their histories: COPY on PostgreSQL, many statements elsewhere.

Both write what the models' own `save()` would; a test holds them to it, table by table.
"""

from django.db import connection

from catalog.supplier_files.writers.base import Stamp, Write, Writer
from catalog.supplier_files.writers.portable import PortableWriter
from catalog.supplier_files.writers.postgres import PostgresWriter

__all__ = ["PortableWriter", "PostgresWriter", "Stamp", "Write", "Writer", "writer_for_database"]


def writer_for_database() -> Writer:
    """Give the fastest writer that the database has."""
    return PostgresWriter() if connection.vendor == "postgresql" else PortableWriter()
