from .entries import Author, Entry, EntryFile, Extension
from .judging import Conflict, Criterion, Judge, Score, ScoreSheet
from .results import ResultSet, SettledPlace, TieSettlement
from .setup import Competition, Group, Topic

__all__ = [
    "Author",
    "Competition",
    "Conflict",
    "Criterion",
    "Entry",
    "EntryFile",
    "Extension",
    "Group",
    "Judge",
    "ResultSet",
    "Score",
    "ScoreSheet",
    "SettledPlace",
    "TieSettlement",
    "Topic",
]
