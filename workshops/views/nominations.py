"""薦送: one colleague on the session's page, several on a page of their own, and who is known while typing."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from agencies.current import year_query
from agencies.models import Person
from foundation.errors import Refused
from foundation.sheets import SheetRefused

from .. import actions, lists
from ..forms.enrolments import NominationForm, NomineeRows
from ..models import Enrolment
from ..seats import WaitingLists, count_seats, seats_of
from .common import own_units_of, page_in_section, posted, session_of, to_session

MOST_KNOWN = 8


def units_for(request, session, seats):
    """(the units this person may nominate for, whether as their contact)."""
    own_units = own_units_of(request, session.programme)
    if not request.user.is_staff and not own_units:
        raise PermissionDenied("您目前不是本年度任何機關的聯絡人，不能薦送。")
    return (own_units, True) if own_units else (lists.units_to_nominate_for(session, seats), False)


def answer(session, enrolments):
    """What the page says after a nomination; the same however often the form was sent."""
    waiting = [row for row in enrolments if row.state == Enrolment.State.WAITING]
    places = WaitingLists(seats_of([session])).places if waiting else {}
    if len(enrolments) == 1:
        (enrolment,) = enrolments
        if not waiting:
            return f"{enrolment.person}{enrolment.get_state_display()}。"
        place = places[enrolment.pk]
        return f"{enrolment.person}列候補第 {place.position} 位：{place.reason}。"
    told = f"已薦送 {len(enrolments)} 位：錄取 {len(enrolments) - len(waiting)} 位"
    if not waiting:
        return f"{told}。"
    positions = "、".join(f"{row.person}第 {places[row.pk].position} 位" for row in waiting)
    return f"{told}，候補 {len(waiting)} 位（{positions}）。"


def known_url(session, request):
    return reverse("workshops:person_known", args=[session.number]) + year_query(request)


@require_http_methods(["GET", "POST"])
def enrolment_nominate(request, number):
    """Several at once: typed, pasted or from a file, looked at, then sent; all or none."""
    session = session_of(request, number)
    seats = count_seats(session)
    units, are_own = units_for(request, session, seats)
    form = NominationForm(posted(request), request.FILES or None, units=units, are_own=are_own)
    typed = NomineeRows(request.POST, known_url=known_url(session, request), asks_unit=form.only_unit is None)
    act = request.POST.get("act", "send") if request.method == "POST" else ""
    rows = typed.shown(NomineeRows.BLANK if act == "" else 1)
    if act == "fill":
        rows = _filled(form, typed)
    elif act == "send":
        rows = typed.sent(request.POST)
        if enrolments := _send(request, session, form, rows):
            messages.success(request, answer(session, enrolments))
            return to_session(request, session)
        rows = rows or typed.shown(NomineeRows.BLANK)
    unit = form.chosen_unit
    context = {
        "session": session,
        "form": form,
        "rows": rows,
        "act": act,
        "unit": unit,
        "seats": seats,
        "left": seats.left(unit.pk) if unit else 0,
        "full": seats.full(unit.pk) if unit else [],
        "quota": seats.quotas.get(unit.pk) if unit else None,
        "may_nominate": unit is None or seats.may_nominate(unit.pk),
        "next_place": session.enrolments.waiting().count() + 1,
        "is_listed": session.programme.is_open and not session.is_attendance_closed,
        "is_open": request.user.is_staff or session.is_enrolment_open(timezone.now()),
    }
    return page_in_section(request, "workshops/enrolment_nominate.html", context, programme=session.programme)


def _filled(form, typed):
    """The lines with the pasted ones and those of the file behind them."""
    try:
        people = form.people() if form.is_valid() else []
    except SheetRefused as refusal:
        form.add_error("file", str(refusal))
    else:
        if not people:
            form.add_error("pasted", "沒有讀到任何人；每行一位，姓名在前。")
        elif left_out := typed.add(people):
            form.add_error("pasted", f"一次最多 {NomineeRows.MOST} 位，最後 {left_out} 位沒有加入。")
        else:
            form.forget_pasted()
    return typed.shown(0 if typed.typed else NomineeRows.BLANK)


def _send(request, session, form, rows):
    """The enrolments; None when something is to be mended, said at its line."""
    if not rows:
        form.add_error(None, "至少填一位同仁的姓名與職稱。")
    checked = [row.is_valid() for row in rows]
    if not form.is_valid() or not all(checked):
        return None
    try:
        return actions.enrol_many(
            session=session,
            unit=form.cleaned_data["unit"],
            nominees=[row.nominee for row in rows],
            request=form.cleaned_data["request"],
            by=request.user,
            at=timezone.now(),
        )
    except actions.NominationsRefused as refusal:
        form.add_error(None, str(refusal))
        for number, problem in refusal.problems.items():
            rows[number].add_error("name", problem)
        for number, clash in refusal.clashes.items():
            rows[number].warn(clash)
    except Refused as refusal:
        form.add_error(None, str(refusal))
    return None


@require_GET
def person_known(request, number):
    """Options for a name being typed: people of the unit that is nominated for, of no other."""
    session = session_of(request, number)
    seats = count_seats(session)
    units, _ = units_for(request, session, seats)
    chosen = request.GET.get("unit", "")
    unit = next((unit for unit in units if str(unit.pk) == chosen), units[0] if len(units) == 1 else None)
    typed = next((text.strip() for name, text in request.GET.items() if name.endswith("name")), "")
    people = []
    if unit and typed:
        known = Person.objects.filter(unit=unit.unit_id, name__icontains=typed)
        people = known.order_by("name", "pk")[:MOST_KNOWN]
    return render(request, "workshops/_people_known.html", {"people": people})
