from .enrolments import Enrolment
from .feedback import Questionnaire, QuestionnaireAnswer, QuestionnaireReturn
from .lecturers import Lecturer, Material
from .sessions import FIRST_AUDIENCE, SECOND_AUDIENCE, LearningKind, Session, UnitQuota
from .tutoring import Tutor

__all__ = [
    "FIRST_AUDIENCE",
    "SECOND_AUDIENCE",
    "Enrolment",
    "LearningKind",
    "Lecturer",
    "Material",
    "Questionnaire",
    "QuestionnaireAnswer",
    "QuestionnaireReturn",
    "Session",
    "Tutor",
    "UnitQuota",
]
