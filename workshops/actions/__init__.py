"""What is done to sessions, quotas and enrolments."""

from .attendance import MarkedMeanwhile, close_attendance, mark_attendance, reopen_attendance, walk_in
from .enrolments import LONGEST_REASON, cancel, enrol, overbook
from .hours import align_certificates
from .line import settle
from .locks import AlreadyEnrolled, EnrolmentRefused, SessionRefused
from .sessions import EDITABLE, edit_session, set_quota, set_quotas

__all__ = [
    "EDITABLE",
    "LONGEST_REASON",
    "AlreadyEnrolled",
    "EnrolmentRefused",
    "MarkedMeanwhile",
    "SessionRefused",
    "align_certificates",
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
    "walk_in",
]
