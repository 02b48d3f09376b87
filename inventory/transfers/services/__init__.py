"""Every change of a transfer: planned, sent off, received, cancelled, and what never arrived."""

from inventory.transfers.services.planning import (
    LINES_MAX,
    LineDraft,
    cancel_transfer,
    plan_transfer,
    set_expected_date,
)
from inventory.transfers.services.receiving import (
    Arrival,
    alert_overdue,
    receive_transfer,
    write_off_missing,
    write_off_rest,
)
from inventory.transfers.services.sending import dispatch_transfer, make_transfer

__all__ = [
    "LINES_MAX",
    "Arrival",
    "LineDraft",
    "alert_overdue",
    "cancel_transfer",
    "dispatch_transfer",
    "make_transfer",
    "plan_transfer",
    "receive_transfer",
    "set_expected_date",
    "write_off_missing",
    "write_off_rest",
]
