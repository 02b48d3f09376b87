"""What a version of a rulebook would change, before it is activated."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from catalog.markets.models import Market
from catalog.products.models import CosmeticProduct, Variant
from compliance.assessments import exposure
from compliance.assessments.exposure import Exposure
from compliance.assessments.rules.compiled import CompiledRules
from compliance.assessments.rules.findings import Found, Severity, weight
from compliance.assessments.rules.verdicts import verdict
from compliance.assessments.selectors.lawbooks import lawbook
from compliance.assessments.selectors.subjects import JudgedProduct, judged_products
from compliance.jurisdictions.rules import jurisdictions_of
from compliance.rulebooks.effects import Effect, Effects
from compliance.rulebooks.models import RulebookVersion
from compliance.substances.selectors import vocabulary
from config.kernel import clock

PRODUCTS_AT_ONCE = 500
PRODUCTS_MAX = 10_000
SHOWN_MAX = 200


def effects_of(version_id: int) -> Effects:
    """The products that would be judged worse by this version, now or on a day to come.

    The first 10,000 cosmetics are judged; more are told in the note.
    """
    version = RulebookVersion.objects.select_related("rulebook").get(pk=version_id)
    code = version.rulebook.jurisdiction
    now = clock.now()
    laws = _law_sets(code)
    total = CosmeticProduct.objects.non_polymorphic().count()
    ids = list(
        CosmeticProduct.objects.non_polymorphic()
        .order_by("pk")
        .values_list("pk", flat=True)[:PRODUCTS_MAX]
    )
    found: list[Effect] = []
    for start in range(0, len(ids), PRODUCTS_AT_ONCE):
        products = judged_products(ids[start : start + PRODUCTS_AT_ONCE], vocabulary(), now.date())
        for own_laws, markets in laws.items():
            before = lawbook(own_laws)
            after = lawbook(own_laws, versions={code: version_id})
            worse = dict(_worse(products, own_laws, before, after, now.date()))
            found.extend(_effects(products, worse, markets))
    found.sort(key=lambda own: (-weight(own.severity), own.from_date or date.min, own.sku))
    return Effects(
        products=_with_exposure(found[:SHOWN_MAX]),
        affected=len(found),
        judged=len(ids),
        note=f"The first {len(ids)} of {total} cosmetics were judged." if total > len(ids) else "",
    )


def _law_sets(code: str) -> dict[tuple[str, ...], list[str]]:
    sets: dict[tuple[str, ...], list[str]] = {}
    for market in Market.objects.filter(is_active=True).order_by("pk"):
        laws = jurisdictions_of(market.country, market.region)
        if code in laws:
            sets.setdefault(laws, []).append(market.code)
    return sets


def _worse(
    products: list[JudgedProduct],
    laws: tuple[str, ...],
    before: Mapping[str, CompiledRules],
    after: Mapping[str, CompiledRules],
    on: date,
) -> Iterator[tuple[int, Found]]:
    for product in products:
        then, now = (
            verdict(
                jurisdictions=laws,
                laws=books,
                subject=product.subject,
                certificates=(),
                safety_reports=product.safety_reports,
                on=on,
            ).findings
            for books in (after, before)
        )
        known = {found.key: _weight(found) for found in now}
        new = [found for found in then if _weight(found) > max(known.get(found.key, 0), 1)]
        if new:
            yield product.id, max(new, key=_weight)


def _weight(found: Found) -> int:
    return max(weight(found.severity), weight(found.later) if found.later else 0)


def _effects(
    products: list[JudgedProduct], worse: Mapping[int, Found], markets: list[str]
) -> Iterator[Effect]:
    rows = Variant.objects.filter(product__in=worse).order_by("-pk")
    skus = dict(rows.values_list("product_id", "sku"))  # the first of each stays
    for product in products:
        found = worse.get(product.id)
        if found is None:
            continue
        severity = found.later if found.from_date and found.later else found.severity
        for market in markets:
            yield Effect(
                sku=skus.get(product.id, ""),
                product=product.name,
                market=market,
                from_date=found.from_date,
                severity=(severity or Severity.INFO).value,
                summary=found.message,
            )


def _with_exposure(found: list[Effect]) -> list[Effect]:
    ids = dict(
        Variant.objects.filter(sku__in={own.sku for own in found}).values_list("sku", "product_id")
    )
    behind: Mapping[int, Exposure] = {}
    if ids and exposure.exposure.is_registered:
        behind = exposure.exposure.ask(set(ids.values()))
    shown = []
    for own in found:
        there = behind.get(ids.get(own.sku, 0))
        shown.append(
            own
            if there is None
            else replace(
                own,
                lots=there.lots,
                value=there.value,
                open_reservations=there.open_reservations,
            )
        )
    return shown
