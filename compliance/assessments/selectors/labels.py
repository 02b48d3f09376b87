"""The label sheet of a product for a market, put together from what is known of it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from catalog.markets.models import Market
from catalog.products.models import CosmeticProduct, ProductText, Variant
from catalog.units.rules import plain
from compliance.assessments.rules.compiled import CompiledRules, Met, provisions_of
from compliance.assessments.rules.labels import LabelSheet, label_sheet
from compliance.assessments.rules.subjects import Amount, Subject, formula_shares
from compliance.assessments.selectors.lawbooks import lawbook
from compliance.assessments.selectors.subjects import judged_products
from compliance.dossiers.models import Dossier
from compliance.jurisdictions.rules import jurisdictions_of
from compliance.rulebooks.rules.shapes import Duty, Entry, EntryKind, LabelWarning
from compliance.substances.rules.shapes import SubstanceRef, Understood
from compliance.substances.selectors import vocabulary

_COLOUR_INDEX = re.compile(r"\bCI\s?(\d{5})\b", re.IGNORECASE)
CONTENTS_SHOWN = 10


def label_of(product_id: int, market: Market, *, now: datetime) -> LabelSheet | None:
    """What must stand on the label of a cosmetic in a market; None for everything else.

    A constant number of queries, once the rules of the market are in memory.
    """
    on = now.astimezone(ZoneInfo(market.time_zone)).date()
    names = vocabulary()
    judged = next(iter(judged_products([product_id], names, on)), None)
    cosmetic = CosmeticProduct.objects.filter(pk=product_id).first()
    if cosmetic is None or judged is None or judged.subject is None:
        return None
    subject = judged.subject
    codes = jurisdictions_of(market.country, market.region)
    laws = list(lawbook(codes).values())
    entries = _listed(subject)
    within = (*subject.label, *(line.understood for line in subject.formula))
    met = [(one, own) for one in within for own in _met(one, laws)]
    return label_sheet(
        product=cosmetic.name,
        market=f"{market.name} ({market.code})",
        country=market.country,
        region=market.region,
        on=on,
        ingredients=entries,
        facts=subject.facts,
        function=cosmetic.get_purpose_display(),
        content=_contents(product_id),
        allergens=_allergens(met, subject, on),
        warnings=_warnings(within, laws, subject),
        label_text=cosmetic.label_text,
        pao_months=cosmetic.period_after_opening_months,
        shelf_life_days=cosmetic.shelf_life_days,
        responsible_person=_responsible(product_id, codes),
        languages=_languages(product_id),
        colorants=_colorants(met),
        percents=_percents(subject.formula),
    )


def _listed(subject: Subject) -> tuple[Understood, ...]:
    """The printed list; where there is none, the names of the formula."""
    return subject.label or tuple(line.understood for line in subject.formula)


def _met(one: Understood, laws: Iterable[CompiledRules]) -> Iterator[Met]:
    if one.substance is not None:
        for law in laws:
            yield from law.met_by(one.substance)


def _contents(product_id: int) -> str:
    """`50 ml`, or that of each size."""
    rows = Variant.objects.filter(product=product_id, content_quantity__isnull=False)
    sizes = rows.order_by("content_quantity").values_list("content_quantity", "content_unit")
    said = dict.fromkeys(f"{plain(size)} {unit}" for size, unit in sizes[:CONTENTS_SHOWN] if size)
    return ", ".join(said)


def _allergens(met: Sequence[tuple[Understood, Met]], subject: Subject, on: date) -> list[str]:
    """What must be named on the label: every one that may be above its threshold."""
    at_most = _at_most(subject.formula)
    found: dict[str, None] = {}
    for one, own in met:
        threshold = _threshold(own.entry, subject.facts.product_type)
        assert one.substance is not None, "only a known substance meets an entry"
        if threshold is None or not own.is_sure or not _is_declared_by(own.entry, on):
            continue
        if at_most.get(one.substance.id, Decimal(100)) > threshold:
            found[one.substance.inci_name] = None
    return list(found)


def _is_declared_by(entry: Entry, on: date) -> bool:
    """Whether new goods must name it on a day."""
    dates = [own.placing_from for own in provisions_of(entry, Duty.DECLARE)]
    return not dates or any(day is None or day <= on for day in dates)


def _threshold(entry: Entry, product_type: str) -> Decimal | None:
    if product_type == "rinse-off":
        return entry.declare_rinse_off
    return entry.declare_leave_on


def _at_most(formula: Sequence[Amount]) -> dict[int, Decimal]:
    return {
        line.understood.substance.id: share.at_most
        for line, share in zip(formula, formula_shares(formula), strict=True)
        if line.understood.substance is not None
    }


def _percents(formula: Sequence[Amount]) -> dict[int, Decimal]:
    """The share of each substance as far as the formula says it exactly."""
    return {
        line.understood.substance.id: share.at_most
        for line, share in zip(formula, formula_shares(formula), strict=True)
        if line.understood.substance is not None and share.at_least == share.at_most
    }


def _warnings(
    entries: Sequence[Understood], laws: Sequence[CompiledRules], subject: Subject
) -> list[LabelWarning]:
    """The words that surely concern products like this one."""
    found: dict[str, LabelWarning] = {}
    for law in laws:
        for one in entries:
            for own in _met(one, [law]):
                if not own.is_sure or not _is_of_its_form(own.entry, one):
                    continue
                plan = law.plan(own.entry, subject.facts)
                if plan.applies is not True:
                    continue
                found |= {text.text: text for text, is_sure in plan.warnings if is_sure}
    return list(found.values())


def _is_of_its_form(entry: Entry, one: Understood) -> bool:
    return entry.is_nano is None or entry.is_nano == one.ingredient.is_nano


def _colorants(met: Sequence[tuple[Understood, Met]]) -> Mapping[int, str]:
    """The colour index name of each substance that a list of colorants names."""
    found: dict[int, str] = {}
    for one, own in met:
        if own.entry.kind == EntryKind.COLORANT and own.is_sure and one.substance is not None:
            name = _colour_name(own.entry, one.substance)
            if name:
                found.setdefault(one.substance.id, name)
    return found


def _colour_name(entry: Entry, substance: SubstanceRef) -> str:
    for text in (substance.inci_name, *entry.names, entry.substance):
        number = _COLOUR_INDEX.search(text)
        if number:
            return f"CI {number[1]}"
    return ""


def _responsible(product_id: int, codes: Sequence[str]) -> str:
    rows = Dossier.objects.filter(
        product=product_id, jurisdiction__in=codes, responsible_person__isnull=False
    )
    dossier = rows.select_related("responsible_person").order_by("jurisdiction").first()
    person = dossier.responsible_person if dossier else None
    return person.on_label if person else ""


def _languages(product_id: int) -> list[str]:
    rows = ProductText.objects.filter(product=product_id).order_by("language")
    return list(rows.values_list("language", flat=True))
