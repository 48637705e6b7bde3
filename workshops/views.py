from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.current import required_programme, year_query
from agencies.models import ProgrammeUnit
from agencies.permissions import staff_required
from foundation.errors import Refused
from foundation.http import file_response
from foundation.paging import paginate
from foundation.sheets import FORMATS, OutColumn, write_table

from . import actions, lists, permissions
from .forms import AttendanceForm, NominateForm, OverbookForm, QuotaForm, SessionForm
from .models import Enrolment, Session, Tutor
from .permissions import tutor_page
from .seats import HEAD, WaitingLists, count_seats, seats_of

# What several pages need --------------------------------------------------------------------------


def _page(request, template, context, *, programme):
    """A page of this section, with the year kept in its links when it was asked for."""
    year = year_query(request)
    return render(request, template, {"programme": programme, "year_query": year, **context})


def _to_session(request, session):
    url = reverse("workshops:session_detail", args=[session.number])
    return redirect(f"{url}{year_query(request)}")


def _posted(request):
    """What a form is bound to; an empty post is a post too."""
    return request.POST if request.method == "POST" else None


def _back(request, session):
    """Where the form was; the session's page when that is not ours."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return redirect(wanted)
    return _to_session(request, session)


def _session(request, number):
    programme = required_programme(request)
    session = get_object_or_404(Session, programme=programme, number=number)
    session.programme = programme
    return session


def _own_units(request, programme):
    """The units a contact stands for in that year; none for staff, who look at all. Other people get 403."""
    if request.user.is_staff:
        return []
    units = ProgrammeUnit.objects.visible_to(request.user).filter(programme=programme)
    own_units = list(units.select_related("unit").order_by("unit__code"))
    if not own_units and not permissions.can_see_sessions(request.user):
        raise PermissionDenied("這一頁由承辦人與各機關聯絡人使用。")
    return own_units


def _answer(enrolment):
    """What the page says after a nomination."""
    if enrolment.state == Enrolment.State.CONFIRMED:
        return f"{enrolment.person}已錄取。"
    line = WaitingLists(seats_of([enrolment.session]))
    place = line.places[enrolment.pk]
    return f"{enrolment.person}列候補第 {place.position} 位：{place.reason}。"


# Sessions -----------------------------------------------------------------------------------------


@require_GET
def session_list(request):
    programme = required_programme(request)
    own_units = _own_units(request, programme)
    rows = lists.session_rows(programme, timezone.now(), own_units=own_units)
    context = {"rows": rows, "own_units": own_units}
    return _page(request, "workshops/session_list.html", context, programme=programme)


@require_http_methods(["GET", "POST"])
def session_detail(request, number):
    """The session as its reader may see it; posting nominates one colleague."""
    session = _session(request, number)
    own_units = _own_units(request, session.programme)
    seats = count_seats(session)
    line = WaitingLists({session.pk: seats})
    shown = None if request.user.is_staff else own_units
    quotas = lists.quota_rows(session, seats, line.counts[session.pk], units=shown)
    units = own_units or [row.unit for row in quotas if row.seats]
    form = NominateForm(_posted(request), units=units, are_own=bool(own_units))
    if request.method == "POST" and not request.user.is_staff and not own_units:
        raise PermissionDenied("您目前不是本年度任何機關的聯絡人，不能薦送。")
    if form.is_bound and form.is_valid():
        try:
            enrolment = actions.enrol(
                session=session, by=request.user, at=timezone.now(), **form.cleaned_data
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _answer(enrolment))
            return _to_session(request, session)
    now = timezone.now()
    context = {
        "session": session,
        "form": form,
        "seats": seats,
        "waiting_total": line.counts[session.pk].total(),
        "status": lists.session_status(session, session.programme, now),
        "is_list_open": session.programme.is_open and not session.is_attendance_closed,
        "is_open": session.is_enrolment_open(now),
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
        "quota_total": sum(context["seats"].quotas.values()),
        "choices": _choices(request),
        "attendances": Enrolment.Attendance.choices,
    }
    return _page(request, "workshops/session_detail.html", context, programme=session.programme)


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
    return _page(request, "workshops/session_detail_contact.html", context, programme=session.programme)


def _would_wait(own_units, seats, waiting):
    """What a contact of one unit should know before nominating: (position, why) of the next one, or None."""
    if len(own_units) != 1 or not seats.quotas.get(own_units[0].pk):
        return None
    full = seats.full(own_units[0].pk)
    return (waiting + 1, "、".join(full)) if full else None


@require_http_methods(["GET", "POST"])
@staff_required
def session_edit(request, number):
    session = _session(request, number)
    form = SessionForm(_posted(request), instance=session)
    if form.is_bound and form.is_valid():
        try:
            changed = actions.edit_session(
                session=session, by=request.user, at=timezone.now(), **form.facts()
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已儲存{session}。" if changed else f"{session}沒有變更。")
            return _to_session(request, session)
    context = {"form": form, "session": session}
    return _page(request, "workshops/session_form.html", context, programme=session.programme)


@require_http_methods(["GET", "POST"])
@staff_required
def quota_list(request, number):
    """The quotas of the session's audience and of whoever else has one, edited in the table."""
    session = _session(request, number)
    seats = count_seats(session)
    line = WaitingLists({session.pk: seats})
    rows = lists.quota_rows(
        session, seats, line.counts[session.pk], everyone=request.POST.get("part") != "allotted"
    )
    form = QuotaForm(_posted(request), rows=rows)
    if form.is_bound and form.is_valid():
        try:
            changed = actions.set_quotas(
                session=session, seats=form.changed, by=request.user, at=timezone.now()
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已儲存 {changed} 個機關的名額。" if changed else "名額沒有變更。")
            return _back(request, session)
    context = {"session": session, "quotas": form, "seats": seats, "quota_total": sum(seats.quotas.values())}
    return _page(request, "workshops/quota_list.html", context, programme=session.programme)


# Enrolments ---------------------------------------------------------------------------------------


def _choices(request):
    """The filters' values as chosen, and what they offer."""
    asked = {name: request.GET.get(name, "") for name in ("unit", "session", "state", "attendance", "q")}
    marks = [("unmarked", "未登記"), *Enrolment.Attendance.choices[1:]]
    return {**asked, "states": Enrolment.State.choices, "marks": marks, "is_filtered": any(asked.values())}


@require_GET
def enrolment_list(request):
    """Every enrolment of the year that this person may see."""
    programme = required_programme(request)
    own_units = _own_units(request, programme)
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
        "choices": _choices(request),
        "formats": list(FORMATS),
    }
    return _page(request, "workshops/enrolment_list.html", context, programme=programme)


@require_GET
def enrolment_export(request, fmt):
    """The list as it is filtered, as a file."""
    programme = required_programme(request)
    _own_units(request, programme)
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
    return _download(fmt, f"{programme.year}年度研習薦送名單", columns, rows)


def _download(fmt, title, columns, rows):
    if fmt not in FORMATS:
        raise Http404(f"沒有「{fmt}」這種格式。")
    written = write_table(fmt, title=title, columns=columns, rows=rows)
    return file_response(written, name=f"{title}.{fmt}")


@require_http_methods(["GET", "POST"])
def enrolment_cancel(request, pk):
    """Asks, with the consequence; posting cancels."""
    enrolment = get_object_or_404(
        Enrolment.objects.visible_to(request.user).select_related(
            "session__programme", "unit__unit", "person"
        ),
        pk=pk,
    )
    session = enrolment.session
    own = {unit.pk for unit in _own_units(request, session.programme)}
    if not permissions.can_change(request.user, enrolment, own):
        raise PermissionDenied("取消薦送由原薦送機關的聯絡人或承辦人辦理。")
    if request.method == "POST":
        try:
            actions.cancel(enrolment=enrolment, by=request.user, at=timezone.now())
        except Refused as refusal:
            messages.error(request, f"未取消。{refusal}")
        else:
            messages.success(request, f"已取消{enrolment.person}在{session}的薦送。")
        return _back(request, session)
    context = {"enrolment": enrolment, "session": session, "next_up": _next_up(enrolment)}
    return _page(request, "workshops/enrolment_cancel.html", context, programme=session.programme)


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
    session = _session(request, number)
    units = list(session.programme.units.select_related("unit").order_by("unit__code"))
    initial = {name: request.GET.get(name, "") for name in ("name", "title", "email", "unit")}
    form = OverbookForm(_posted(request), units=units, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            enrolment = actions.overbook(
                session=session, by=request.user, at=timezone.now(), **form.cleaned_data
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{enrolment.person}已超額錄取。")
            return _to_session(request, session)
    context = {"form": form, "session": session}
    return _page(request, "workshops/enrolment_overbook.html", context, programme=session.programme)


# Attendance ---------------------------------------------------------------------------------------


@require_POST
@staff_required
def attendance_mark(request, number):
    session = _session(request, number)
    marks = AttendanceForm(request.POST).marks()
    try:
        changed = actions.mark_attendance(session=session, marks=marks, by=request.user, at=timezone.now())
    except Refused as refusal:
        messages.error(request, f"未登記。{refusal}")
    else:
        messages.success(request, f"已登記 {changed} 人的出席。" if changed else "出席登記沒有變更。")
    return _back(request, session)


@require_http_methods(["GET", "POST"])
@staff_required
def attendance_close(request, number):
    """Asks, with how many will count as absent; posting settles."""
    session = _session(request, number)
    if request.method == "POST":
        try:
            absent = actions.close_attendance(session=session, by=request.user, at=timezone.now())
        except Refused as refusal:
            messages.error(request, f"未結算。{refusal}")
        else:
            messages.success(request, f"{session}出席已結算，未登記的 {absent} 人記為缺席。")
        return _to_session(request, session)
    unmarked = session.enrolments.confirmed().filter(attendance=Enrolment.Attendance.UNMARKED)
    context = {
        "session": session,
        "unmarked": unmarked.count(),
        "confirmed": session.enrolments.confirmed().count(),
    }
    return _page(request, "workshops/attendance_close.html", context, programme=session.programme)


@require_http_methods(["GET", "POST"])
@staff_required
def attendance_reopen(request, number):
    session = _session(request, number)
    if request.method == "POST":
        try:
            actions.reopen_attendance(session=session, by=request.user, at=timezone.now())
        except Refused as refusal:
            messages.error(request, f"未重新開放。{refusal}")
        else:
            messages.success(request, f"{session}已重新開放出席登記；更正後請再結算。")
        return _to_session(request, session)
    return _page(
        request, "workshops/attendance_reopen.html", {"session": session}, programme=session.programme
    )


# Tutors -------------------------------------------------------------------------------------------


def _tutors(request, programme):
    """(name, fields, phone, e-mail) of those asked for."""
    tutors = Tutor.objects.filter(programme=programme).order_by("user__name", "pk")
    if q := request.GET.get("q", "").strip():
        tutors = tutors.filter(Q(user__name__icontains=q) | Q(fields__icontains=q))
    return tutors.values_list("user__name", "fields", "phone", "user__email")


@require_GET
@tutor_page
def tutor_list(request):
    """誰來我「嘉」: who helps, with what, and how to reach them."""
    programme = required_programme(request)
    context = {
        "page": paginate(request, _tutors(request, programme)),
        "q": request.GET.get("q", ""),
        "formats": list(FORMATS),
        "sees_sessions": permissions.can_see_sessions(request.user),
    }
    return _page(request, "workshops/tutor_list.html", context, programme=programme)


@require_GET
@tutor_page
def tutor_export(request, fmt):
    programme = required_programme(request)
    columns = ["姓名", OutColumn("專長", width=32), "電話", OutColumn("電子郵件", width=28)]
    return _download(
        fmt, f"{programme.year}年度輔導教師聯絡方式表", columns, _tutors(request, programme).iterator()
    )
