"""Everything that changes an import: upload, map, check, mend, apply, cancel, undo."""

from catalog.supplier_files.services.downloads import rejects_file, template_file
from catalog.supplier_files.services.mending import mend_row
from catalog.supplier_files.services.steps import (
    apply,
    cancel,
    check,
    continue_run,
    resume_stalled,
    start_here,
    undo,
)
from catalog.supplier_files.services.uploads import set_mapping, upload

__all__ = [
    "apply",
    "cancel",
    "check",
    "continue_run",
    "mend_row",
    "rejects_file",
    "resume_stalled",
    "set_mapping",
    "start_here",
    "template_file",
    "undo",
    "upload",
]
