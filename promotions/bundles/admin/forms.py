"""The slots of a bundle and their options on one page, checked and saved as a whole."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet, ModelForm

from promotions.bundles.models import BundleOption, BundleSlot
from promotions.bundles.rules import Problem, composition_problems
from promotions.bundles.services import OptionDraft, SlotDraft, understood

_FIELDS = {"sku": "variant", "quantity": "quantity", "code": "code", "name": "name"}


class PartForm(ModelForm):
    """A slot or an option; what it may be beside the others is for the rules of the whole."""

    def clean(self) -> dict[str, Any]:
        """The fields alone: the database still holds what is about to be replaced."""
        return self.cleaned_data


class SlotForm(PartForm):
    """A place in a bundle; its code may be left to us."""

    class Meta:
        model = BundleSlot
        fields = ["name", "code", "is_optional"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].required = False
        self.fields["code"].help_text = "What a shop calls it in requests; left empty, as the name."
        if self.instance.pk:
            self.fields["code"].disabled = True


class OptionForm(PartForm):
    """A variant that may fill the slot."""

    class Meta:
        model = BundleOption
        fields = ["variant", "quantity", "is_default"]


class SlotFormSet(BaseInlineFormSet):
    """All slots of a bundle with their options."""

    drafts: Sequence[SlotDraft] = ()

    def clean(self) -> None:
        """Refuse what makes no bundle, each error beside the field that it is about."""
        super().clean()
        rows = [(form, options_of(form)) for form in self.forms if _is_meant(form)]
        if not all(form.is_valid() for form, _ in rows):
            return
        if not all(option.is_valid() for _, options in rows for option in options):
            return
        self.drafts = [_draft(form, options) for form, options in rows]
        for problem in composition_problems(understood(self.drafts)):
            self._tell(problem, rows)

    def _tell(
        self, problem: Problem, rows: Sequence[tuple[ModelForm, Sequence[ModelForm]]]
    ) -> None:
        pointer, _, sentence = problem
        _, _, *steps = pointer.split("/")
        if not steps:
            raise ValidationError(sentence)
        form, options = rows[int(steps[0])]
        if steps[1] == "options" and len(steps) > 3:
            options[int(steps[2])].add_error(_FIELDS[steps[3]], sentence)
        else:
            form.add_error(_FIELDS.get(steps[1], "name"), sentence)


def options_of(form: ModelForm) -> list[ModelForm]:
    """The filled forms of a slot's options."""
    nested = getattr(form, "nested_formsets", [])
    return [option for formset in nested for option in formset.formset.forms if _is_meant(option)]


def _is_meant(form: ModelForm) -> bool:
    """Whether there is something in it that is to stay."""
    if form.data.get(form.add_prefix("DELETE")):
        return False
    return form.instance.pk is not None or form.has_changed() or bool(options_of(form))


def _draft(form: ModelForm, options: Sequence[ModelForm]) -> SlotDraft:
    slot = form.cleaned_data
    return SlotDraft(
        name=slot.get("name") or "",
        code=slot.get("code") or "",
        is_optional=slot.get("is_optional", False),
        options=[
            OptionDraft(
                variant_id=option.cleaned_data["variant"].pk,
                quantity=option.cleaned_data.get("quantity") or Decimal(0),
                is_default=option.cleaned_data["is_default"],
            )
            for option in options
        ],
    )
