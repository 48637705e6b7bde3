"""Lowering a limit below the people seated: who loses the seat, and what becomes of them (decision 008)."""

from dataclasses import dataclass

from foundation.errors import Refused

from ..models import Enrolment
from .enrolments import require_reason
from .locks import SessionRefused, record
from .telling import occasion, tell_contacts, tell_everyone


@dataclass(frozen=True)
class Answer:
    """What staff chose for the people they were shown: a `reason` to keep them beyond the limits, or the line."""

    shown: frozenset[int]
    keeps: bool
    reason: str = ""


class TooManySeated(SessionRefused):
    """More people have a seat than the new limit allows; `enrolments` are those who would lose theirs."""

    def __init__(self, message, enrolments):
        super().__init__(message)
        self.enrolments = enrolments


def settle_surplus(session, counted, *, refusal, answer, by, at):
    """Call it under the lock with the new limits in `counted`; refuses with `refusal` until it is answered.

    An answer counts for the people it was given for: when others are concerned by now it is asked anew.
    """
    surplus = _without_seat(session, counted)
    if not surplus:
        return
    if answer is None or answer.shown != {enrolment.pk for enrolment in surplus}:
        raise TooManySeated(refusal, surplus)
    if answer.keeps:
        try:
            reason = require_reason(answer.reason)
        except Refused as refused:
            raise TooManySeated(str(refused), surplus) from None
        for enrolment in surplus:
            _keep(enrolment, reason, by=by, at=at)
    else:
        for enrolment in surplus:
            _move_to_line(enrolment, by=by, at=at)


def _without_seat(session, counted):
    """Those for whom the limits in `counted` have no seat: the last to come by theirs, and they are counted out."""
    seated = session.enrolments.seated().filter(attendance=Enrolment.Attendance.UNMARKED).last_first()
    going = []
    for enrolment in seated.select_related("session__programme", "unit__unit", "person"):
        if counted.holds_too_many(enrolment.unit_id):
            counted.give_back(enrolment.unit_id)
            going.append(enrolment)
    if any(counted.holds_too_many(unit) for unit in counted.taken):
        raise SessionRefused("超出的人已登記出席，不能移回候補；登記有誤請先清除，否則請維持名額與場地容量。")
    return going


def _keep(enrolment, reason, *, by, at):
    enrolment.over_limit_reason = reason
    enrolment.save(update_fields=["over_limit_reason"])
    record(
        "enrolment.overbooked",
        enrolment,
        by=by,
        at=at,
        summary=f"{enrolment.session}名額調降，{enrolment.unit}的{enrolment.person}保留為超額錄取：{reason}",
        reason=reason,
    )
    tell_contacts(
        enrolment,
        f"研習班{enrolment.session}名額調降，{enrolment.person}保留錄取（超額：{reason}），不必重新薦送。",
        at=at,
    )


def _move_to_line(enrolment, *, by, at):
    """Back into the line at the place of the nomination: nobody who came later stands before them."""
    session, person = enrolment.session, enrolment.person
    enrolment.state = Enrolment.State.WAITING
    enrolment.queued_at = enrolment.queued_at or enrolment.created_at
    enrolment.save(update_fields=["state", "queued_at"])
    record(
        "enrolment.moved_to_line",
        enrolment,
        by=by,
        at=at,
        summary=f"{session}名額調降，{enrolment.unit}的{person}移回候補",
    )
    tell_everyone(
        enrolment,
        key=f"enrolment-moved-{enrolment.pk}-{occasion(at)}",
        subject=f"研習錄取異動：{person}（{session}）",
        text=(
            f"「{session.title}」{session}的名額調降，{person}由已錄取移回候補，"
            "依原來的薦送時間排列；有空位即依序遞補並通知。"
        ),
        at=at,
    )
