"""Every change of a return: authorised, received, inspected, closed, and its replacement kept.

The return's row is locked first, then the reservations it is about, then stock levels, all at
once (`stock.locks.lock_levels`).
"""

from inventory.returns.models import ReturnReason
from inventory.returns.services.asking import LINES_MAX, Asked
from inventory.returns.services.authorising import authorise_blind_return, authorise_return
from inventory.returns.services.bench import Verdict
from inventory.returns.services.ending import cancel_return, close_return
from inventory.returns.services.inspecting import inspect_return
from inventory.returns.services.receiving import Arrived, receive_return
from inventory.returns.services.watching import alert_waiting, keep_exchanges

__all__ = [
    "LINES_MAX",
    "Arrived",
    "Asked",
    "ReturnReason",
    "Verdict",
    "alert_waiting",
    "authorise_blind_return",
    "authorise_return",
    "cancel_return",
    "close_return",
    "inspect_return",
    "keep_exchanges",
    "receive_return",
]
