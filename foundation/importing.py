"""Spreadsheets in: read, plan, preview, confirm in one transaction, undo.

An `Importer` says what a row means; this module does the rest the same way for every file. The plan
is made twice: for the preview, and again under the lock when the person confirms. Only if both agree
is anything written, so what was shown is what happens.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from foundation import events, files
from foundation.errors import Refused
from foundation.models import ImportBatch, ImportWrite
from foundation.sheets import Column, OutColumn, read_table, write_table

WRITE_BATCH = 500
HELD = 2000  # How many notes of what was written are in memory at a time.
ADDED, CHANGED, UNCHANGED, REFUSED = "added", "changed", "unchanged", "refused"
OUTCOMES = {ADDED: "新增", CHANGED: "變更", UNCHANGED: "不變", REFUSED: "拒絕"}


class ImportRefused(Refused):
    """The batch as a whole cannot be applied or undone."""


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


# Preview, confirm, undo ---------------------------------------------------------------------------


def preview(importer, *, content, filename, by, at):
    """Store the file and its plan as a batch to be confirmed. Raises SheetRefused on an unreadable file."""
    plan = make_plan(importer, content, filename, by=by, at=at)
    return _store_batch(importer, plan, content=content, filename=filename, by=by, at=at)


@transaction.atomic
def _store_batch(importer, plan, *, content, filename, by, at):
    return ImportBatch.objects.create(
        kind=importer.kind,
        scope=importer.scope,
        file=files.store(content, name=filename, by=by, at=at),
        created_by=by,
        created_at=at,
        **_plan_fields(plan),
    )


def _plan_fields(plan):
    return {
        "counts": plan.counts,
        "ignored": plan.ignored,
        "warnings": plan.warnings,
        "plan_digest": plan.digest,
        "rows": [row.as_json() for row in plan.rows],
    }


def planned_rows(batch):
    """The rows of a stored preview."""
    return [PlannedRow(*row) for row in batch.rows]


def confirm(batch, importer, *, by, at):
    """Apply a previewed batch; all of it or nothing.

    Raises ImportRefused when it is somebody else's, already done, holds refused rows, or when the
    stored facts changed since the preview: then the preview is made anew for the person to look at.
    """
    if batch.created_by_id != (by.pk if by else None):
        raise ImportRefused("這一批是別人預覽的；請自己上傳檔案預覽後再確認。")
    with transaction.atomic():
        importer.lock()
        batch = ImportBatch.objects.select_for_update().select_related("file").defer("rows").get(pk=batch.pk)
        if batch.state != ImportBatch.State.PREVIEWED:
            raise ImportRefused(f"這一批{batch.get_state_display()}，不能再確認一次。")
        with files.open_stored(batch.file) as content:
            plan = make_plan(importer, content.read(), batch.file.name, by=by, at=at)
        if plan.digest == batch.plan_digest:
            _apply(batch, importer, plan, by=by, at=at)
            return batch
    for name, value in _plan_fields(plan).items():
        setattr(batch, name, value)
    batch.save(update_fields=["counts", "ignored", "warnings", "plan_digest", "rows"])
    raise ImportRefused("預覽之後資料已有變動，尚未匯入。請看過新的預覽再確認。")


@transaction.atomic
def run(importer, *, content, filename, by, at):
    """Preview and apply at once, for a command. A plan with refused rows writes nothing."""
    importer.lock()
    plan = make_plan(importer, content, filename, by=by, at=at)
    if not plan.refusals:
        batch = _store_batch(importer, plan, content=content, filename=filename, by=by, at=at)
        _apply(batch, importer, plan, by=by, at=at)
    return plan


def _apply(batch, importer, plan, *, by, at):
    if plan.refusals:
        raise ImportRefused("有資料列被拒絕，整批都不匯入。請修正檔案後重新上傳。")
    batch.state = ImportBatch.State.APPLIED
    batch.applied_at = at
    batch.save(update_fields=["state", "applied_at"])
    changes = [row.change for row in plan.rows]
    _write(batch, changes)
    importer.applied(changes, by=by, at=at)
    counts = plan.counts
    events.record(
        action="import.applied",
        by=by,
        target=batch,
        scope=batch.scope,
        at=at,
        summary=f"匯入{importer.title}：新增 {counts[ADDED]}、變更 {counts[CHANGED]}、不變 {counts[UNCHANGED]} 列（{batch.file}）",
        sha256=batch.file.sha256,
        **counts,
    )


def _write(batch, changes):
    """Insert what is new and update what differs, noting each row's fields before and after."""
    created = defaultdict(list)
    for change in changes:
        for instance in change.creates:
            created[type(instance)].append(instance)
    created = {model: created[model] for model in _in_dependency_order(created)}
    for model, instances in created.items():
        model._default_manager.bulk_create(instances, batch_size=WRITE_BATCH)

    new = {id(instance) for instances in created.values() for instance in instances}
    changed, before = defaultdict(dict), {}
    for change in changes:
        for instance, wanted in change.updates + change.unseen:
            names = changed[type(instance)].setdefault(id(instance), (instance, set()))[1]
            if id(instance) not in new:
                stored = before.setdefault(id(instance), {})
                for name in wanted:
                    stored.setdefault(name, _plain(instance, name))
            for name, value in wanted.items():
                setattr(instance, name, value)
            names.update(wanted)
    for model, touched in changed.items():
        by_fields = defaultdict(list)
        for instance, names in touched.values():
            by_fields[tuple(sorted(names))].append(instance)
        for names, instances in by_fields.items():
            model._default_manager.bulk_update(instances, names, batch_size=WRITE_BATCH)

    writes = _write_rows(batch, created, changed, before)
    while some := list(islice(writes, HELD)):
        ImportWrite.objects.bulk_create(some, batch_size=WRITE_BATCH)


def _write_rows(batch, created, changed, before):
    for model, instances in created.items():
        names = [f.name for f in model._meta.concrete_fields if not f.primary_key]
        for instance in instances:
            yield _write_row(batch, instance, None, names)
    for touched in changed.values():
        for instance, names in touched.values():
            if id(instance) in before:
                yield _write_row(batch, instance, before[id(instance)], sorted(names))


def _in_dependency_order(models_created):
    """Referenced models before those that refer to them."""
    ordered = []

    def place(model):
        for model_field in model._meta.concrete_fields:
            referred = model_field.related_model
            if referred in models_created and referred is not model and referred not in ordered:
                place(referred)
        if model not in ordered:
            ordered.append(model)

    for model in models_created:
        place(model)
    return ordered


def _write_row(batch, instance, before, names):
    return ImportWrite(
        batch=batch,
        model=instance._meta.label_lower,
        object_id=instance.pk,
        before=before,
        after={name: _plain(instance, name) for name in names},
    )


def _plain(instance, name):
    """A field's value as JSON holds it; `to_python` of the field reads it back."""
    model_field = instance._meta.get_field(name)
    value = getattr(instance, model_field.attname)
    if value is None or type(value) in (str, int, bool, list, dict):
        return value
    return json.loads(json.dumps(value, cls=_Plain))


class _Plain(DjangoJSONEncoder):
    """Keeps the microseconds that Django's encoder drops; the same moment in any zone is the same text."""

    def default(self, value):
        if isinstance(value, datetime) and value.tzinfo:
            value = value.astimezone(UTC)
        return value.isoformat() if hasattr(value, "isoformat") else super().default(value)


@transaction.atomic
def undo(batch, importer, *, by, at):
    """Take a batch back while nothing depends on it; raises ImportRefused and changes nothing otherwise."""
    importer.lock()
    batch = ImportBatch.objects.select_for_update().defer("rows").get(pk=batch.pk)
    if batch.state != ImportBatch.State.APPLIED:
        raise ImportRefused(f"這一批{batch.get_state_display()}，沒有可以復原的資料。")
    written = defaultdict(dict)
    for write in batch.writes.all():
        written[apps.get_model(write.model)][write.object_id] = write
    stored = {model: model._default_manager.in_bulk(list(writes)) for model, writes in written.items()}
    for model, writes in written.items():
        for object_id, write in writes.items():
            _require_untouched(model, stored[model].get(object_id), write)
    created = {
        model: {pk for pk, write in writes.items() if write.before is None}
        for model, writes in written.items()
    }
    _require_independent(created)
    _restore(written, stored)
    for model in reversed(list(created)):
        rows = model._default_manager.filter(pk__in=created[model])
        rows._raw_delete(using=rows.db)
    importer.undone(by=by, at=at)
    batch.state = ImportBatch.State.UNDONE
    batch.undone_at, batch.undone_by = at, by
    batch.save(update_fields=["state", "undone_at", "undone_by"])
    events.record(
        action="import.undone",
        by=by,
        target=batch,
        scope=batch.scope,
        at=at,
        summary=f"復原匯入：{importer.title}（{batch.created_at:%Y-%m-%d} 的一批）",
    )
    return batch


def _require_untouched(model, instance, write):
    name = model._meta.verbose_name
    if instance is None:
        raise ImportRefused(f"匯入後，這一批的「{name}」已有一筆被刪除，不能復原。")
    for field_name, value in write.after.items():
        if _plain(instance, field_name) != value:
            title = model._meta.get_field(field_name).verbose_name
            raise ImportRefused(f"匯入後，「{instance}」的「{title}」又有變更，不能復原這一批。")


def _require_independent(created):
    """Refuse when a row outside the batch refers to one that the batch created."""
    for model, pks in created.items():
        if not pks:
            continue
        for relation in model._meta.related_objects:
            if relation.many_to_many:
                continue
            name = relation.field.name
            rows = relation.related_model._base_manager
            own = created.get(relation.related_model, set())
            dependent = {
                pk
                for start in range(0, len(pks), WRITE_BATCH)
                for pk in rows.filter(
                    **{f"{name}__in": sorted(pks)[start : start + WRITE_BATCH]}
                ).values_list("pk", flat=True)
            } - own
            if dependent:
                raise ImportRefused(
                    f"已有 {len(dependent)} 筆「{relation.related_model._meta.verbose_name}」"
                    f"用到這一批新增的「{model._meta.verbose_name}」，不能復原。"
                )


def _restore(written, stored):
    for model, writes in written.items():
        by_fields = defaultdict(list)
        for object_id, write in writes.items():
            if write.before is None:
                continue
            instance = stored[model][object_id]
            for name, value in write.before.items():
                model_field = model._meta.get_field(name)
                setattr(instance, model_field.attname, model_field.to_python(value))
            by_fields[tuple(sorted(write.before))].append(instance)
        for names, instances in by_fields.items():
            model._default_manager.bulk_update(instances, names, batch_size=WRITE_BATCH)


@transaction.atomic
def discard(batch, *, by):
    """Give up a preview of one's own."""
    changed = ImportBatch.objects.filter(
        pk=batch.pk, created_by=by, state=ImportBatch.State.PREVIEWED
    ).update(state=ImportBatch.State.DISCARDED)
    if not changed:
        raise ImportRefused("這一批已經處理過，不能放棄。")


# Template and export ------------------------------------------------------------------------------


def out_columns(importer):
    return [OutColumn(title=spec.title, width=spec.width, kind=spec.kind) for spec in importer.fields]


def write_template(importer, fmt, target=None):
    """An empty file with the header row, ready to be filled in."""
    return write_table(fmt, title=importer.title, columns=out_columns(importer), rows=[], target=target)


def write_export(importer, fmt, target=None):
    """The stored facts in the columns in which they are imported."""
    return write_table(
        fmt, title=importer.title, columns=out_columns(importer), rows=importer.export_rows(), target=target
    )
