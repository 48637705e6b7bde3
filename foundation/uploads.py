"""Large files on their way in: announced, received part by part, assembled by a job, claimed by a form.

The bytes go straight to their offset in a file of the upload's own, are flushed, and then get a row
(`UploadPart`). What a crash leaves beyond the last row is written over by the next part, so a row never
says more than the disk holds. The job that assembles hashes the complete file and renames it: no byte is
copied. How the web speaks to this: `upload_views.py` (tus 1.0). Why so: docs/decisions/011-uploads.md.
"""

import errno
import fcntl
import os
import shutil
import time
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from importlib import import_module
from itertools import count
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q, Sum, Value
from django.db.models.functions import Now
from django.template.defaultfilters import filesizeformat

from . import events, files, inspection, jobs, processes
from .errors import Refused
from .failpoints import failpoint
from .inspection.limits import ENDINGS, MB, limit_for
from .models import StoredFile, Upload, UploadPart
from .periodic import periodic

KEPT_FOR = timedelta(hours=24)  # after the last byte, when no form claims it
LEASE = timedelta(seconds=30)  # of the request that writes; the database's clock decides
RENEW_EVERY = 5  # seconds
BLOCK = 128 * 1024  # bytes read at a time from a slow line
MOST_BLOCK = 1024 * 1024  # and from a fast one: the web server copies less when asked for what it has read
SLOW_BLOCK = 1  # seconds; the lease must be renewed in time between two blocks
WRITTEN_AT_ONCE = 256 * 1024  # bytes; 1 MiB is no longer in the processor's cache when the kernel copies it
AHEAD = 2 * 1024 * 1024  # bytes after which the disk is told to begin
PART = 32 * 1024 * 1024  # bytes between two rows of one long request
PART_SECONDS = 10  # or so long, on a slow line: what kill -9 can cost
MOST_PARTS = 10_000
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_stored_hooks = []


class UploadRefused(Refused):
    """Why bytes are not taken, with the status that tells the client whether to try again."""

    def __init__(self, message, status=HTTPStatus.BAD_REQUEST):
        super().__init__(message)
        self.status = status


def on_stored(function):
    """Register `function(upload, at)`: called in the transaction that gives an upload its stored file.

    It lives in a module that `settings.JOB_MODULES` lists.
    """
    _stored_hooks.append(function)
    return function


# What forms call -----------------------------------------------------------------------------------


@transaction.atomic
def claim(*, token, by, at):
    """The upload that a form names, from now on the form's: it no longer expires."""
    upload = Upload.objects.select_for_update().visible_to(by).filter(token=token).first()
    if upload is None or (upload.claimed_at is None and upload.expires_at <= at):
        raise Refused("找不到這個上傳的檔案，可能已超過保留期限；請重新選檔上傳。")
    if upload.received_at is None:
        raise Refused(f"「{upload.name}」還沒有上傳完成；請等進度到 100% 再送出。")
    if upload.claimed_at is not None:
        raise Refused(f"「{upload.name}」已經用在另一張表單；同一個檔案要用兩次，請再上傳一次。")
    upload.claimed_at = at
    upload.save(update_fields=["claimed_at"])
    return upload


@transaction.atomic
def discard(upload, *, by, at):
    """Forget an upload that no form has claimed, finished or not."""
    held = Upload.objects.select_for_update().filter(pk=upload.pk).first()
    if held is None:
        return
    if held.claimed_at is not None:
        raise UploadRefused("這個檔案已經送入表單，請在表單中移除。", HTTPStatus.FORBIDDEN)
    events.record(
        action="upload.discarded",
        by=by,
        target=held,
        at=at,
        summary=f"{'放棄' if by else '逾期清除'}上傳：{held.name}",
        size=held.size,
    )
    _forget(held)


@transaction.atomic
def release(*, upload, stored):
    """Give up a file that a form keeps no more: an upload it had claimed, or (None) what it had stored itself.

    What another row refers to stays. The bytes, when no row has the same, are removed by the sweep a day later.
    """
    if upload is None:
        inspection.forget(stored)
    else:
        _forget(upload)


def lock(upload):
    """Before rows that the end of `assemble` writes too: it holds the upload, then asks for theirs."""
    Upload.objects.select_for_update().filter(pk=upload.pk).first()


def _forget(upload):
    stored, path = upload.stored, _incoming(upload)
    upload.delete()
    if stored is not None:
        inspection.forget(stored)
    # The row first: bytes without a row are swept up, a row without its bytes would be a loss.
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


@periodic
def expire(*, at):
    """Discard what nobody claimed in time."""
    for upload in Upload.objects.expired(at).select_related("stored")[:100]:
        discard(upload, by=None, at=at)


# From the first announcement to the last byte --------------------------------------------------------


@transaction.atomic
def announce(*, name, size, by, at):
    """Make room for a file that a person is about to send; refused here, no byte of it travels."""
    name = files.clean_name(name)
    limit = limit_for(name)
    if limit is None:
        endings = "、".join(ending.removeprefix(".") for ending in ENDINGS)
        raise UploadRefused(
            f"不接受「{name}」這種檔案；可上傳的有 {endings}。", HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        )
    if size == 0:
        raise UploadRefused(f"「{name}」是空白檔案（0 位元組）；請檢查後重新選檔。")
    if size > limit.most_bytes:
        raise UploadRefused(
            f"「{name}」有 {filesizeformat(size)}，超過{limit.label}的上限 {limit.shown}。",
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )
    _require_share(by, size)
    _require_space(size)
    return Upload.objects.create(name=name, size=size, owner=by, created_at=at, expires_at=at + KEPT_FOR)


def _require_share(person, size):
    """What one person has under way is counted under a lock, or many announcements at once would all fit."""
    get_user_model().objects.select_for_update(no_key=True).get(pk=person.pk)
    mine = Upload.objects.visible_to(person).unclaimed()
    if mine.count() >= settings.UPLOADS_PER_PERSON:
        raise UploadRefused(
            f"您已有 {settings.UPLOADS_PER_PERSON} 個檔案尚未送入表單；請先送出或放棄其中一些，再上傳新的。",
            HTTPStatus.TOO_MANY_REQUESTS,
        )
    share = settings.UPLOAD_MB_PER_PERSON * MB
    if (mine.aggregate(sum=Sum("size"))["sum"] or 0) + size > share:
        raise UploadRefused(
            f"您尚未送入表單的檔案加上這個，會超過每人 {filesizeformat(share)} 的空間；請先送出或放棄其中一些。",
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )


def _require_space(size):
    """Twice the size: the file itself, and what is made of it (covers, copies for viewing)."""
    folder = _incoming_folder()
    if shutil.disk_usage(folder).free < size * 2 + settings.UPLOAD_RESERVE_MB * MB:
        raise _no_room()


def _no_room():
    return UploadRefused(
        "伺服器的磁碟空間不足，沒有收下這次送來的內容；已收到的部分都還在。請稍後再繼續，或通知系統管理者。",
        HTTPStatus.INSUFFICIENT_STORAGE,
    )


def receive(upload, *, offset, length, body, at):
    """Write what `body` gives, at most `length` bytes from `offset` on; returns the offset reached.

    When the line is lost in the middle, what came is kept. `at` gives the time (a function).
    """
    if upload.received_at is not None:
        _require_offset(offset, upload.size)
        return offset
    writer = _Writer(upload, at=at)
    writer.take()
    try:
        _require_offset(offset, upload.offset())
        if upload.parts.count() >= MOST_PARTS:
            raise UploadRefused(
                "這個檔案分成太多小段，請放棄後重新上傳。", HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            )
        return writer.write(body, offset, offset + length)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise _no_room() from error
        raise
    finally:
        writer.let_go()


def _require_offset(offset, reached):
    if offset != reached:
        raise UploadRefused(f"伺服器已有 {reached} 位元組，請從那裡接續。", HTTPStatus.CONFLICT)


_requests = count()


def _writer_name():
    """Of one request. It tells the process, where the system lets others see whether that is still there."""
    process = processes.this_process()
    return f"{process}-{next(_requests) & 0xFFFFFF:x}" if process else uuid4().hex


class _Writer:
    """The one request that may write to an upload: it holds a lease on the row, and the file's lock for each block.

    A request that was thought dead (its lease ran out, another went on) finds that out under that lock,
    and so can never write into content that has been hashed.
    """

    def __init__(self, upload, *, at):
        self.upload = upload
        self.at = at
        self.name = _writer_name()
        self.renew_at = 0.0

    def take(self):
        free = Q(writing_until=None) | Q(writing_until__lt=Now())
        if processes.is_gone(self.upload.writer.rpartition("-")[0]):
            free |= Q(writer=self.upload.writer)  # kill -9: what holds the lease will never write again
        if (
            not Upload.objects.unfinished()
            .filter(free, pk=self.upload.pk)
            .update(writer=self.name, writing_until=Now() + Value(LEASE))
        ):
            raise UploadRefused("另一個連線正在傳送這個檔案，稍候會自動接續。", HTTPStatus.LOCKED)
        self.renew_at = time.monotonic() + RENEW_EVERY

    def let_go(self):
        Upload.objects.filter(pk=self.upload.pk, writer=self.name).update(writer="", writing_until=None)

    def write(self, body, start, end):
        with _opened(self.upload) as handle:
            recorded = position = start
            recorded_at = time.monotonic()
            try:
                for block in _blocks(body, end - position):
                    self._write_block(handle, block, position)
                    position += len(block)
                    if position % AHEAD < len(block):
                        # Begins to go to the disk while the next bytes come: the flush then has little to wait for.
                        os.posix_fadvise(handle, recorded, position - recorded, os.POSIX_FADV_DONTNEED)
                    is_due = position - recorded >= PART or time.monotonic() - recorded_at >= PART_SECONDS
                    if is_due and position < end:
                        self._record(handle, recorded, position)
                        recorded, recorded_at = position, time.monotonic()
                if position > recorded:
                    self._record(handle, recorded, position, is_last=True)
            except OSError:
                os.ftruncate(handle, recorded)
                raise
        return position

    def _write_block(self, handle, block, position):
        with _locked(handle):
            if time.monotonic() >= self.renew_at:
                self._renew()
            rest = memoryview(block)
            while rest:
                written = os.pwrite(handle, rest[:WRITTEN_AT_ONCE], position)
                rest, position = rest[written:], position + written

    def _renew(self):
        if not self._mine().update(writing_until=Now() + Value(LEASE)):
            raise self._lost()
        self.renew_at = time.monotonic() + RENEW_EVERY

    def _record(self, handle, start, end, *, is_last=False):
        os.fsync(handle)
        failpoint("upload.written")
        at = self.at()
        with transaction.atomic():
            held = self._mine().select_for_update().first()
            if held is None:
                raise self._lost()
            UploadPart.objects.create(upload=held, offset=start, length=end - start)
            held.expires_at = at + KEPT_FOR
            if end == held.size:
                _complete(held, at=at)
            if is_last:
                held.writer, held.writing_until = "", None
            held.save(update_fields=["expires_at", "received_at", "writer", "writing_until"])
        failpoint("upload.recorded")

    def _mine(self):
        return Upload.objects.unfinished().filter(pk=self.upload.pk, writer=self.name)

    def _lost(self):
        return UploadRefused("另一個連線已接手傳送這個檔案。", HTTPStatus.LOCKED)


def _complete(upload, *, at):
    upload.received_at = at
    events.record(
        action="upload.received",
        by=upload.owner,
        target=upload,
        at=at,
        summary=f"上傳完成：{upload.name}",
        size=upload.size,
    )
    jobs.enqueue(
        "assemble",
        title=f"收存「{upload.name}」",
        by=upload.owner,
        at=at,
        key=f"assemble-{upload.pk}",
        upload=upload.pk,
    )


def _blocks(body, size):
    """The next `size` bytes, or as many as come before the line is lost.

    Each piece is as large as all before it together: on a fast line they soon end where parts end.
    """
    length, came = BLOCK, 0
    while size:
        began = time.monotonic()
        try:
            block = body.read(min(length, size))
        except OSError:
            return
        if not block:
            return
        came = came + len(block) if time.monotonic() - began < SLOW_BLOCK else 0
        length = min(max(came, BLOCK), MOST_BLOCK)
        size -= len(block)
        yield block


def _incoming_folder():
    folder = files.incoming_path("")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _incoming(upload):
    return files.incoming_path(upload.token.hex)


@contextmanager
def _opened(upload):
    """The file that the bytes of an upload go to, made when this is the first of them."""
    folder, path = _incoming_folder(), _incoming(upload)
    is_new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        if is_new:
            files.sync_folder(folder)
        yield handle
    finally:
        os.close(handle)


@contextmanager
def _locked(handle):
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


# From the last byte to the stored file ----------------------------------------------------------------


@jobs.job("assemble")
def assemble(progress, *, upload):
    """Hash what came, let it take its place without copying, and tell who waits for it."""
    row = Upload.objects.filter(pk=upload, received_at__isnull=False, stored=None).first()
    if row is None:
        return  # stored by an earlier run, or discarded meanwhile
    path = _take_in(row, progress)
    with transaction.atomic():
        # Again and locked: a form may be claiming it at this moment.
        row = (
            Upload.objects.select_for_update().select_related("owner").filter(pk=upload, stored=None).first()
        )
        if row is None:
            return
        at = progress.at()
        row.stored = StoredFile.objects.create(
            name=row.name, path=path, size=row.size, sha256=row.sha256, created_by=row.owner, created_at=at
        )
        row.problem = ""
        row.save(update_fields=["stored", "problem"])
        for hook in _hooks():
            hook(row, at)
        events.record(
            action="upload.stored",
            by=row.owner,
            target=row,
            at=at,
            summary=f"檔案已收存：{row.name}",
            size=row.size,
            sha256=row.sha256,
        )
        progress.finish({"檔案": row.name, "大小": filesizeformat(row.size), "SHA-256": row.sha256})
    failpoint("assemble.done")


def _take_in(upload, progress):
    """The place of the complete content. After a crash it may stand there already, under the noted digest."""
    incoming = _incoming(upload)
    if not incoming.exists():
        if not upload.sha256 or not files.exists(files.path_of(upload.sha256)):
            raise _spoilt(upload)
        return files.path_of(upload.sha256)
    incoming.chmod(0o640)  # a run that was killed may have made it read-only
    with incoming.open("r+b", buffering=0) as content:
        # Waits for a writer that was thought dead and is in the middle of its last block.
        fcntl.flock(content, fcntl.LOCK_EX)
        if os.fstat(content.fileno()).st_size != upload.size:
            raise _spoilt(upload)
        total = upload.size // MB + 1
        digest = files.digest_of(content, lambda done: progress(done // MB, total, "計算 SHA-256"))
    failpoint("assemble.hashed")
    Upload.objects.filter(pk=upload.pk).update(sha256=digest)
    failpoint("assemble.noted")
    path = files.take_in(incoming, digest)
    failpoint("assemble.placed")
    return path


def _spoilt(upload):
    problem = f"「{upload.name}」在伺服器上的內容不完整，請移除後重新上傳。"
    Upload.objects.filter(pk=upload.pk).update(problem=problem)
    return Refused(problem)


def _hooks():
    for module in settings.JOB_MODULES:
        import_module(module)
    return _stored_hooks
