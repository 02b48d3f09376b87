"""What the API tells of a product in a market."""

from compliance.assessments.models import Clearance


def clearance_of(product_id: int, market_id: int) -> Clearance | None:
    """The clearance with its judgement, if the product was ever judged for the market."""
    return (
        Clearance.objects.select_related("assessment", "market", "product", "decided_by")
        .filter(product=product_id, market=market_id)
        .first()
    )
