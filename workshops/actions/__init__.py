"""What is done to sessions, quotas and enrolments."""

from .attendance import close_attendance, mark_attendance, reopen_attendance
from .enrolments import LONGEST_REASON, cancel, enrol, overbook
from .line import settle
from .locks import AlreadyEnrolled, EnrolmentRefused, SessionRefused
from .sessions import EDITABLE, edit_session, set_quota, set_quotas

__all__ = [
    "EDITABLE",
    "LONGEST_REASON",
    "AlreadyEnrolled",
    "EnrolmentRefused",
    "SessionRefused",
    "cancel",
    "close_attendance",
    "edit_session",
    "enrol",
    "mark_attendance",
    "overbook",
    "reopen_attendance",
    "set_quota",
    "set_quotas",
    "settle",
]
