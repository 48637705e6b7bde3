"""What every action on sessions and their seats begins and ends with.

Whatever can make a seat scarcer or free passes `lock`: the year, then the session, then its quotas, always
in that order. Nobody else then counts or fills seats of that session until the transaction ends.
"""

from foundation import events
from foundation.errors import Refused

from ..models import Session, UnitQuota

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


def lock(session):
    """The session read anew, locked together with its quotas; refuses a closed year."""
    session.programme.require_open()
    session = Session.objects.select_for_update(of=("self",)).select_related("programme").get(pk=session.pk)
    list(UnitQuota.objects.select_for_update(of=("self",)).filter(session=session).order_by("pk"))
    return session


def require_list_open(session):
    if session.is_attendance_closed:
        raise EnrolmentRefused(ATTENDANCE_CLOSED)


def plain(value):
    """A field's value as an event keeps it."""
    return value if value is None or isinstance(value, (bool, int, str, list)) else str(value)


def record(action, target, *, by, at, summary, **data):
    """The event of something about a session of one year."""
    session = target if isinstance(target, Session) else target.session
    events.record(
        action=action, by=by, target=target, scope=session.programme.year, at=at, summary=summary, **data
    )
