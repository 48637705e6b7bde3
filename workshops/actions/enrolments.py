"""Nominating, admitting beyond the limits, and leaving."""

from dataclasses import dataclass

from django.db import transaction

from agencies.models import Programme
from foundation.errors import Refused
from foundation.templatetags.portal import roc_deadline

from .. import people
from ..models import Enrolment
from ..seats import count_seats
from .line import end_of_line, fill_free_seats
from .locks import AlreadyEnrolled, EnrolmentRefused, lock, record, require_list_open
from .telling import tell_contacts

LONGEST_REASON = Enrolment._meta.get_field("over_limit_reason").max_length
NO_QUOTA = "本機關在本梯次沒有分配名額，不能薦送。"


@transaction.atomic
def enrol(*, session, unit, name, by, at, title="", email=""):
    """Nominate a colleague: confirmed while the unit's quota and the room have a seat, else waiting.

    Contacts nominate within the enrolment window of a year in progress; staff whenever the list is open.
    """
    session = lock(session)
    _require_nominating(session, by, at)
    seats = count_seats(session)
    _require_quota(seats, unit)
    person = people.find_or_create(unit=unit.unit, name=name, title=title, email=email)
    return _enrol(session, seats, unit, person, by=by, at=at)


@dataclass(frozen=True)
class Nominee:
    """One line of a nomination; `despite_clash` says yes to what the form warned of."""

    name: str
    title: str = ""
    email: str = ""
    despite_clash: bool = False


class NominationsRefused(EnrolmentRefused):
    """Nobody was nominated. `problems` and `clashes` hold a sentence by the number of the nominee, from 0."""

    def __init__(self, problems, clashes):
        super().__init__("有標示的人要先修改或確認，一個都還沒有薦送。")
        self.problems, self.clashes = problems, clashes


@transaction.atomic
def enrol_many(*, session, unit, nominees, request, by, at):
    """Nominate several colleagues, all or none; returns their enrolments in the order of the nominees.

    `request` names the form as it was sent: sent again it does nothing and gives the same answer.
    """
    session = lock(session)
    if answered := _answered(session, unit, request, by):
        return answered
    _require_nominating(session, by, at)
    seats = count_seats(session)
    _require_quota(seats, unit)
    enrolments, numbers, problems, clashes = [], {}, {}, {}
    for number, nominee in enumerate(nominees):
        try:
            person = people.find_or_create(
                unit=unit.unit, name=nominee.name, title=nominee.title, email=nominee.email
            )
            if person.pk in numbers:
                raise EnrolmentRefused(
                    f"與第 {numbers[person.pk] + 1} 位是同一人；若是不同人，請填各自的電子郵件。"
                )
            numbers[person.pk] = number
            enrolments.append(_enrol(session, seats, unit, person, by=by, at=at, request=request))
        except Refused as refusal:
            problems[number] = str(refusal)
            continue
        if not nominee.despite_clash and (clash := _clash(session, person)):
            clashes[number] = clash
    if problems or clashes:
        raise NominationsRefused(problems, clashes)
    return enrolments


def _answered(session, unit, request, by):
    """The enrolments that this form made when it was sent before."""
    made = Enrolment.objects.filter(session=session, unit=unit, request=request, created_by=by)
    return list(made.select_related("session__programme", "unit__unit", "person").order_by("pk"))


def _clash(session, person):
    """A warning when the person is on another list of the same day; empty when not."""
    others = person.enrolments.active().filter(session__held_on=session.held_on).exclude(session=session)
    if other := others.select_related("session__programme").first():
        return f"{person}同日（{session.held_on_words}）已在{other.session.programme}{other.session}名單。"
    return ""


def _require_nominating(session, by, at):
    require_list_open(session)
    if by is not None and not by.is_staff:
        _require_window(session, at)


def _require_quota(seats, unit):
    if not seats.may_nominate(unit.pk):
        raise EnrolmentRefused(NO_QUOTA)


def _enrol(session, seats, unit, person, *, by, at, request=None):
    """Put the person on the list where `seats` has room for them, and count them there."""
    require_not_listed(session, person)
    full = seats.full(unit.pk)
    enrolment = Enrolment(
        session=session, unit=unit, person=person, created_by=by, created_at=at, request=request
    )
    if full:
        enrolment.state = Enrolment.State.WAITING
        enrolment.queued_at = end_of_line(session, at)
    else:
        enrolment.state = Enrolment.State.CONFIRMED
        seats.take(unit.pk)
    enrolment.save(force_insert=True)
    outcome = f"列候補（{'、'.join(full)}）" if full else "已錄取"
    record(
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
    if by is not None and not by.is_staff:
        raise EnrolmentRefused("超額錄取由承辦人登記。")
    reason = require_reason(reason)
    session = lock(session)
    require_list_open(session)
    person = people.find_or_create(unit=unit.unit, name=name, title=title, email=email)
    enrolment = session.enrolments.active().select_related("unit").filter(person=person).first()
    if enrolment and (enrolment.state == Enrolment.State.CONFIRMED or enrolment.unit != unit):
        raise already_listed(enrolment)
    if count_seats(session).fits(unit.pk):
        raise EnrolmentRefused("本機關名額與場地都還有空位，直接薦送即可，不必超額。")
    if enrolment is None:
        enrolment = Enrolment(session=session, unit=unit, person=person, created_by=by, created_at=at)
    enrolment.state = Enrolment.State.CONFIRMED
    enrolment.over_limit_reason = reason
    enrolment.save()
    record(
        "enrolment.overbooked",
        enrolment,
        by=by,
        at=at,
        summary=f"{unit}的{person}超額錄取{session}：{reason}",
        reason=reason,
    )
    tell_contacts(enrolment, f"{person}已由承辦人錄取研習班{session}。", at=at)
    return enrolment


@transaction.atomic
def cancel(*, enrolment, by, at):
    """Take a person off the list; the next in line who now fits moves up in the same transaction."""
    session = lock(enrolment.session)
    require_list_open(session)
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
    record(
        "enrolment.cancelled",
        enrolment,
        by=by,
        at=at,
        summary=f"取消{enrolment.unit}的{enrolment.person}參加{session}（原為{former}）",
    )
    if by is not None and by.is_staff:
        tell_contacts(enrolment, f"{enrolment.person}在研習班{session}的薦送已由承辦人取消。", at=at)
    fill_free_seats(session, by=by, at=at)
    return enrolment


def require_reason(reason):
    """The reason for a person beyond the limits, as it is kept."""
    reason = reason.strip()
    if not reason:
        raise EnrolmentRefused("超額錄取須寫明理由。")
    if reason == Enrolment.IMPORTED_OVER_LIMIT:
        raise EnrolmentRefused(f"「{reason}」是匯入資料的註記，請寫明這一次超額的理由。")
    return reason[:LONGEST_REASON]


def require_begun(session):
    if session.programme.state == Programme.State.DRAFT:
        raise EnrolmentRefused(f"{session.programme.year}年度還在籌備，尚未受理薦送。")


def _require_window(session, at):
    require_begun(session)
    if session.enrolment_opens_at and at < session.enrolment_opens_at:
        raise EnrolmentRefused(f"{session}從{moment(session.enrolment_opens_at)}起受理薦送。")
    if not session.is_enrolment_open(at):
        raise EnrolmentRefused(
            f"{session}的薦送已於{moment(session.enrolment_closes_at)}截止；需要補薦送，請洽承辦人。"
        )


def moment(at):
    return f"{roc_deadline(at)}（臺北時間）"


def require_not_listed(session, person):
    enrolment = session.enrolments.active().select_related("unit").filter(person=person).first()
    if enrolment:
        raise already_listed(enrolment)


def already_listed(enrolment):
    """The refusal that says where the person is listed."""
    where = f"{enrolment.get_state_display()}，由{enrolment.unit}薦送"
    return AlreadyEnrolled(f"這位同仁已在本梯次名單（{where}）；同一人不能重複薦送。", enrolment)
