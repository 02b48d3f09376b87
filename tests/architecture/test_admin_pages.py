"""Every page of the admin opens, for whoever may see it, and no list asks a query per row."""

import json
import os
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

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


def test_lists_stay_within_their_number_of_queries(boss, demo_shop):
    """`query_counts.json` holds the number for each list; UPDATE_QUERY_COUNTS=1 writes it anew."""
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
