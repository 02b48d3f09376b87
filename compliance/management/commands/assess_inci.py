"""`manage.py assess_inci`: judge ingredient lists by themselves, for scripts and for checks."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand

from compliance.assessments.rules.findings import Severity
from compliance.assessments.selectors.lists import (
    JudgedList,
    judge_list,
    jurisdictions_of_market,
)
from compliance.assessments.services.ledger import finding_json, ingredient_json
from config.kernel import clock
from config.kernel.errors import DomainError, InvalidInput

FINE, BLOCKED, BAD_INPUT = 0, 1, 2
TEXT_LENGTH_MAX = 1024 * 1024
SHOWN = ("severity", "code", "ingredient", "reference", "evidence", "message", "asks", "from_date")


class Command(BaseCommand):
    """Reads a list from standard input and prints one JSON object, and nothing else.

    Ends with 0 where nothing blocks, 1 where something does, 2 for bad input.
    """

    help = "Judge an ingredient list (INCI) by the law of a market."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Market, product type and day."""
        parser.add_argument("--market", required=True, help="such as DE or US-CA")
        parser.add_argument("--product-type", required=True, choices=["leave-on", "rinse-off"])
        parser.add_argument("--date", help="such as 2027-01-01; today unless said otherwise")
        parser.add_argument("--lines", action="store_true", help="one list a line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Judge what comes in."""
        try:
            on = _day(options["date"])
            laws = jurisdictions_of_market(options["market"])
        except DomainError as error:
            self.stderr.write(error.detail)
            sys.exit(BAD_INPUT)
        worst = FINE
        for text in _texts(lines=options["lines"]):
            worst = max(worst, self._judge(text, laws, on, options))
        sys.exit(worst)

    def _judge(self, text: str, laws: tuple[str, ...], on: date, options: dict[str, Any]) -> int:
        try:
            if len(text) > TEXT_LENGTH_MAX:
                raise _too_long(text)
            judged = judge_list(
                text, jurisdictions=laws, product_type=options["product_type"], on=on
            )
        except DomainError as error:
            if options["lines"]:
                self._print({"error": {"code": error.code, "detail": error.detail}})
            else:
                self.stderr.write(error.detail)
            return BAD_INPUT
        self._print(_shown(judged, options["market"], on))
        return BLOCKED if judged.verdict.severity == Severity.BLOCK else FINE

    def _print(self, answer: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(answer, ensure_ascii=False))


def _day(text: str | None) -> date:
    if text is None:
        return clock.now().date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f'"{text}" is not a day such as 2027-01-01.') from error


def _too_long(text: str) -> DomainError:
    return InvalidInput(f"A text of {len(text)} characters is no list; {TEXT_LENGTH_MAX} at most.")


def _texts(*, lines: bool) -> Iterator[str]:
    source = sys.stdin.buffer
    if not lines:
        yield source.read(TEXT_LENGTH_MAX * 4 + 1).decode("utf-8", "replace")
        return
    for line in source:
        yield line.decode("utf-8", "replace").rstrip("\r\n")


def _shown(judged: JudgedList, market: str, on: date) -> dict[str, Any]:
    findings = (finding_json(found) for found in judged.verdict.findings)
    return {
        "market": market,
        "date": on.isoformat(),
        "rulebook": ", ".join(judged.verdict.versions),
        "ingredients": [ingredient_json(own) for own in judged.ingredients],
        "findings": [{key: found[key] for key in SHOWN} for found in findings],
    }
