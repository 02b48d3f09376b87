"""The one place that reads the time. Services take it as a parameter; only the ways in ask here."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def today(time_zone: str, now: datetime) -> date:
    """The calendar date at this instant in a time zone such as a warehouse's own."""
    return now.astimezone(ZoneInfo(time_zone)).date()
