from .awarding import AwardCertificate, Ceremony
from .entries import (
    Author,
    Entry,
    EntryFile,
    EntryVersion,
    Extension,
    Material,
    RemovedFile,
    UnitReminder,
)
from .judging import Candidate, Conflict, Criterion, Judge, Score, ScoreSheet
from .meeting import Meeting, MeetingItem
from .results import ResultSet, SettledPlace, TieSettlement
from .review import ExtraReview, JudgeReminder
from .setup import Competition, Group, Prize, RuleChange, Topic

__all__ = [
    "Author",
    "AwardCertificate",
    "Candidate",
    "Ceremony",
    "Competition",
    "Conflict",
    "Criterion",
    "Entry",
    "EntryFile",
    "EntryVersion",
    "Extension",
    "ExtraReview",
    "Group",
    "Judge",
    "JudgeReminder",
    "Material",
    "Meeting",
    "MeetingItem",
    "Prize",
    "RemovedFile",
    "ResultSet",
    "RuleChange",
    "Score",
    "ScoreSheet",
    "SettledPlace",
    "TieSettlement",
    "Topic",
    "UnitReminder",
]
