"""Scopes taken together and from one another, exactly: what is left of `other products`."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from compliance.rulebooks.rules.shapes import Scope

_SETS = ("product_types", "purposes", "body_areas", "forms")
_BOTH_TYPES = frozenset({"leave-on", "rinse-off"})
_FLAGS = ("is_for_under_threes", "is_professional")


def both(one: Scope, other: Scope) -> Scope | None:
    """The products that are in both; None: there are none."""
    parts: dict[str, object] = {}
    for name in _SETS:
        mine: frozenset[str] = getattr(one, name)
        yours: frozenset[str] = getattr(other, name)
        out = f"but_{name}"
        parts[out] = getattr(one, out) | getattr(other, out)
        if mine and yours and not mine & yours:
            return None
        parts[name] = (mine & yours) if mine and yours else mine | yours
    for name in _FLAGS:
        flags = {getattr(one, name), getattr(other, name)} - {None}
        if len(flags) > 1:
            return None
        parts[name] = flags.pop() if flags else None
    return _tidy(Scope(**parts))  # type: ignore[arg-type]


def without(scopes: Iterable[Scope], taken: Iterable[Scope]) -> tuple[Scope, ...]:
    """What is left of these scopes when those are taken out; the pieces do not overlap."""
    left = list(scopes)
    for out in taken:
        left = [piece for scope in left for piece in _minus(scope, out)]
    return tuple(left)


def union(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """The same products in as few scopes as their parts allow."""
    joined: list[Scope] = []
    for scope in scopes:
        for place, own in enumerate(joined):
            if (together := _joined(own, scope)) is not None:
                joined[place] = together
                break
        else:
            joined.append(scope)
    return tuple(joined)


def _minus(scope: Scope, out: Scope) -> Iterator[Scope]:
    """The parts of a scope outside another: one for each part of the other, in turn."""
    rest: Scope | None = scope
    for inside, outside in _parts(out):
        if rest is None:
            return
        if (piece := both(rest, outside)) is not None:
            yield piece
        rest = both(rest, inside)


def _parts(scope: Scope) -> Iterator[tuple[Scope, Scope]]:
    """Each condition of a scope by itself, with its opposite."""
    for name in _SETS:
        for wanted, opposite in ((name, f"but_{name}"), (f"but_{name}", name)):
            values: frozenset[str] = getattr(scope, wanted)
            if values:
                yield (
                    _only(wanted, values),
                    _only(opposite, values),
                )
    for name in _FLAGS:
        flag = getattr(scope, name)
        if flag is not None:
            yield _only(name, flag), _only(name, not flag)


def _only(name: str, value: Any) -> Scope:
    """A scope with one condition."""
    parts: dict[str, Any] = {name: value}
    return Scope(**parts)


def _tidy(scope: Scope) -> Scope | None:
    """Take what is excluded out of what is wanted; None: nothing is left."""
    if scope.but_product_types:
        kept = (scope.product_types or _BOTH_TYPES) - scope.but_product_types
        if not kept:
            return None
        scope = replace(scope, product_types=kept, but_product_types=frozenset())
    if scope.product_types == _BOTH_TYPES:
        scope = replace(scope, product_types=frozenset())
    parts: dict[str, frozenset[str]] = {}
    for name in _SETS[1:]:
        wanted: frozenset[str] = getattr(scope, name)
        out: frozenset[str] = getattr(scope, f"but_{name}")
        if not wanted:
            continue
        if not wanted - out:
            return None
        parts[name], parts[f"but_{name}"] = wanted - out, frozenset()
    return replace(scope, **parts)  # type: ignore[arg-type]


def _joined(one: Scope, other: Scope) -> Scope | None:
    """Both as one scope where they differ in one set of values only."""
    if one == other:
        return one
    differ = [
        name for name in (*_SETS, *_BUTS, *_FLAGS) if getattr(one, name) != getattr(other, name)
    ]
    if len(differ) != 1 or differ[0] not in _SETS:
        return None
    mine, yours = getattr(one, differ[0]), getattr(other, differ[0])
    if not mine or not yours:
        return None
    return replace(one, **{differ[0]: mine | yours})


_BUTS = tuple(f"but_{name}" for name in _SETS)
