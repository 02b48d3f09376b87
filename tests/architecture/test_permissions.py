"""Every button, endpoint and role names permissions and scopes that exist."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.urls import URLPattern, URLResolver, get_resolver

from config.kernel.clients import SCOPES
from config.roles import ROLES, permissions_missing

OPEN_ENDPOINTS = {"api/v1/schema", "api/v1/docs"}


@pytest.fixture
def known(db):
    rows = Permission.objects.values_list("content_type__app_label", "codename")
    return [f"{app}.{codename}" for app, codename in rows]


def test_roles_name_only_permissions_that_exist(known):
    assert permissions_missing(known) == []


def test_after_migrate_every_role_is_a_group_with_exactly_its_permissions(db):
    groups = {group.name: group for group in Group.objects.prefetch_related("permissions")}

    assert set(ROLES) <= set(groups)
    for role, names in ROLES.items():
        rows = groups[role].permissions.values_list("content_type__app_label", "codename")
        assert {f"{app}.{codename}" for app, codename in rows} == set(names), role


def test_an_auditor_may_look_and_change_nothing():
    verbs = {name.partition(".")[2].partition("_")[0] for name in ROLES["Auditor"]}

    assert verbs == {"view"}


def test_admin_actions_name_permissions_that_exist(known):
    wrong = []
    for model_admin in admin.site._registry.values():
        names = [
            *(model_admin.actions or []),
            *getattr(model_admin, "actions_detail", []),
            *getattr(model_admin, "actions_list", []),
            *getattr(model_admin, "actions_row", []),
        ]
        for name in (name for name in names if isinstance(name, str)):
            action = getattr(model_admin, name, None)
            wrong += [
                f"{type(model_admin).__name__}.{name}: {permission}"
                for permission in getattr(action, "allowed_permissions", [])
                if "." in permission and permission not in known
            ]

    assert wrong == []


def endpoints(
    patterns: list[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from endpoints(pattern.url_patterns, path)
        elif path.startswith("api/v1/"):
            yield path, pattern


def scopes_of(view: type) -> set[str]:
    required = getattr(view, "required_scopes", None)
    scope = getattr(view, "scope", None)
    named = set(required.values()) if required else set()
    return named | ({scope} if scope else set())


def test_every_endpoint_asks_for_a_scope_that_exists():
    seen, wrong = 0, []
    for path, pattern in endpoints(get_resolver().url_patterns):
        if path in OPEN_ENDPOINTS:
            continue
        view = getattr(pattern.callback, "cls", None) or getattr(
            pattern.callback, "view_class", None
        )
        seen += 1
        scopes = scopes_of(view) if view else set()
        if not scopes or not scopes <= set(SCOPES):
            wrong.append(f"{path}: {scopes or 'none'}")

    assert seen >= 6
    assert wrong == []
