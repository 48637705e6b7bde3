"""What is done to sessions, quotas and enrolments, and to tutors, their slots and consultations."""

from .attendance import MarkedMeanwhile, close_attendance, mark_attendance, reopen_attendance, walk_in
from .consultations import (
    MOST_OPEN,
    book,
    cancel_consultation,
    change_link,
    note_no_show,
    note_outcome,
    reschedule,
)
from .enrolments import LONGEST_REASON, NominationsRefused, Nominee, cancel, enrol, enrol_many, overbook
from .line import settle
from .locks import AlreadyEnrolled, EnrolmentRefused, SessionRefused
from .quotas import publish_quotas, set_quota, set_quotas
from .release import release, take_back_release
from .sessions import EDITABLE, edit_session
from .slots import move_slot, publish_slots, withdraw_slots
from .substitution import substitute
from .surplus import Answer, TooManySeated
from .tutoring import TutoringRefused
from .tutors import MOST_FIELDS, PROFILE, add_manual, add_tutor, edit_tutor, remove_manual, remove_tutor

__all__ = [
    "EDITABLE",
    "LONGEST_REASON",
    "MOST_FIELDS",
    "MOST_OPEN",
    "PROFILE",
    "AlreadyEnrolled",
    "Answer",
    "EnrolmentRefused",
    "MarkedMeanwhile",
    "NominationsRefused",
    "Nominee",
    "SessionRefused",
    "TooManySeated",
    "TutoringRefused",
    "add_manual",
    "add_tutor",
    "book",
    "cancel",
    "cancel_consultation",
    "change_link",
    "close_attendance",
    "edit_session",
    "edit_tutor",
    "enrol",
    "enrol_many",
    "mark_attendance",
    "move_slot",
    "note_no_show",
    "note_outcome",
    "overbook",
    "publish_quotas",
    "publish_slots",
    "release",
    "remove_manual",
    "remove_tutor",
    "reopen_attendance",
    "reschedule",
    "set_quota",
    "set_quotas",
    "settle",
    "substitute",
    "take_back_release",
    "walk_in",
    "withdraw_slots",
]
