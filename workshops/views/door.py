"""The door on the day, on a phone: who comes is marked with one tap."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.current import year_query
from agencies.permissions import staff_required
from foundation.errors import Refused
from foundation.http import file_response
from foundation.paging import paginate
from foundation.pdf import PdfRefused
from foundation.refusals import refusals_on

from .. import actions, door, sign_in
from ..forms.the_day import WalkInForm
from ..models import Enrolment
from .common import page_in_section, posted, session_of, to_session


@require_GET
@staff_required
def door_list(request, number):
    session = session_of(request, number)
    asked = {name: request.GET.get(name, "") for name in ("q", "show")}
    page = paginate(request, door.looked_for(session, asked))
    context = {
        "session": session,
        "page": page,
        "asked": asked,
        "shown": door.SHOWN.items(),
        **_state(session),
    }
    return page_in_section(request, "workshops/door_list.html", context, programme=session.programme)


def _state(session):
    return {
        "counts": door.counts(session),
        "is_open": session.programme.is_open and not session.is_attendance_closed,
    }


@require_GET
@staff_required
def sign_in_sheet(request, number, fmt):
    """簽到表, to print (pdf) or to work on."""
    session = session_of(request, number)
    if fmt not in sign_in.KINDS:
        raise Http404(f"沒有「{fmt}」這種格式。")
    try:
        return file_response(sign_in.sheet(session, fmt), name=f"{sign_in.title_of(session)}.{fmt}")
    except PdfRefused as refusal:
        messages.error(request, f"未製作簽到表。{refusal}")
        return to_session(request, session)


@require_POST
@staff_required
def door_mark(request, number, pk):
    """One tap. A mark that somebody else made meanwhile is shown beside the one asked for, and stays."""
    session = session_of(request, number)
    enrolment = get_object_or_404(Enrolment.objects.filter(session=session), pk=pk)
    mark, conflict, refused = request.POST.get("mark", ""), None, None
    try:
        actions.mark_attendance(
            session=session,
            marks={pk: mark},
            shown={pk: request.POST.get("shown", "")},
            by=request.user,
            at=timezone.now(),
        )
    except actions.MarkedMeanwhile:
        conflict = Enrolment.Attendance(mark)
    except Refused as refusal:
        refused = str(refusal)
    if not request.htmx:
        return _after_mark(request, session, enrolment, conflict, refused)
    context = {
        "session": session,
        "enrolment": door.people_at(session).filter(pk=pk).first() or enrolment,
        "conflict": conflict,
        "refused": refused,
        "year_query": year_query(request),
        **_state(session),
    }
    return render(request, "workshops/_door_marked.html", context, status=409 if conflict or refused else 200)


def _after_mark(request, session, enrolment, conflict, refused):
    """Back to the list, for browsers without script."""
    if conflict is not None:
        enrolment.refresh_from_db()
        messages.error(
            request,
            f"未登記「{conflict.label}」：{enrolment.person}已由別人登記為「{enrolment.get_attendance_display()}」。",
        )
    elif refused:
        messages.error(request, f"未登記。{refused}")
    return redirect(f"{_door(request, session)}#person-{enrolment.pk}")


def _door(request, session):
    return f"{reverse('workshops:door_list', args=[session.number])}{year_query(request)}"


@require_http_methods(["GET", "POST"])
@staff_required
def door_walk_in(request, number):
    """現場報到 of somebody in line, or on no list."""
    session = session_of(request, number)
    units = list(session.programme.units.select_related("unit").order_by("unit__code"))
    initial = {name: request.GET.get(name, "") for name in ("name", "title", "email", "unit")}
    form = WalkInForm(posted(request), units=units, initial=initial)
    if form.is_bound and form.is_valid():
        with refusals_on(form):
            enrolment = actions.walk_in(
                session=session, by=request.user, at=timezone.now(), **form.cleaned_data
            )
            beyond = "，名額或場地已滿，註記「現場報到」" if enrolment.over_limit_reason else ""
            messages.success(request, f"{enrolment.person}已現場報到{beyond}。")
            return redirect(_door(request, session))
    context = {"form": form, "session": session}
    return page_in_section(request, "workshops/door_walk_in.html", context, programme=session.programme)
