"""The admin pages of supplier files: from the upload to the undo."""

from catalog.supplier_files.admin.mappings import ColumnMappingAdmin
from catalog.supplier_files.admin.runs import ImportRunAdmin

__all__ = ["ColumnMappingAdmin", "ImportRunAdmin"]
