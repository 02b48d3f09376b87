"""Who may log in to the demo: one user who may do everything, and one of each role."""

from collections.abc import Mapping

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from config.roles import sync_roles

PASSWORD = "demo"  # noqa: S105  (said on the login page's console; the embedded profile only)
BOSS = "demo"
ROLE_OF: Mapping[str, str] = {
    "merchandiser": "Merchandiser",
    "warehouse": "Warehouse",
    "compliance": "Compliance officer",
    "buyer": "Buyer",
    "auditor": "Auditor",
}


def create_users() -> dict[str, int]:
    """The demo users' keys by their names; those that exist stay as they are."""
    sync_roles()
    users = get_user_model().objects
    password = make_password(PASSWORD)  # one slow hash for all: it is no secret
    ids = {}
    for name in (BOSS, *ROLE_OF):
        user, is_new = users.get_or_create(
            username=name,
            defaults={
                "email": f"{name}@example.org",
                "password": password,
                "is_staff": True,
                "is_superuser": name == BOSS,
            },
        )
        if is_new and name in ROLE_OF:
            user.groups.add(Group.objects.get(name=ROLE_OF[name]))
        ids[name] = user.pk
    return ids
