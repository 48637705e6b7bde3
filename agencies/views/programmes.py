"""The years. Opening and editing one crosses the apps: see `chiayi_elearn.programme_views`."""

from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from .. import actions
from ..models import Programme
from ..opening import units_without_headcount
from ..permissions import staff_required
from .common import act_and_return


@require_GET
@staff_required
def programme_list(request):
    programmes = Programme.objects.annotate(
        unit_count=Count("units", filter=Q(units__on_board=True))
    ).order_by("-year")
    return render(request, "agencies/programme_list.html", {"programmes": programmes})


@require_GET
@staff_required
def programme_detail(request, year):
    programme = get_object_or_404(Programme, year=year)
    on_board = programme.units.filter(on_board=True)
    context = {
        # The frame shows the default year; this page is about another one, perhaps.
        "shown": programme,
        "schedule": _timetable(programme),
        "unit_count": on_board.count(),
        "without_headcount": units_without_headcount(programme).count(),
        "without_contact": on_board.with_contact_count().filter(contact_count=0).count(),
    }
    return render(request, "agencies/programme_detail.html", context)


def _timetable(programme):
    """(item, whether it runs in each of the twelve months)."""
    return [
        (item, [item.first_month <= month <= item.last_month for month in range(1, 13)])
        for item in programme.schedule.all()
    ]


@require_POST
@staff_required
def programme_activate(request, year):
    programme = get_object_or_404(Programme, year=year)
    return act_and_return(
        request,
        lambda: actions.activate(programme=programme, by=request.user, at=timezone.now()),
        done=f"{programme}已開始。",
        back=programme_url(programme),
    )


def programme_url(programme):
    return reverse("agencies:programme_detail", args=[programme.year])
