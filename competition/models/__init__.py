from .entries import Author, Entry, EntryFile, EntryVersion, Extension, Material
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
    "EntryVersion",
    "Extension",
    "Group",
    "Judge",
    "Material",
    "ResultSet",
    "Score",
    "ScoreSheet",
    "SettledPlace",
    "TieSettlement",
    "Topic",
]
