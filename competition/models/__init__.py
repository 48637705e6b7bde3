from .entries import Author, Entry, EntryFile, EntryVersion, Extension, Material
from .judging import Candidate, Conflict, Criterion, Judge, Score, ScoreSheet
from .results import ResultSet, SettledPlace, TieSettlement
from .setup import Competition, Group, Prize, RuleChange, Topic

__all__ = [
    "Author",
    "Candidate",
    "Competition",
    "Conflict",
    "Criterion",
    "Entry",
    "EntryFile",
    "EntryVersion",
    "Extension",
    "Group",
    "Judge",
    "Material",
    "Prize",
    "ResultSet",
    "RuleChange",
    "Score",
    "ScoreSheet",
    "SettledPlace",
    "TieSettlement",
    "Topic",
]
