"""What several pages of this section need."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from agencies.current import required_programme, year_query
from agencies.models import ProgrammeUnit
from foundation.http import file_response
from foundation.sheets import FORMATS, write_table

from .. import permissions
from ..models import Enrolment, Session


def page_in_section(request, template, context, *, programme):
    """A page of this section, with the year kept in its links when it was asked for."""
    year = year_query(request)
    return render(request, template, {"programme": programme, "year_query": year, **context})


def to_session(request, session):
    url = reverse("workshops:session_detail", args=[session.number])
    return redirect(f"{url}{year_query(request)}")


def posted(request):
    """What a form is bound to; an empty post is a post too."""
    return request.POST if request.method == "POST" else None


def back(request, session):
    """Where the form was; the session's page when that is not ours."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return redirect(wanted)
    return to_session(request, session)


def session_of(request, number):
    programme = required_programme(request)
    session = get_object_or_404(Session, programme=programme, number=number)
    session.programme = programme
    return session


def own_units_of(request, programme):
    """The units a contact stands for in that year; none for staff, who look at all. Other people get 403."""
    if request.user.is_staff:
        return []
    units = ProgrammeUnit.objects.visible_to(request.user).filter(programme=programme)
    own_units = list(units.select_related("unit").order_by("unit__code"))
    if not own_units and not permissions.can_see_sessions(request.user):
        raise PermissionDenied("這一頁由承辦人與各機關聯絡人使用。")
    return own_units


def filter_choices(request):
    """The filters' values as chosen, and what they offer."""
    asked = {name: request.GET.get(name, "") for name in ("unit", "session", "state", "attendance", "q")}
    marks = [("unmarked", "未登記"), *Enrolment.Attendance.choices[1:]]
    return {**asked, "states": Enrolment.State.choices, "marks": marks, "is_filtered": any(asked.values())}


def download(fmt, title, columns, rows):
    if fmt not in FORMATS:
        raise Http404(f"沒有「{fmt}」這種格式。")
    written = write_table(fmt, title=title, columns=columns, rows=rows)
    return file_response(written, name=f"{title}.{fmt}")
