import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from catalog.models import Brand
from config.kernel import alerts, clients, context
from config.kernel.admin import (
    BackroomAdmin,
    LedgerAdmin,
    ReasonActionMixin,
    ReasonForm,
    reason_action,
)
from config.kernel.alerts import Alert
from config.kernel.clients import ApiClient, ApiToken
from config.kernel.errors import DomainError
from config.kernel.history import change_reason
from config.kernel.outbox import OutboxEvent

pytestmark = pytest.mark.django_db

ALERTS = "/admin/kernel/alert/"


@pytest.fixture
def boss() -> User:
    return User.objects.create_superuser(username="boss", password="boss")


@pytest.fixture
def browser(boss) -> Client:
    client = Client()
    client.force_login(boss)
    return client


def browser_of(username: str, *permissions: str) -> Client:
    user = User.objects.create_user(username=username, is_staff=True)
    for name in permissions:
        app_label, codename = name.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app_label, codename=codename)
        )
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def three_alerts(now):
    drafts = [
        alerts.AlertDraft(
            kind="lot.expiring", key=f"k{n}", severity="warning", title=f"=Lot {n}", url="/x"
        )
        for n in range(3)
    ]
    return alerts.raise_alerts(drafts, now=now)


def told(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def chosen(rows) -> dict[str, Any]:
    return {"_selected_action": [row.pk for row in rows]}


@pytest.mark.parametrize("name", ["alert", "outboxevent", "apiclient", "apitoken"])
def test_every_list_opens_with_few_queries(browser, now, name, django_assert_max_num_queries):
    for number in range(20):
        clients.create_client(name=f"c{number}", scopes=["stock:read"], now=now)
        OutboxEvent.objects.create(type="a", occurred_at=now)
    alerts.raise_alerts(
        [alerts.AlertDraft(kind="k", key=f"k{n}", severity="info", title="t") for n in range(20)],
        now=now,
    )

    with django_assert_max_num_queries(12):
        response = browser.get(f"/admin/kernel/{name}/")

    assert response.status_code == 200


# The work list


def test_work_list_shows_open_alerts(browser, three_alerts, now):
    alerts.resolve_alert(alert_id=three_alerts[0].pk, resolution="Done.", user_id=None, now=now)

    def titles(query):
        return {alert.title for alert in browser.get(ALERTS + query).context["cl"].result_list}

    assert titles("") == {"=Lot 1", "=Lot 2"}
    assert titles("?state=resolved") == {"=Lot 0"}
    assert len(titles("?state=all")) == 3


def test_work_list_begins_with_what_is_most_urgent(browser, now):
    for severity in ("info", "critical", "warning"):
        alerts.raise_alert(kind="lot-expiring", key=severity, severity=severity, title="t", now=now)

    page = browser.get(ALERTS)

    shown = [alert.severity for alert in page.context["cl"].result_list]
    assert shown == ["critical", "warning", "info"]
    assert "Lot expiring" in page.content.decode()


def test_work_list_shows_what_one_may_act_on(now):
    alerts.raise_alert(kind="k", key="all", severity="info", title="For all", now=now)
    alerts.raise_alert(
        kind="k", key="some", severity="info", title="Mine", permission="kernel.view_alert", now=now
    )
    alerts.raise_alert(
        kind="k", key="other", severity="info", title="No", permission="auth.add_user", now=now
    )

    response = browser_of("ann", "kernel.view_alert", "kernel.resolve_alert").get(ALERTS)

    assert {a.title for a in response.context["cl"].result_list} == {"For all", "Mine"}


def test_work_list_shows_everything_to_one_who_only_looks(now):
    alerts.raise_alert(
        kind="k", key="other", severity="info", title="No", permission="auth.add_user", now=now
    )

    response = browser_of("auditor", "kernel.view_alert").get(ALERTS)

    assert [a.title for a in response.context["cl"].result_list] == ["No"]


def test_resolving_asks_first_and_changes_nothing(browser, three_alerts):
    response = browser.post(ALERTS, {"action": "resolve", **chosen(three_alerts[:2])})

    page = response.content.decode()
    assert response.status_code == 200
    assert "=Lot 0" in page
    assert "=Lot 2" not in page
    assert 'name="reason"' in page
    assert alerts.open_alerts().count() == 3


def test_resolves_with_a_reason(browser, boss, three_alerts):
    response = browser.post(
        ALERTS,
        {
            "action": "resolve",
            "_confirm": "yes",
            "reason": "Counted, all there.",
            **chosen(three_alerts[:2]),
        },
    )

    assert response.status_code == 302
    assert told(response) == ["2 resolved."]
    resolved = Alert.objects.exclude(resolved_at=None)
    assert {(a.resolution, a.resolved_by) for a in resolved} == {("Counted, all there.", boss)}
    assert resolved.count() == 2


def test_asks_again_without_a_reason(browser, three_alerts):
    response = browser.post(
        ALERTS, {"action": "resolve", "_confirm": "yes", "reason": " ", **chosen(three_alerts)}
    )

    assert "This field is required" in response.content.decode()
    assert alerts.open_alerts().count() == 3


def test_changes_nothing_when_a_chosen_row_left_the_list(browser, three_alerts, now):
    alerts.resolve_alert(alert_id=three_alerts[0].pk, resolution="Done.", user_id=None, now=now)

    response = browser.post(
        ALERTS, {"action": "resolve", "_confirm": "yes", "reason": "x", **chosen(three_alerts)}
    )

    assert "1 of the chosen rows left this list" in told(response)[0]
    assert alerts.open_alerts().count() == 2


def test_keeps_the_action_from_those_without_the_right(three_alerts):
    browser = browser_of("ann", "kernel.view_alert")

    browser.post(
        ALERTS, {"action": "resolve", "_confirm": "yes", "reason": "x", **chosen(three_alerts)}
    )

    assert "resolve" not in browser.get(ALERTS).content.decode().split("<select")[-1]
    assert alerts.open_alerts().count() == 3


def test_nobody_types_an_alert_or_an_event(browser, three_alerts):
    assert browser.get(f"{ALERTS}add/").status_code == 403
    assert browser.get("/admin/kernel/outboxevent/add/").status_code == 403
    assert browser.post(f"{ALERTS}{three_alerts[0].pk}/delete/", {"post": "yes"}).status_code == 403
    assert browser.get(f"{ALERTS}{three_alerts[0].pk}/change/").status_code == 200


def test_a_page_without_a_history_shows_the_log(browser, three_alerts):
    response = browser.get(f"{ALERTS}{three_alerts[0].pk}/history/")

    assert response.status_code == 200


# Clients and tokens


def test_a_new_client_shows_its_token_once(browser):
    response = browser.post(
        "/admin/kernel/apiclient/add/",
        {
            "name": "pos",
            "scopes": ["stock:read"],
            "rate_limit_per_minute": "100",
            "is_active": "on",
            "tokens-TOTAL_FORMS": "0",
            "tokens-INITIAL_FORMS": "0",
        },
    )

    assert response.status_code == 302, response.context["adminform"].form.errors
    client = ApiClient.objects.get()
    token = next(text for text in told(response) if "shown this once" in text).split(": ")[1]
    assert client.scopes == ["stock:read"]
    assert clients.authenticate(token, ApiToken.objects.get().created_at) == client
    page = browser.get(f"/admin/kernel/apiclient/{client.pk}/change/").content.decode()
    assert token in page
    assert token not in browser.get(f"/admin/kernel/apiclient/{client.pk}/change/").content.decode()


def test_refuses_a_scope_that_does_not_exist(browser):
    response = browser.post(
        "/admin/kernel/apiclient/add/",
        {
            "name": "pos",
            "scopes": ["stock:eat"],
            "rate_limit_per_minute": "1",
            "tokens-TOTAL_FORMS": "0",
            "tokens-INITIAL_FORMS": "0",
        },
    )

    assert response.status_code == 200
    assert ApiClient.objects.count() == 0


def test_gives_a_client_another_token(browser, api_client):
    url = f"/admin/kernel/apiclient/{api_client.pk}/new-token/"

    assert browser.get(url).status_code == 200
    response = browser.post(url, {"_confirm": "yes", "days": "30"})

    assert response.url == f"/admin/kernel/apiclient/{api_client.pk}/change/"
    newest = ApiToken.objects.order_by("-pk")[0]
    assert newest.expires_at - newest.created_at == timedelta(days=30)
    assert ApiToken.objects.count() == 2


def test_revokes_a_token(browser, api_client):
    token = ApiToken.objects.get()

    browser.post(
        "/admin/kernel/apitoken/",
        {"action": "revoke", "_confirm": "yes", "reason": "Leaked.", **chosen([token])},
    )

    token.refresh_from_db()
    assert token.revoked_at is not None


# The export


def test_exports_the_filtered_list_with_texts_made_harmless(browser, three_alerts, now):
    alerts.resolve_alert(alert_id=three_alerts[0].pk, resolution="Done.", user_id=None, now=now)

    response = browser.get(f"{ALERTS}export/csv/?q=Lot")

    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert response["Content-Disposition"] == 'attachment; filename="alerts.csv"'
    assert [(row["Title"], row["Severity"]) for row in rows] == [
        ("'=Lot 2", "Warning"),
        ("'=Lot 1", "Warning"),
    ]


def test_exports_xlsx(browser, three_alerts):
    response = browser.get(f"{ALERTS}export/xlsx/?state=all")

    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    response.close()
    assert book.active.max_row == 4
    assert book.active["B2"].value == "'=Lot 2"


def test_exports_without_a_query_for_each_row(browser, now, django_assert_max_num_queries):
    client, _ = clients.create_client(name="c", scopes=["stock:read"], now=now)
    for _ in range(60):
        clients.create_token(client_id=client.pk, now=now)

    with django_assert_max_num_queries(8):
        response = browser.get("/admin/kernel/apitoken/export/csv/")
        rows = b"".join(response.streaming_content).decode().splitlines()

    assert len(rows) == 62


def test_refuses_an_export_that_is_too_long(browser, three_alerts, monkeypatch):
    monkeypatch.setattr("config.kernel.admin.base.EXPORT_ROWS_MAX", 2)

    response = browser.get(f"{ALERTS}export/csv/?q=Lot")

    assert response.url == f"{ALERTS}?q=Lot"
    assert "more than 2 rows" in told(response)[0]


def test_refuses_an_export_to_those_who_may_not_look(three_alerts):
    assert browser_of("ann").get(f"{ALERTS}export/csv/").status_code == 403


def test_exports_in_no_other_format(browser):
    assert browser.get(f"{ALERTS}export/exe/").status_code == 404


def test_shows_the_export_on_the_list(browser, three_alerts):
    page = browser.get(f"{ALERTS}?q=Lot").content.decode()

    assert f"{ALERTS}export/csv/?q=Lot" in page
    assert f"{ALERTS}export/xlsx/?q=Lot" in page


# Actions with more to ask


class TooMany(DomainError):
    code = "too-many"


class RenameForm(ReasonForm):
    suffix = forms.CharField()


class BrandAdmin(ReasonActionMixin, BackroomAdmin):
    list_display = ["name"]
    actions = ["rename"]

    def preview_rename(self, request, queryset):
        return ["Brand", "Owner"], [[brand.name, brand.owner] for brand in queryset]

    @reason_action(
        description="Rename",
        permission="catalog.change_brand",
        form_class=RenameForm,
        preview="preview_rename",
        danger=True,
        note="This cannot be undone.",
    )
    def rename(self, request, queryset, data):
        for brand in queryset:
            brand.name += data["suffix"]
            brand.save()
        if data["reason"] == "refuse":
            raise TooMany("Too many brands.")
        return "Renamed."


@pytest.fixture
def rename(rf, boss):
    """Posts the action to an admin page of its own; the answer and what it told."""

    def post(**data):
        site = AdminSite()
        site.register(Brand, BrandAdmin)
        request = rf.post("/admin/catalog/brand/", {"action": "rename", **data})
        request.user, request.session = boss, {}
        request._messages = FallbackStorage(request)
        page = BrandAdmin(Brand, site)
        response = page.rename(request, Brand.objects.order_by("pk"))
        return response, [str(message) for message in request._messages]

    return post


def test_shows_the_preview_that_the_action_supplies(rename):
    Brand.objects.create(name="Calm")

    response, _ = rename()

    page = response.render().content.decode()
    assert response.context_data["preview"] == {
        "headers": ["Brand", "Owner"],
        "rows": [["Calm", ""]],
    }
    assert "This cannot be undone." in page
    assert 'name="suffix"' in page


def test_tells_a_refusal_and_rolls_back(rename):
    brand = Brand.objects.create(name="Calm")

    response, messages = rename(
        _confirm="yes", reason="refuse", suffix="!", _selected_action=[brand.pk]
    )

    assert response.context_data["form"].non_field_errors() == ["Too many brands."]
    assert "Too many brands." in response.render().content.decode()
    assert messages == []
    assert Brand.objects.get().name == "Calm"


def test_refuses_more_rows_than_one_can_look_through(rename, monkeypatch):
    monkeypatch.setattr("config.kernel.admin.actions.ACTION_ROWS_MAX", 1)
    Brand.objects.create(name="A")
    Brand.objects.create(name="B")

    response, messages = rename()

    assert response.status_code == 302
    assert messages == ["2 rows are chosen; at most 1 at a time."]


def test_ledgers_are_only_looked_at(rf, boss):
    page = LedgerAdmin(Alert, admin.site)
    request = rf.get("/")
    request.user = boss

    assert page.has_view_permission(request)
    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)


def test_every_page_of_the_kernel_has_an_address():
    assert reverse("admin:kernel_alert_export", args=["csv"]) == f"{ALERTS}export/csv/"


def test_a_history_names_who_changed_what_and_why(browser, boss):
    brand = Brand.objects.create(name="Calm")
    with context.bind(actor_name="api:shop"), change_reason("New owner"):
        brand.name = "Calmer"
        brand.save()

    page = browser.get(f"/admin/catalog/brand/{brand.pk}/history/").content.decode()

    assert "New owner" in page
    assert "api:shop" in page
    assert "Calmer" in page


def test_events_are_filtered_by_the_types_there_are(browser):
    page = browser.get("/admin/kernel/outboxevent/?type=stock.changed")

    assert page.status_code == 200
    assert "?type=lot.held" in page.content.decode()


def test_events_are_found_by_number_and_the_newest_by_what_they_are_about(browser, monkeypatch):
    monkeypatch.setattr("config.kernel.admin.registrations.EVENTS_SEARCHED", 3)
    now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    made = [
        OutboxEvent.objects.create(type=type_, subject=subject, actor="anna", occurred_at=now)
        for type_, subject in [("a", "COS-1"), ("b", "COS-2"), ("a", "COS-1"), ("b", "COS-1")]
    ]
    by_number = browser.get("/admin/kernel/outboxevent/", {"q": made[0].pk})
    by_subject = browser.get("/admin/kernel/outboxevent/", {"q": "cos-1"})
    by_person = browser.get("/admin/kernel/outboxevent/", {"q": "anna"})

    assert [event.pk for event in by_number.context["cl"].result_list] == [made[0].pk]
    assert [event.pk for event in by_subject.context["cl"].result_list] == [
        made[3].pk,
        made[2].pk,
    ]
    assert len(by_person.context["cl"].result_list) == 3
