"""Events written in the transaction that caused them, for others to read or send later."""

from django.db import connections, models, router
from django.db.models.functions import Now

from config.kernel.context import actor_name, current_request_id
from config.kernel.events import Event


class OutboxEvent(models.Model):
    """One event as it was published; its key is its place in the feed."""

    id = models.BigAutoField(primary_key=True)
    type = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, blank=True)
    payload = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    request_id = models.CharField(max_length=64, blank=True)
    actor = models.CharField(max_length=150, blank=True)

    class Meta:
        verbose_name = "event"
        indexes = [models.Index(fields=["type", "id"], name="kernel_outbox_type")]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}".strip()


def publish(*events: Event) -> None:
    """Write these events in the transaction of the change they tell of: both or neither exist."""
    if not events:
        return
    assert connections[router.db_for_write(OutboxEvent)].in_atomic_block, (
        "publish() belongs inside the transaction of the change it tells of"
    )
    request_id, actor = current_request_id(), actor_name()
    OutboxEvent.objects.bulk_create(
        [
            OutboxEvent(
                type=event.type,
                subject=event.subject,
                payload=event.payload(),
                occurred_at=event.occurred_at,
                request_id=request_id,
                actor=actor,
            )
            for event in events
        ],
        batch_size=1000,
    )
