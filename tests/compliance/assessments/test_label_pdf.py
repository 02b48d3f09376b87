from dataclasses import replace
from datetime import date
from io import BytesIO

from pypdf import PdfReader

from compliance.assessments.label_pdf import draw
from compliance.assessments.rules.labels import LabelSheet, Part, PartKey

SHEET = LabelSheet(
    product="Crème für Gesicht",
    market="DE",
    on=date(2026, 11, 24),
    parts=(
        Part(
            key=PartKey.INGREDIENTS,
            lines=("Ingredients: AQUA, CI 77891",),
            reference="Article 19(1)(g)",
        ),
        Part(key=PartKey.WARNINGS, missing=("Nicht für Kinder unter 3 Jahren",)),
    ),
)


def text_of(content):
    return " ".join(
        " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split()
    )


def with_line(line):
    return replace(SHEET, parts=(Part(key=PartKey.WARNINGS, lines=(line,)),))


def test_the_sheet_says_what_stands_on_the_label_and_marks_what_is_missing():
    text = text_of(draw(SHEET))

    assert "Crème für Gesicht" in text
    assert "Label sheet for DE, as of 24 Nov 2026" in text
    assert "Ingredients: AQUA, CI 77891" in text
    assert "Article 19(1)(g)" in text
    assert "1 to be completed before printing" in text
    assert "Missing: Nicht für Kinder unter 3 Jahren" in text
    assert "in the languages of the country" in text


def test_letters_of_every_language_of_the_union_are_drawn():
    german = "Größe prüfen, Öl nährt"
    polish = "Zażółć gęślą jaźń"
    greek = "Αποφύγετε την επαφή με τα μάτια"
    bulgarian = "Да се избягва контакт с очите"  # noqa: RUF001 - it is Cyrillic
    others = "příliš žluťoučký őű șț āčēģīķļņšūž ąęėįųū õäöü ċġħż åæø þð"
    words = f"{german}. {polish}. {greek}. {bulgarian}. {others}"

    assert words in text_of(draw(with_line(words)))


def test_a_list_over_many_pages_is_drawn_whole():
    names = [f"SUBSTANCE {number}" for number in range(1, 1001)]

    content = draw(with_line(", ".join(names)))

    assert len(PdfReader(BytesIO(content)).pages) > 2
    assert "SUBSTANCE 1000" in text_of(content)


def test_a_word_longer_than_a_line_is_broken():
    assert draw(with_line("X" * 5000)).startswith(b"%PDF-")


def test_the_same_sheet_gives_the_same_bytes():
    assert draw(SHEET) == draw(SHEET)
