"""Every page of the admin opens, for whoever may see it, and no list asks a query per row."""

import json
import os
import re
from html import unescape
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from compliance.assessments.selectors import waiting
from config.roles import ROLES

COUNTS = Path(__file__).parents[1] / "query_counts.json"
QUERIES_MAX = 12
SIGNED_IN_QUERIES = 2  # session and user

pytestmark = pytest.mark.django_db


def label(model) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


MODELS = sorted(admin.site._registry, key=label)


@pytest.fixture
def boss(client):
    user = User.objects.create_superuser("boss", password="x")
    client.force_login(user)
    return client


def test_no_page_is_missing_from_this_test():
    assert len(MODELS) >= 25


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_an_empty_list_opens(boss, model):
    response = boss.get(reverse(f"admin:{label(model)}_changelist"))

    assert response.status_code == 200
    told = getattr(admin.site._registry[model], "nothing_here", "")
    assert told in unescape(response.content.decode())


@pytest.mark.parametrize(
    "name",
    [
        "inventory_expiringlot",
        "inventory_recall",
        "inventory_shortline",
        "inventory_transferitem",
        "inventory_unnamedmovement",
        "kernel_alert",
    ],
)
def test_an_empty_list_of_what_nobody_waits_for_does_not_say_yet(boss, name):
    page = boss.get(reverse(f"admin:{name}_changelist")).content.decode()

    assert "yet." not in re.sub(r"<[^>]+>", " ", page)


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_the_form_to_add_opens_where_one_may_add(boss, model):
    model_admin = admin.site._registry[model]
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="boss")
    if not model_admin.has_add_permission(request):
        assert boss.get(reverse(f"admin:{label(model)}_add")).status_code == 403
        return

    response = boss.get(reverse(f"admin:{label(model)}_add"))

    assert response.status_code == 200


def test_today_opens_for_every_role_and_shows_what_it_may_see(client):
    for role in ROLES:
        user = User.objects.create_user(role, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)

        response = client.get(reverse("admin:index"))

        assert response.status_code == 200, role
        assert b"Stock value" in response.content, role


@pytest.mark.parametrize("role", ROLES)
def test_every_link_of_the_sidebar_works_for_those_who_see_it(client, role):
    user = User.objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    request = RequestFactory().get("/")
    request.user = user
    opened = []

    for group in admin.site.get_sidebar_list(request):
        for item in group["items"]:
            if item.get("has_permission", True):
                assert client.get(str(item["link"])).status_code == 200, item["title"]
                opened.append(item["title"])

    assert "Expiry board" in opened
    assert ("Users" in opened) == (role == "Auditor")


def test_lists_stay_within_their_number_of_queries(boss, demo_shop, monkeypatch):
    """`query_counts.json` holds the number for each list; UPDATE_QUERY_COUNTS=1 writes it anew."""
    # What the sidebar counts must not run out between a list's first look and the counted one.
    monkeypatch.setattr(waiting, "SECONDS", 3600)
    waiting.forget_waiting()
    counts = {}
    for model in MODELS:
        try:
            url = reverse(f"admin:{label(model)}_changelist")
        except NoReverseMatch:
            continue
        boss.get(url)  # content types and permissions are cached by now
        with CaptureQueriesContext(connection) as queries:
            response = boss.get(url)
        assert response.status_code == 200, url
        counts[label(model)] = len(queries) - SIGNED_IN_QUERIES
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        COUNTS.write_text(json.dumps(counts, indent=2, sort_keys=True) + "\n")

    known = json.loads(COUNTS.read_text())

    assert set(counts) == set(known)
    assert {name: n for name, n in counts.items() if n > known[name]} == {}
    assert {name: n for name, n in known.items() if n > QUERIES_MAX} == {}


IDLE_ZEROS = re.compile(r'value="-?[0-9]+\.[0-9]{2}[0-9]*0"')
TIME_WITHOUT_ZONE = re.compile(r"[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}, [0-9]{2}:[0-9]{2}(?! UTC)")
NAMED_BY_NUMBER = re.compile(r"object \([0-9]+\)|^[a-z ]+ [0-9]+$|^[0-9]+\b")


@pytest.fixture
def pages(boss, demo_shop):
    """Every list of the demo shop, and the page of the first of its rows, by their addresses."""
    found = {}
    for model in MODELS:
        model_admin = admin.site._registry[model]
        request = RequestFactory().get("/")
        request.user = User.objects.get(username="boss")
        urls = [reverse(f"admin:{label(model)}_changelist")]
        row = model_admin.get_queryset(request).order_by("pk").first()
        if row is not None:
            urls.append(reverse(f"admin:{label(model)}_change", args=[row.pk]))
        for url in urls:
            response = boss.get(url)
            assert response.status_code in (200, 302), url
            found[url] = unescape(response.content.decode())
    return found


def test_pages_write_numbers_and_times_as_people_do(pages):
    """`50` and not `50.0000` in a box; an instant with its zone, wherever it stands."""
    zeros = {url: IDLE_ZEROS.findall(page) for url, page in pages.items()}
    times = {url: TIME_WITHOUT_ZONE.findall(page) for url, page in pages.items()}

    assert {url: found for url, found in zeros.items() if found} == {}
    assert {url: found for url, found in times.items() if found} == {}


def test_rows_are_called_by_what_people_know_of_them(db, demo_shop):
    ours = ("kernel", "catalog", "inventory", "promotions")
    names = {
        label(model): str(row)
        for model in MODELS
        if model._meta.app_label in ours and (row := model._default_manager.first()) is not None
    }

    assert len(names) > 20
    assert {name: text for name, text in names.items() if NAMED_BY_NUMBER.search(text)} == {}
