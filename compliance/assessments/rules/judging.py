"""What one entry of the law says of one ingredient of one product."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from compliance.assessments.rules.compiled import CompiledRules, Met, Plan, provisions_of
from compliance.assessments.rules.dates import on_day
from compliance.assessments.rules.findings import Found, Severity
from compliance.assessments.rules.limits import POSITIVE_LISTS, USE_WORDS, Said, judge_limits
from compliance.assessments.rules.shares import ShareSource, plain
from compliance.assessments.rules.subjects import Item, Subject
from compliance.assessments.rules.wording import says
from compliance.rulebooks.rules.shapes import Duty, Entry, EntryKind, LabelWarning
from compliance.substances.rules.shapes import MatchKind

# A name understood by a part or by its spelling is not sure enough to call a product unlawful.
_SURE = frozenset({MatchKind.EXACT, MatchKind.SYNONYM, MatchKind.REMEMBERED})
_ROLE_WORDS = {
    EntryKind.COLORANT: "color",
    EntryKind.UV_FILTER: "uv",
    EntryKind.PRESERVATIVE: "preserv",
}
# `For products designed for children under three: "Do not use on the nappy area"` bars nobody.
_CHILDREN = re.compile(
    r"\bnot\b[^.\"\u201c]{1,60}\bchildren\s+(?:under|below)\s+(?:3|three)\b", re.IGNORECASE
)
WORDING_MAX = 300


def judge_entry(
    met: Met, item: Item, subject: Subject, rules: CompiledRules, on: date
) -> Iterator[Found]:
    """Everything that an entry says of an ingredient on a day; at least that it was met."""
    entry = met.entry
    plan = rules.plan(entry, subject.facts)
    base = _base(entry, item)
    if _is_of_other_form(entry, item):
        about = "the nano form alone" if entry.is_nano else "what is not in nano form"
        yield replace(base, code="other-form", message=f"{item.name}: the entry is about {about}.")
        return
    if plan.applies is False:
        message = f"{item.name}: the entry is about other products ({entry.substance[:120]})."
        yield replace(base, code="other-products", message=message)
        return
    said = _use(met, item, plan, rules)
    found = _settled(_found(base, item, said), said, subject, on)
    yield from on_day(found, provisions_of(entry, Duty.USE), on)
    yield from _declaration(base, entry, item, subject, on)
    for warning, is_sure in plan.warnings:
        yield from _warning(base, item, subject, warning, is_sure=is_sure)


def _is_of_other_form(entry: Entry, item: Item) -> bool:
    """Annexes III to VI do not cover nanomaterials but where they say so (their preamble, 3)."""
    is_nano = item.understood.ingredient.is_nano
    if entry.is_nano is not None:
        return entry.is_nano != is_nano
    return is_nano and entry.kind != EntryKind.PROHIBITED


def _base(entry: Entry, item: Item) -> Found:
    return Found(
        severity=Severity.INFO,
        code="listed",
        key=f"{entry.rulebook}:{entry.section}/{entry.number}:{item.substance.id}",
        message="",
        ingredient=item.understood.ingredient.text,
        reference=entry.reference,
        url=entry.url,
        evidence=f"{item.share.words}; name: {item.understood.match}",
        entry_id=entry.id,
    )


def _use(met: Met, item: Item, plan: Plan, rules: CompiledRules) -> Said:
    entry = met.entry
    if entry.kind == EntryKind.PROHIBITED:
        said = _prohibited(entry, plan)
    elif _is_never_so_used(entry, item):
        said = Said(Severity.INFO, "other-use", f"not known as {USE_WORDS[entry.kind]}")
    else:
        said = judge_limits(plan, item.share, entry.kind, is_checked=entry.is_machine_checked)
    if said.severity != Severity.BLOCK:
        return said
    if plan.applies is None:
        return replace(
            said,
            severity=Severity.WARN,
            asks="what exactly the product is for: its facts do not tell",
        )
    if item.understood.match not in _SURE:
        return replace(
            said,
            severity=Severity.WARN,
            asks=f'whether "{item.understood.ingredient.text}" is {item.name}',
        )
    if not met.is_sure:
        return replace(
            said,
            severity=Severity.WARN,
            words=f"{said.words}, if it is what the law means: {entry.substance[:WORDING_MAX]}",
            asks="which of the substances with this number it is",
            is_unsettled=True,
        )
    if entry.kind in POSITIVE_LISTS and _has_other_use(entry, item, rules):
        return replace(
            said,
            severity=Severity.WARN,
            asks="for what it is in the product: only this use of it is limited so",
            is_unsettled=True,
        )
    return said


def _has_other_use(entry: Entry, item: Item, rules: CompiledRules) -> bool:
    """Whether the substance may be there for a use that this positive list is not about."""
    if any(met.entry.kind != entry.kind for met in rules.met_by(item.substance)):
        return True
    word = _ROLE_WORDS[entry.kind]
    return any(word not in function.lower() for function in item.substance.functions)


def _is_never_so_used(entry: Entry, item: Item) -> bool:
    """Whether the substance is known for other uses alone: citric acid is no preservative."""
    functions = item.substance.functions
    if entry.kind not in POSITIVE_LISTS or not functions:
        return False
    word = _ROLE_WORDS[entry.kind]
    return not any(word in function.lower() for function in functions)


def _prohibited(entry: Entry, plan: Plan) -> Said:
    if plan.applies is None:
        return Said(
            Severity.WARN,
            "depends-on-use",
            f"prohibited in some products: {entry.substance[:WORDING_MAX]}",
            "what exactly the product is for: its facts do not tell",
        )
    if entry.unless:
        return Said(
            Severity.WARN,
            "prohibited-unless",
            f"prohibited, with an exception: {entry.unless[:WORDING_MAX]}",
            f"whether the exception holds: {entry.unless[:WORDING_MAX]}",
            is_unsettled=True,
        )
    if not entry.is_machine_checked:
        return Said(
            Severity.WARN,
            "needs-reading",
            f"perhaps prohibited: {entry.substance[:WORDING_MAX]}",
            "a person to read the entry",
            is_unsettled=True,
        )
    return Said(Severity.BLOCK, "prohibited", "prohibited in cosmetic products")


def _found(base: Found, item: Item, said: Said) -> Found:
    return replace(
        base,
        severity=said.severity,
        code=said.code,
        message=f"{item.name}: {said.words}.",
        asks=said.asks,
    )


def _settled(found: Found, said: Said, subject: Subject, on: date) -> Found:
    """What a valid safety report answers for asks nothing more."""
    until = subject.safety_report_until
    if found.severity != Severity.WARN or not said.is_unsettled or until is None or until < on:
        return found
    return replace(
        found,
        severity=Severity.INFO,
        evidence=f"{found.evidence}; {_report(until)}",
    )


def _report(until: date) -> str:
    return "safety report" if until == date.max else f"safety report valid until {until}"


def _declaration(
    base: Found, entry: Entry, item: Item, subject: Subject, on: date
) -> Iterator[Found]:
    threshold = _threshold(entry, subject.facts.product_type)
    if threshold is None:
        return
    words = f"{item.name} is named on the label above {plain(threshold)} %"
    told = replace(base, code="declared", key=f"{base.key}:declare")
    if item.is_on_label or item.share.source != ShareSource.FORMULA:
        yield replace(told, message=f"{words}: it stands there.")
    elif item.share.at_most <= threshold:
        message = f"{words}: there is too little of it."
        yield replace(told, code="below-declaration", message=message)
    else:
        is_certain = item.is_on_label is False and item.share.at_least > threshold
        missing = replace(
            told,
            severity=Severity.BLOCK if is_certain else Severity.WARN,
            code="allergen-not-declared",
            message=f"{words}: it does not stand there.",
            asks="the label as printed",
        )
        yield from on_day(missing, provisions_of(entry, Duty.DECLARE), on)


def _threshold(entry: Entry, product_type: str) -> Decimal | None:
    if product_type == "rinse-off":
        return entry.declare_rinse_off
    return entry.declare_leave_on  # the lower one where the type is not known


def _warning(
    base: Found, item: Item, subject: Subject, warning: LabelWarning, *, is_sure: bool
) -> Iterator[Found]:
    text = warning.text[:WORDING_MAX]
    told = replace(base, code="warning-needed", key=f"{base.key}:warning:{text[:120]}")
    if _CHILDREN.search(text) and subject.facts.is_for_under_threes and is_sure:
        yield replace(
            told,
            severity=Severity.BLOCK,
            code="not-for-children",
            message=f"{item.name}: {text} The product is meant for children under three.",
        )
    elif not subject.label_text or not is_sure:
        when = "" if is_sure else " if the product is of the kind that it is about"
        message = f'{item.name}: the label must say{when}: "{text}"'
        yield replace(told, message=message)
    elif says(subject.label_text, text):
        yield replace(told, code="warning-there", message=f'{item.name}: the label says "{text}"')
    else:
        yield replace(
            told,
            severity=Severity.WARN,
            code="warning-missing",
            message=f'{item.name}: the label does not say: "{text}"',
            asks="the label as printed, in the languages of the market",
        )
