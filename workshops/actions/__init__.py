"""What is done to sessions, quotas and enrolments."""

from .attendance import MarkedMeanwhile, close_attendance, mark_attendance, reopen_attendance, walk_in
from .check_in import check_in
from .enrolments import LONGEST_REASON, NominationsRefused, Nominee, cancel, enrol, enrol_many, overbook
from .feedback import FeedbackRefused, edit_questionnaire, give_feedback
from .hours import align_certificates, export_hours
from .lecturers import (
    LecturerRefused,
    add_lecturer,
    add_material,
    may_add_material,
    remove_lecturer,
    remove_material,
)
from .line import settle
from .locks import AlreadyEnrolled, EnrolmentRefused, SessionRefused
from .quotas import publish_quotas, set_quota, set_quotas
from .release import release, take_back_release
from .sessions import EDITABLE, OF_THE_DAY, edit_session
from .substitution import substitute
from .surplus import Answer, TooManySeated

__all__ = [
    "EDITABLE",
    "LONGEST_REASON",
    "OF_THE_DAY",
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
    "add_lecturer",
    "add_material",
    "align_certificates",
    "cancel",
    "check_in",
    "close_attendance",
    "edit_questionnaire",
    "edit_session",
    "enrol",
    "enrol_many",
    "export_hours",
    "give_feedback",
    "mark_attendance",
    "may_add_material",
    "overbook",
    "publish_quotas",
    "release",
    "remove_lecturer",
    "remove_material",
    "reopen_attendance",
    "set_quota",
    "set_quotas",
    "settle",
    "substitute",
    "take_back_release",
    "walk_in",
]
