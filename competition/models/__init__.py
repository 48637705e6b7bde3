from .awarding import AwardCertificate, Ceremony
from .entries import Author, Entry, EntryFile, Extension
from .judging import Conflict, Criterion, Judge, Score, ScoreSheet
from .meeting import Meeting, MeetingItem
from .results import ResultSet, SettledPlace, TieSettlement
from .review import ExtraReview, JudgeReminder
from .setup import Competition, Group, Topic

__all__ = [
    "Author",
    "AwardCertificate",
    "Ceremony",
    "Competition",
    "Conflict",
    "Criterion",
    "Entry",
    "EntryFile",
    "Extension",
    "ExtraReview",
    "Group",
    "Judge",
    "JudgeReminder",
    "Meeting",
    "MeetingItem",
    "ResultSet",
    "Score",
    "ScoreSheet",
    "SettledPlace",
    "TieSettlement",
    "Topic",
]
