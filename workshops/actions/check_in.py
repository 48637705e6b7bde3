"""Checking in by oneself, in the room."""

from django.db import transaction

from foundation.models import Event
from foundation.templatetags.portal import roc_dt
from foundation.text import search_key

from .. import check_in as rules
from ..check_in import CheckInRefused
from ..models import Enrolment
from .locks import lock, record

REFUSED = "session.check_in_refused"
State, Attendance = Enrolment.State, Enrolment.Attendance


def check_in(*, ticket, at, person=None, unit=None, name="", email_start=""):
    """Mark oneself present, or late: `person` of who is logged in, else unit and name, and among twins the e-mail.

    Who has checked in gets the same answer again. What staff have marked stays. Each refusal is kept, and counts
    against the ticket.
    """
    session, nonce = rules.read_ticket(ticket)
    try:
        with transaction.atomic():
            session = lock(session)
            _require_tries(session, nonce)
            _require_open(session, at)
            enrolment = _meant(session, person, unit, name, email_start)
            return _mark(session, enrolment, at)
    except CheckInRefused as refusal:
        record(REFUSED, session, by=None, at=at, summary=f"{session}自行報到未成：{refusal}", ticket=nonce)
        raise


def _require_tries(session, nonce):
    target = {"target_type": session._meta.label_lower, "target_id": str(session.pk)}
    tries = Event.objects.filter(action=REFUSED, data__ticket=nonce, **target).count()
    if tries >= rules.MOST_TRIES:
        raise CheckInRefused(f"這張報到單已試 {tries} 次。請再掃描投影幕上的條碼，或向現場承辦人報到。")


def _require_open(session, at):
    opens, closes = rules.window(session) or (None, None)
    if session.is_attendance_closed or opens is None or at >= closes:
        raise CheckInRefused("自行報到已經截止。請向現場承辦人報到。")
    if at < opens:
        raise CheckInRefused(f"自行報到從 {roc_dt(opens)} 起。")


def _meant(session, person, unit, name, email_start):
    listed = session.enrolments.active().select_related("unit", "person")
    if person is not None:
        found = list(listed.filter(person=person))
    else:
        wanted = search_key(name)
        found = [e for e in listed.filter(unit=unit) if search_key(e.person.name) == wanted]
        if len(found) > 1 and email_start:
            start = email_start.lower()
            found = [e for e in found if e.person.email and e.person.email.lower().startswith(start)]
        if len(found) > 1:
            raise CheckInRefused("這個機關有同姓名的人，請加填電子郵件的開頭幾個字。")
    if not found:
        raise CheckInRefused("名單上沒有這個機關與姓名。請核對後再送；不在名單上請向現場承辦人辦理現場報到。")
    if found[0].state == State.WAITING:
        raise CheckInRefused("您在候補名單上。請向現場承辦人辦理現場報到。")
    return found[0]


def _mark(session, enrolment, at):
    if enrolment.has_come:
        return enrolment
    if enrolment.attendance:
        raise CheckInRefused(
            f"承辦人已登記「{enrolment.get_attendance_display()}」。您若已到場，請向現場承辦人更正。"
        )
    enrolment.attendance = Attendance.LATE if rules.is_late(session, at) else Attendance.PRESENT
    enrolment.save(update_fields=["attendance"])
    record(
        "enrolment.checked_in",
        enrolment,
        by=None,
        at=at,
        summary=f"{enrolment.unit}的{enrolment.person}{session}自行報到：{enrolment.get_attendance_display()}",
        after=enrolment.attendance,
    )
    return enrolment
