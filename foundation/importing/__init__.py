"""Spreadsheets in: read, plan, preview, confirm in one transaction, undo.

An `Importer` says what a row means; this package does the rest the same way for every file. The plan
is made twice: for the preview, and again under the lock when the person confirms. Only if both agree
is anything written, so what was shown is what happens.
"""

from .batches import confirm, discard, planned_rows, preview, run, undo
from .plans import (
    ADDED,
    CHANGED,
    OUTCOMES,
    REFUSED,
    UNCHANGED,
    Change,
    Importer,
    ImportField,
    ImportPlan,
    PlannedRow,
    Row,
    RowRefused,
    make_plan,
    shown,
)
from .rows import WRITE_BATCH, ImportRefused
from .tables import write_export, write_template

__all__ = [
    "ADDED",
    "CHANGED",
    "OUTCOMES",
    "REFUSED",
    "UNCHANGED",
    "WRITE_BATCH",
    "Change",
    "ImportField",
    "ImportPlan",
    "ImportRefused",
    "Importer",
    "PlannedRow",
    "Row",
    "RowRefused",
    "confirm",
    "discard",
    "make_plan",
    "planned_rows",
    "preview",
    "run",
    "shown",
    "undo",
    "write_export",
    "write_template",
]
