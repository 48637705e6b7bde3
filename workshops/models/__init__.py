from .enrolments import Enrolment
from .feedback import Questionnaire, QuestionnaireAnswer, QuestionnaireReturn
from .lecturers import Lecturer, Material
from .sessions import FIRST_AUDIENCE, SECOND_AUDIENCE, LearningKind, Session, UnitQuota
from .tutoring import Consultation, Expertise, Manual, Slot, Tutor

__all__ = [
    "FIRST_AUDIENCE",
    "SECOND_AUDIENCE",
    "Consultation",
    "Enrolment",
    "Expertise",
    "LearningKind",
    "Lecturer",
    "Manual",
    "Material",
    "Questionnaire",
    "QuestionnaireAnswer",
    "QuestionnaireReturn",
    "Session",
    "Slot",
    "Tutor",
    "UnitQuota",
]
