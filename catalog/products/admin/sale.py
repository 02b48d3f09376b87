"""Where a product may be sold, as its page shows it."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.markets.models import Market
from catalog.products import gates
from config.kernel import clock

MARKETS_MAX = 50


def sale_in_markets(product_id: int) -> SafeString:
    """Each active market with whether the product may be sold there, and why not."""
    now = clock.now()
    rows = []
    for market in Market.objects.filter(is_active=True).order_by("code")[:MARKETS_MAX]:
        why_not = gates.why_not_cleared.ask([product_id], market.pk, now).get(product_id, ())
        said = " ".join(why.detail for why in why_not)
        rows.append((market.code, f"Not on sale. {said}" if said else "May be sold."))
    if not rows:
        return format_html("<p>{}</p>", "There is no market yet.")
    return format_html(
        "<ul>{}</ul>", format_html_join("", "<li><strong>{}</strong>: {}</li>", rows)
    )
