"""The lists of names, and leaving or entering them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from agencies.current import required_programme, year_query
from agencies.permissions import staff_required
from foundation.paging import paginate
from foundation.refusals import refusals_on, refusals_told
from foundation.sheets import FORMATS, OutColumn

from .. import actions, lists, permissions
from ..forms.enrolments import OverbookForm, SubstituteForm
from ..models import Enrolment
from ..seats import WaitingLists, count_seats, seats_of
from .common import (
    back,
    download,
    filter_choices,
    own_units_of,
    page_in_section,
    posted,
    session_of,
    to_session,
)


@require_GET
def enrolment_list(request):
    """Every enrolment of the year that this person may see."""
    programme = required_programme(request)
    own_units = own_units_of(request, programme)
    sessions = list(programme.sessions.order_by("number"))
    found = lists.filtered(lists.enrolments(programme, request.user), request.GET)
    page = paginate(request, found)
    lines = list(page.object_list.values_list(*lists.LINE))
    places = WaitingLists(seats_of(sessions)).places if lists.anybody_waits(lines) else {}
    rows = lists.enrolment_rows(lines, sessions, places, request.user, own_units, year=year_query(request))
    context = {
        "page": page,
        "rows": rows,
        "sessions": sessions,
        "choices": filter_choices(request),
        "formats": list(FORMATS),
    }
    return page_in_section(request, "workshops/enrolment_list.html", context, programme=programme)


@require_GET
def enrolment_export(request, fmt):
    """The list as it is filtered, as a file."""
    programme = required_programme(request)
    own_units_of(request, programme)
    found = lists.filtered(lists.enrolments(programme, request.user), request.GET)
    columns = [
        OutColumn("梯次", kind="int"),
        OutColumn("機關代碼"),
        OutColumn("機關名稱", width=28),
        OutColumn("姓名"),
        OutColumn("職稱"),
        OutColumn("電子郵件", width=28),
        OutColumn("狀態"),
        OutColumn("出席"),
        OutColumn("超額理由", width=24),
        OutColumn("薦送時間", width=18, kind="datetime"),
    ]
    facts = found.values_list(
        "session__number",
        "unit__unit__code",
        "unit__name",
        "person__name",
        "person__title",
        "person__email",
        "state",
        "attendance",
        "over_limit_reason",
        "created_at",
    )
    rows = (
        (*who, Enrolment.State(state).label, lists.mark_words(state, attendance), over, created_at)
        for *who, state, attendance, over, created_at in facts.iterator()
    )
    return download(fmt, f"{programme.year}年度研習薦送名單", columns, rows)


def _enrolment_to_change(request, pk, act):
    """The enrolment, when this person may change it; `act` names what they wanted."""
    enrolment = get_object_or_404(
        Enrolment.objects.visible_to(request.user).select_related(
            "session__programme", "unit__unit", "person", "replaced_by__person"
        ),
        pk=pk,
    )
    own = {unit.pk for unit in own_units_of(request, enrolment.session.programme)}
    if not permissions.can_change(request.user, enrolment, own):
        raise PermissionDenied(f"{act}由原薦送機關的聯絡人或承辦人辦理。")
    return enrolment


@require_http_methods(["GET", "POST"])
def enrolment_cancel(request, pk):
    """Asks, with the consequence; posting cancels."""
    enrolment = _enrolment_to_change(request, pk, "取消薦送")
    session = enrolment.session
    if request.method == "POST":
        with refusals_told(request, "未取消。"):
            actions.cancel(enrolment=enrolment, by=request.user, at=timezone.now())
            messages.success(request, f"已取消{enrolment.person}在{session}的薦送。")
        return back(request, session)
    context = {"enrolment": enrolment, "session": session, "next_up": _next_up(enrolment)}
    return page_in_section(request, "workshops/enrolment_cancel.html", context, programme=session.programme)


@require_http_methods(["GET", "POST"])
def enrolment_substitute(request, pk):
    """換人: another colleague of the unit takes the seat or the place in line."""
    enrolment = _enrolment_to_change(request, pk, "換人")
    session, now = enrolment.session, timezone.now()
    form = SubstituteForm(posted(request))
    if form.is_bound and form.is_valid():
        with refusals_on(form):
            coming = actions.substitute(enrolment=enrolment, by=request.user, at=now, **form.cleaned_data)
            messages.success(
                request,
                f"{session}已由{coming.person}接替{enrolment.person}（{coming.get_state_display()}）。",
            )
            return to_session(request, session)
    context = {
        "enrolment": enrolment,
        "session": session,
        "form": form,
        "place": WaitingLists(seats_of([session])).places.get(enrolment.pk),
        "is_in_time": permissions.may_substitute(request.user, session, now),
    }
    return page_in_section(
        request, "workshops/enrolment_substitute.html", context, programme=session.programme
    )


def _next_up(enrolment):
    """(enrolment, place) of who moves up when this one is cancelled, or None."""
    session = enrolment.session
    if enrolment.state != Enrolment.State.CONFIRMED or enrolment.over_limit_reason:
        return None
    seats = count_seats(session)
    places = WaitingLists({session.pk: seats}).places
    line = session.enrolments.waiting().select_related("unit")
    found = lists.next_after(seats, enrolment.unit_id, line)
    return (found, places[found.pk]) if found else None


@require_http_methods(["GET", "POST"])
@staff_required
def enrolment_overbook(request, number):
    """超額錄取, for a reason."""
    session = session_of(request, number)
    units = list(session.programme.units.select_related("unit").order_by("unit__code"))
    initial = {name: request.GET.get(name, "") for name in ("name", "title", "email", "unit")}
    form = OverbookForm(posted(request), units=units, initial=initial)
    if form.is_bound and form.is_valid():
        with refusals_on(form):
            enrolment = actions.overbook(
                session=session, by=request.user, at=timezone.now(), **form.cleaned_data
            )
            messages.success(request, f"{enrolment.person}已超額錄取。")
            return to_session(request, session)
    context = {"form": form, "session": session}
    return page_in_section(request, "workshops/enrolment_overbook.html", context, programme=session.programme)
