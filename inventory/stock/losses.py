"""Who would lose what was promised to them: shown before stock is taken away."""

from collections.abc import Callable, Sequence

from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.kernel.admin import Consequences
from config.kernel.words import counted
from inventory.stock import display as shown
from inventory.stock.claims import Loss, rehearse

ROWS_SHOWN = 200
HEADINGS = ["Reservation", "Client", "Made", "Product", "Loses", "Found elsewhere", "Short"]


class WhoLosesMixin:
    """For an admin whose reason actions take stock: names `who_loses` as their consequences."""

    def who_loses(self, request: HttpRequest, change: Callable[[], object]) -> Consequences | None:
        """The reservations that lose by the change, the oldest first; None where nobody does."""
        return consequences_of(change)


def consequences_of(change: Callable[[], object]) -> Consequences | None:
    """Who would lose by this change, for people. Raises what the change raises."""
    losses = sorted(rehearse(change), key=lambda loss: (loss.made_at, loss.reservation_id))
    if not losses:
        return None
    losers = len({loss.reservation_id for loss in losses})
    short = len({loss.reservation_id for loss in losses if loss.short})
    whom = "it" if losers == 1 else "them"
    title = f"{counted(losers, 'reservation')} would lose what this stock keeps for {whom}"
    title += (
        f", {counted(short, 'reservation')} would be short." if short else "; all find other stock."
    )
    more = len(losses) - ROWS_SHOWN
    rows = [_row(loss) for loss in losses[:ROWS_SHOWN]]
    if more > 0:
        rows.append([f"and {more} more", *[""] * (len(HEADINGS) - 1)])
    return Consequences(title=f"{title} Confirm again to go on.", headings=HEADINGS, rows=rows)


def _row(loss: Loss) -> Sequence[str | SafeString]:
    return [
        shown.link("inventory_reservation_change", loss.reservation_id, loss.reference),
        loss.client,
        shown.instant(loss.made_at),
        loss.sku,
        shown.quantity(loss.lost, loss.unit),
        shown.some(loss.found, loss.unit),
        shown.label(shown.some(loss.short, loss.unit), "danger"),
    ]
