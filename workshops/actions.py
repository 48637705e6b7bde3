"""What is done to sessions, quotas and enrolments.

Whatever can make a seat scarcer or free passes `_lock`: the year, then the session, then its quotas, always
in that order. Nobody else then counts or fills seats of that session until the transaction ends.
"""

from django.db import transaction
from django.urls import reverse

from agencies.models import Contact, Programme
from agencies.notices import tell_and_mail, tell_many
from foundation import events, outbox
from foundation.errors import Refused
from foundation.rocdate import format_date, format_short, taipei_date
from foundation.templatetags.portal import roc_deadline

from . import people
from .models import Enrolment, Session, UnitQuota
from .seats import count_seats

LONGEST_REASON = Enrolment._meta.get_field("over_limit_reason").max_length
NO_QUOTA = "本機關在本梯次沒有分配名額，不能薦送。"
ATTENDANCE_CLOSED = "本梯次出席已結算；要變更名單，請由承辦人重新開放登記。"


class EnrolmentRefused(Refused):
    """The rules say no to a nomination, a cancellation or a mark of attendance."""


class AlreadyEnrolled(EnrolmentRefused):
    """The person is on this session's list; `enrolment` is where."""

    def __init__(self, message, enrolment):
        super().__init__(message)
        self.enrolment = enrolment


class SessionRefused(Refused):
    """The session or its quotas cannot be changed so."""


def _lock(session):
    """The session read anew, locked together with its quotas; refuses a closed year."""
    session.programme.require_open()
    session = Session.objects.select_for_update(of=("self",)).select_related("programme").get(pk=session.pk)
    list(UnitQuota.objects.select_for_update(of=("self",)).filter(session=session).order_by("pk"))
    return session


# Enrolments ---------------------------------------------------------------------------------------


@transaction.atomic
def enrol(*, session, unit, name, by, at, title="", email=""):
    """Nominate a colleague: confirmed while the unit's quota and the room have a seat, else waiting.

    Contacts nominate within the enrolment window of a year in progress; staff whenever the list is open.
    """
    session = _lock(session)
    _require_list_open(session)
    if by is not None and not by.is_staff:
        _require_window(session, at)
    seats = count_seats(session)
    if not seats.quotas.get(unit.pk):
        raise EnrolmentRefused(NO_QUOTA)
    full = seats.full(unit.pk)
    person = people.find_or_create(unit=unit.unit, name=name, title=title, email=email)
    _require_not_listed(session, person)
    enrolment = Enrolment(session=session, unit=unit, person=person, created_by=by, created_at=at)
    if full:
        enrolment.state = Enrolment.State.WAITING
        enrolment.queued_at = _end_of_line(session, at)
    else:
        enrolment.state = Enrolment.State.CONFIRMED
    enrolment.save(force_insert=True)
    outcome = f"列候補（{'、'.join(full)}）" if full else "已錄取"
    _record(
        "enrolment.created",
        enrolment,
        by=by,
        at=at,
        summary=f"{unit}薦送{person}參加{session}，{outcome}",
        state=enrolment.state,
    )
    return enrolment


@transaction.atomic
def overbook(*, session, unit, name, reason, by, at, title="", email=""):
    """Staff admit a person beyond quota or room, for a reason; someone waiting is admitted as they stand."""
    reason = reason.strip()
    if by is not None and not by.is_staff:
        raise EnrolmentRefused("超額錄取由承辦人登記。")
    if not reason:
        raise EnrolmentRefused("超額錄取須寫明理由。")
    if reason == Enrolment.IMPORTED_OVER_LIMIT:
        raise EnrolmentRefused(f"「{reason}」是匯入資料的註記，請寫明這一次超額的理由。")
    session = _lock(session)
    _require_list_open(session)
    person = people.find_or_create(unit=unit.unit, name=name, title=title, email=email)
    enrolment = session.enrolments.active().select_related("unit").filter(person=person).first()
    if enrolment and (enrolment.state == Enrolment.State.CONFIRMED or enrolment.unit != unit):
        raise _already_listed(enrolment)
    if count_seats(session).fits(unit.pk):
        raise EnrolmentRefused("本單位名額與場地都還有空位，直接薦送即可，不必超額。")
    if enrolment is None:
        enrolment = Enrolment(session=session, unit=unit, person=person, created_by=by, created_at=at)
    enrolment.state = Enrolment.State.CONFIRMED
    enrolment.over_limit_reason = reason[:LONGEST_REASON]
    enrolment.save()
    _record(
        "enrolment.overbooked",
        enrolment,
        by=by,
        at=at,
        summary=f"{unit}的{person}超額錄取{session}：{reason}",
        reason=reason,
    )
    _tell_contacts(enrolment, f"{person}已由承辦人錄取研習班{session}。", at=at)
    return enrolment


@transaction.atomic
def cancel(*, enrolment, by, at):
    """Take a person off the list; the next in line who now fits moves up in the same transaction."""
    session = _lock(enrolment.session)
    _require_list_open(session)
    enrolment = (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("session__programme", "unit__unit", "person")
        .get(pk=enrolment.pk)
    )
    if enrolment.state == Enrolment.State.CANCELLED:
        raise EnrolmentRefused(f"{enrolment.person}已經取消，不必再取消一次。")
    if enrolment.attendance:
        raise EnrolmentRefused(
            f"{enrolment.person}已登記「{enrolment.get_attendance_display()}」，不能取消；登記有誤請先清除。"
        )
    former = enrolment.get_state_display()
    enrolment.state = Enrolment.State.CANCELLED
    enrolment.cancelled_at = at
    enrolment.save(update_fields=["state", "cancelled_at"])
    _record(
        "enrolment.cancelled",
        enrolment,
        by=by,
        at=at,
        summary=f"取消{enrolment.unit}的{enrolment.person}參加{session}（原為{former}）",
    )
    if by is not None and by.is_staff:
        _tell_contacts(enrolment, f"{enrolment.person}在研習班{session}的薦送已由承辦人取消。", at=at)
    _settle(session, by=by, at=at)
    return enrolment


def _require_list_open(session):
    if session.is_attendance_closed:
        raise EnrolmentRefused(ATTENDANCE_CLOSED)


def _require_window(session, at):
    if session.programme.state == Programme.State.DRAFT:
        raise EnrolmentRefused(f"{session.programme.year}年度還在籌備，尚未受理薦送。")
    if session.enrolment_opens_at and at < session.enrolment_opens_at:
        raise EnrolmentRefused(f"{session}從{_moment(session.enrolment_opens_at)}起受理薦送。")
    if not session.is_enrolment_open(at):
        raise EnrolmentRefused(
            f"{session}的薦送已於{_moment(session.enrolment_closes_at)}截止；需要補薦送，請洽承辦人。"
        )


def _moment(at):
    return f"{roc_deadline(at)}（臺北時間）"


def _require_not_listed(session, person):
    enrolment = session.enrolments.active().select_related("unit").filter(person=person).first()
    if enrolment:
        raise _already_listed(enrolment)


def _already_listed(enrolment):
    where = f"{enrolment.get_state_display()}，由{enrolment.unit}薦送"
    return AlreadyEnrolled(f"這位同仁已在本梯次名單（{where}）；同一人不能重複薦送。", enrolment)


def _end_of_line(session, at):
    """A time of queueing behind everybody: two who raced may have looked at the clock in the other order."""
    last = session.enrolments.waiting().last()
    return max(at, last.queued_at) if last else at


def _settle(session, *, by, at):
    """Give every free seat to whom it belongs; call it under the lock after a seat may have come free.

    First those whom a spreadsheet brought beyond the limits (they are in the room already), then the waiting
    list, first come first served: whoever does not fit yet keeps the place and lets the others pass.
    Once attendance is settled nobody moves up any more: the session is over.
    """
    seats = count_seats(session)
    held = session.enrolments.confirmed().filter(over_limit_reason=Enrolment.IMPORTED_OVER_LIMIT)
    for enrolment in held.order_by("pk"):
        if seats.fits(enrolment.unit_id):
            seats.take(enrolment.unit_id)
            enrolment.over_limit_reason = ""
            enrolment.save(update_fields=["over_limit_reason"])
    if session.is_attendance_closed:
        return []
    line = session.enrolments.waiting().select_related("session__programme", "unit__unit", "person__user")
    promoted = []
    for enrolment in line:
        if seats.fits(enrolment.unit_id):
            seats.take(enrolment.unit_id)
            enrolment.state = Enrolment.State.CONFIRMED
            enrolment.save(update_fields=["state"])
            _record(
                "enrolment.promoted",
                enrolment,
                by=by,
                at=at,
                summary=f"{enrolment.unit}的{enrolment.person}由候補遞補為{session}錄取",
            )
            _tell_promoted(enrolment, at=at)
            promoted.append(enrolment)
    return promoted


@transaction.atomic
def settle(*, session, by, at):
    """Fill what an import opened: seats of raised quotas."""
    return _settle(_lock(session), by=by, at=at)


# Telling ------------------------------------------------------------------------------------------


def _address_of(session):
    return f"{reverse('workshops:session_detail', args=[session.number])}?year={session.programme.year}"


def _contacts(unit, at):
    """The accounts that stand for the unit that day."""
    contacts = Contact.objects.in_force(taipei_date(at)).filter(unit=unit.unit_id, user__is_active=True)
    return {contact.user_id: contact.user for contact in contacts.select_related("user")}.values()


def _tell_contacts(enrolment, text, *, at):
    tell_many(users=_contacts(enrolment.unit, at), text=text, at=at, url=_address_of(enrolment.session))


def _tell_promoted(enrolment, *, at):
    """The unit's contacts and the person learn of it once: the key names the enrolment, and it moves up once."""
    session, person = enrolment.session, enrolment.person
    text = (
        f"{person}已由候補遞補為「{session.title}」{session}錄取，"
        f"研習日期{format_date(session.held_on)}，地點{session.place or '另行通知'}。"
    )
    subject = f"候補遞補通知：{person}（{session}）"
    key = f"enrolment-promoted-{enrolment.pk}"
    told = set()
    for user in _contacts(enrolment.unit, at):
        tell_and_mail(
            user=user, key=f"{key}-{user.pk}", subject=subject, text=text, at=at, url=_address_of(session)
        )
        told.add(user.email.lower())
    if person.email and person.email.lower() not in told:
        outbox.queue(
            key=f"{key}-person",
            recipient=person.email,
            subject=subject,
            body=f"{person}您好：\n\n{text}\n\n嘉義縣政府人事處",
            at=at,
        )


# Attendance ---------------------------------------------------------------------------------------


@transaction.atomic
def mark_attendance(*, session, marks, by, at):
    """Write down who came: `marks` gives an attendance for the pk of each enrolment; returns how many changed."""
    session = _lock(session)
    if session.is_attendance_closed:
        raise EnrolmentRefused("本梯次出席已結算；要更正，請先重新開放登記。")
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
    return len(changed)


@transaction.atomic
def close_attendance(*, session, by, at):
    """Settle who came: the confirmed who are not marked count as absent; returns how many those are."""
    session = _lock(session)
    if session.is_attendance_closed:
        raise SessionRefused(f"{session}出席已經結算。")
    if taipei_date(at) < session.held_on:
        raise SessionRefused(f"{session}在{format_short(session.held_on)}舉行，當日起才能結算出席。")
    unmarked = session.enrolments.confirmed().filter(attendance=Enrolment.Attendance.UNMARKED)
    absent = list(unmarked.order_by("pk").values_list("pk", flat=True))
    unmarked.update(attendance=Enrolment.Attendance.ABSENT)
    session.attendance_closed_at = at
    session.save(update_fields=["attendance_closed_at"])
    _record(
        "session.attendance_closed",
        session,
        by=by,
        at=at,
        summary=f"{session}結算出席，未登記的 {len(absent)} 人記為缺席",
        absent=absent,
    )
    return len(absent)


@transaction.atomic
def reopen_attendance(*, session, by, at):
    """Open the list again, to correct it; marks stay as they are."""
    session = _lock(session)
    if not session.is_attendance_closed:
        raise SessionRefused(f"{session}出席尚未結算，可以直接登記。")
    closed_at, session.attendance_closed_at = session.attendance_closed_at, None
    session.save(update_fields=["attendance_closed_at"])
    _record(
        "session.attendance_reopened",
        session,
        by=by,
        at=at,
        summary=f"{session}重新開放出席登記",
        closed_at=_plain(closed_at),
    )
    _settle(session, by=by, at=at)


# Sessions and quotas ------------------------------------------------------------------------------


@transaction.atomic
def set_quotas(*, session, seats, by, at):
    """Allot seats to units: `seats` gives a number for each `ProgrammeUnit`; returns how many changed.

    Refused below the people the unit has confirmed; a raise moves up those who wait.
    """
    session = _lock(session)
    counted = count_seats(session)
    changed = 0
    for unit, number in seats.items():
        if unit.programme_id != session.programme_id:
            raise SessionRefused(f"{unit}不在{session.programme.year}年度。")
        if number < 0:
            raise SessionRefused(f"{unit}的名額不得為負數。")
        before = counted.quotas.get(unit.pk)
        if number == before:
            continue
        taken = counted.taken[unit.pk]
        if number < taken:
            raise SessionRefused(
                f"{unit}已錄取 {taken} 人，名額不能少於 {taken} 人；要再減少，請先取消其中的薦送。"
            )
        quota, _ = UnitQuota.objects.update_or_create(session=session, unit=unit, defaults={"seats": number})
        _record(
            "quota.set",
            quota,
            by=by,
            at=at,
            summary=f"{session}{unit}名額{'訂為' if before is None else f'由 {before} 人改為'} {number} 人",
            before=before,
            after=number,
        )
        changed += 1
    _settle(session, by=by, at=at)
    return changed


def set_quota(*, session, unit, seats, by, at):
    return set_quotas(session=session, seats={unit: seats}, by=by, at=at)


EDITABLE = (
    "title",
    "held_on",
    "starts_at",
    "ends_at",
    "is_provisional",
    "place",
    "lecturers",
    "audience",
    "capacity",
    "hours",
    "enrolment_opens_at",
    "enrolment_closes_at",
)


@transaction.atomic
def edit_session(*, session, by, at, **facts):
    """Change what the session says of itself; `facts` are fields of EDITABLE. Returns the changed fields' names."""
    session = _lock(session)
    if unknown := facts.keys() - set(EDITABLE):
        raise TypeError(f"not editable: {', '.join(sorted(unknown))}")
    before = {name: getattr(session, name) for name in facts}
    changed = [name for name in facts if facts[name] != before[name]]
    if not changed:
        return []
    capacity, taken = facts.get("capacity", session.capacity), count_seats(session).all_taken
    if capacity is not None and capacity < taken:
        raise SessionRefused(
            f"本梯次已錄取 {taken} 人，場地容量不能少於 {taken} 人；要再減少，請先取消其中的薦送。"
        )
    for name in changed:
        setattr(session, name, facts[name])
    session.save(update_fields=changed)
    titles = "、".join(str(Session._meta.get_field(name).verbose_name) for name in changed)
    _record(
        "session.edited",
        session,
        by=by,
        at=at,
        summary=f"變更{session}的{titles}",
        before={name: _plain(before[name]) for name in changed},
        after={name: _plain(facts[name]) for name in changed},
    )
    _settle(session, by=by, at=at)
    return changed


def _plain(value):
    """A field's value as an event keeps it."""
    return value if value is None or isinstance(value, (bool, int, str, list)) else str(value)


def _record(action, target, *, by, at, summary, **data):
    """The event of something about a session of one year."""
    session = target if isinstance(target, Session) else target.session
    events.record(
        action=action, by=by, target=target, scope=session.programme.year, at=at, summary=summary, **data
    )
