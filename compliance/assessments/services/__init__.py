"""Judging, deciding, and the formulas that judgements stand on."""

from compliance.assessments.services.deciding import (
    APPROVE,
    ASK,
    REJECT,
    WAIVE,
    Decided,
    Refused,
    decide,
    decide_one,
    found_from,
)
from compliance.assessments.services.foretelling import alert_coming
from compliance.assessments.services.formulas import FormulaDraft, read_formula, set_formula
from compliance.assessments.services.judging import Judged, judge
from compliance.assessments.services.sweeping import (
    JUDGE_TASK,
    judge_at_once_or_later,
    sweep,
    tell_of_ended_grace,
)

__all__ = [
    "APPROVE",
    "ASK",
    "JUDGE_TASK",
    "REJECT",
    "WAIVE",
    "Decided",
    "FormulaDraft",
    "Judged",
    "Refused",
    "alert_coming",
    "decide",
    "decide_one",
    "found_from",
    "judge",
    "judge_at_once_or_later",
    "read_formula",
    "set_formula",
    "sweep",
    "tell_of_ended_grace",
]
