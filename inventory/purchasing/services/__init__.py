"""Deliveries are announced, come in by scan, and end."""

from inventory.purchasing.services.announcing import (
    LineDraft,
    add_lines,
    announce_shipment,
    line_problems,
    problems_of_lines,
)
from inventory.purchasing.services.notices import (
    cancel_notice,
    close_notice,
    set_expected_date,
    withdraw_run,
)
from inventory.purchasing.services.receipt_lines import ReceivedGoods
from inventory.purchasing.services.receipts import RECEIPT_LINES_MAX, receive_goods
from inventory.purchasing.services.receiving import receive_notice_line, receive_scan
from inventory.purchasing.services.unannounced import receive_unannounced

__all__ = [
    "RECEIPT_LINES_MAX",
    "LineDraft",
    "ReceivedGoods",
    "add_lines",
    "announce_shipment",
    "cancel_notice",
    "close_notice",
    "line_problems",
    "problems_of_lines",
    "receive_goods",
    "receive_notice_line",
    "receive_scan",
    "receive_unannounced",
    "set_expected_date",
    "withdraw_run",
]
