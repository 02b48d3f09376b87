from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail

from config.kernel.alerts import Alert
from config.kernel.money import Money
from config.kernel.outbox import OutboxEvent
from inventory.expiry import services
from inventory.expiry.selectors import value_by_week
from inventory.stock import claims
from inventory.stock import services as stock
from tests.factories import catalog, inventory
from tests.factories.inventory import NOW

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def _nobody_is_promised_anything():
    with (
        claims.give_way.answered_by(lambda **_: None),
        claims.fill_shortages.answered_by(lambda **_: None),
    ):
        yield


def lot_with(days_left: int, *, remaining_days_min: int = 0, quantity: int = 10, **fields):
    product = catalog.cosmetic(remaining_days_min=remaining_days_min, **fields)
    expires = TODAY + timedelta(days=days_left + remaining_days_min)
    # Goods come in while they are fresh, whatever they have become since.
    long_ago = NOW - timedelta(days=400)
    return inventory.receive(
        product, quantity, lot=f"L{catalog.serial()}", expires=expires, now=long_ago,
        cost=Money("4.20", "EUR"),
    ).lot  # fmt: skip


def keys(lot):
    return sorted(Alert.objects.filter(payload__lot_id=lot.pk).values_list("key", flat=True))


def test_a_lot_at_a_threshold_is_alerted_once_in_a_sentence():
    lot = lot_with(28)

    first = services.raise_expiry_alerts(now=NOW)
    again = services.raise_expiry_alerts(now=NOW + timedelta(days=1))

    alert = Alert.objects.get()
    assert (first, again) == (1, 0)
    assert alert.key == f"expiry:{lot.pk}:30"
    assert alert.title == (f"{lot.variant.sku} lot {lot.code}: 30 days before the last day of sale")
    assert "10 each worth 42.00 EUR on hand" in alert.detail
    assert "28 days left" in alert.detail
    event = OutboxEvent.objects.get(type="lot.expiring")
    assert event.payload["days_left"] == 28


def test_the_minimum_of_the_product_moves_the_last_day_of_sale():
    lot = lot_with(20, remaining_days_min=60)

    services.raise_expiry_alerts(now=NOW)

    assert keys(lot) == [f"expiry:{lot.pk}:30"]


def test_a_more_urgent_alert_replaces_the_one_before():
    lot = lot_with(28)
    services.raise_expiry_alerts(now=NOW)

    services.raise_expiry_alerts(now=NOW + timedelta(days=25))

    assert keys(lot) == [f"expiry:{lot.pk}:30", f"expiry:{lot.pk}:7"]
    assert Alert.objects.get(key__endswith=":30").resolution.startswith("Replaced by a later")
    assert Alert.objects.get(key__endswith=":7").resolved_at is None


def test_a_category_may_alert_at_other_days():
    category = catalog.category("balms", expiry_alert_days=[120])
    early = lot_with(110, category_id=category.pk)
    usual = lot_with(110)

    services.raise_expiry_alerts(now=NOW)

    assert keys(early) == [f"expiry:{early.pk}:120"]
    assert keys(usual) == []


def test_the_alert_of_a_lot_that_is_gone_is_resolved():
    lot = lot_with(5)
    services.raise_expiry_alerts(now=NOW)
    stock.write_off_lots(lot_ids=[lot.pk], reason="past its time", now=NOW)

    services.raise_expiry_alerts(now=NOW + timedelta(hours=1))

    assert Alert.objects.get().resolution == "Nothing of it is left."


def test_sports_goods_are_never_alerted():
    inventory.receive(catalog.sports(), 10)

    assert services.raise_expiry_alerts(now=NOW) == 0


def test_what_expires_is_summed_by_week_and_unknown_cost_is_counted_apart():
    lot_with(-3)
    lot_with(2, quantity=1)
    product = catalog.cosmetic()
    inventory.receive(product, 5, lot="NOCOST", expires=TODAY + timedelta(days=9))

    weeks = value_by_week(today=TODAY)

    assert [(w.week, w.currency, w.value, w.without_cost) for w in weeks] == [
        (date(2026, 11, 23), "EUR", Decimal("46.20"), 0),
        (date(2026, 11, 30), "", Decimal(0), 1),
    ]


def test_the_sweep_asks_the_promises_on_stock_past_its_time_to_give_way():
    past, fresh = lot_with(-1), lot_with(3)
    levels = {lot.pk: lot.levels.get() for lot in (past, fresh)}
    for level in levels.values():
        stock.set_aside(quantities={level.pk: Decimal(2)})
    asked = []

    with claims.give_way.answered_by(lambda **call: asked.append(call["stock_level_ids"])):
        services.sweep(now=NOW)

    assert asked == [[levels[past.pk].pk]]


def test_the_sweep_resolves_the_alerts_of_lots_that_are_gone():
    gone, left = lot_with(5), lot_with(5)
    services.raise_expiry_alerts(now=NOW)
    stock.write_off_lots(lot_ids=[gone.pk], reason="past its time", now=NOW)

    services.sweep(now=NOW + timedelta(minutes=15))

    still_open = Alert.objects.filter(resolved_at=None)
    assert [alert.payload["lot_id"] for alert in still_open] == [left.pk]


def reader(name: str, *, may: bool = True) -> User:
    user = User.objects.create_user(name, f"{name}@example.org")
    if may:
        user.user_permissions.add(Permission.objects.get(codename="receive_expiry_digest"))
    return user


def test_the_digest_goes_once_a_day_to_those_with_the_right():
    reader("mia")
    reader("tom", may=False)
    lot = lot_with(5)
    services.raise_expiry_alerts(now=NOW)

    first = services.send_digest(now=NOW)
    again = services.send_digest(now=NOW + timedelta(hours=1))
    tomorrow = services.send_digest(now=NOW + timedelta(days=1))

    assert (first, again, tomorrow) == (1, 0, 1)
    assert [message.to for message in mail.outbox] == [["mia@example.org"]] * 2
    assert mail.outbox[0].subject == "Expiry on 24 November 2026: 1 lot to look at, 1 new"
    assert lot.code in mail.outbox[0].body
    assert "7 days before the last day of sale" in mail.outbox[0].body


def test_a_mail_server_that_is_down_does_not_count_as_sent(monkeypatch):
    reader("mia")
    lot_with(5)
    services.raise_expiry_alerts(now=NOW)

    def down(self):
        raise ConnectionRefusedError("no mail server")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", down)
        with pytest.raises(ConnectionRefusedError):
            services.send_digest(now=NOW)

    assert services.send_digest(now=NOW) == 1


def test_no_alerts_no_mail():
    reader("mia")

    assert services.send_digest(now=datetime(2026, 11, 24, tzinfo=UTC)) == 0
    assert mail.outbox == []
