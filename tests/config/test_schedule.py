import pytest
from celery import current_app
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from config.schedule import SCHEDULE


@pytest.mark.parametrize("task", sorted({entry["task"] for entry in SCHEDULE.values()}))
def test_every_task_of_the_schedule_exists(task):
    current_app.loader.import_default_modules()

    assert task in current_app.tasks


@pytest.mark.django_db(transaction=True)  # the scheduler closes its connections
def test_the_schedule_stands_in_the_database_for_the_admin_to_see():
    scheduler = DatabaseScheduler(app=current_app._get_current_object())

    scheduler.setup_schedule()

    seen = PeriodicTask.objects.filter(name__in=SCHEDULE)
    assert set(seen.values_list("name", "task")) == {
        (name, entry["task"]) for name, entry in SCHEDULE.items()
    }


@pytest.mark.django_db(transaction=True)  # the scheduler closes its connections
def test_what_runs_often_does_not_pile_up_while_no_worker_runs():
    scheduler = DatabaseScheduler(app=current_app._get_current_object())

    scheduler.setup_schedule()

    sweep = PeriodicTask.objects.get(task="inventory.reservations.release_expired")
    assert sweep.expire_seconds == 30
