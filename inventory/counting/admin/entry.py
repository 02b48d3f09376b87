"""Where figures are entered: a scan leads to the line, Enter saves, the next one waits."""

from dataclasses import dataclass, field
from decimal import Decimal
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
from inventory.counting.admin.forms import FoundForm
from inventory.counting.admin.pieces import notices, read_piece, twice
from inventory.counting.admin.rows import Typed, notice, read_typed, rows_of
from inventory.counting.errors import NotAllCounted, SamePersonCounts
from inventory.counting.models import CountStatus, CycleCount, LineStatus
from inventory.counting.selectors.counts import count_by_id
from inventory.stock.filters import number
from inventory.stock.selectors.codes import resolve_code

CODE_LENGTH_MAX = 8_000
BEING_COUNTED = (CountStatus.COUNTING, CountStatus.SECOND_COUNT)


@dataclass(slots=True, kw_only=True)
class Sought:
    """What a scan means here: lines on the list, or goods that are not on it."""

    line_ids: list[int] = field(default_factory=list)
    variant: VariantRef | None = None
    initial: dict[str, Any] = field(default_factory=dict)
    serial: str = ""
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
        if "piece" in request.GET:
            return _told_of_piece(request, count)
        code = request.GET.get("code", "").replace("\0", "").strip()[:CODE_LENGTH_MAX]
        sought = _seek(count, code) if code else Sought()
        if _wants_json(request):
            return JsonResponse(
                {"lines": sought.line_ids, "serial": sought.serial, "problem": sought.problem}
            )
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
                    serials=data["serials"],
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
        typed = read_typed(request)
        problems = {
            pk: f"{one.figure} is no quantity." for pk, one in typed.items() if one.quantity is None
        }
        refusal, is_same_person = "", False
        if not problems:
            rows = {row.line.pk: row for row in rows_of(count)}
            new = {pk: one for pk, one in typed.items() if not one.is_saved_as(rows.get(pk))}
            try:
                services.enter(
                    count_id=count.pk,
                    quantities={pk: one.quantity or Decimal(0) for pk, one in new.items()},
                    serials={pk: one.pieces for pk, one in new.items()},
                    may_repeat=bool(request.POST.get("may_repeat")),
                    now=clock.now(),
                )
            except DomainError as error:
                refusal, is_same_person = str(error), isinstance(error, SamePersonCounts)
        if _wants_json(request):
            return _told(count, typed, problems, refusal, is_same_person)
        if problems or refusal:
            return self._page(
                request, count, sought=Sought(problem=refusal), typed=typed, problems=problems
            )
        for sentence in (s for one in typed.values() for s in twice(one.twice)):
            messages.warning(request, sentence)
        return HttpResponseRedirect(_url(count))

    def _page(
        self,
        request: HttpRequest,
        count: CycleCount,
        *,
        sought: Sought,
        code: str = "",
        form: FoundForm | None = None,
        typed: dict[int, Typed] | None = None,
        problems: dict[int, str] | None = None,
        may_leave: bool = False,
    ) -> HttpResponse:
        if form is None and sought.variant is not None:
            form = FoundForm(
                variant=sought.variant, warehouse=count.warehouse, initial=sought.initial
            )
        rows = rows_of(count, typed or {}, problems or {}, set(sought.line_ids))
        notice(rows)
        done = sum(row.is_counted for row in rows)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{count}",
            "subtitle": count.warehouse.code,
            "count": count,
            "is_second": count.status == CountStatus.SECOND_COUNT,
            "rows": rows,
            "has_pieces": any(row.is_by_piece for row in rows),
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


def _told_of_piece(request: HttpRequest, count: CycleCount) -> JsonResponse:
    """What one scan in a line of pieces is: its number, and what the books will make of it."""
    rows = rows_of(count)
    line_id = number(request.GET.get("line", ""))
    line = next((row.line for row in rows if row.line.pk == line_id), None)
    scan = request.GET["piece"].replace("\0", "").strip()[:CODE_LENGTH_MAX]
    if line is None or not scan:
        return JsonResponse({"problem": "This line is not to be counted now."})
    today = clock.today(count.warehouse.time_zone, clock.now())
    said = read_piece(scan, line, places=[row.line.location.code for row in rows], today=today)
    elsewhere = next(
        (
            row.line.location.code
            for row in rows
            if row.line.pk != line_id
            and row.line.variant_id == line.variant_id
            and said.serial in row.pieces
        ),
        "",
    )
    problem = said.problem
    if elsewhere:
        problem = f"{said.serial} was scanned in {elsewhere} too: take it out here, or there."
    told = notices([(line, [said.serial])]).get(line.pk, []) if said.serial else []
    return JsonResponse(
        {
            "serial": said.serial,
            "is_elsewhere": said.is_elsewhere,
            "notice": "" if problem else " ".join(told),
            "problem": problem,
        }
    )


def _seek(count: CycleCount, code: str) -> Sought:
    """A place's code leads to what is left to count there; goods lead to their line."""
    rows = rows_of(count)
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
            line_ids=[row.line.pk for row in sorted(matching, key=lambda r: r.is_counted)],
            serial=said.serial or "",
        )
    places = {row.line.location.code for row in rows}
    return Sought(
        variant=variants_by_sku([said.sku])[said.sku],
        initial={
            "lot_code": said.lot or "",
            "serials": said.serial or "",
            "expiry_date": said.expires_on,
            "location": places.pop() if len(places) == 1 else "",
        },
    )


def _told(
    count: CycleCount,
    typed: dict[int, Typed],
    problems: dict[int, str],
    refusal: str,
    is_same_person: bool,
) -> JsonResponse:
    """What a script shows beside the line: how far it is, or why nothing was saved."""
    rows = rows_of(count)
    sent = [row for row in rows if row.is_by_piece and row.line.pk in typed]
    notice(sent)
    done = sum(row.is_counted for row in rows)
    answer = {
        "problem": refusal or next(iter(problems.values()), ""),
        "is_same_person": is_same_person,
        "done": done,
        "left": len(rows) - done,
        "saved": {row.line.pk: row.saved for row in rows if row.is_counted},
        "pieces": {row.line.pk: row.pieces for row in sent},
        "notices": {row.line.pk: [*twice(typed[row.line.pk].twice), *row.notices] for row in sent},
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
