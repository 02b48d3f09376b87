"""What is told after deciding about several clearances."""

from django.contrib import messages
from django.http import HttpRequest

from compliance.assessments.services import Decided

REFUSED_SHOWN = 10


def tell_refused(request: HttpRequest, outcome: Decided) -> None:
    """Say what was left as it is, and why."""
    for refused in outcome.refused[:REFUSED_SHOWN]:
        messages.warning(request, f"{refused.product} was left as it is: {refused.why}")
    more = len(outcome.refused) - REFUSED_SHOWN
    if more > 0:
        messages.warning(request, f"{more} more were left as they are, for reasons like these.")
