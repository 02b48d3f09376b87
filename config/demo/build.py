"""`load`: an empty shop becomes the demo shop, or stays as it is."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime

from django.apps import apps
from django.conf import settings
from django.db import transaction

from config.demo.loading.arrivals import let_things_change, take_in
from config.demo.loading.bundles import create_bundles
from config.demo.loading.catalogue import add_case_barcodes, create_catalogue
from config.demo.loading.clearances import judge_products, load_law
from config.demo.loading.files import announce_deliveries, import_dirty_list, import_price_lists
from config.demo.loading.goods import Shop
from config.demo.loading.moves import add_watch, send_transfers
from config.demo.loading.returns import take_back
from config.demo.loading.sites import add_partners, open_sites
from config.demo.loading.users import BOSS, create_users
from config.kernel.context import bind
from config.kernel.locks import advisory_lock
from inventory.expiry.selectors import latest_today
from inventory.expiry.services import raise_expiry_alerts


def load(*, now: datetime, say: Callable[[str], object] = lambda _: None) -> bool:
    """Make the demo shop, or nothing where the shop has products; whether it was made.

    All of it in one transaction: a load that is interrupted leaves the shop as empty as it was.
    Demo users are made in the embedded profile only.
    """
    with transaction.atomic():
        advisory_lock("config.demo")
        if apps.get_model("catalog", "Product").objects.exists():
            return False
        say("  users, partners, markets and warehouses")
        users = create_users() if settings.EMBEDDED else {}
        with _acting(users, BOSS):
            partners = add_partners()
            sites = open_sites(partners)
        with _acting(users, "merchandiser"):
            say("  products and prices")
            variants = create_catalogue(partners)
            add_case_barcodes(variants)
            import_price_lists(partners, now=now, user_id=users.get("merchandiser"))
            create_bundles(variants)
        with _acting(users, "compliance"):
            say("  rules for cosmetics, papers and clearances")
            load_law(now=now)
            judge_products(variants, now=now)
        day = latest_today(now)
        shop = Shop(
            day=day,
            variants=variants,
            sites=sites,
            partners=partners,
            user_id=users.get("warehouse"),
        )
        with _acting(users, "warehouse"):
            say("  a year of deliveries and sales")
            shop.live()
            shop.keep_carts(now=now)
            add_watch(sites, partners, now=now)
            send_transfers(variants, sites, now=now)
            take_back(variants, sites, now=now)
        with _acting(users, "buyer"):
            say("  what suppliers have sent, and alerts")
            buyer_id = users.get("buyer")
            import_dirty_list(partners, now=now, user_id=buyer_id)
            announce_deliveries(partners, variants, sites, day=day, now=now, user_id=buyer_id)
        with _acting(users, "merchandiser"):
            say("  arrivals that wait for compliance")
            arrived = take_in(sites, partners, now=now)
        with _acting(users, "compliance"):
            let_things_change({**variants, **arrived}, now=now, user_id=users.get("compliance"))
        raise_expiry_alerts(now=now)
    return True


def _acting(users: Mapping[str, int], name: str) -> AbstractContextManager[None]:
    """Act as a demo user, where there are any."""
    if name in users:
        return bind(actor_id=users[name], actor_name=name)
    return bind(actor_name="demo data")
