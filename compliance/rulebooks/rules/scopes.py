"""Whether a rule is about a product: yes, no, or not to be said from what is known of it."""

from collections.abc import Callable, Iterable

from compliance.rulebooks.rules.shapes import PURPOSE_AREAS, Facts, Scope

Answer = bool | None
_AREAS: dict[str, frozenset[str]] = {str(k): v for k, v in PURPOSE_AREAS.items()}


def holds(scope: Scope, facts: Facts) -> Answer:
    """Whether the product is in the scope; None: the facts do not say.

    An unknown purpose is ruled out where none of the scope's can be meant for the known body
    area; an unknown body area follows from the purpose, where that leaves only one answer.
    """
    if _is_everything(scope):
        return True
    return _all(_answers(scope, facts))


def _is_everything(scope: Scope) -> bool:
    return scope == _EVERYTHING


def _answers(scope: Scope, facts: Facts) -> Iterable[Answer]:
    for name, ask in _QUESTIONS:
        wanted: frozenset[str] = getattr(scope, name)
        if wanted:
            yield ask(wanted, facts)
        taken_out: frozenset[str] = getattr(scope, f"but_{name}")
        if taken_out:
            yield _not(ask(taken_out, facts))
    for name in ("is_for_under_threes", "is_professional"):
        flag: bool | None = getattr(scope, name)
        if flag is not None:
            known: bool | None = getattr(facts, name)
            yield None if known is None else known is flag


def _all(answers: Iterable[Answer]) -> Answer:
    settled: Answer = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            settled = None
    return settled


def _not(answer: Answer) -> Answer:
    return None if answer is None else not answer


def _product_type(wanted: frozenset[str], facts: Facts) -> Answer:
    return _one_of(facts.product_type, wanted)


def _form(wanted: frozenset[str], facts: Facts) -> Answer:
    return _one_of(facts.form, wanted)


def _one_of(known: str, wanted: frozenset[str]) -> Answer:
    return known in wanted if known else None


def _purpose(wanted: frozenset[str], facts: Facts) -> Answer:
    if facts.purpose:
        return facts.purpose in wanted
    if not facts.body_area:
        return None
    possible = any(facts.body_area in _AREAS.get(purpose, frozenset()) for purpose in wanted)
    return None if possible else False


def _body_area(wanted: frozenset[str], facts: Facts) -> Answer:
    if facts.body_area:
        return facts.body_area in wanted
    areas = _AREAS.get(facts.purpose)
    if not areas:
        return None
    if areas <= wanted:
        return True
    return None if areas & wanted else False


_QUESTIONS: tuple[tuple[str, Callable[[frozenset[str], Facts], Answer]], ...] = (
    ("product_types", _product_type),
    ("purposes", _purpose),
    ("body_areas", _body_area),
    ("forms", _form),
)
_EVERYTHING = Scope()
