"""Every write of substances, their names, and what people say of printed names."""

from compliance.substances.services.adding import (
    ensure_substances,
    load_common_substances,
    name_substance,
)
from compliance.substances.services.importing import (
    Change,
    ImportReport,
    import_substances,
)
from compliance.substances.services.keeping import forget_file, keep_file, kept_file
from compliance.substances.services.settling import (
    forget_answer,
    note_unknown,
    settle_name,
    settle_names,
)
from compliance.substances.services.stamping import names_changed

__all__ = [
    "Change",
    "ImportReport",
    "ensure_substances",
    "forget_answer",
    "forget_file",
    "import_substances",
    "keep_file",
    "kept_file",
    "load_common_substances",
    "name_substance",
    "names_changed",
    "note_unknown",
    "settle_name",
    "settle_names",
]
