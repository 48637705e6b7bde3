"""What is done to sessions, quotas and enrolments, and to tutors, their slots and consultations."""

from .attendance import MarkedMeanwhile, close_attendance, mark_attendance, reopen_attendance, walk_in
from .check_in import check_in
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
from .feedback import FeedbackRefused, edit_questionnaire, give_feedback
from .hours import align_certificates, export_hours
from .lecturers import (
    LecturerRefused,
    add_lecturer,
    add_material,
    may_add_material,
    raise_lecturer,
    remove_lecturer,
    remove_material,
)
from .line import settle
from .locks import AlreadyEnrolled, EnrolmentRefused, SessionRefused
from .pool import release, take_back_release
from .quotas import publish_quotas, set_quota, set_quotas
from .sessions import EDITABLE, OF_THE_DAY, edit_session
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
    "OF_THE_DAY",
    "PROFILE",
    "AlreadyEnrolled",
    "Answer",
    "EnrolmentRefused",
    "FeedbackRefused",
    "LecturerRefused",
    "MarkedMeanwhile",
    "NominationsRefused",
    "Nominee",
    "SessionRefused",
    "TooManySeated",
    "TutoringRefused",
    "add_lecturer",
    "add_manual",
    "add_material",
    "add_tutor",
    "align_certificates",
    "book",
    "cancel",
    "cancel_consultation",
    "change_link",
    "check_in",
    "close_attendance",
    "edit_questionnaire",
    "edit_session",
    "edit_tutor",
    "enrol",
    "enrol_many",
    "export_hours",
    "give_feedback",
    "mark_attendance",
    "may_add_material",
    "move_slot",
    "note_no_show",
    "note_outcome",
    "overbook",
    "publish_quotas",
    "publish_slots",
    "raise_lecturer",
    "release",
    "remove_lecturer",
    "remove_manual",
    "remove_material",
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
