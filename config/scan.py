"""The scan box on every page of the admin: a code opens the page of what it names."""

from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from catalog.identifiers.errors import InvalidIdentifier
from catalog.products.selectors import variants_by_sku
from catalog.units.rules import plain
from config.kernel import clock
from inventory.lots.selectors import ResolvedCode, find_lot
from inventory.stock.selectors.codes import piece_named, resolve_code

CODE_LENGTH_MAX = 8_000


@permission_required("inventory.view_stocklevel", raise_exception=True)
def scan(request: HttpRequest) -> HttpResponse:
    """`?code=`: to the lot, the stock, goods in, or a page that says what was understood."""
    code = request.GET.get("code", "").replace("\0", "").strip()[:CODE_LENGTH_MAX]
    if not code:
        return redirect("admin:index")
    problem, found = "", ResolvedCode()
    try:
        found = resolve_code(code, today=clock.now().date())
    except InvalidIdentifier as error:
        problem = error.detail
    target = _page_of(request, code, found)
    if target:
        return HttpResponseRedirect(target)
    return TemplateResponse(
        request,
        "admin/scan.html",
        {
            **admin.site.each_context(request),
            "title": "Scan",
            "code": code,
            "found": found,
            "quantity": plain(found.quantity) if found.quantity else "",
            "problem": problem,
            "search": urlencode({"q": code[:200]}),
            "may_receive": request.user.has_perm("inventory.receive_stock"),
        },
    )


def _page_of(request: HttpRequest, code: str, found: ResolvedCode) -> str | None:
    if found.lot and not found.sku:
        several = any(warning.code == "ambiguous-lot" for warning in found.warnings)
        query = urlencode({"q": found.lot})
        return f"{reverse('admin:inventory_lot_changelist')}?{query}" if several else None
    if not found.sku:
        return None
    piece = piece_named(found)
    if piece is not None and request.user.has_perm("inventory.view_serialnumber"):
        return reverse("admin:inventory_serialnumber_change", args=[piece.pk])
    variant = variants_by_sku([found.sku])[found.sku]
    if found.lot:
        lot = find_lot(variant_id=variant.id, code=found.lot)
        if lot is not None:
            return reverse("admin:inventory_lot_change", args=[lot.pk])
        if request.user.has_perm("inventory.receive_stock"):
            # A lot nobody has seen yet is one that is just coming in.
            return f"{reverse('admin:goods_in')}?{urlencode({'code': code})}"
    page = reverse("admin:inventory_stockedvariant_change", args=[variant.id])
    return f"{page}?{urlencode({'code': code})}"
