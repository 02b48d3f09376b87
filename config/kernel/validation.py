"""What Django's validation found wrong, as our errors name it."""

from django.core.exceptions import ValidationError

from config.kernel.errors import FieldError


def field_errors(error: ValidationError) -> list[FieldError]:
    """One error for each sentence, pointing at its field; the whole row where it is no field's."""
    return [
        FieldError(f"/{name}" if name != "__all__" else "", "invalid", message)
        for name, messages in error.message_dict.items()
        for message in messages
    ]
