"""How the admin writes days, instants, links and badges, in every room."""

from datetime import date, datetime
from functools import lru_cache

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

LINK_CLASSES = "font-semibold text-primary-600 whitespace-nowrap dark:text-primary-500"


def link(url_name: str, key: object, text: str) -> SafeString:
    """A link to a page of the admin."""
    url = reverse(f"admin:{url_name}", args=[key])
    return format_html('<a href="{}" class="{}">{}</a>', url, LINK_CLASSES, text)


def day(value: date | None) -> str:
    """`24 Nov 2026`; blank for none."""
    return "" if value is None else date_format(value, "DATE_FORMAT")


def instant(value: datetime | None) -> str:
    """`24 Nov 2026, 09:30 UTC`, in the zone of the admin; blank for none."""
    return "" if value is None else date_format(localtime(value), "DATETIME_FORMAT")


def moment(value: datetime | None) -> SafeString:
    """The same in a column of a list, which breaks it between day and time where it is narrow."""
    day_part, _, time_part = instant(value).partition(", ")
    if not time_part:
        return unbroken(day_part)
    return format_html("{} {}", unbroken(f"{day_part},"), unbroken(time_part))


def unbroken(text: str) -> SafeString:
    """A short text that stays in one line of a narrow column."""
    return format_html('<span class="whitespace-nowrap">{}</span>', text)


@lru_cache(maxsize=1024)
def label(text: str, colour: str = "") -> SafeString:
    """A small coloured badge; blank without text."""
    if not text:
        return SafeString("")
    html = render_to_string("unfold/helpers/label.html", {"text": text, "type": colour})
    # Without its line breaks the same badge is plain text in an export.
    return SafeString(" ".join(html.split()).replace("> ", ">").replace(" <", "<"))
