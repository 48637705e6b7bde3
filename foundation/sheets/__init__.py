"""Spreadsheets in and out: .xlsx, .ods and .csv, within limits, typed, nothing silently cut."""

from .limits import SheetRefused
from .reading import Column, Row, Table, read_table
from .tables import FORMATS, OutColumn, Paper, Written
from .writing import write_table

__all__ = [
    "FORMATS",
    "Column",
    "OutColumn",
    "Paper",
    "Row",
    "SheetRefused",
    "Table",
    "Written",
    "read_table",
    "write_table",
]
