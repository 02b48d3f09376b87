from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from config.kernel import clock
from config.kernel.context import bind
from inventory.lots.models import LotHold
from inventory.reservations import services as reserving
from inventory.reservations.models import Reservation
from inventory.returns.models import ReturnAuthorization, ReturnItem, ReturnLine
from inventory.stock import display
from inventory.stock import services as stock
from inventory.stock.models import StockLevel
from tests.factories import catalog, inventory, people, reservations
from tests.factories import returns as make

pytestmark = pytest.mark.django_db
START = "/admin/inventory/returnauthorization/start/"


@pytest.fixture
def boss(client):
    client.force_login(get_user_model().objects.create_superuser("boss"))
    return client


@pytest.fixture
def order(cream):
    inventory.receive(cream, 10, lot="L1", expires="2099-01-31")
    return make.sold(cream, 4)


def page(found, action="change"):
    return f"/admin/inventory/returnauthorization/{found.pk}/{action}/"


def text(response):
    return response.content.decode()


def test_an_order_is_looked_up_and_some_of_it_comes_back(boss, order, cream):
    shown = text(boss.get(START, {"order": "W-1"}))
    assert "COS-CREAM-50" in shown
    assert "4 each" in shown

    prefix = f"sold-{cream.pk}-"
    response = boss.post(
        START,
        {"order": "W-1", f"{prefix}quantity": "2", f"{prefix}reason": "damaged"},
        follow=True,
    )

    line = ReturnLine.objects.get()
    assert (line.quantity, line.reason, line.lot.code) == (2, "damaged", "L1")
    assert response.redirect_chain[-1][0] == page(line.authorization)
    assert "is authorised" in text(response)


def test_says_what_cannot_come_back_and_authorises_nothing(boss, order, cream, ball):
    prefix = f"sold-{cream.pk}-"

    too_many = boss.post(START, {"order": "W-1", f"{prefix}quantity": "5"})
    nothing = boss.post(START, {"order": "W-1"})
    no_replacement = boss.post(
        START, {"order": "W-1", f"{prefix}quantity": "1", f"{prefix}exchange_for": "SE-BALL-5"}
    )

    assert "can still come back, 5 asked" in text(too_many)
    assert "Say how much" in text(nothing)
    assert "SE-BALL-5: 0 of 1 are free" in text(no_replacement)
    assert ReturnAuthorization.objects.count() == 0


def test_an_order_that_is_back_already_has_nothing_to_choose(boss, order, cream):
    make.authorised(make.asked(cream, 4))

    shown = text(boss.get(START, {"order": "W-1"}))

    assert "Nothing of this order can come back any more." in shown
    assert "COS-CREAM-50" not in shown


def test_an_unknown_order_needs_a_reason_and_the_right(boss, client, order, germany):
    fields = {
        "order": "M-77",
        "blind-market": germany.pk,
        "blind-reason": "other",
        "blind-goods": "COS-CREAM-50 2",
    }
    assert "This field is required" in text(boss.post(START, fields))
    boss.post(START, {**fields, "blind-why": "Sold on a marketplace"})
    found = ReturnAuthorization.objects.get()
    assert (found.is_blind, found.blind_reason) == (True, "Sold on a marketplace")

    client.force_login(people.staff(role="Warehouse"))
    client.post(START, {**fields, "order": "M-78", "blind-why": "Me too"})
    assert "needs another role" in text(client.get(START, {"order": "M-78"}))
    assert ReturnAuthorization.objects.count() == 1


def test_receives_and_inspects_on_the_bench(boss, order, cream, berlin):
    found = make.authorised(make.asked(cream, 3, note="box dented"))
    line = found.lines.get()
    response = boss.post(
        page(found, "receive"),
        {"warehouse": berlin.pk, f"line-{line.pk}-quantity": "3", f"line-{line.pk}-lot": ""},
        follow=True,
    )
    assert "is received" in text(response)
    item = ReturnItem.objects.get()

    bench = text(boss.get(page(found, "inspect"), {"scan": "L1"}))
    assert "box dented" in bench
    assert "It can go back on sale if it is sealed." in bench
    prefix = f"item-{item.pk}-"
    refused = boss.post(page(found, "inspect"), {f"{prefix}restock": "1", f"{prefix}sealed": "no"})
    assert "It is not sealed any more." in text(refused)
    response = boss.post(
        page(found, "inspect"),
        {
            f"{prefix}restock": "2",
            f"{prefix}scrap": "1",
            f"{prefix}sealed": "yes",
            f"{prefix}location": "a-1",
            f"{prefix}condition": "as new",
        },
        follow=True,
    )

    assert response.redirect_chain[-1][0] == page(found)
    assert make.lying(cream) == {("L1", "DOCK"): 6, ("L1", "A-1"): 2}
    told = text(response)
    assert "sealed, as new" in told
    assert "Back on sale" in told


def test_the_bench_says_beforehand_what_cannot_go_back_on_sale(boss, order, cream):
    found = make.received(make.authorised(make.asked(cream, 1)))
    inventory.stock.place_hold(
        lot_id=found.lines.get().lot_id, reason="recall", note="glass", now=make.NOW, user_id=None
    )

    assert "Its lot is recalled." in text(boss.get(page(found, "inspect")))
    assert "Nothing of ours" in text(boss.get(page(found, "inspect"), {"scan": "SE-NO-1"}))


def test_a_replacement_is_sent_from_the_bench(boss, order, cream, ball):
    inventory.receive(ball, 1)
    found = make.received(make.authorised(make.asked(cream, 1, exchange_for="SE-BALL-5")))
    line, item = found.lines.get(), ReturnItem.objects.get()

    boss.post(
        page(found, "inspect"),
        {f"item-{item.pk}-scrap": "1", f"exchange-{line.pk}-decision": "approved"},
    )

    line.refresh_from_db()
    assert line.is_exchange_approved
    assert line.exchange_reservation.status == "committed"


@pytest.fixture
def exchange(order, cream, ball):
    """A cream that comes back for a ball, of which there is one."""
    inventory.receive(ball, 1)
    return make.authorised(make.asked(cream, 1, exchange_for="SE-BALL-5"), now=clock.now())


def test_shows_who_holds_a_replacement_until_when_and_what_happens_then(boss, exchange):
    response = boss.get(page(exchange))

    held = exchange.lines.get().exchange_reservation
    (row,) = response.context["replacements_table"]["rows"]
    _, _, quantity, holder, until, status, follows = row
    assert (quantity, holder) == ("1 each", "us")
    assert display.instant(held.expires_at) in until
    assert f"/admin/inventory/reservation/{held.pk}/change/" in until
    assert "Held" in status
    assert follows.startswith(f"Held until {display.instant(held.expires_at)}, and for longer")
    assert follows in text(response)
    make.received(exchange)
    assert follows in text(boss.get(page(exchange, "inspect")))


def test_names_the_client_a_replacement_is_held_for(boss, cream, ball):
    shop = reservations.client()
    inventory.receive(cream, 1, lot="L1", expires="2099-01-31")
    inventory.receive(ball, 1)
    make.sold(cream, 1, client_id=shop.pk)
    found = make.authorised(make.asked(cream, 1, exchange_for="SE-BALL-5"), client_id=shop.pk)

    assert shop.name in text(boss.get(page(found)))


@pytest.mark.parametrize("where", ["change", "inspect"])
def test_a_replacement_that_is_taken_away_is_not_called_held(boss, exchange, ball, where):
    make.received(exchange)
    level = StockLevel.objects.get(variant=ball)
    stock.write_off(stock_level_id=level.pk, quantity=1, reason="burst", now=clock.now())

    shown = text(boss.get(page(exchange, where)))

    assert "Some of it was taken away and is not back" in shown
    assert "and for longer while the return is open" not in shown


@pytest.mark.parametrize("is_swept", [False, True])
@pytest.mark.parametrize("where", ["change", "inspect"])
def test_a_replacement_whose_time_ran_out_is_not_called_held(boss, exchange, where, is_swept):
    make.received(exchange)
    held = Reservation.objects.get(pk=exchange.lines.get().exchange_reservation_id)
    held.expires_at = clock.now() - timedelta(minutes=1)
    held.save()
    if is_swept:
        reserving.release_expired(now=clock.now())

    shown = text(boss.get(page(exchange, where)))

    assert f"Its time ran out on {display.instant(held.expires_at)}." in shown
    assert "that is tried every hour while the return is open" in shown
    assert "and for longer while the return is open" not in shown


def test_a_replacement_that_somebody_released_says_who_and_why(boss, exchange):
    held = exchange.lines.get().exchange_reservation
    with bind(actor_name="Ada"):
        reserving.release(reservation_id=held.pk, reason="Wrong ball.", now=clock.now())

    shown = text(boss.get(page(exchange)))

    assert "by Ada. Wrong ball. Nothing is held any more: it can only be refused." in shown


def test_a_replacement_that_is_decided_says_so(boss, exchange):
    make.received(exchange)
    make.inspected(exchange, make.verdict("scrap"), exchanges={1: True}, now=clock.now())

    shown = text(boss.get(page(exchange)))

    assert "order W-1." in shown
    assert "and for longer while the return is open" not in shown


def test_refurbished_goods_get_a_sku_of_their_own_on_the_bench(boss, ball, germany):
    outlet = catalog.variant(catalog.sports(sku="SE-BALL-5-R", name="Ball, as good as new"))
    inventory.receive(ball, 3)
    make.sold(ball, 3)
    found = make.received(make.authorised(make.asked(ball, 3)))
    prefix = f"item-{ReturnItem.objects.get().pk}-"

    unknown = boss.post(
        page(found, "inspect"),
        {f"{prefix}refurbish": "1", f"{prefix}refurbish_into": "SE-NO-1"},
    )
    same = boss.post(
        page(found, "inspect"), {f"{prefix}refurbish": "1", f"{prefix}for_sale": "yes"}
    )
    assert "There is no SKU SE-NO-1." in text(unknown)
    assert "name a SKU of its own" in text(same)
    assert make.lying(outlet) == {}
    boss.post(
        page(found, "inspect"),
        {
            f"{prefix}refurbish": "1",
            f"{prefix}restock": "1",
            f"{prefix}refurbish_into": "se-ball-5-r",
            f"{prefix}for_sale": "yes",
        },
    )

    assert list(make.lying(outlet).values()) == [1]
    assert LotHold.objects.count() == 0
    assert "Ball, as good as new" in text(boss.get(page(found)))
    assert '<option value="SE-BALL-5-R">' in text(boss.get(page(found, "inspect")))


@pytest.mark.parametrize(("action", "status"), [("cancel", "cancelled"), ("close", "closed")])
def test_ends_with_a_reason(boss, order, cream, action, status):
    found = make.authorised(make.asked(cream, 1))
    if action == "close":
        make.inspected(make.received(found), make.verdict("scrap"))
    url = page(found, action)
    assert boss.get(url).status_code == 200

    boss.post(url, {"reason": "agreed", "_confirm": "yes"})

    found.refresh_from_db()
    assert found.status == status
    assert found.changes.order_by("-pk").first().detail == "agreed"


def test_only_those_who_may_open_the_pages(client, order, cream):
    found = make.authorised(make.asked(cream, 1))
    client.force_login(people.staff(role="Auditor"))

    assert client.get(page(found)).status_code == 200
    for url in (START, page(found, "receive"), page(found, "inspect")):
        assert client.get(url).status_code == 403


def test_pages_take_few_queries_at_any_size(boss, cream, django_assert_max_num_queries):
    inventory.receive(cream, 100, lot="L1", expires="2099-01-31")
    for number in range(20):
        make.sold(cream, 2, order=f"W-{number}")
        make.received(make.authorised(*[make.asked(cream, 1)] * 2, order=f"W-{number}"))
    found = ReturnAuthorization.objects.first()

    with django_assert_max_num_queries(12):
        boss.get("/admin/inventory/returnauthorization/")
    for action in ("change", "receive", "inspect"):
        with django_assert_max_num_queries(20):
            boss.get(page(found, action))
