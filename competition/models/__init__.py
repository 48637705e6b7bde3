from .entries import Author, Entry, EntryFile, Extension
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
    "Extension",
    "Group",
    "Judge",
    "Prize",
    "ResultSet",
    "RuleChange",
    "Score",
    "ScoreSheet",
    "SettledPlace",
    "TieSettlement",
    "Topic",
]
