"""Judging a product: a pure function of what is in it, its facts, the rules and the day."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from compliance.assessments.rules.compiled import CompiledRules
from compliance.assessments.rules.findings import Found, Severity, weight
from compliance.assessments.rules.judging import judge_entry
from compliance.assessments.rules.shares import UNKNOWN, Share, shares_of_list
from compliance.assessments.rules.subjects import Item, Subject, formula_shares
from compliance.dossiers.rules.papers import Certificate
from compliance.jurisdictions.rules import JURISDICTIONS
from compliance.rulebooks.rules.shapes import EntryKind
from compliance.substances.rules.names import name_key
from compliance.substances.rules.shapes import MatchKind, Understood

_COLOUR_INDEX = "ci "


def assess(subject: Subject, rules: CompiledRules, on: date) -> tuple[Found, ...]:
    """What the law of one jurisdiction says of a cosmetic on a day, the heaviest first.

    Each entry that an ingredient meets is there, and each name that nobody knows.
    """
    known = list(_items(subject, rules))
    found = [*_of_the_list(subject, rules), *_of_names(subject)]
    for item in known:
        for met in rules.met_by(item.substance):
            found.extend(judge_entry(met, item, subject, rules, on))
        found.extend(_off_the_lists(item, rules))
        found.extend(_nano(item, subject, rules))
    return in_order(_once(found))


def in_order(findings: Sequence[Found]) -> tuple[Found, ...]:
    """The heaviest first; what weighs the same stays in its order."""
    return tuple(sorted(findings, key=lambda found: -weight(found.severity)))


def certificate_findings(certificates: Sequence[Certificate], on: date) -> tuple[Found, ...]:
    """What is to be said of the certificates that a product needs."""
    return in_order([found for own in certificates for found in _certificate(own, on)])


def no_rules(jurisdiction: str) -> Found:
    """Nobody may take silence for leave where no rules are kept."""
    name = JURISDICTIONS[jurisdiction].name if jurisdiction in JURISDICTIONS else jurisdiction
    return Found(
        severity=Severity.WARN,
        code="no-rules",
        key=f"no-rules:{jurisdiction}",
        message=f"No rules for cosmetics are kept for {name}: a person must decide.",
        asks="an assessment by somebody who knows the law there",
    )


def next_change(findings: Sequence[Found], subject: Subject | None, on: date) -> date | None:
    """The next day on which the same product is judged otherwise, if one is known."""
    days = [found.from_date for found in findings if found.from_date and found.from_date > on]
    report = subject.safety_report_until if subject is not None else None
    if report is not None and on <= report < date.max:
        days.append(report + timedelta(days=1))
    return min(days, default=None)


def _once(findings: Sequence[Found]) -> list[Found]:
    """The heaviest of those with one key: a substance may stand in a list twice."""
    kept: dict[str, Found] = {}
    for found in findings:
        other = kept.get(found.key)
        if other is None or weight(found.severity) > weight(other.severity):
            kept[found.key] = found
    return list(kept.values())


def _items(subject: Subject, rules: CompiledRules) -> Iterator[Item]:
    on_label = {own.substance.id for own in subject.label if own.substance is not None}
    if subject.formula:
        shares = formula_shares(subject.formula)
        for line, share in zip(subject.formula, shares, strict=True):
            if line.understood.substance is not None:
                substance = line.understood.substance
                stands = substance.id in on_label if subject.label else None
                yield Item(line.understood, substance, share, stands)
        for own in _missing_in_formula(subject):
            assert own.substance is not None, "only known ones are compared"
            yield Item(own, own.substance, UNKNOWN, True)
        return
    for own, share in zip(subject.label, _label_shares(subject, rules), strict=True):
        if own.substance is not None:
            yield Item(own, own.substance, share, True)


def _missing_in_formula(subject: Subject) -> list[Understood]:
    """What stands on the label and not in the formula, by substance and by number."""
    ids: set[int] = set()
    numbers: set[str] = set()
    for line in subject.formula:
        if line.understood.substance is not None:
            ids.add(line.understood.substance.id)
            numbers.update(line.understood.substance.cas_numbers)
    return [
        own
        for own in subject.label
        if own.substance is not None
        and own.substance.id not in ids
        and not numbers.intersection(own.substance.cas_numbers)
    ]


def _label_shares(subject: Subject, rules: CompiledRules) -> tuple[Share, ...]:
    lawful_max = {
        index: rules.lawful_max(own.substance, subject.facts)
        for index, own in enumerate(subject.label)
        if own.substance is not None and own.substance.id in rules.by_substance
    }
    return shares_of_list([own.ingredient for own in subject.label], lawful_max)


def _of_the_list(subject: Subject, rules: CompiledRules) -> Iterator[Found]:
    if not subject.label and not subject.formula:
        why = " ".join(problem.detail for problem in subject.problems)
        yield Found(
            severity=Severity.WARN,
            code="no-ingredient-list",
            key="no-ingredient-list",
            message=f"There is no ingredient list to judge. {why}".strip(),
            asks="the ingredient list as printed, or the formula",
        )
    else:
        for problem in subject.problems:
            yield Found(
                severity=Severity.WARN,
                code="list-unclear",
                key=f"list-unclear:{problem.code}",
                message=problem.detail,
                ingredient=problem.text[:300],
                asks="the ingredient list as printed",
            )
    yield from _differences(subject, rules)
    if not subject.facts.product_type:
        yield Found(
            severity=Severity.WARN,
            code="no-product-type",
            key="no-product-type",
            message="It is not said whether the product stays on the skin or is rinsed off.",
            asks="whether it is leave-on or rinse-off",
        )
    if rules.rules.coverage:
        yield Found(
            severity=Severity.INFO,
            code="rules-incomplete",
            key=f"rules-incomplete:{rules.rules.jurisdiction}",
            message=rules.rules.coverage,
        )


def _differences(subject: Subject, rules: CompiledRules) -> Iterator[Found]:
    """A formula that lacks what the label names is not the whole formula.

    Allergens are a part of the perfume, which a formula names as one.
    """
    if not subject.formula:
        return
    for own in _missing_in_formula(subject):
        assert own.substance is not None, "only known ones are compared"
        if any(met.entry.declare_leave_on for met in rules.met_by(own.substance)):
            continue
        yield Found(
            severity=Severity.WARN,
            code="formula-differs",
            key=f"formula-differs:{own.substance.id}",
            message=f"{own.ingredient.name} stands on the label and not in the formula.",
            ingredient=own.ingredient.text,
            asks="the whole formula, or the label as it is printed now",
        )


def _of_names(subject: Subject) -> Iterator[Found]:
    lists = [*subject.label, *(line.understood for line in subject.formula)]
    for own in lists:
        if own.match == MatchKind.NONE:
            yield _unknown(own)


def _unknown(own: Understood) -> Found:
    text = own.ingredient.text
    return Found(
        severity=Severity.WARN,
        code="unknown-ingredient",
        key=f"unknown:{name_key(own.ingredient.name)[:180]}",
        message=f'Nobody knows what "{text[:200]}" is.',
        ingredient=text[:300],
        evidence="named on the label",
        asks="which substance it is: settle the name once",
    )


def _off_the_lists(item: Item, rules: CompiledRules) -> Iterator[Found]:
    """Colorants and UV filters that no positive list names, and nothing else they might be for."""
    kinds = {met.entry.kind for met in rules.met_by(item.substance)}
    functions = [function.lower() for function in item.substance.functions]
    checks = (
        (EntryKind.COLORANT, "color", "off-colorant-list", "colorants"),
        (EntryKind.UV_FILTER, "uv filter", "off-uv-filter-list", "UV filters"),
        (EntryKind.PRESERVATIVE, "preservative", "off-preservative-list", "preservatives"),
    )
    for kind, word, code, plural in checks:
        if kind not in rules.kinds or kinds or not functions:
            continue
        if not all(word in function for function in functions):
            continue
        by_number = item.understood.ingredient.name.casefold().startswith(_COLOUR_INDEX)
        is_certain = kind == EntryKind.COLORANT and by_number
        yield Found(
            severity=Severity.BLOCK if is_certain else Severity.WARN,
            code=code,
            key=f"{rules.rules.jurisdiction}:{code}:{item.substance.id}",
            message=f"{item.name} is not on the list of {plural} that are allowed.",
            ingredient=item.understood.ingredient.text,
            evidence=item.share.words,
            asks="for what it is in the product",
        )


def _nano(item: Item, subject: Subject, rules: CompiledRules) -> Iterator[Found]:
    """Nanomaterials in the Union: covered by an entry of their own, or notified (Article 16)."""
    if not item.understood.ingredient.is_nano or rules.rules.jurisdiction != "EU":
        return
    base = Found(
        severity=Severity.INFO,
        code="nano-label",
        key=f"nano:{item.substance.id}",
        message=f'{item.name} is in nano form: "(nano)" follows its name on the label.',
        ingredient=item.understood.ingredient.text,
        reference="Regulation (EC) No 1223/2009, Articles 16 and 19(1)(g)",
        evidence=item.share.words,
    )
    printed = {
        own.substance.id
        for own in subject.label
        if own.substance is not None and own.ingredient.is_nano
    }
    if subject.label and item.substance.id not in printed:
        yield replace(
            base,
            severity=Severity.WARN,
            code="nano-not-on-label",
            message=f'{item.name} is in nano form, and the label does not say "(nano)".',
            asks="the label as printed",
        )
    else:
        yield base
    if not any(met.entry.is_nano for met in rules.met_by(item.substance)):
        yield replace(
            base,
            severity=Severity.WARN,
            code="nano-not-covered",
            key=f"{base.key}:covered",
            message=f"{item.name} is in nano form, and no entry of the annexes covers that.",
            asks="the notification of the nanomaterial, six months before it was placed",
        )


def _certificate(own: Certificate, on: date) -> Iterator[Found]:
    base = Found(
        severity=Severity.BLOCK,
        code="certificate-missing",
        key=f"{own.jurisdiction}:certificate:{own.name}"[:200],
        message=f"{own.name}: there is no valid certificate on file.",
        reference=own.legal_basis,
        url=own.url,
        evidence="documents on file",
        asks=f"the certificate: {own.name}",
    )
    if not own.is_met:
        yield _lapsed(base, own) if own.has_lapsed else base
        return
    if own.until is None:
        yield Found(
            severity=Severity.INFO,
            code="certificate-there",
            key=base.key,
            message=f"{own.name}: on file.",
            reference=own.legal_basis,
            url=own.url,
            evidence=base.evidence,
        )
        return
    yield Found(
        severity=Severity.INFO,
        code="certificate-there",
        key=base.key,
        message=f"{own.name}: on file, valid until {own.until}.",
        reference=own.legal_basis,
        url=own.url,
        evidence=base.evidence,
        from_date=max(own.until, on) + timedelta(days=1),
        later=Severity.BLOCK,
    )


def _lapsed(base: Found, own: Certificate) -> Found:
    return replace(
        base,
        code="certificate-lapsed",
        message=f"{own.name}: the certificate on file has lapsed.",
    )
