"""What must be current: migrations, and models that are written with their whole row."""

import re
from io import StringIO
from pathlib import Path

from django.apps import apps
from django.core.management import call_command

ROOT = Path(__file__).parents[2]


def test_no_migration_is_missing(db):
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


def test_openapi_file_is_current(tmp_path):
    """A partner reads the file: `manage.py spectacular --file docs/openapi.yaml` writes it."""
    written = tmp_path / "openapi.yaml"

    call_command("spectacular", file=str(written), validate=True, fail_on_warn=True)

    assert written.read_text() == (ROOT / "docs/openapi.yaml").read_text()


def test_no_model_has_an_implicit_order():
    ours = ("kernel", "catalog", "compliance", "inventory", "promotions")
    ordered = [
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in ours
        and model._meta.ordering
        and not model.__name__.startswith("Historical")
    ]

    assert ordered == []


def test_nobody_bulk_creates_polymorphic_products():
    """Django would write the base row alone and lose the rest without a word."""
    wrong = [
        path.relative_to(ROOT).as_posix()
        for app in ("catalog", "inventory", "promotions", "config")
        for path in (ROOT / app).rglob("*.py")
        if re.search(r"\b(Cosmetic|Sports)?Product\.objects\.bulk_create", path.read_text())
    ]

    assert wrong == []


# How supplier files write it, too, and how territories are written everywhere (ISO 3166).
WRITTEN_ELSEWHERE = {"leave-on", "rinse-off", "US-CA"}


def test_words_of_a_choice_are_written_one_way():
    """`to_approve`, as in every status of the contract; only codes of errors have hyphens."""
    ours = ("kernel", "catalog", "compliance", "inventory", "promotions")
    words = {
        (field.model._meta.label, field.name, value)
        for model in apps.get_models()
        if model._meta.app_label in ours
        for field in model._meta.concrete_fields
        for value, _ in field.flatchoices
        if isinstance(value, str) and value not in WRITTEN_ELSEWHERE
    }

    assert [word for word in sorted(words) if re.search(r"[A-Za-z][- ]", word[2])] == []
