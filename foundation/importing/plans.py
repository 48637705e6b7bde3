"""What a file would do, row by row; an `Importer` says what a row means."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from foundation.sheets import Column, read_table

ADDED, CHANGED, UNCHANGED, REFUSED = "added", "changed", "unchanged", "refused"
OUTCOMES = {ADDED: "新增", CHANGED: "變更", UNCHANGED: "不變", REFUSED: "拒絕"}


class RowRefused(Exception):
    """One row breaks a rule. `field` is the key of the column at fault, if there is one."""

    def __init__(self, message, field=None):
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class ImportField:
    """One column: its English key, its Chinese header, and how a cell becomes a value.

    `clean` takes the raw cell and raises ValueError with a Chinese sentence. `blank` allows an empty
    cell, which then is None. `optional` allows the whole column to be absent.
    """

    key: str
    title: str
    clean: Callable[[Any], Any]
    blank: bool = False
    optional: bool = False
    help: str = ""
    sample: str = ""
    width: float = 16
    kind: str = "text"


@dataclass
class Row:
    """A row of the file with its cleaned values; `number` is the one the spreadsheet shows."""

    number: int
    values: dict[str, Any]

    def __getitem__(self, key):
        return self.values[key]


@dataclass
class Change:
    """What an importer wants for one row.

    `creates` are unsaved rows in the order in which they must exist. `updates` are pairs of a row
    and the new values of its fields; a value equal to the stored one is not a change.
    """

    label: str
    is_new: bool = False
    creates: list[models.Model] = field(default_factory=list)
    updates: list[tuple[models.Model, dict[str, Any]]] = field(default_factory=list)
    unseen: list[tuple[models.Model, dict[str, Any]]] = field(default_factory=list)
    differences: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class PlannedRow:
    """One row of a preview."""

    number: int
    outcome: str
    label: str
    differences: list[list[str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    change: Change | None = field(default=None, compare=False)

    def as_json(self):
        return [
            self.number,
            self.outcome,
            self.label,
            self.differences,
            self.problems,
            self.notes,
        ]


@dataclass
class ImportPlan:
    """What a file would do. `ignored` are headers not asked for, `warnings` sentences on what it may have lost."""

    rows: list[PlannedRow] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def counts(self):
        found = Counter(row.outcome for row in self.rows)
        return {outcome: found[outcome] for outcome in OUTCOMES}

    @property
    def refusals(self):
        return [problem for row in self.rows for problem in row.problems]

    @property
    def digest(self):
        text = json.dumps([row.as_json() for row in self.rows], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


class Importer:
    """What one kind of file means. Subclass it in the app that owns the rows.

    `load` keeps what it fetched on `self`; `by` and `at` are the person and the time of the plan.
    """

    kind = ""
    title = ""
    help = ""
    fields: tuple[ImportField, ...] = ()
    extra_columns = False

    @property
    def scope(self):
        """The year the file is for, as text."""
        raise NotImplementedError

    by = None
    at = None

    def lock(self):
        """Called first in the writing transaction: take the lock, refuse what is closed."""
        raise NotImplementedError

    def key(self, row):
        """What makes a row itself: two rows of one file with the same key are refused."""
        raise NotImplementedError

    def load(self, rows):
        """Fetch all that `plan` needs for these rows, in a fixed number of queries."""
        raise NotImplementedError

    def plan(self, row):
        """The `Change` this row asks for; raises RowRefused. Runs no query."""
        raise NotImplementedError

    def applied(self, changes, *, by, at):
        """Called after the rows are written, in the same transaction: mails, notices."""

    def undone(self, *, by, at):
        """Called after a batch was taken back, in the same transaction; raises ImportRefused to keep it."""

    def export_rows(self):
        """The stored facts, as tuples in the order of the fields."""
        raise NotImplementedError


def make_plan(importer, source, filename, *, by, at):
    """Read a file and say what each row would do.

    Raises SheetRefused when it is not a readable table with the columns asked for.
    """
    importer.by, importer.at = by, at
    columns = [Column(key=spec.key, title=spec.title, required=not spec.optional) for spec in importer.fields]
    table = read_table(source, filename, columns=columns, extra_columns=importer.extra_columns)
    rows, planned = [], {}
    for raw in table.rows:
        values, problems = _clean_row(importer, raw)
        if problems:
            planned[raw.number] = PlannedRow(raw.number, REFUSED, _raw_label(raw), problems=problems)
        else:
            rows.append(Row(raw.number, values))
        raw.cells = {}  # Of a long file, one form of the rows is enough to hold.
    rows = _refuse_doubles(importer, rows, planned)
    importer.load(rows)
    for row in rows:
        planned[row.number] = _plan_row(importer, row)
    ignored = [] if importer.extra_columns else table.ignored
    return ImportPlan([planned[raw.number] for raw in table.rows], ignored, table.warnings)


def _clean_row(importer, raw):
    values, problems = {}, []
    for spec in importer.fields:
        cell = raw.cells.get(spec.key)
        if cell is None:
            if not spec.blank:
                problems.append(_problem(raw.number, spec.title, "沒有填寫。"))
            values[spec.key] = None
            continue
        try:
            values[spec.key] = spec.clean(cell)
        except ValueError as error:
            problems.append(_problem(raw.number, spec.title, str(error)))
    if importer.extra_columns:
        known = {spec.key for spec in importer.fields}
        values["extra"] = {name: cell for name, cell in raw.cells.items() if name not in known}
    return values, problems


def _refuse_doubles(importer, rows, planned):
    first_with, kept = {}, []
    for row in rows:
        key = importer.key(row)
        if key in first_with:
            problem = f"第 {row.number} 列：與第 {first_with[key]} 列重複，同一筆資料在檔案中只能出現一次。"
            planned[row.number] = PlannedRow(
                row.number, REFUSED, shown(key[-1] if isinstance(key, tuple) else key), problems=[problem]
            )
        else:
            first_with[key] = row.number
            kept.append(row)
    return kept


def _plan_row(importer, row):
    try:
        change = importer.plan(row)
    except RowRefused as refusal:
        title = next((f.title for f in importer.fields if f.key == refusal.field), refusal.field)
        label = shown(next(iter(row.values.values()), ""))
        return PlannedRow(row.number, REFUSED, label, problems=[_problem(row.number, title, str(refusal))])
    change.updates = _real(change.updates)
    change.unseen = _real(change.unseen)
    differences = change.differences + [
        [
            str(instance._meta.get_field(name).verbose_name),
            _shown_field(instance, name),
            _new_value(instance, name, value),
        ]
        for instance, wanted in change.updates
        if instance.pk is not None
        for name, value in wanted.items()
    ]
    if change.is_new:
        outcome = ADDED
    elif change.creates or change.updates or change.unseen:
        outcome = CHANGED
    else:
        outcome = UNCHANGED
    return PlannedRow(row.number, outcome, change.label, differences, notes=change.notes, change=change)


def _real(updates):
    """Only the values that differ from the stored ones."""
    differing = [
        (instance, {name: value for name, value in wanted.items() if getattr(instance, name) != value})
        for instance, wanted in updates
    ]
    return [(instance, wanted) for instance, wanted in differing if wanted]


def _problem(number, title, message):
    return f"第 {number} 列「{title}」：{message}" if title else f"第 {number} 列：{message}"


def _raw_label(raw):
    return shown(next((cell for cell in raw.cells.values() if cell is not None), ""))


def shown(value):
    """A value as the preview prints it."""
    return "（未填）" if value in (None, "") else str(value)


def _shown_field(instance, name):
    return _new_value(instance, name, getattr(instance, name))


def _new_value(instance, name, value):
    choices = instance._meta.get_field(name).choices
    return shown(dict(choices).get(value, value) if choices else value)
