"""Real lists: how much is recognised, and whether it is right."""

import pytest

from compliance.substances.rules.shapes import MatchKind
from tests.compliance.substances.judged import DRAWN, REWRITTEN
from tests.compliance.substances.measure import judge, measure, texts_of, vocabulary_of


@pytest.fixture(scope="module")
def known(real_data):
    return vocabulary_of(real_data)


def test_of_the_drawn_names_95_in_100_are_recognised_and_99_rightly(known):
    judged = judge(DRAWN, known)

    assert len(DRAWN) == 300
    assert judged.wrong == []
    assert judged.recall >= 0.95


def test_names_that_are_not_printed_as_inci_names_are_understood_rightly(known):
    judged = judge(REWRITTEN, known)

    assert len(REWRITTEN) == 200
    assert judged.precision >= 0.99


def test_of_all_entries_95_in_100_are_recognised(known, real_data):
    found = measure(texts_of(real_data), known)

    assert found.recognised >= 0.95
    assert found.tokens > 117_000
    assert found.lists["refused"] <= 15


def test_no_half_of_a_name_is_taken_for_the_substance(known):
    for name in ("Acrylamide/Sodium", "Dimethicone/Vinyl", "PEG/PPG-17", "C12-15", "Copolymer"):
        assert known.find(name) == (None, MatchKind.NONE), name
