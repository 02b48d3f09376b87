"""How the lists of clearances are narrowed."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from catalog.markets.models import Market
from catalog.products.selectors import categories_below, category_lineage, category_path
from compliance.assessments.admin.words import shortened
from compliance.assessments.models import SeverityChoice, Status
from compliance.assessments.selectors.queue import WAITING, with_finding
from compliance.assessments.selectors.review import finding_named

KEY_LENGTH_MAX = 200


def number(value: object) -> int | None:
    """A key as a query string has it, or None: what is no number filters nothing."""
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class MarketFilter(DropdownFilter):
    """One market."""

    title = "market"
    parameter_name = "market"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every active market."""
        rows = Market.objects.filter(is_active=True).order_by("code")
        return [(str(row.pk), f"{row.code} · {row.name}") for row in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Clearances for that market."""
        market_id = number(self.value())
        return queryset if market_id is None else queryset.filter(market_id=market_id)


class SeverityFilter(DropdownFilter):
    """What was found."""

    title = "severity"
    parameter_name = "severity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Block, warning and so on."""
        return [(str(value), str(text)) for value, text in SeverityChoice.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Clearances whose heaviest finding weighs so much."""
        if self.value() in SeverityChoice.values:
            return queryset.filter(severity=self.value())
        return queryset


class StatusFilter(DropdownFilter):
    """Where a clearance stands."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every status."""
        return [(str(value), str(text)) for value, text in Status.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Clearances that stand there."""
        if self.value() in Status.values:
            return queryset.filter(status=self.value())
        return queryset


class WaitingStatusFilter(StatusFilter):
    """Whether the supplier was asked."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The two that wait."""
        return [(str(value), str(value.label)) for value in WAITING]


class FindingFilter(DropdownFilter):
    """One finding; it is chosen on the page of findings, and only then shown."""

    title = "finding"
    parameter_name = "finding"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The one chosen, in words."""
        key = self._key()
        if not key:
            return []
        found = finding_named(key)
        return [(key, shortened(found.message if found else key, 60))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Clearances with that finding."""
        key = self._key()
        return queryset.filter(with_finding(key)) if key else queryset

    def _key(self) -> str:
        return str(self.value() or "").replace("\0", "")[:KEY_LENGTH_MAX]


class CategoryFilter(DropdownFilter):
    """A category with all below it."""

    title = "category"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every category by its path."""
        paths = [(category_path(chain), pk) for pk, chain in category_lineage().items()]
        return [(str(pk), path) for path, pk in sorted(paths)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Clearances of products in it or below it."""
        category_id = number(self.value())
        below = categories_below(category_id) if category_id is not None else []
        return queryset.filter(product__category_id__in=below) if below else queryset
