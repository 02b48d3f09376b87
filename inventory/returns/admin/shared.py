"""What the pages of returns have in common."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from config.kernel.errors import DomainError
from inventory.returns.models import ReturnAuthorization
from inventory.returns.selectors import (
    return_with_everything,
)

SHOWN_MAX = 10


def open_return(request: HttpRequest, return_id: UUID, permission: str) -> ReturnAuthorization:
    """The return, for those who may. Raises PermissionDenied, Http404."""
    if not request.user.has_perm(permission):
        raise PermissionDenied
    found = return_with_everything(return_id)
    if found is None:
        raise Http404(f"no return {return_id}")
    return found


def has_ended(request: HttpRequest, found: ReturnAuthorization) -> HttpResponse:
    """Back to the page of a return that has ended, with a word."""
    messages.error(request, f"Return {found.reference} is {found.get_status_display().lower()}.")
    return HttpResponseRedirect(page_of(found))


def sentences(error: DomainError) -> list[str]:
    """What a refusal says, line by line."""
    details = [problem.detail for problem in error.errors] or [error.detail]
    details += [
        f"{short['sku']}: {short['available']} of {short['requested']} are free."
        for short in error.extra.get("shortages", ())
    ]
    return details[:SHOWN_MAX]


def page_of(found: ReturnAuthorization) -> str:
    """Where a return is shown."""
    return reverse("admin:inventory_returnauthorization_change", args=[found.pk])


def show_page(
    admin_site: AdminSite, request: HttpRequest, template: str, title: str, **context: Any
) -> HttpResponse:
    """One of the pages of returns."""
    request.current_app = admin_site.name
    return TemplateResponse(
        request,
        f"admin/inventory/returns/{template}",
        {**admin_site.each_context(request), "title": title, **context},
    )
