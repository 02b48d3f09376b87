"""The form in which a document comes in."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import UnfoldAdminFileFieldWidget

from compliance.dossiers.models import Document
from compliance.dossiers.rules.files import (
    FILE_BYTES_MAX,
    HEAD_BYTES,
    MEDIA_TYPES,
    wrong_with_file,
)

_TYPES = ", ".join(ending.upper() for ending in sorted(MEDIA_TYPES))


class DocumentForm(forms.ModelForm):
    """Checks the file before anything is kept."""

    file = forms.FileField(
        max_length=255,
        allow_empty_file=True,  # said in our own words
        widget=UnfoldAdminFileFieldWidget(
            attrs={"accept": ",".join(f".{ending}" for ending in sorted(MEDIA_TYPES))}
        ),
        help_text=f"{_TYPES}; at most {FILE_BYTES_MAX // 1024 // 1024} MB.",
    )

    class Meta:
        model = Document
        fields = [
            "product",
            "kind",
            "title",
            "jurisdiction",
            "standard",
            "certificate_requirement",
            "issued_date",
            "expiry_date",
            "file",
        ]

    def clean_file(self) -> Any:
        """Refuse what is too large, empty, or not what its name says."""
        file: UploadedFile = self.cleaned_data["file"]
        head = file.read(HEAD_BYTES)
        file.seek(0)
        wrong = wrong_with_file(file.name or "", file.size or 0, head)
        if wrong:
            raise forms.ValidationError(wrong)
        return file
