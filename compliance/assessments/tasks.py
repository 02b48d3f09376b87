"""Judging in the background."""

from celery import shared_task

from compliance.assessments import services
from config.kernel import clock


@shared_task(name="compliance.assessments.judge")
def judge_what_changed() -> int:
    """Judge every product whose facts, rules, papers or day have changed; how many."""
    return services.sweep(now=clock.now()).products
