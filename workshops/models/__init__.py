from .enrolments import Enrolment
from .sessions import FIRST_AUDIENCE, SECOND_AUDIENCE, Session, UnitQuota
from .tutoring import Consultation, Expertise, Manual, Slot, Tutor

__all__ = [
    "FIRST_AUDIENCE",
    "SECOND_AUDIENCE",
    "Consultation",
    "Enrolment",
    "Expertise",
    "Manual",
    "Session",
    "Slot",
    "Tutor",
    "UnitQuota",
]
