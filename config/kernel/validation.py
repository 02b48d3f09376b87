"""Rows that are looked at before they are saved, and what Django's validation finds wrong."""

from django.core.exceptions import ValidationError
from django.db.models import Model

from config.kernel.errors import DomainError, FieldError, InvalidInput
from config.kernel.history import set_reason


def field_errors(error: ValidationError) -> list[FieldError]:
    """One error for each sentence, pointing at its field; the whole row where it is no field's."""
    return [
        FieldError(f"/{name}" if name != "__all__" else "", "invalid", message)
        for name, messages in error.message_dict.items()
        for message in messages
    ]


def refusal(
    row: Model, wrong: ValidationError, error: type[DomainError], detail: str = ""
) -> DomainError:
    """The error that says a row cannot be saved and names every wrong field."""
    sentence = detail or f"This {row._meta.verbose_name} cannot be saved."
    return error(sentence, errors=field_errors(wrong))


def save_checked(
    row: Model, *, reason: str = "", error: type[DomainError] = InvalidInput, detail: str = ""
) -> None:
    """Save a row whose fields and constraints hold.

    Raises `error` with the sentence `detail`, naming every wrong field.
    """
    try:
        row.full_clean()
    except ValidationError as wrong:
        raise refusal(row, wrong, error, detail) from wrong
    if reason:
        set_reason(row, reason)
    row.save()
