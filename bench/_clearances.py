"""Leave to sell everything everywhere: benchmarks measure a shop whose products may be sold."""

from datetime import datetime

from bench._insert import insert


def clear_everything(now: datetime) -> None:
    """What has no clearance for a market yet gets one, by policy; on any database."""
    from compliance.models import Clearance

    insert(
        Clearance,
        """
        catalog_product p CROSS JOIN catalog_market m
        WHERE NOT EXISTS (
            SELECT 1 FROM compliance_clearance c WHERE c.product_id = p.id AND c.market_id = m.id
        )
        """,
        {
            "product_id": "p.id",
            "market_id": "m.id",
            "status": "'approved'",
            "severity": "'nothing'",
            "judged_at": "%(now)s",
            "product_updated_at": "p.updated_at",
            "rules_stamp": "'bench'",
            "decided_at": "%(now)s",
            "decided_how": "'policy'",
        },
        leave_out=("id",),
        now=now,
    )
