"""Asking for a check, doing it in a worker, and telling who waits for it."""

import logging
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import ProtectedError

from foundation import events, files, jobs
from foundation.errors import Refused
from foundation.jobs import job
from foundation.models import FileCheck, Job, StoredFile
from foundation.periodic import periodic

from . import apart, scanner

KIND = "inspection.check"
NOT_FINISHED = f"檢查了 {FileCheck.MAX_ATTEMPTS} 次都沒有完成，不是檔案不合規定。請承辦人按「重新檢查」，或通知系統管理者。"
INFECTED = "發現病毒「{}」。請在自己的電腦掃毒、清除後，重新製作或另存檔案再上傳。"
# What the examining process makes, and under which name it is kept.
MADE = {"cover": "封面.jpg", "neutral": "匿名副本", "rendition": "瀏覽版.pdf"}

log = logging.getLogger("portal.inspection")
_told = []


def on_checked(function):
    """Register a function(check, *, at), called inside the transaction in which a check comes to its end."""
    _told.append(function)
    return function


@transaction.atomic
def request(stored, *, by, at):
    """Have a stored file checked, once; returns its FileCheck."""
    check, is_new = FileCheck.objects.get_or_create(
        stored=stored, defaults={"requested_by": by, "requested_at": at}
    )
    if is_new:
        _enqueue(check, by=by, at=at)
    return check


@transaction.atomic
def retry(check, *, by, at):
    """Check a file anew whose check came to no end."""
    if not FileCheck.objects.filter(pk=check.pk, state=FileCheck.State.FAILED).update(
        state=FileCheck.State.WAITING, reason="", attempts=0, checked_at=None
    ):
        raise Refused("只有檢查未完成的檔案能重新檢查。")
    check.refresh_from_db()
    _enqueue(check, by=by, at=at)
    events.record(
        action="file_check.retried", by=by, target=check, at=at, summary=f"重新檢查檔案：{check.stored}"
    )


def forget(stored):
    """Delete the row of a stored file with its check and what that made; all of it stays where a row refers to the file."""
    check = FileCheck.objects.filter(stored=stored).select_related(*MADE).first()
    try:
        with transaction.atomic():
            if check:
                check.delete()
            stored.delete()
    except ProtectedError:
        return
    for made in filter(None, (getattr(check, field) for field in MADE) if check else ()):
        forget(made)


def _enqueue(check, *, by, at):
    title = f"檢查檔案：{check.stored}"[:200]
    check.job = jobs.enqueue(KIND, title=title, by=by, at=at, key=f"check-{check.pk}", check=check.pk)
    check.save(update_fields=["job"])


# The worker's side ---------------------------------------------------------------------------------


@job(KIND)
def check_file(progress, *, check):
    """Scan and examine; done again after a crash it starts from nothing, done again after its end it does nothing."""
    check = FileCheck.objects.select_related("stored").get(pk=check)
    if not check.is_waiting:
        return {"結果": check.get_state_display()}
    try:
        with _workplace(check) as (path, folder):
            found = _found(check.stored, path, folder, progress)
            return _conclude(check, found, folder, progress)
    except scanner.ScannerAway as away:
        log.warning("check %s waits for the scanner: %s", check.pk, away)
        if not scanner.is_away():
            return _count_attempt(check, progress)  # it is there: this file is what it cannot judge
        return {"結果": "掃毒程式沒有回應，檔案維持「檢查中」，稍後自動再試。"}
    except (apart.Unfinished, OSError):
        log.exception("check %s came to no end", check.pk)
        return _count_attempt(check, progress)


def _found(stored, path, folder, progress):
    """Fields of the FileCheck, and which files lie in `folder`."""
    progress(0, 1, "掃毒")
    with files.open_stored(stored) as content:
        scan, virus = scanner.scan(content)
    if virus:
        return {"scan": scan, "reason": INFECTED.format(virus)}
    return {"scan": scan, **apart.examine(path, name=stored.name, folder=folder, on_step=progress)}


@contextmanager
def _workplace(check):
    """The file on a disk of this machine and an empty folder beside it; what a killed worker left is removed."""
    folder = files.incoming_path(f"check-{check.pk}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield Path(default_storage.path(check.stored.path)), folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _conclude(check, found, folder, progress):
    """Write what was found, with the files that were made of it, in one transaction with the end of the job."""
    reason = found.get("reason", "")
    state = FileCheck.State.QUARANTINED if reason else FileCheck.State.PASSED
    made = [] if reason else [(field, *_flushed(folder / field)) for field in found["made"]]
    at = progress.at()
    with transaction.atomic():
        fields = {"kind": found.get("kind", ""), "facts": found.get("facts", {}), "scan": found["scan"]}
        for field, digest, size in made:
            path = files.take_in(folder / field, digest)
            fields[field] = StoredFile.objects.create(
                name=MADE[field], path=path, size=size, sha256=digest, created_at=at
            )
        _end(check, state, reason=reason, at=at, **fields)
        progress.finish({"結果": check.get_state_display()})


def _flushed(path):
    """(SHA-256, size) of what is about to be kept; before the transaction, as 2 GB take their time."""
    with path.open("rb") as content:
        digest = files.digest_of(content)
        os.fsync(content.fileno())
        return digest, content.tell()


def _count_attempt(check, progress):
    """No verdict: tried again a minute later, given up after the last time."""
    with transaction.atomic():
        check.attempts += 1
        check.save(update_fields=["attempts"])
        if check.attempts >= FileCheck.MAX_ATTEMPTS:
            _end(check, FileCheck.State.FAILED, reason=NOT_FINISHED, at=progress.at())
        progress.finish({"結果": f"第 {check.attempts} 次沒有完成"})


def _end(check, state, *, reason, at, **fields):
    fields.update(state=state, reason=reason, checked_at=at)
    for field, value in fields.items():
        setattr(check, field, value)
    check.save(update_fields=list(fields))
    summary = f"檢查檔案：{check.stored}，{check.get_state_display()}"
    events.record(action="file_check.ended", by=None, target=check, at=at, summary=summary, reason=reason)
    for function in _told:
        function(check, at=at)


@periodic
def go_on(*, at):
    """Checks that wait and that no worker does: those for a scanner that is back, and those to be tried again."""
    idle = FileCheck.objects.filter(state=FileCheck.State.WAITING).exclude(job__state__in=Job.UNFINISHED)
    if not idle.exists() or scanner.is_away():
        return
    for pk in idle.values_list("pk", flat=True).order_by("pk")[:500]:
        with transaction.atomic():
            check = (
                FileCheck.objects.select_for_update(of=("self",)).select_related("job", "stored").get(pk=pk)
            )
            if not check.is_waiting or (check.job and check.job.is_unfinished):
                continue
            if check.job and check.job.state in (Job.State.FAILED, Job.State.CANCELLED):
                _end(check, FileCheck.State.FAILED, reason=NOT_FINISHED, at=at)
            else:
                _enqueue(check, by=check.requested_by, at=at)
