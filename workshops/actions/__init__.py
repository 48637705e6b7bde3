"""What is done to sessions, quotas and enrolments."""

from .attendance import MarkedMeanwhile, close_attendance, mark_attendance, reopen_attendance, walk_in
from .enrolments import LONGEST_REASON, NominationsRefused, Nominee, cancel, enrol, enrol_many, overbook
from .line import settle
from .locks import AlreadyEnrolled, EnrolmentRefused, SessionRefused
from .pool import release, take_back_release
from .quotas import publish_quotas, set_quota, set_quotas
from .sessions import EDITABLE, edit_session
from .substitution import substitute
from .surplus import Answer, TooManySeated

__all__ = [
    "EDITABLE",
    "LONGEST_REASON",
    "AlreadyEnrolled",
    "Answer",
    "EnrolmentRefused",
    "MarkedMeanwhile",
    "NominationsRefused",
    "Nominee",
    "SessionRefused",
    "TooManySeated",
    "cancel",
    "close_attendance",
    "edit_session",
    "enrol",
    "enrol_many",
    "mark_attendance",
    "overbook",
    "publish_quotas",
    "release",
    "reopen_attendance",
    "set_quota",
    "set_quotas",
    "settle",
    "substitute",
    "take_back_release",
    "walk_in",
]
