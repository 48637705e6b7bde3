"""Who came: marks, people who come unannounced, and settling a session."""

from django.db import transaction

from foundation import events
from foundation.rocdate import format_short, taipei_date

from .. import people
from ..models import Enrolment
from ..seats import count_seats
from .enrolments import already_listed
from .feedback import ask_for_feedback
from .hours import align_certificates
from .line import fill_free_seats
from .locks import EnrolmentRefused, SessionRefused, lock, plain, record
from .telling import tell_contacts

SETTLED = "本梯次出席已結算；要更正，請先重新開放登記。"


class MarkedMeanwhile(EnrolmentRefused):
    """Somebody else has marked these enrolments since the page was shown."""

    def __init__(self, enrolments):
        self.enrolments = enrolments
        marked = "、".join(f"{e.person}（{e.get_attendance_display()}）" for e in enrolments)
        super().__init__(f"同時有人登記了{marked}；未覆蓋，請看過再登記。")


@transaction.atomic
def mark_attendance(*, session, marks, by, at, shown=None):
    """Write down who came: `marks` gives an attendance for the pk of each enrolment; returns how many changed.

    `shown` gives what the page said before, for the same pks: what somebody else has marked meanwhile is not
    overwritten (MarkedMeanwhile, and nothing is written).
    """
    session = lock(session)
    if session.is_attendance_closed:
        raise EnrolmentRefused(SETTLED)
    rows = (
        session.enrolments.select_for_update(of=("self",))
        .select_related("person", "unit")
        .in_bulk(list(marks))
    )
    if missing := marks.keys() - rows.keys():
        raise EnrolmentRefused(f"有 {len(missing)} 筆不在本梯次的名單，未登記任何一筆。")
    changed = []
    for pk, attendance in marks.items():
        enrolment = rows[pk]
        if attendance not in Enrolment.Attendance.values:
            raise EnrolmentRefused(f"沒有「{attendance}」這種出席情形。")
        if enrolment.state != Enrolment.State.CONFIRMED:
            raise EnrolmentRefused(
                f"{enrolment.person}是「{enrolment.get_state_display()}」，只有已錄取者可以登記出席。"
            )
        if enrolment.attendance != attendance:
            changed.append((enrolment, enrolment.attendance, attendance))
    if shown is not None and (
        marked := [enrolment for enrolment, before, _ in changed if before != shown.get(enrolment.pk)]
    ):
        raise MarkedMeanwhile(marked)
    for enrolment, _, attendance in changed:
        enrolment.attendance = attendance
    Enrolment.objects.bulk_update([row[0] for row in changed], ["attendance"], batch_size=500)
    events.record_many(
        {
            "action": "enrolment.attendance_marked",
            "by": by,
            "target": enrolment,
            "scope": session.programme.year,
            "at": at,
            "summary": f"{enrolment.unit}的{enrolment.person}{session}：{enrolment.get_attendance_display()}",
            "data": {"before": before, "after": attendance},
        }
        for enrolment, before, attendance in changed
    )
    if changed:
        align_certificates(session, by=by, at=at)
    return len(changed)


@transaction.atomic
def walk_in(*, session, unit, name, by, at, title="", email=""):
    """現場報到: who comes without having been admitted. A seat that is free is taken; without one they stay all the same,
    and the reason is kept. Either way they count to their unit, up to its quota (design §3.2).
    """
    session = lock(session)
    if session.is_attendance_closed:
        raise EnrolmentRefused(SETTLED)
    if taipei_date(at) < session.held_on:
        raise EnrolmentRefused(
            f"{session}在{format_short(session.held_on)}舉行，當日起才能登記現場報到；在那之前請用薦送。"
        )
    person = people.find_or_create(unit=unit.unit, name=name, title=title, email=email)
    enrolment = session.enrolments.active().select_related("unit").filter(person=person).first()
    if enrolment and (enrolment.state == Enrolment.State.CONFIRMED or enrolment.unit != unit):
        raise already_listed(enrolment)
    if enrolment is None:
        enrolment = Enrolment(session=session, unit=unit, person=person, created_by=by, created_at=at)
    full = count_seats(session).full(unit.pk)
    enrolment.state = Enrolment.State.CONFIRMED
    enrolment.attendance = Enrolment.Attendance.WALK_IN
    enrolment.over_limit_reason = Enrolment.WALKED_IN_OVER_LIMIT if full else ""
    enrolment.save()
    record(
        "enrolment.walked_in",
        enrolment,
        by=by,
        at=at,
        summary=f"{unit}的{person}{session}現場報到" + (f"（{'、'.join(full)}）" if full else ""),
        full=full,
    )
    tell_contacts(enrolment, f"{person}已在研習班{session}現場報到。", at=at)
    return enrolment


@transaction.atomic
def close_attendance(*, session, by, at):
    """Settle who came: the confirmed who are not marked count as absent; returns how many those are.

    Who came is given the certificate of the hours and asked how it was.
    """
    session = lock(session)
    if session.is_attendance_closed:
        raise SessionRefused(f"{session}出席已經結算。")
    if taipei_date(at) < session.held_on:
        raise SessionRefused(f"{session}在{format_short(session.held_on)}舉行，當日起才能結算出席。")
    unmarked = session.enrolments.confirmed().filter(attendance=Enrolment.Attendance.UNMARKED)
    absent = list(unmarked.order_by("pk").values_list("pk", flat=True))
    unmarked.update(attendance=Enrolment.Attendance.ABSENT)
    session.attendance_closed_at = at
    session.save(update_fields=["attendance_closed_at"])
    record(
        "session.attendance_closed",
        session,
        by=by,
        at=at,
        summary=f"{session}結算出席，未登記的 {len(absent)} 人記為缺席",
        absent=absent,
    )
    align_certificates(session, by=by, at=at)
    ask_for_feedback(session, at=at)
    return len(absent)


@transaction.atomic
def reopen_attendance(*, session, by, at):
    """Open the list again, to correct it; marks stay as they are."""
    session = lock(session)
    if not session.is_attendance_closed:
        raise SessionRefused(f"{session}出席尚未結算，可以直接登記。")
    closed_at, session.attendance_closed_at = session.attendance_closed_at, None
    session.save(update_fields=["attendance_closed_at"])
    record(
        "session.attendance_reopened",
        session,
        by=by,
        at=at,
        summary=f"{session}重新開放出席登記",
        closed_at=plain(closed_at),
    )
    fill_free_seats(session, by=by, at=at)
