"""Judging a list by itself: nothing of a product is known but what is said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from catalog.markets.selectors import market_by_code
from compliance.assessments.errors import InvalidList
from compliance.assessments.rules.subjects import Subject
from compliance.assessments.rules.verdicts import Verdict, verdict
from compliance.assessments.selectors.lawbooks import lawbook
from compliance.jurisdictions.rules import jurisdictions_of
from compliance.rulebooks.rules.shapes import Facts
from compliance.substances.rules.lists import parse_list
from compliance.substances.rules.shapes import Understood
from compliance.substances.selectors import vocabulary
from config.kernel.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedList:
    """A printed list as it was understood, and the verdict on it."""

    ingredients: Sequence[Understood]
    verdict: Verdict


def jurisdictions_of_market(code: str) -> tuple[str, ...]:
    """Whose law holds in one of our markets, or in a country whose law is known here.

    Raises InvalidInput for any other code.
    """
    market = market_by_code(code)
    if market is not None:
        return jurisdictions_of(market.country, market.region)
    country, _, region = code.partition("-")
    known = jurisdictions_of(country, region)
    if not known:
        raise InvalidInput(f'There is no market "{code}", and no law is known for it here.')
    return known


def judge_list(
    text: str, *, jurisdictions: tuple[str, ...], product_type: str, on: date
) -> JudgedList:
    """Judge an ingredient list by the laws of a market on a day.

    Raises InvalidList where the text is no list of one product, with the reasons.
    """
    parsed = parse_list(text)
    if not parsed.is_list:
        reasons = " ".join(problem.detail for problem in parsed.problems)
        raise InvalidList(reasons or "There is no ingredient in it.")
    understood = vocabulary().understand(parsed.ingredients)
    subject = Subject(
        facts=Facts(product_type=product_type), label=understood, problems=parsed.problems
    )
    found = verdict(
        jurisdictions=jurisdictions,
        laws=lawbook(jurisdictions),
        subject=subject,
        certificates=(),
        safety_reports={},
        on=on,
    )
    return JudgedList(ingredients=understood, verdict=found)
