import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from catalog.models import Market, Partner, Product
from config.demo import build
from config.demo.build import load
from config.demo.loading.goods import Shop
from inventory.models import StockLevel, Warehouse
from tests.factories import catalog
from tests.factories.inventory import NOW

pytestmark = pytest.mark.django_db


class Interrupted(Exception):
    pass


def interrupt(*args, **kwargs):
    raise Interrupted


def test_a_load_that_is_interrupted_leaves_the_shop_empty_for_the_next(monkeypatch):
    monkeypatch.setattr(Shop, "live", interrupt)

    with pytest.raises(Interrupted):
        load(now=NOW)

    for model in (Product, Partner, Market, Warehouse, StockLevel, get_user_model()):
        assert not model.objects.exists(), model


def test_no_demo_users_outside_the_embedded_profile(monkeypatch, settings):
    settings.EMBEDDED = False
    monkeypatch.setattr(build, "create_catalogue", interrupt)
    made = []
    monkeypatch.setattr(build, "create_users", lambda: made.append("users") or {})

    with pytest.raises(Interrupted):
        load(now=NOW)

    assert made == []


def test_a_shop_that_has_products_stays_as_it_is(capsys):
    catalog.sports(sku="SE-BALL-5")

    call_command("load_demo")

    assert "The shop has products" in capsys.readouterr().out
    assert Product.objects.count() == 1
    assert not get_user_model().objects.exists()
