from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.integration.models import InboundMessage
from inventory.integration.rules import UpdateMode
from inventory.integration.services import UpdateLine, update_stock
from inventory.reservations.selectors import ItemCode
from inventory.stock.reasons import StockReason
from tests.factories import inventory, people
from tests.factories.inventory import NOW

MESSAGES = "admin:inventory_inboundmessage_changelist"
MESSAGE = "admin:inventory_inboundmessage_change"
LINE = "admin:inventory_stockupdateline_change"
LINES = "admin:inventory_stockupdateline_changelist"


@pytest.fixture
def auditor(client, db):
    client.force_login(people.staff(role="Auditor"))
    return client


@pytest.fixture
def sent(ball):
    inventory.receive(ball, 10)
    for _ in range(2):
        update_stock(
            source="wms-ber",
            lines=[line("u1"), line("u2", sku="SE-NOPE-1")],
            atomic=False,
            client=None,
            now=NOW,
        )


def line(external_id, sku="SE-BALL-5"):
    return UpdateLine(
        external_id=external_id,
        warehouse="BER",
        item=ItemCode(sku=sku),
        mode=UpdateMode.SET,
        quantity=Decimal(7),
        unit="each",
        reason=StockReason.COUNT,
    )


def words(response):
    assert response.status_code == 200
    return " ".join(unescape(response.content.decode()).split())


def test_every_message_shows_what_became_of_its_lines(auditor, sent):
    text = words(auditor.get(reverse(MESSAGES)))

    assert text.count("wms-ber") == 2
    assert "All or none" in text
    assert "Is atomic" not in text
    second = InboundMessage.objects.latest("pk")
    assert f"?message__id__exact={second.pk}&result__exact=duplicate" in text
    assert f"?message__id__exact={second.pk}&result__exact=rejected" in text
    assert f"?message__id__exact={second.pk}&result__exact=applied" in text


def test_every_line_shows_what_it_changed_or_why_it_could_not(auditor, sent):
    text = words(auditor.get(reverse(LINES)))

    assert "10 → 7 each" in text
    assert 'Nothing of ours is called "SE-NOPE-1".' in text
    assert "unknown-product" in text
    assert "set 7 each" in text


def test_a_message_and_a_line_are_shown_in_words_people_know(auditor, sent):
    message = InboundMessage.objects.earliest("pk")
    rejected = message.lines.get(result="rejected")

    of_message = words(auditor.get(reverse(MESSAGE, args=[message.pk])))
    of_line = words(auditor.get(reverse(LINE, args=[rejected.pk])))

    assert str(message) == f"wms-ber, {message.received_at:%Y-%m-%d %H:%M:%S} UTC"
    for ours in ("Is atomic", "Applied count", "Duplicate count", "Request id"):
        assert ours not in of_message
    for ours in ("Warehouse code", "Lot code", "On hand before", "Error code"):
        assert ours not in of_line
    assert "All or none" in of_message
    assert "What it changed, or why not" in of_line
    assert 'Nothing of ours is called "SE-NOPE-1".' in of_line


def test_rejected_lines_are_found_by_a_filter(auditor, sent):
    text = words(auditor.get(reverse(LINES), {"result__exact": "rejected"}))

    assert text.count("unknown-product") == 2
    assert "10 → 7" not in text


@pytest.mark.parametrize(("query", "found"), [("u1", 2), ("SE-NOPE-1", 2), ("nothing", 0)])
def test_lines_are_found_by_their_names(auditor, sent, query, found):
    text = words(auditor.get(reverse(LINES), {"q": query}))

    assert text.count("set 7 each") == found


def test_the_lines_of_one_message_are_read_in_few_queries(auditor, sent):
    message = InboundMessage.objects.earliest("pk")
    auditor.get(reverse(LINES))

    with CaptureQueriesContext(connection) as queries:
        text = words(auditor.get(reverse(LINES), {"message__id__exact": message.pk}))

    assert text.count("set 7 each") == 2
    assert len(queries) <= 12


def test_nobody_types_or_takes_away_what_was_sent(auditor, sent):
    message = InboundMessage.objects.earliest("pk")

    assert auditor.get(reverse("admin:inventory_inboundmessage_add")).status_code == 403
    change = reverse("admin:inventory_inboundmessage_change", args=[message.pk])
    assert auditor.post(change, {"source": "x"}).status_code == 403
    message.refresh_from_db()
    assert message.source == "wms-ber"
