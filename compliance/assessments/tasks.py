"""Judging in the background."""

from celery import shared_task

from compliance.assessments import services
from config.kernel import clock


@shared_task(name="compliance.assessments.judge")
def judge_what_changed() -> int:
    """Judge every product whose facts, rules, papers or day have changed; how many."""
    services.tell_of_ended_grace(now=clock.now())
    return services.sweep(now=clock.now()).products


@shared_task(name="compliance.assessments.alert_coming")
def alert_coming() -> int:
    """Alert to what becomes unlawful in 180, 90 or 30 days; how many alerts are new."""
    return services.alert_coming(now=clock.now())
