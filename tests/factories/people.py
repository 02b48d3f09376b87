"""Who uses the admin in a test."""

from django.contrib.auth.models import Group, Permission, User

from tests.factories.catalog import serial


def staff(*permissions: str, role: str = "") -> User:
    """A user of the admin with exactly these permissions, or those of a role."""
    user = User.objects.create_user(f"user-{serial()}", is_staff=True)
    if role:
        user.groups.add(Group.objects.get(name=role))
    for name in permissions:
        app, _, codename = name.partition(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    return user
