"""The waiting list: who queues where, and who moves up when a seat falls free."""

from django.db import transaction

from ..models import Enrolment
from ..seats import count_seats
from .locks import lock, record
from .telling import tell_promoted


def end_of_line(session, at):
    """A time of queueing behind everybody: two who raced may have looked at the clock in the other order."""
    last = session.enrolments.waiting().last()
    return max(at, last.queued_at) if last else at


def fill_free_seats(session, *, by, at):
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
            record(
                "enrolment.promoted",
                enrolment,
                by=by,
                at=at,
                summary=f"{enrolment.unit}的{enrolment.person}由候補遞補為{session}錄取",
            )
            tell_promoted(enrolment, at=at)
            promoted.append(enrolment)
    return promoted


@transaction.atomic
def settle(*, session, by, at):
    """Fill what an import opened: seats of raised quotas."""
    return fill_free_seats(lock(session), by=by, at=at)
