"""Users, roles and the schedule in the look of the admin; what nobody works with is taken out."""

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django_celery_beat import models as beat
from django_celery_beat.admin import PeriodicTaskAdmin as BeatPeriodicTaskAdmin
from django_celery_beat.admin import PeriodicTaskForm as BeatPeriodicTaskForm
from django_celery_beat.admin import TaskSelectWidget
from django_celery_results.models import GroupResult, TaskResult
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from config.kernel.admin import LedgerAdmin

for model in (
    User,
    Group,
    beat.PeriodicTask,
    beat.IntervalSchedule,
    beat.CrontabSchedule,
    beat.SolarSchedule,
    beat.ClockedSchedule,
    GroupResult,
    TaskResult,
    AccessAttempt,
    AccessFailureLog,
    AccessLog,
):
    admin.site.unregister(model)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """People who work here."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "first_name", "last_name", "email", "roles", "is_active"]
    list_filter = ["is_active", "is_superuser", "groups"]
    ordering = ["username"]

    def get_queryset(self, request: HttpRequest):  # type: ignore[no-untyped-def]
        """With their roles, read at once."""
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="Roles")
    def roles(self, user: User) -> str:
        """The names of their roles."""
        if user.is_superuser:
            return "Everything"
        return ", ".join(sorted(group.name for group in user.groups.all()))


@admin.register(Group)
class RoleAdmin(DjangoGroupAdmin, ModelAdmin):
    """Roles; `config/roles.py` writes those of the product after each migration."""

    ordering = ["name"]


class UnfoldTaskSelectWidget(UnfoldAdminSelectWidget, TaskSelectWidget):
    """The list of known tasks in the look of the admin."""


class PeriodicTaskForm(BeatPeriodicTaskForm):
    """The form of a scheduled task in the look of the admin."""

    def __init__(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = UnfoldTaskSelectWidget()


@admin.register(beat.PeriodicTask)
class PeriodicTaskAdmin(BeatPeriodicTaskAdmin, ModelAdmin):
    """What runs when."""

    form = PeriodicTaskForm
    list_display = ["name", "task", "scheduler", "enabled", "last_run_at", "total_run_count"]


@admin.register(beat.IntervalSchedule)
class IntervalScheduleAdmin(ModelAdmin):
    """Every so often."""

    ordering = ["period", "every"]


@admin.register(beat.CrontabSchedule)
class CrontabScheduleAdmin(ModelAdmin):
    """At these times."""

    list_display = ["human_readable", "timezone"]
    ordering = ["id"]


@admin.register(TaskResult)
class TaskResultAdmin(LedgerAdmin):
    """What ran in the background, and how it ended."""

    list_display = ["task_name", "status", "date_started", "date_done", "result"]
    list_filter = [("status", ChoicesDropdownFilter)]
    search_fields = ["task_name", "task_id"]
    ordering = ["-date_created", "-id"]


@admin.register(AccessAttempt)
class AccessAttemptAdmin(LedgerAdmin):
    """Who failed to log in, and is locked out after too many tries."""

    list_display = ["username", "ip_address", "failures_since_start", "attempt_time"]
    search_fields = ["username", "ip_address"]
    ordering = ["-attempt_time", "-id"]


for model in (beat.SolarSchedule, beat.ClockedSchedule):
    admin.site.register(model, type(f"{model.__name__}Admin", (ModelAdmin,), {"ordering": ["id"]}))
