from .notices import Notice
from .people import Contact, Curator, FormerPassword, Person, User
from .programme import Programme, ScheduleItem
from .units import Category, CompetitionGroup, Headcount, ProgrammeUnit, Unit

__all__ = [
    "Category",
    "CompetitionGroup",
    "Contact",
    "Curator",
    "FormerPassword",
    "Headcount",
    "Notice",
    "Person",
    "Programme",
    "ProgrammeUnit",
    "ScheduleItem",
    "Unit",
    "User",
]
