"""Today: what expires, what to act on, what is low, what the stock is worth."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse

from catalog.supplier_files.selectors import runs_with_rejects
from catalog.units.rules import plain
from compliance.assessments.selectors.queue import SCANNED_MAX as WAITING_COUNTED_MAX
from compliance.assessments.selectors.waiting import waiting_now
from config.kernel import clock
from config.kernel.alerts import URGENCY, Alert, AlertSeverity, alerts_for
from config.kernel.money import format_money
from config.stock_sums import StockSums, stock_sums
from inventory.expiry.rules import week_start
from inventory.expiry.selectors import WEEKS_SHOWN, WeekValue
from inventory.purchasing.selectors import open_notices

ROWS_SHOWN = 8
WEEKS_SOON = 4
CHART_TEXT = "#808896"  # a canvas knows no theme: this can be read in the light and in the dark


def environment(request: HttpRequest) -> list[str] | None:
    """A label in the header where it is not the real shop."""
    return ["Demo", "warning"] if settings.EMBEDDED else None


def open_alert_count(request: HttpRequest) -> str:
    """How many alerts wait, for the sidebar; nothing when none does."""
    count = _alert_counts(request)["all"]
    return str(count) if count else ""


def waiting_clearance_count(request: HttpRequest) -> str:
    """How many clearances wait in the review queue, for the sidebar of those who decide."""
    if not request.user.has_perm("compliance.decide_clearance"):
        return ""
    count, _ = waiting_now()
    return _counted_to(WAITING_COUNTED_MAX, count) if count else ""


def _counted_to(most: int, count: int) -> str:
    """A count that stops at a number, which it tells."""
    return f"{most:,}+" if count > most else f"{count:,}"


def today(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the Today page with what this user may see."""
    now = clock.now()
    sections: list[tuple[str, Callable[[HttpRequest, datetime], dict[str, Any]]]] = [
        ("inventory.view_lot", _expiry),
        ("inventory.view_stocklevel", _stock),
        ("kernel.view_alert", _alerts),
        ("compliance.decide_clearance", _compliance),
        ("catalog.view_importrun", _imports),
        ("inventory.view_shipmentnotice", _deliveries),
    ]
    cards: list[dict[str, Any]] = []
    for permission, section in sections:
        if request.user.has_perm(permission):
            filled = section(request, now)
            cards += filled.pop("cards", [])
            context |= filled
    context["cards"] = cards
    context["title"] = "Today"
    return context


def _alert_counts(request: HttpRequest) -> dict[str, int]:
    """How many alerts wait, and how many of them are critical: one query a page."""
    asked = cast(Any, request)
    if not hasattr(asked, "alert_counts"):
        critical = Q(severity=AlertSeverity.CRITICAL)
        asked.alert_counts = _alerts_for(request).aggregate(
            all=Count("pk"), critical=Count("pk", filter=critical)
        )
    counts: dict[str, int] = asked.alert_counts
    return counts


def _alerts_for(request: HttpRequest) -> Any:
    """Open alerts on this user's list, as the page of alerts shows them."""
    if not request.user.has_perm("kernel.view_alert"):
        return Alert.objects.none()
    return alerts_for(request.user).filter(resolved_at=None)


def _card(title: str, value: str, note: str, url: str, since: str = "") -> dict[str, Any]:
    return {"title": title, "value": value, "note": note, "url": url, "since": since}


def _sums(request: HttpRequest, now: datetime) -> StockSums:
    """What is summed up over all stock, asked for once however many sections tell of it."""
    asked = cast(Any, request)
    if not hasattr(asked, "stock_sums"):
        asked.stock_sums = stock_sums.read(now=now)
    sums: StockSums = asked.stock_sums
    return sums


def _since(sums: StockSums, now: datetime) -> str:
    """When it was summed up; blank: just now."""
    return f"at {sums.at:%H:%M} UTC" if sums.at < now else ""


def _expiry(request: HttpRequest, now: datetime) -> dict[str, Any]:
    sums = _sums(request, now)
    weeks = sums.weeks
    first = week_start(sums.today)
    end = first + timedelta(weeks=WEEKS_SOON)
    totals: dict[str, Decimal] = {}
    for week in weeks:
        if week.currency and week.week < end:
            totals[week.currency] = totals.get(week.currency, Decimal(0)) + week.value
    board = reverse("admin:inventory_expiringlot_changelist")
    value = " + ".join(format_money(total, currency) for currency, total in sorted(totals.items()))
    note = f"last day of sale within {WEEKS_SOON} weeks, or past it"
    return {
        "cards": [_card("Runs out soon", value or "nothing", note, board, _since(sums, now))],
        "expiry_chart": _chart(weeks, first),
        "expiry_weeks": WEEKS_SHOWN,
        "expiry_url": board,
        "expiry_without_cost": sum(week.without_cost for week in weeks),
    }


def _chart(weeks: list[WeekValue], first: date) -> dict[str, str]:
    labels = [first + timedelta(weeks=number) for number in range(WEEKS_SHOWN)]
    currencies = sorted({week.currency for week in weeks if week.currency})
    if not currencies:
        return {}
    values = {(week.week, week.currency): week.value for week in weeks}
    colours = ("var(--color-primary-600)", "var(--color-primary-300)", "var(--color-base-400)")
    data = {
        "labels": [f"{label.day} {label:%b}" for label in labels],
        "datasets": [
            {
                "label": currency,
                "data": [float(values.get((label, currency), 0)) for label in labels],
                "backgroundColor": colours[number % len(colours)],
                "maxBarThickness": 28,
                "borderRadius": 3,
            }
            for number, currency in enumerate(currencies)
        ],
    }
    options = {
        "responsive": True,
        "maintainAspectRatio": False,
        "plugins": {
            "legend": {
                "display": len(currencies) > 1,
                "position": "bottom",
                "labels": {"color": CHART_TEXT},
            }
        },
        "scales": {
            "x": {"grid": {"display": False}, "ticks": {"maxRotation": 0, "color": CHART_TEXT}},
            "y": {
                "beginAtZero": True,
                "ticks": {"color": CHART_TEXT},
                "title": {
                    "display": True,
                    "color": CHART_TEXT,
                    "text": f"value at cost, {' and '.join(currencies)}",
                },
            },
        },
    }
    return {"data": json.dumps(data), "options": json.dumps(options)}


def _stock(request: HttpRequest, now: datetime) -> dict[str, Any]:
    sums = _sums(request, now)
    worth, since = sums.worth, _since(sums, now)
    value = " + ".join(format_money(part.amount, part.currency) for part in worth.values)
    note = "at cost"
    if worth.lots_without_cost:
        note += f"; {worth.lots_without_cost} lots without a known cost are not in it"
    by_product = reverse("admin:inventory_stockedvariant_changelist")
    return {
        "cards": [
            _card("Stock value", value or "nothing", note, by_product, since),
            _card(
                "Low stock",
                str(sums.low_count),
                "variants at or below their threshold",
                f"{by_product}?stock=low",
                since,
            ),
        ],
        "low_stock": [(row, f"{plain(row.available)} {row.stock_unit}") for row in sums.low],
    }


def _alerts(request: HttpRequest, now: datetime) -> dict[str, Any]:
    alerts = _alerts_for(request).order_by(URGENCY, "-created_at", "-pk")
    count, critical = (_alert_counts(request)[name] for name in ("all", "critical"))
    url = reverse("admin:kernel_alert_changelist")
    note = f"{critical} of them critical" if critical else "none of them critical"
    rows: list[Alert] = list(alerts[:ROWS_SHOWN])
    return {
        "cards": [_card("To act on", str(count), note if count else "all done", url)],
        "alerts": rows,
        "alerts_url": url,
    }


def _compliance(request: HttpRequest, now: datetime) -> dict[str, Any]:
    count, blocked = waiting_now()
    note = f"{blocked:,} of them with a finding that blocks" if blocked else "nothing blocks"
    url = reverse("admin:compliance_waitingclearance_changelist")
    said = _counted_to(WAITING_COUNTED_MAX, count)
    card = _card("Compliance to review", said, note if count else "all decided", url)
    return {"cards": [card]}


def _imports(request: HttpRequest, now: datetime) -> dict[str, Any]:
    return {
        "imports": list(runs_with_rejects()[:ROWS_SHOWN]),
        "imports_url": reverse("admin:catalog_importrun_changelist"),
    }


def _deliveries(request: HttpRequest, now: datetime) -> dict[str, Any]:
    return {
        "deliveries": list(open_notices()[:ROWS_SHOWN]),
        "deliveries_url": reverse("admin:inventory_shipmentnotice_changelist"),
    }
