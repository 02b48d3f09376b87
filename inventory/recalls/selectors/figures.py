"""How much of each recalled lot there was and where it is now, by the ledger."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Case, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from inventory.availability.selectors import trace
from inventory.lots.models import Lot
from inventory.recalls.models import BOOKED, Recall, RecallLot, RecallProgress
from inventory.recalls.rules import STEP, ZERO, Balance, Moved, Total, balance, totals
from inventory.stock.models import StockMovement
from inventory.stock.selectors.levels import QUANTITY


@dataclass(frozen=True, slots=True, kw_only=True)
class LotProgress:
    """A recalled lot with its balance now."""

    recalled: RecallLot
    balance: Balance

    @property
    def unit(self) -> str:
        """What its quantities count."""
        unit: str = self.recalled.lot.variant.product.stock_unit
        return unit

    @property
    def is_frozen(self) -> bool:
        """Whether the hold that the recall relies on is still open."""
        return self.recalled.hold.released_at is None


def recall_by_id(recall_id: UUID) -> Recall | None:
    """The recall, or None."""
    return Recall.objects.filter(pk=recall_id).first()


def recalled_lots(recall_id: UUID) -> QuerySet[RecallLot]:
    """The lots of a recall with product, supplier and hold, by SKU and code."""
    return (
        RecallLot.objects.filter(recall_id=recall_id)
        .select_related("lot__variant__product", "lot__supplier", "hold")
        .order_by("lot__variant__sku", "lot__code", "pk")
    )


def family_of(lots: Collection[Lot]) -> list[Lot]:
    """These lots and all that was opened from them, directly or through others."""
    opened = trace.kin([lot.pk for lot in lots]).opened_into
    return list({lot.pk: lot for lot in (*lots, *opened)}.values())


def balances_of(lot_ids: Collection[int], *, recall_id: UUID | None = None) -> dict[int, Balance]:
    """The balance of each of these lots; with what was confirmed in this recall, in two queries."""
    came, went = Q(quantity__gt=0), Q(quantity__lt=0)
    rows = (
        StockMovement.objects.filter(stock_level__lot_id__in=lot_ids)
        .order_by()
        .values_list("stock_level__lot_id", "kind")
        .annotate(
            came=Coalesce(Sum("quantity", filter=came), ZERO, output_field=QUANTITY),
            went=Coalesce(Sum("quantity", filter=went), ZERO, output_field=QUANTITY),
        )
    )
    moved: dict[int, list[Moved]] = defaultdict(list)
    for lot_id, kind, in_, out in rows:
        # SQLite adds binary fractions.
        moved[lot_id].append(Moved(kind=kind, came=in_.quantize(STEP), went=out.quantize(STEP)))
    confirmed = _confirmed(recall_id) if recall_id else {}
    return {
        lot_id: balance(moved[lot_id], confirmed=confirmed.get(lot_id, ZERO)) for lot_id in lot_ids
    }


def _confirmed(recall_id: UUID) -> dict[int, Decimal]:
    """What ended outside of our warehouses by what we were told, by lot."""
    signed = Case(
        When(reverses__isnull=False, then=F("quantity") * Value(-1)),
        default=F("quantity"),
        output_field=QUANTITY,
    )
    rows = (
        RecallProgress.objects.filter(recall_lot__recall_id=recall_id)
        .exclude(kind__in=BOOKED)
        .order_by()
        .values_list("recall_lot__lot_id")
        .annotate(total=Sum(signed, output_field=QUANTITY))
    )
    return {lot_id: total.quantize(STEP) for lot_id, total in rows}


def progress_of(recall: Recall) -> tuple[list[LotProgress], list[Total]]:
    """Each lot of a recall with its balance now, and the sums by unit."""
    recalled = list(recalled_lots(recall.pk))
    balances = balances_of([one.lot_id for one in recalled], recall_id=recall.pk)
    found = [LotProgress(recalled=one, balance=balances[one.lot_id]) for one in recalled]
    return found, totals((one.unit, one.balance) for one in found)
