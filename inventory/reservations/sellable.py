"""Whether variants may be sold in a market: by their stage of life, and by compliance."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.products.selectors import VariantRef
from compliance.assessments.selectors.clearances import leave_of
from inventory.reservations.composition import Part
from inventory.reservations.rules import Reason, why_not_sellable

NOTHING_IN_IT = Reason("nothing-in-it", "There is nothing in the bundle yet.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """Why some variants may not be sold, by key, and when the next of the others goes off sale."""

    reasons: Mapping[int, Sequence[Reason]]
    until: datetime | None

    def of(self, variant: VariantRef) -> Sequence[Reason]:
        """Why it may not be sold; nothing when it may."""
        return self.reasons.get(variant.id, ())


def not_sellable_reasons(
    variants: Collection[VariantRef], *, market_id: int, now: datetime
) -> Refusals:
    """Why these variants may not be sold in a market now, in one query for each 500 products.

    A bundle is cleared where its components are: it is asked for its stage alone.
    """
    products = {variant.product_id for variant in variants if not variant.is_bundle}
    leave = leave_of(products, market_id=market_id, at=now)
    reasons = {
        variant.id: [
            *why_not_sellable(variant.stage),
            *(
                Reason(why.code, why.detail)
                for why in leave.why_not.get(variant.product_id, ())
                if not variant.is_bundle
            ),
        ]
        for variant in variants
    }
    return Refusals(
        reasons={pk: found for pk, found in reasons.items() if found}, until=leave.next_end
    )


def parts_not_sellable(
    parts: Sequence[Part], refusals: Refusals
) -> list[tuple[Reason, VariantRef | None]]:
    """Why a bundle of these parts may not be sold, with the component that it is about, if any."""
    if not parts:
        return [(NOTHING_IN_IT, None)]
    return [
        (Reason(reason.code, f"{part.variant.sku}: {reason.detail}"), part.variant)
        for part in parts
        for reason in refusals.of(part.variant)
    ]
