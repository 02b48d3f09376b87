from datetime import UTC, datetime

from django.utils import timezone
from django.utils.html import strip_tags

from inventory.stock import display

MORNING = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def test_an_instant_names_its_zone():
    assert display.instant(MORNING) == "24 Nov 2026, 09:30 UTC"
    assert strip_tags(display.moment(MORNING)) == "24 Nov 2026, 09:30 UTC"
    assert display.instant(None) == strip_tags(display.moment(None)) == ""


def test_it_says_the_time_of_the_zone_that_the_admin_is_shown_in():
    with timezone.override("Europe/Berlin"):
        assert display.instant(MORNING) == "24 Nov 2026, 10:30 CET"
        assert strip_tags(display.moment(MORNING)) == "24 Nov 2026, 10:30 CET"
