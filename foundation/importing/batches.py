"""A previewed file as a batch: confirmed as a whole, taken back as a whole, or given up."""

from django.db import transaction

from foundation import events, files
from foundation.models import ImportBatch

from .plans import ADDED, CHANGED, UNCHANGED, PlannedRow, make_plan
from .rows import ImportRefused, take_back, write


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
    write(batch, changes)
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


@transaction.atomic
def undo(batch, importer, *, by, at):
    """Take a batch back while nothing depends on it; raises ImportRefused and changes nothing otherwise."""
    importer.lock()
    batch = ImportBatch.objects.select_for_update().defer("rows").get(pk=batch.pk)
    if batch.state != ImportBatch.State.APPLIED:
        raise ImportRefused(f"這一批{batch.get_state_display()}，沒有可以復原的資料。")
    take_back(batch)
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


@transaction.atomic
def discard(batch, *, by):
    """Give up a preview of one's own."""
    changed = ImportBatch.objects.filter(
        pk=batch.pk, created_by=by, state=ImportBatch.State.PREVIEWED
    ).update(state=ImportBatch.State.DISCARDED)
    if not changed:
        raise ImportRefused("這一批已經處理過，不能放棄。")
