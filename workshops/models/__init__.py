from .enrolments import Enrolment
from .sessions import FIRST_AUDIENCE, SECOND_AUDIENCE, Session, UnitQuota
from .tutoring import HTTPS_ONLY, Consultation, Expertise, Manual, Slot, Tutor

__all__ = [
    "FIRST_AUDIENCE",
    "HTTPS_ONLY",
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
