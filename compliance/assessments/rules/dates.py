"""What a finding is today when its rule begins on a day to come."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from compliance.assessments.rules.findings import Found, Severity
from compliance.rulebooks.rules.shapes import Provision


def on_day(found: Found, provisions: Sequence[Provision], on: date) -> Iterator[Found]:
    """The finding as it stands on a day, and what it becomes when.

    A rule that holds for goods newly placed on the market does not touch what lies on the shelf;
    from `available_from` nothing may be sold that breaks it.
    """
    if found.severity == Severity.INFO or not provisions:
        yield found
        return
    for provision in provisions:
        yield from _by_provision(found, provision, on)


def _by_provision(found: Found, provision: Provision, on: date) -> Iterator[Found]:
    shelf, placing = provision.available_from, provision.placing_from
    if (shelf is not None and on >= shelf) or (shelf is None and placing is None):
        yield found
        return
    law = f" ({provision.regulation})" if provision.regulation else ""
    if placing is not None:
        began = on >= placing
        yield replace(
            found,
            severity=Severity.INFO,
            code="no-new-goods" if began else "no-new-goods-soon",
            key=f"{found.key}:placing",
            message=f"{found.message} Since {placing} no such goods are newly placed on the "
            f"market; what lies on the shelf may still be sold.{law}"
            if began
            else f"{found.message} From {placing} no such goods may be newly placed on the "
            f"market.{law}",
            from_date=None if began else placing,
            later=None if began else Severity.INFO,
        )
    if shelf is not None:
        yield replace(
            found,
            severity=Severity.INFO,
            code="unlawful-soon",
            message=f"{found.message} From {shelf} it may no longer be sold, what lies on the "
            f"shelf included.{law}",
            from_date=shelf,
            later=found.severity,
        )
