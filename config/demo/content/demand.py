"""A year of plausible sales, the same ones every time: the average week, the season, some noise."""

from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from random import Random

from config.demo.content.shapes import ProductSpec, VariantSpec

# What one may sell least of, per stock unit.
_STEPS = {"each": Decimal(1), "ml": Decimal(10), "m": Decimal("0.5")}
_FINE_STEP = Decimal("0.1")


def weekly_sales(
    product: ProductSpec, variant: VariantSpec, *, day: date, weeks: int = 52
) -> list[tuple[int, Decimal]]:
    """What sold in the weeks before `day`, oldest first, as (days ago, quantity).

    Weeks without a sale are left out; what is too little to sell is carried into the next week.
    """
    random = Random(variant.sku)  # noqa: S311  (no secret: the same noise every time)
    step = _STEPS.get(product.stock_unit, _FINE_STEP)
    carried = Decimal(0)
    sold = []
    for week in range(weeks, 0, -1):
        days_ago = week * 7 - random.randint(0, 6)
        month = (day - timedelta(days=days_ago)).month
        noise = Decimal(random.randint(55, 145)) / 100
        wanted = carried + variant.weekly_units * product.month_weights[month - 1] / 100 * noise
        quantity = (wanted / step).to_integral_value(ROUND_HALF_EVEN) * step
        carried = wanted - quantity
        if quantity > 0:
            sold.append((days_ago, quantity))
    return sold
