"""Marking who came, and settling it."""

from django.contrib import messages
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from agencies.permissions import staff_required
from foundation.refusals import refusals_told

from .. import actions
from ..forms.the_day import AttendanceForm
from ..models import Enrolment
from .common import back, page_in_section, session_of, to_session


@require_POST
@staff_required
def attendance_mark(request, number):
    session = session_of(request, number)
    marks, shown = AttendanceForm(request.POST).changes()
    with refusals_told(request, "未登記。"):
        changed = actions.mark_attendance(
            session=session, marks=marks, shown=shown, by=request.user, at=timezone.now()
        )
        messages.success(request, f"已登記 {changed} 人的出席。" if changed else "出席登記沒有變更。")
    return back(request, session)


@require_http_methods(["GET", "POST"])
@staff_required
def attendance_close(request, number):
    """Asks, with how many will count as absent; posting settles."""
    session = session_of(request, number)
    if request.method == "POST":
        with refusals_told(request, "未結算。"):
            absent = actions.close_attendance(session=session, by=request.user, at=timezone.now())
            messages.success(request, f"{session}出席已結算，未登記的 {absent} 人記為缺席。")
        return to_session(request, session)
    unmarked = session.enrolments.confirmed().filter(attendance=Enrolment.Attendance.UNMARKED)
    context = {
        "session": session,
        "unmarked": unmarked.count(),
        "confirmed": session.enrolments.confirmed().count(),
    }
    return page_in_section(request, "workshops/attendance_close.html", context, programme=session.programme)


@require_http_methods(["GET", "POST"])
@staff_required
def attendance_reopen(request, number):
    session = session_of(request, number)
    if request.method == "POST":
        with refusals_told(request, "未重新開放。"):
            actions.reopen_attendance(session=session, by=request.user, at=timezone.now())
            messages.success(request, f"{session}已重新開放出席登記；更正後請再結算。")
        return to_session(request, session)
    return page_in_section(
        request, "workshops/attendance_reopen.html", {"session": session}, programme=session.programme
    )
