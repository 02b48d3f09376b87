"""Versions of rulebooks: what they hold, what they change, whom that affects."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from compliance.rulebooks import services
from compliance.rulebooks.admin.shown import STATUS_COLOURS
from compliance.rulebooks.effects import Effects, effects
from compliance.rulebooks.models import RulebookVersion, VersionStatus
from compliance.rulebooks.rules.differences import Change, Compared, Difference
from compliance.rulebooks.selectors import counts, difference_between, version_before
from config.kernel import clock
from config.kernel.admin import ReasonActionMixin, reason_action
from config.kernel.admin.display import LINK_CLASSES, day, instant, label, link, moment
from config.kernel.admin.pages import PageAdmin
from config.kernel.money import format_money

ROWS_SHOWN = 100
TEXT_SHOWN = 220


@admin.register(RulebookVersion)
class RulebookVersionAdmin(ReasonActionMixin, PageAdmin):
    """Every version, the latest first; a draft shows what it would change before it does."""

    nothing_here = "No versions: run manage.py load_rulebooks, or import a file."
    change_form_template = "admin/compliance/rulebooks/version.html"
    list_display = ["version", "status_label", "effective", "entry_count", "loaded", "activated"]
    list_filter = [("status", ChoicesDropdownFilter)]
    list_filter_submit = True
    list_select_related = ["rulebook"]
    search_fields = ["label", "rulebook__code"]
    ordering = ["-effective_from", "-pk"]
    actions_detail = ["activate"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RulebookVersion]:
        """With the rulebook, which names it."""
        return super().get_queryset(request).select_related("rulebook")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only a draft can be activated."""
        drafts = RulebookVersion.objects.filter(pk=object_id, status=VersionStatus.DRAFT)
        return super().get_actions_detail(request, object_id) if drafts.exists() else []

    @display(description="Version", ordering="rulebook__code")
    def version(self, version: RulebookVersion) -> str:
        """Rulebook and label."""
        return str(version)

    @display(description="Status", ordering="status")
    def status_label(self, version: RulebookVersion) -> Any:
        """Draft, active or superseded."""
        return label(version.get_status_display(), STATUS_COLOURS[VersionStatus(version.status)])

    @display(description="Effective from", ordering="effective_from")
    def effective(self, version: RulebookVersion) -> str:
        """The day from which it is the law."""
        return day(version.effective_from)

    @display(description="Loaded", ordering="loaded_at")
    def loaded(self, version: RulebookVersion) -> Any:
        """When it came in."""
        return moment(version.loaded_at)

    @display(description="Activated", ordering="activated_at")
    def activated(self, version: RulebookVersion) -> Any:
        """When it became active."""
        return moment(version.activated_at)

    @reason_action(
        description="Activate",
        permission="compliance.activate_rulebook",
        preview=["version", "effective", "entry_count"],
        note=(
            "Products are judged again by it at once. The version before stays to be read, "
            "and cannot become active again."
        ),
        icon="gavel",
    )
    def activate(
        self, request: HttpRequest, queryset: QuerySet[RulebookVersion], data: dict[str, Any]
    ) -> str:
        """Make the draft the law."""
        version = services.activate_version(
            version_id=queryset.get().pk, user=cast(Any, request.user), now=clock.now()
        )
        self.log_change(request, version, f"Activated: {data['reason']}")
        return f"{version} is active."

    def page_context(self, request: HttpRequest, version: Any, /) -> dict[str, Any]:
        """What it holds, how it differs from the one before, and what it would affect."""
        before = version_before(version)
        found = difference_between(before.pk, version.pk) if before else None
        return {
            "title": str(version),
            "version": version,
            "status_label": self.status_label(version),
            "facts": [
                ("Effective from", day(version.effective_from)),
                ("Rules", f"{version.entry_count:,}"),
                ("Loaded", instant(version.loaded_at)),
                ("By", version.loaded_by_name or "the program"),
                ("Activated", instant(version.activated_at)),
                ("By", version.activated_by_name),
            ],
            "source": version.source,
            "counts": _counts(version),
            "before": before,
            "tables": _tables(found) if found else [],
            "is_same": bool(found and found.is_nothing),
            "effects": _affected(version),
        }


def _counts(version: RulebookVersion) -> dict[str, Any]:
    url = reverse("admin:compliance_ruleentry_changelist")
    return {
        "headers": ["Section", "Rules", "Read for sure", "Reviewed", "Needs review"],
        "rows": [
            [
                _section(f"{url}?version__id__exact={version.pk}", row["section"]),
                f"{row['entries']:,}",
                f"{row['machine_checked']:,}",
                f"{row['reviewed']:,}",
                f"{row['needs_review']:,}",
            ]
            for row in counts(version.pk)
        ],
    }


def _section(url: str, section: str) -> Any:
    """A section that leads to its rules."""
    query = urlencode({"section": section})
    return format_html('<a href="{}&{}" class="{}">{}</a>', url, query, LINK_CLASSES, section)


def _affected(version: RulebookVersion) -> dict[str, Any] | None:
    """What a draft would do to products and stock, as whoever judges them answers."""
    if version.status != VersionStatus.DRAFT or not effects.is_registered:
        return None
    found: Effects = effects.ask(version.pk)
    return {
        "note": found.note,
        "affected": found.affected,
        "judged": found.judged,
        "more": max(0, found.affected - len(found.products)),
        "table": {
            "headers": ["Product", "Market", "From", "Finding", "Lots", "Value", "Reservations"],
            "rows": [
                [
                    f"{own.sku} {own.product}",
                    own.market,
                    day(own.from_date) or "at once",
                    own.summary,
                    own.lots or "",
                    format_money(own.value.amount, str(own.value.currency)) if own.value else "",
                    own.open_reservations or "",
                ]
                for own in found.products
            ],
        },
    }


def _tables(found: Difference) -> list[dict[str, Any]]:
    changed = [(own.after, change) for own in found.changed for change in own.changes]
    parts: list[tuple[str, list[str], list[list[Any]]]] = [
        ("Added", ["Rule", "Substance"], [_named(own) for own in found.added]),
        ("Removed", ["Rule", "Substance"], [_named(own) for own in found.removed]),
        (
            "Changed",
            ["Rule", "What", "Before", "After"],
            [_changed(own, change) for own, change in changed],
        ),
    ]
    totals = {
        "Added": len(found.added),
        "Removed": len(found.removed),
        "Changed": len(found.changed),
    }
    return [
        {
            "title": f"{title}: {totals[title]:,}",
            "table": {"headers": headings, "rows": rows[:ROWS_SHOWN]},
            "more": max(0, len(rows) - ROWS_SHOWN),
        }
        for title, headings, rows in parts
        if rows
    ]


def _named(own: Compared) -> list[Any]:
    return [link("compliance_ruleentry_change", own.id, own.place), _cut(own.substance)]


def _changed(own: Compared, change: Change) -> list[Any]:
    return [
        link("compliance_ruleentry_change", own.id, own.place),
        change.part,
        _cut(change.before),
        _cut(change.after),
    ]


def _cut(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= TEXT_SHOWN else f"{plain[: TEXT_SHOWN - 1]}…"
