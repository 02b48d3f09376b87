"""How scopes, rows and dates of rules are written for people."""

from collections.abc import Iterable
from typing import Any

from compliance.rulebooks.models import Coverage, ReviewState, RuleLimit, VersionStatus
from config.kernel.admin.display import day
from config.kernel.events import plain_decimal

STATE_COLOURS = {
    ReviewState.MACHINE_CHECKED: "success",
    ReviewState.NEEDS_REVIEW: "warning",
    ReviewState.REVIEWED: "info",
}
STATUS_COLOURS = {
    VersionStatus.DRAFT: "warning",
    VersionStatus.ACTIVE: "success",
    VersionStatus.SUPERSEDED: "",
}
COVERAGE_COLOURS = {Coverage.COMPLETE: "success", Coverage.PARTIAL: "warning", Coverage.NONE: ""}
_SETS = ("product_types", "purposes", "body_areas", "forms")
_AREAS = {"eyes": "eye area", "hands": "hands", "intimate": "intimate areas"}


def scope_words(scope: dict[str, Any]) -> str:
    """The products of a scope: `rinse-off; hair; not sprays`."""
    said = [" or ".join(map(_word, scope[name])) for name in _SETS if scope.get(name)]
    said += [
        "not " + " or ".join(map(_word, scope[f"but_{name}"]))
        for name in _SETS
        if scope.get(f"but_{name}")
    ]
    for name, yes, no in (
        ("is_for_under_threes", "for children under three", "not for children under three"),
        ("is_professional", "for professionals", "for everybody"),
    ):
        if scope.get(name) is not None:
            said.append(yes if scope[name] else no)
    return "; ".join(said) or "all products"


def limit_words(limit: RuleLimit) -> str:
    """What a row allows: `at most 0.5 % as acid`, `not allowed`, `allowed`."""
    if not limit.is_allowed:
        return "not allowed"
    if limit.max_percent is None:
        return "allowed"
    percent = plain_decimal(limit.max_percent)
    return f"at most {percent} %" + (f" ({limit.basis})" if limit.basis else "")


def dates_words(provisions: Iterable[Any]) -> list[str]:
    """From when: `use: placing on the market from 1 Jan 2027, on the shelf from 1 Jul 2028`."""
    return [
        f"{own.get_duty_display()}: "
        + ", ".join(
            words
            for words in (
                own.placing_from and f"placed on the market from {day(own.placing_from)}",
                own.available_from and f"on the shelf from {day(own.available_from)}",
            )
            if words
        )
        for own in provisions
    ]


def _word(value: str) -> str:
    return _AREAS.get(value, value.replace("_", " "))
