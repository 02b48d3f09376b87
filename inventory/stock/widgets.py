"""Form fields that a scanner can fill."""

from collections.abc import Iterable
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget


class CodeInput(UnfoldAdminTextInputWidget):
    """A text to type or to scan, with the codes there are as suggestions."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", "spellcheck": "false", **(attrs or {})})
        self.offered: list[tuple[str, str]] = []

    def offer(self, codes: Iterable[tuple[str, str]]) -> None:
        """The codes to suggest, each with what it is."""
        self.offered = list(codes)

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """The input and its list of suggestions."""
        list_id = f"{name}-codes"
        box = super().render(name, value, {**(attrs or {}), "list": list_id}, renderer)
        options = format_html_join("", '<option value="{}">{}</option>', self.offered)
        return format_html('{}<datalist id="{}">{}</datalist>', box, list_id, options)
