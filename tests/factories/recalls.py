"""What a test needs of recalls, by the public services."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from inventory.lots.models import Lot
from inventory.recalls import services
from inventory.recalls.models import (
    ProgressKind,
    Recall,
    RecallLoss,
    RecallLot,
    RecallPlace,
    RecallProgress,
)
from inventory.reservations.selectors import ItemCode
from tests.factories import inventory, reservations

NOW = inventory.NOW


def named(lot: Lot) -> services.NamedLot:
    """A lot by SKU and code."""
    return services.NamedLot(item=ItemCode(sku=lot.variant.sku), lot=lot.code)


def recall(
    *lots: Lot,
    reference: str = "RC-1",
    reason: str = "Glass in the jar.",
    now: datetime = NOW,
    **choice: Any,
) -> Recall:
    """A recall of these lots, or of what the choice says."""
    wanted = services.Choice(lots=[named(lot) for lot in lots], **choice)
    return services.start_recall(reference=reference, reason=reason, choice=wanted, now=now)[0]


def record(
    recall: Recall, lot: Lot, kind: ProgressKind, quantity: int | str, **fields: Any
) -> RecallProgress:
    """What became of so many units of a lot."""
    return services.record_progress(
        recall_id=recall.pk,
        lot_id=lot.pk,
        kind=kind,
        quantity=Decimal(quantity),
        now=fields.pop("now", NOW),
        **fields,
    )


def state() -> dict[str, list[tuple[Any, ...]]]:
    """Everything a refusal must leave as it was."""
    models = (Recall, RecallLot, RecallPlace, RecallLoss, RecallProgress)
    return {
        **reservations.state(),
        **{model.__name__: list(model.objects.order_by("pk").values_list()) for model in models},
    }
