from .enrolments import Enrolment
from .sessions import FIRST_AUDIENCE, SECOND_AUDIENCE, LearningKind, Session, UnitQuota
from .tutoring import Tutor

__all__ = [
    "FIRST_AUDIENCE",
    "SECOND_AUDIENCE",
    "Enrolment",
    "LearningKind",
    "Session",
    "Tutor",
    "UnitQuota",
]
