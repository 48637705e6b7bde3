"""The sessions, each as its reader may see it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from agencies.current import required_programme
from agencies.models import Programme
from agencies.permissions import staff_required
from foundation.errors import Refused
from foundation.paging import paginate
from foundation.refusals import refusals_told

from .. import actions, lists, permissions
from ..forms.enrolments import NominateForm
from ..forms.quotas import QuotaForm
from ..forms.sessions import SessionForm
from ..models import Enrolment
from ..seats import HEAD, WaitingLists, count_seats
from .common import filter_choices, own_units_of, page_in_section, posted, session_of, to_session
from .nominations import answer, known_url
from .surplus import answer_of, ask


@require_GET
def session_list(request):
    programme = required_programme(request)
    own_units = own_units_of(request, programme)
    rows = lists.session_rows(programme, timezone.now(), own_units=own_units)
    context = {"rows": rows, "own_units": own_units}
    return page_in_section(request, "workshops/session_list.html", context, programme=programme)


@require_http_methods(["GET", "POST"])
def session_detail(request, number):
    """The session as its reader may see it; posting nominates one colleague."""
    session = session_of(request, number)
    own_units = own_units_of(request, session.programme)
    seats = count_seats(session)
    line = WaitingLists({session.pk: seats})
    shown = None if request.user.is_staff else own_units
    quotas = lists.quota_rows(session, seats, line.counts[session.pk], units=shown)
    units = own_units or lists.units_to_nominate_for(session, seats)
    form = NominateForm(posted(request), units=units, are_own=bool(own_units))
    form.offer_known(known_url(session, request), asks_unit=form.only_unit is None)
    if request.method == "POST" and not request.user.is_staff and not own_units:
        raise PermissionDenied("您目前不是本年度任何機關的聯絡人，不能薦送。")
    if form.is_bound and form.is_valid():
        try:
            enrolments = actions.enrol_many(
                session=session,
                unit=form.cleaned_data["unit"],
                nominees=[form.nominee],
                request=form.cleaned_data["request"],
                by=request.user,
                at=timezone.now(),
            )
        except actions.NominationsRefused as refusal:
            for problem in refusal.problems.values():
                form.add_error(None, problem)
            for clash in refusal.clashes.values():
                form.warn(clash)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, answer(session, enrolments))
            return to_session(request, session)
    now = timezone.now()
    context = {
        "session": session,
        "form": form,
        "seats": seats,
        "waiting_total": line.counts[session.pk].total(),
        "status": lists.session_status(session, session.programme, now),
        "is_list_open": session.programme.is_open and not session.is_attendance_closed,
        "is_open": session.is_enrolment_open(now),
        "may_substitute": permissions.may_substitute(request.user, session, now),
        "materials": permissions.can_see_materials(request.user, session) and session.materials.count(),
        "is_announced": session.programme.state != Programme.State.DRAFT,
        "seat_plan": lists.seat_plan(seats, own_units),
    }
    show = _staff_detail if request.user.is_staff else _contact_detail
    return show(request, session, quotas, line, context)


def _staff_detail(request, session, quotas, line, context):
    rows = lists.enrolments(session.programme, request.user).filter(session=session)
    page = paginate(request, lists.filtered(rows, request.GET))
    lines = page.object_list.values_list(*lists.LINE)
    context |= {
        "page": page,
        "rows": lists.enrolment_rows(lines, [session], line.places, request.user, []),
        "quotas": QuotaForm(rows=quotas),
        "choices": filter_choices(request),
        "attendances": Enrolment.Attendance.choices,
    }
    return page_in_section(request, "workshops/session_detail.html", context, programme=session.programme)


def _contact_detail(request, session, own, line, context):
    own_units = [row.unit for row in own]
    mine = lists.enrolments(session.programme, request.user).filter(session=session, unit__in=own_units)
    mine = mine.active().values_list(*lists.LINE)
    waiting = context["waiting_total"]
    context |= {
        "rows": lists.enrolment_rows(mine, [session], line.places, request.user, own_units),
        "own": own,
        "own_ids": {unit.pk for unit in own_units},
        "line": line.heads[session.pk],
        "line_more": max(waiting - HEAD, 0),
        "would_wait": _would_wait(own_units, context["seats"], waiting),
    }
    return page_in_section(
        request, "workshops/session_detail_contact.html", context, programme=session.programme
    )


def _would_wait(own_units, seats, waiting):
    """What a contact of one unit should know before nominating: (position, why) of the next one, or None."""
    if len(own_units) != 1 or not seats.may_nominate(own_units[0].pk):
        return None
    full = seats.full(own_units[0].pk)
    return (waiting + 1, "、".join(full)) if full else None


@require_http_methods(["GET", "POST"])
@staff_required
def session_edit(request, number):
    session = session_of(request, number)
    form = SessionForm(posted(request), instance=session)
    if form.is_bound and form.is_valid():
        try:
            changed = actions.edit_session(
                session=session,
                by=request.user,
                at=timezone.now(),
                surplus=answer_of(request),
                **form.facts(),
            )
        except actions.TooManySeated as refusal:
            return ask(request, session, refusal)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已儲存{session}。" if changed else f"{session}沒有變更。")
            return to_session(request, session)
    context = {"form": form, "session": session}
    return page_in_section(request, "workshops/session_form.html", context, programme=session.programme)


@require_http_methods(["GET", "POST"])
@staff_required
def session_release(request, number):
    """Asks, with what falls to whom; posting makes the unused seats one pool."""
    session = session_of(request, number)
    if request.method == "POST":
        with refusals_told(request, "未釋出。"):
            promoted = actions.release(session=session, by=request.user, at=timezone.now())
            messages.success(request, f"{session}未使用的名額已釋出，候補遞補 {len(promoted)} 人。")
        return to_session(request, session)
    seats = count_seats(session)
    context = {"session": session, "seats": seats, "waiting": session.enrolments.waiting().count()}
    return page_in_section(request, "workshops/session_release.html", context, programme=session.programme)


@require_http_methods(["GET", "POST"])
@staff_required
def session_release_undo(request, number):
    session = session_of(request, number)
    if request.method == "POST":
        with refusals_told(request, "未收回。"):
            actions.take_back_release(session=session, by=request.user, at=timezone.now())
            messages.success(request, f"已收回{session}釋出的名額，各機關恢復各自的名額。")
        return to_session(request, session)
    return page_in_section(
        request, "workshops/session_release_undo.html", {"session": session}, programme=session.programme
    )
