"""Where figures are entered: a scan leads to the line, Enter saves, the next one waits."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.template.response import TemplateResponse
from django.urls import reverse

from catalog.identifiers.errors import InvalidIdentifier
from catalog.products.selectors import VariantRef, variants_by_id, variants_by_sku
from catalog.units.rules import plain
from config.kernel import clock
from config.kernel.errors import DomainError
from config.kernel.words import counted
from inventory.counting import services
from inventory.counting.admin.forms import FoundForm, read_figure
from inventory.counting.errors import NotAllCounted, SamePersonCounts
from inventory.counting.models import CountLine, CountStatus, CycleCount, LineStatus
from inventory.counting.selectors.counts import count_by_id, lines_of
from inventory.lots.selectors import resolve_code
from inventory.stock.filters import number

CODE_LENGTH_MAX = 8_000
BEING_COUNTED = (CountStatus.COUNTING, CountStatus.SECOND_COUNT)
TYPED = "line-"


@dataclass(slots=True, kw_only=True)
class Row:
    """A line as the page shows it: what to count, and one's own figure; never the books."""

    line: CountLine
    typed: str
    problem: str = ""
    is_wanted: bool = False

    @property
    def is_counted(self) -> bool:
        """Whether it has its figure in this round."""
        return self.line.status == LineStatus.COUNTED

    @property
    def saved(self) -> str:
        """The figure as it is saved."""
        return plain(self.line.figure.quantity) if self.is_counted else ""


@dataclass(slots=True, kw_only=True)
class Sought:
    """What a scan means here: lines on the list, or goods that are not on it."""

    line_ids: list[int] = field(default_factory=list)
    variant: VariantRef | None = None
    initial: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


class CountEntryPage:
    """The page where a count's figures are entered, with a scanner, a keyboard or a thumb."""

    def __init__(self, admin_site: AdminSite) -> None:
        self.admin_site = admin_site

    def enter(self, request: HttpRequest, count_id: UUID) -> HttpResponse:
        """GET shows the list and reads a scan; POST saves figures. Both answer scripts in JSON."""
        count = _count(request, count_id)
        if request.method == "POST":
            return self._save(request, count)
        code = request.GET.get("code", "").replace("\0", "").strip()[:CODE_LENGTH_MAX]
        sought = _seek(count, code) if code else Sought()
        if _wants_json(request):
            return JsonResponse({"lines": sought.line_ids, "problem": sought.problem})
        return self._page(request, count, sought=sought, code=code)

    def found(self, request: HttpRequest, count_id: UUID) -> HttpResponse:
        """POST notes goods that stand on no list."""
        count = _count(request, count_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        variant_id = number(request.POST.get("variant")) or 0
        variant = variants_by_id([variant_id]).get(variant_id)
        if variant is None:
            return self._page(
                request, count, sought=Sought(problem="The product is gone; scan it again.")
            )
        form = FoundForm(request.POST, variant=variant, warehouse=count.warehouse)
        if form.is_valid():
            data = form.cleaned_data
            try:
                line = services.enter_found(
                    count_id=count.pk,
                    variant_id=variant.id,
                    location_id=data["location"].pk,
                    lot_code=data["lot_code"],
                    expiry_date=data["expiry_date"],
                    quantity=data["quantity"],
                    now=clock.now(),
                )
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                lot = f"lot {line.lot_code}" if line.lot_code else "open lot"
                messages.success(
                    request,
                    f"Noted: {plain(data['quantity'])} {variant.stock_unit} of {variant.sku}, "
                    f"{lot}, in {data['location'].code}.",
                )
                return HttpResponseRedirect(_url(count))
        return self._page(request, count, sought=Sought(variant=variant), form=form)

    def finish(self, request: HttpRequest, count_id: UUID) -> HttpResponse:
        """POST ends the round."""
        count = _count(request, count_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            count = services.finish_round(
                count_id=count.pk,
                leave_uncounted=bool(request.POST.get("leave_uncounted")),
                now=clock.now(),
            )
        except NotAllCounted as error:
            return self._page(request, count, sought=Sought(problem=error.detail), may_leave=True)
        except DomainError as error:
            return self._page(request, count, sought=Sought(problem=str(error)))
        messages.success(request, _what_is_next(count))
        if count.status == CountStatus.SECOND_COUNT:
            return HttpResponseRedirect(_url(count))
        return HttpResponseRedirect(reverse("admin:inventory_cyclecount_change", args=[count.pk]))

    def _save(self, request: HttpRequest, count: CycleCount) -> HttpResponse:
        """What was typed is saved whole or not at all; what is not saved stays on the page."""
        typed = {
            pk: text.strip()
            for name, text in request.POST.items()
            if name.startswith(TYPED)
            and isinstance(text, str)
            and (pk := number(name.removeprefix(TYPED))) is not None
            and text.strip()
        }
        figures = {pk: read_figure(text) for pk, text in typed.items()}
        problems = {
            pk: f"{text} is no quantity." for pk, text in typed.items() if figures[pk] is None
        }
        refusal, is_same_person = "", False
        if not problems:
            saved = {row.line.pk: row.saved for row in _rows(count)}
            try:
                services.enter(
                    count_id=count.pk,
                    quantities={
                        pk: figure
                        for pk, figure in figures.items()
                        if figure is not None and plain(figure) != saved.get(pk)
                    },
                    may_repeat=bool(request.POST.get("may_repeat")),
                    now=clock.now(),
                )
            except DomainError as error:
                refusal, is_same_person = str(error), isinstance(error, SamePersonCounts)
        if _wants_json(request):
            return _told(count, problems, refusal, is_same_person)
        if problems or refusal:
            return self._page(
                request, count, sought=Sought(problem=refusal), typed=typed, problems=problems
            )
        return HttpResponseRedirect(_url(count))

    def _page(
        self,
        request: HttpRequest,
        count: CycleCount,
        *,
        sought: Sought,
        code: str = "",
        form: FoundForm | None = None,
        typed: dict[int, str] | None = None,
        problems: dict[int, str] | None = None,
        may_leave: bool = False,
    ) -> HttpResponse:
        if form is None and sought.variant is not None:
            form = FoundForm(
                variant=sought.variant, warehouse=count.warehouse, initial=sought.initial
            )
        rows = _rows(count, typed or {}, problems or {}, set(sought.line_ids))
        done = sum(row.is_counted for row in rows)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{count}",
            "subtitle": count.warehouse.code,
            "count": count,
            "is_second": count.status == CountStatus.SECOND_COUNT,
            "rows": rows,
            "done": done,
            "left": len(rows) - done,
            "percent": int(done * 100 / len(rows)) if rows else 100,
            "problem": sought.problem,
            "code": "" if sought.line_ids or form else code,
            "variant": sought.variant,
            "form": form,
            "focus": sought.line_ids[0] if sought.line_ids else None,
            "matches": len(sought.line_ids),
            "may_leave": may_leave,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/inventory/counting/entry.html", context)


def _count(request: HttpRequest, count_id: UUID) -> CycleCount:
    if not request.user.has_perm("inventory.enter_count"):
        raise PermissionDenied
    count = count_by_id(count_id)
    if count is None or count.status not in BEING_COUNTED:
        raise Http404("this count is not being counted")
    return count


def _rows(
    count: CycleCount,
    typed: dict[int, str] | None = None,
    problems: dict[int, str] | None = None,
    wanted: set[int] | None = None,
) -> list[Row]:
    """What is to be counted in this round, and what was, in the order of walking."""
    stages = [LineStatus.TO_COUNT, LineStatus.COUNTED, LineStatus.RECOUNT]
    rows = []
    for line in lines_of(count.pk).filter(status__in=stages):
        row = Row(line=line, typed="", is_wanted=line.pk in (wanted or ()))
        row.typed = (typed or {}).get(line.pk, row.saved)
        row.problem = (problems or {}).get(line.pk, "")
        rows.append(row)
    return rows


def _seek(count: CycleCount, code: str) -> Sought:
    """A place's code leads to what is left to count there; goods lead to their line."""
    rows = _rows(count)
    here = [row for row in rows if row.line.location.code.upper() == code.upper()]
    if here:
        return Sought(line_ids=[row.line.pk for row in sorted(here, key=lambda r: r.is_counted)])
    today = clock.today(count.warehouse.time_zone, clock.now())
    try:
        said = resolve_code(code, today=today)
    except InvalidIdentifier as error:
        return Sought(problem=error.detail)
    lots = [row for row in rows if said.lot and row.line.lot_code == said.lot]
    if said.sku is None:
        if lots:
            return Sought(line_ids=[row.line.pk for row in lots])
        why = said.warnings[0].detail if said.warnings else "it is none of ours."
        return Sought(problem=f"{code}: {why}")
    matching = [row for row in rows if row.line.variant.sku == said.sku]
    if said.lot:
        matching = [row for row in matching if row.line.lot_code == said.lot]
    if matching:
        return Sought(
            line_ids=[row.line.pk for row in sorted(matching, key=lambda r: r.is_counted)]
        )
    places = {row.line.location.code for row in rows}
    return Sought(
        variant=variants_by_sku([said.sku])[said.sku],
        initial={
            "lot_code": said.lot or "",
            "expiry_date": said.expires_on,
            "location": places.pop() if len(places) == 1 else "",
        },
    )


def _told(
    count: CycleCount, problems: dict[int, str], refusal: str, is_same_person: bool
) -> JsonResponse:
    """What a script shows beside the line: how far it is, or why nothing was saved."""
    rows = _rows(count)
    done = sum(row.is_counted for row in rows)
    answer = {
        "problem": refusal or next(iter(problems.values()), ""),
        "is_same_person": is_same_person,
        "done": done,
        "left": len(rows) - done,
        "saved": {row.line.pk: row.saved for row in rows if row.is_counted},
    }
    return JsonResponse(answer)


def _what_is_next(count: CycleCount) -> str:
    if count.status == CountStatus.SECOND_COUNT:
        again = count.lines.filter(status=LineStatus.RECOUNT).count()
        differ, them = ("differs", "it") if again == 1 else ("differ", "them")
        return (
            f"{counted(again, 'line')} {differ} from the books: somebody else counts {them} again."
        )
    if count.status == CountStatus.TO_APPROVE:
        return f"{count} is counted. Its differences wait for a decision."
    return f"{count} is counted and closed."


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _url(count: CycleCount) -> str:
    return reverse("admin:count_entry", args=[count.pk])
