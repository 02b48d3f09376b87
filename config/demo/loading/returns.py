"""Two returns: a watch that is on its way back, shoes that wait on the bench."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from catalog.products.selectors import VariantRef, variants_by_sku
from config.demo.loading.moves import WATCH
from config.demo.loading.sites import Site
from inventory.returns import services as returns

SHOES = "SE-ROADSHOE-BLK-43"


def take_back(
    variants: Mapping[str, VariantRef], sites: Mapping[str, Site], *, now: datetime
) -> None:
    """By the public services, as a shop and a warehouse would."""
    watch = variants_by_sku([WATCH])[WATCH]
    returns.authorise_return(
        order_reference="DE-19001",
        reference="RMA-1042",
        lines=[
            returns.Asked(
                variant_id=watch.id,
                quantity=Decimal(1),
                reason=returns.ReturnReason.CHANGED_MIND,
            )
        ],
        now=now,
    )
    authorised_at = now - timedelta(days=2)
    found = returns.authorise_blind_return(
        market="DE",
        order_reference="MP-3300-7716",
        reference="RMA-1041",
        reason="Sold on a marketplace before we had Backroom.",
        lines=[
            returns.Asked(
                variant_id=variants[SHOES].id,
                quantity=Decimal(1),
                reason=returns.ReturnReason.WRONG_SIZE,
                note="Wants 44.",
            )
        ],
        now=authorised_at,
    )
    returns.receive_return(
        return_id=found.pk, warehouse_id=sites["BER"].id, now=now - timedelta(hours=1)
    )
