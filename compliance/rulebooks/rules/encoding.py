"""Scopes as JSON and back; what does not make sense is refused by name and value."""

from collections.abc import Iterable, Mapping
from typing import Any

from compliance.rulebooks.rules.shapes import PURPOSE_AREAS, Form, Purpose, Scope

PRODUCT_TYPES = ("leave-on", "rinse-off")
BODY_AREAS = tuple(sorted({area for areas in PURPOSE_AREAS.values() for area in areas}))

VALUES: Mapping[str, tuple[str, ...]] = {
    "product_types": PRODUCT_TYPES,
    "purposes": tuple(Purpose),
    "body_areas": BODY_AREAS,
    "forms": tuple(Form),
}
FLAGS = ("is_for_under_threes", "is_professional")


class BadScope(ValueError):
    """Names the part of a scope that is wrong, and its value."""


def scope_to_json(scope: Scope) -> dict[str, Any]:
    """Only what is said; sets in alphabetical order."""
    said: dict[str, Any] = {}
    for name in _SETS:
        values: frozenset[str] = getattr(scope, name)
        if values:
            said[name] = sorted(str(value) for value in values)
    for name in FLAGS:
        if getattr(scope, name) is not None:
            said[name] = getattr(scope, name)
    return said


def scope_from_json(said: Mapping[str, Any]) -> Scope:
    """The scope; raises BadScope."""
    if not isinstance(said, Mapping):
        raise BadScope(f"A scope is an object, not {said!r}.")
    unknown = set(said) - set(_SETS) - set(FLAGS)
    if unknown:
        raise BadScope(f"A scope has no part {', '.join(sorted(map(str, unknown)))}.")
    parts: dict[str, Any] = {}
    for name in _SETS:
        if name in said:
            parts[name] = _checked(name, said[name])
    for name in FLAGS:
        if name in said:
            parts[name] = _flag(name, said[name])
    return Scope(**parts)


def _checked(name: str, values: Any) -> frozenset[str]:
    allowed = VALUES[name.removeprefix("but_")]
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise BadScope(f"{name} is a list, not {values!r}.")
    chosen = list(values)
    for value in chosen:
        if value not in allowed:
            raise BadScope(f"{name}: {value!r} is none of {', '.join(allowed)}.")
    return frozenset(chosen)


def _flag(name: str, value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise BadScope(f"{name} is true or false, not {value!r}.")
    return value


_SETS = (*VALUES, *(f"but_{name}" for name in VALUES))
