"""Letters of a recall: to look at, to print, to take along."""

import io
import zipfile
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.text import slugify

from config.kernel import clock
from config.kernel.admin.pages import PageAdmin
from inventory.recalls.models import Recall
from inventory.recalls.selectors import letters, progress_of, recall_by_id
from inventory.recalls.selectors.figures import LotProgress

LETTERS_MAX = 500


class LetterPages(PageAdmin):
    """Adds the letters to the admin of recalls."""

    def get_urls(self) -> list[URLPattern]:
        """One letter as a page or as text, and all of them in one file."""
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/letters.zip", view(self.letters_view), name="recall_letters"),
            path("<uuid:pk>/letters/<slug:key>/", view(self.letter_view), name="recall_letter"),
            path(
                "<uuid:pk>/letters/<slug:key>.txt",
                view(self.letter_text_view),
                name="recall_letter_text",
            ),
            *super().get_urls(),
        ]

    def letter_view(self, request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
        """A letter, ready to be printed."""
        recall, lots = self._looked_up(request, pk)
        letter = _letter(recall, lots, key)
        return HttpResponse(
            render_to_string("inventory/recalls/letter.html", _filled(recall, letter))
        )

    def letter_text_view(self, request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
        """The same as plain text, for an e-mail."""
        recall, lots = self._looked_up(request, pk)
        letter = _letter(recall, lots, key)
        return HttpResponse(
            _text(recall, letter),
            content_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{_name(recall, letter)}.txt"'},
        )

    def letters_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """All letters, each as a page and as text."""
        recall, lots = self._looked_up(request, pk)
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for recipient in letters.recipients_of(recall, lots)[:LETTERS_MAX]:
                letter = letters.letter_to(recall, lots, recipient)
                archive.writestr(f"{_name(recall, letter)}.txt", _text(recall, letter))
                archive.writestr(f"{_name(recall, letter)}.html", _page(recall, letter))
        name = f"recall-{slugify(recall.reference) or recall.pk}-letters.zip"
        return HttpResponse(
            file.getvalue(),
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _looked_up(self, request: HttpRequest, pk: UUID) -> tuple[Recall, Sequence[LotProgress]]:
        if not self.has_view_permission(request):
            raise PermissionDenied
        recall = recall_by_id(pk)
        if recall is None:
            raise Http404(f"no recall {pk}")
        return recall, progress_of(recall)[0]


def _letter(recall: Recall, lots: Sequence[LotProgress], key: str) -> letters.Letter:
    for recipient in letters.recipients_of(recall, lots):
        if recipient.key == key:
            return letters.letter_to(recall, lots, recipient)
    raise Http404(f"nobody called {key} is concerned")


def _filled(recall: Recall, letter: letters.Letter) -> dict[str, Any]:
    return {
        "recall": recall,
        "recipient": letter.recipient,
        "letter": {
            "parts": [
                {
                    "title": part.title,
                    "headings": part.headings,
                    "rows": [list(zip(part.headings, row, strict=True)) for row in part.rows],
                    "more": part.more,
                }
                for part in letter.parts
            ]
        },
        "day": f"{clock.now():%Y-%m-%d}",
        "started": f"{recall.started_at:%Y-%m-%d}",
        "sender": recall.started_by_name,
        "back_url": reverse("admin:inventory_recall_change", args=[recall.pk]),
        "text_url": reverse("admin:recall_letter_text", args=[recall.pk, letter.recipient.key]),
    }


def _page(recall: Recall, letter: letters.Letter) -> str:
    return render_to_string("inventory/recalls/letter.html", _filled(recall, letter))


def _text(recall: Recall, letter: letters.Letter) -> str:
    return render_to_string("inventory/recalls/letter.txt", _filled(recall, letter))


def _name(recall: Recall, letter: letters.Letter) -> str:
    recipient = letter.recipient
    reference = slugify(recall.reference) or str(recall.pk)
    return f"recall-{reference}-{recipient.key}-{slugify(recipient.name)}"[:120]
