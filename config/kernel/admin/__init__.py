"""Base classes of every admin page, and the kernel's own pages."""

from config.kernel.admin import registrations
from config.kernel.admin.actions import (
    Consequences,
    ReasonActionMixin,
    ReasonForm,
    reason_action,
)
from config.kernel.admin.base import BackroomAdmin, LedgerAdmin
from config.kernel.admin.fields import NumberListField, TextListField
from config.kernel.admin.history import HistoryPart
from config.kernel.admin.imports import MasterDataAdmin

__all__ = [
    "BackroomAdmin",
    "Consequences",
    "HistoryPart",
    "LedgerAdmin",
    "MasterDataAdmin",
    "NumberListField",
    "ReasonActionMixin",
    "ReasonForm",
    "TextListField",
    "reason_action",
    "registrations",
]
