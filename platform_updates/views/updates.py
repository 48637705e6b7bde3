"""Pages of the updates that indicator 1 counts."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.permissions import staff_required
from platform_updates.lists import UPDATE_COLUMNS, update_rows
from platform_updates.models import Update
from platform_updates.permissions import office_or_contact_required

from .reviewed import item_appeal, item_context, item_export, item_list, item_review, item_review_many

ORDERS = {
    "-date": ("-updated_on", "-pk"),
    "date": ("updated_on", "pk"),
    "unit": ("unit__unit__code", "-updated_on"),
    "-unit": ("-unit__unit__code", "-updated_on"),
}


@require_GET
@office_or_contact_required
def update_list(request):
    return item_list(
        request,
        Update,
        template="platform_updates/update_list.html",
        shown=("updated_on",),
        orders=ORDERS,
    )


@require_GET
@office_or_contact_required
def update_export(request, fmt):
    return item_export(request, Update, fmt, columns=UPDATE_COLUMNS, rows=update_rows, orders=ORDERS)


@require_GET
def update_detail(request, pk):
    update = _update_for(request, pk)
    return render(request, "platform_updates/update_detail.html", item_context(request, update))


@require_http_methods(["GET", "POST"])
@staff_required
def update_review(request, pk):
    return item_review(request, _update_for(request, pk), url=_url(pk))


@require_POST
@staff_required
def update_review_many(request):
    return item_review_many(request, Update, list_url=reverse("platform_updates:update_list"))


@require_http_methods(["GET", "POST"])
def update_appeal(request, pk):
    return item_appeal(request, _update_for(request, pk), url=_url(pk))


def _update_for(request, pk):
    updates = Update.objects.visible_to(request.user)
    return get_object_or_404(
        updates.select_related("programme", "unit__unit", "record", "created_by", "reviewed_by"), pk=pk
    )


def _url(pk):
    return reverse("platform_updates:update_detail", args=[pk])
