"""What was answered to an `Idempotency-Key`, kept for a day; `config.kernel.api` honours it."""

from datetime import datetime, timedelta

from django.db import models

from config.kernel.clients import ApiClient
from config.kernel.errors import DomainError

KEY_LENGTH_MAX = 255
KEY_LIFETIME = timedelta(hours=24)
PRUNE_BATCH = 1000


class IdempotencyRecord(models.Model):
    """The answer that was given to a client's key, and a digest of what was asked."""

    client = models.ForeignKey(
        ApiClient, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    key = models.CharField(max_length=KEY_LENGTH_MAX)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    content_type = models.CharField(max_length=60)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="kernel_idempotency_key")
        ]

    def __str__(self) -> str:
        return self.key


class IdempotencyKeyReused(DomainError):
    """The key was used before, for something else."""

    code = "idempotency-key-reused"
    status = 422
    title = "Idempotency key reused"


class IdempotencyKeyInUse(DomainError):
    """The first request with this key is still running."""

    code = "idempotency-key-in-use"
    title = "Idempotency key in use"


def prune(*, now: datetime) -> int:
    """Forget keys older than a day, in short transactions; how many went."""
    total = 0
    while True:
        ids = list(
            IdempotencyRecord.objects.filter(created_at__lte=now - KEY_LIFETIME)
            .order_by("created_at", "pk")
            .values_list("pk", flat=True)[:PRUNE_BATCH]
        )
        if not ids:
            return total
        total += IdempotencyRecord.objects.filter(pk__in=ids).delete()[0]
