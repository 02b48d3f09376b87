"""What every endpoint is made of. A room's `api/v1.py` imports from here.

Read the query with `read_query`, the body with `read_body`, and let refusals fly: the
exception handler turns them into problem documents.
"""

from config.kernel.api.access import (
    ClientRateThrottle,
    HasScope,
    TokenAuthentication,
    client_of,
)
from config.kernel.api.bodies import BODY_BYTES_MAX, StrictJSONParser, read_body, read_query
from config.kernel.api.conditional import ConditionalMixin
from config.kernel.api.fields import InstantField, MoneyField, QuantityField
from config.kernel.api.idempotency import idempotent
from config.kernel.api.items import ItemSerializer, LotField, SerialsField, UnitField, item_codes
from config.kernel.api.pages import ChangePages, CursorPages
from config.kernel.problems import (
    PROBLEM_CONTENT_TYPE,
    BodyTooLarge,
    QueryInvalid,
    exception_handler,
    problem_response,
)

__all__ = [
    "BODY_BYTES_MAX",
    "PROBLEM_CONTENT_TYPE",
    "BodyTooLarge",
    "ChangePages",
    "ClientRateThrottle",
    "ConditionalMixin",
    "CursorPages",
    "HasScope",
    "InstantField",
    "ItemSerializer",
    "LotField",
    "MoneyField",
    "QuantityField",
    "QueryInvalid",
    "SerialsField",
    "StrictJSONParser",
    "TokenAuthentication",
    "UnitField",
    "client_of",
    "exception_handler",
    "idempotent",
    "item_codes",
    "problem_response",
    "read_body",
    "read_query",
]
