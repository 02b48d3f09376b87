"""How clearances and findings are written: badges, why they wait, what stands behind them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from compliance.assessments.exposure import Exposure
from compliance.assessments.models import Clearance, SeverityChoice, Status
from compliance.assessments.selectors.calendar import Coming
from compliance.assessments.selectors.queue import WAITING
from config.kernel.admin.display import day, label
from config.kernel.money import format_money
from config.kernel.words import counted

SEVERITY_COLOURS = {
    SeverityChoice.BLOCK: "danger",
    SeverityChoice.WARN: "warning",
    SeverityChoice.INFO: "info",
    SeverityChoice.NOTHING: "success",
}
STATUS_COLOURS = {
    Status.NEEDS_REVIEW: "warning",
    Status.ASKED: "info",
    Status.APPROVED: "success",
    Status.WAIVED: "info",
    Status.REJECTED: "danger",
}
LETTERS = {"block": "B", "warn": "W", "info": "i"}
FINDINGS_SHOWN = 2
MESSAGE_SHOWN = 150


def severity_label(severity: str) -> SafeString:
    """`Block` in red, `Warning` in orange."""
    choice = SeverityChoice(severity)
    return label(str(choice.label), SEVERITY_COLOURS[choice])


def status_label(status: str) -> SafeString:
    """Where a clearance stands."""
    choice = Status(status)
    return label(str(choice.label), STATUS_COLOURS[choice])


def sale(row: Clearance, now: datetime) -> tuple[str, str]:
    """Whether a product is on sale in the market, in words, and their colour."""
    if row.off_sale_at is None:
        return "On sale", "success"
    if row.off_sale_at <= now:
        return "Off sale", "danger"
    why = "grace" if row.status in WAITING else "waived"
    return f"On sale until {day(row.off_sale_at.date())} ({why})", "warning"


def sale_label(row: Clearance, now: datetime) -> SafeString:
    """The same as a badge."""
    return label(*sale(row, now))


def new_findings(row: Clearance) -> list[Mapping[str, Any]]:
    """What nobody has decided about yet, the heaviest first."""
    found = row.assessment.findings if row.assessment else []
    new = set(row.new_keys)
    return [own for own in found if own["key"] in new]


def why(row: Clearance) -> SafeString:
    """Why a clearance waits: its new findings in words."""
    found = new_findings(row)
    lines = [
        (severity_label(own["severity"]), shortened(own["message"]))
        for own in found[:FINDINGS_SHOWN]
    ]
    told = format_html_join("", '<span class="cmp-why">{} <span>{}</span></span>', lines)
    more = len(found) - FINDINGS_SHOWN
    if more > 0:
        told += format_html('<span class="cmp-why text-subtle">and {} more</span>', more)
    if row.reason:
        said = f"Supplier asked: {row.reason}" if row.status == Status.ASKED else row.reason
        told += format_html('<span class="cmp-why text-subtle">{}</span>', shortened(said))
    return told or SafeString("Nobody has decided yet.")


def shortened(text: str, most: int = MESSAGE_SHOWN) -> str:
    """A sentence as long as a row has room for."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def worth(own: Exposure | Coming | None) -> str:
    """What the stock behind products cost; blank where nothing lies there."""
    if own is None or not own.lots:
        return ""
    said = format_money(own.value.amount, own.value.currency.code) if own.value else ""
    if own.lots_without_cost:
        without = f"{counted(own.lots_without_cost, 'lot')} without a known cost"
        said = f"{said} + {without}" if said else without
    return said


def age(since: datetime | None, now: datetime) -> str:
    """How long something waits, in whole days."""
    if since is None:
        return ""
    days = (now - since).days
    return "today" if days < 1 else counted(days, "day")


def skus_shown(skus: Sequence[str]) -> str:
    """The first SKU, and how many more there are."""
    if not skus:
        return "no SKU"
    return skus[0] if len(skus) == 1 else f"{skus[0]} and {len(skus) - 1} more"
