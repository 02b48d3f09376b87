"""The kernel's tables, where Django looks for them."""

from config.kernel.alerts import Alert
from config.kernel.clients import ApiClient, ApiToken
from config.kernel.idempotency import IdempotencyRecord
from config.kernel.outbox import OutboxEvent

__all__ = ["Alert", "ApiClient", "ApiToken", "IdempotencyRecord", "OutboxEvent"]
