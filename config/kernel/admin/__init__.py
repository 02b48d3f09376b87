"""Base classes of every admin page, and the kernel's own pages."""

from config.kernel.admin import registrations
from config.kernel.admin.actions import (
    Consequences,
    ReasonActionMixin,
    ReasonForm,
    reason_action,
)
from config.kernel.admin.base import BackroomAdmin, LedgerAdmin
from config.kernel.admin.fields import (
    AmountForm,
    DecimalInput,
    NumberListField,
    QuantityField,
    TextListField,
)
from config.kernel.admin.history import HistoryPart
from config.kernel.admin.imports import MasterDataAdmin

__all__ = [
    "AmountForm",
    "BackroomAdmin",
    "Consequences",
    "DecimalInput",
    "HistoryPart",
    "LedgerAdmin",
    "MasterDataAdmin",
    "NumberListField",
    "QuantityField",
    "ReasonActionMixin",
    "ReasonForm",
    "TextListField",
    "reason_action",
    "registrations",
]
