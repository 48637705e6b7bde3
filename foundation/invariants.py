"""What must always hold of events, files and jobs."""

import hashlib

from django.core.files.storage import default_storage
from django.utils import timezone

from foundation import events, files
from foundation.files import CHUNK, open_stored
from foundation.models import Job, StoredFile, StrayFile, Upload
from foundation.sweeping import REMOVED_AFTER, known_paths


def breaches():
    """Each breach as a Chinese sentence."""
    for position in events.broken_links():
        yield f"稽核紀錄：雜湊鏈在第 {position} 節不符，事件可能被更動或刪除。"
    for stored in StoredFile.objects.order_by("pk").iterator(chunk_size=500):
        yield from _file_breaches(stored)
    yield from _stray_breaches()
    for upload in Upload.objects.prefetch_related("parts").order_by("pk").iterator(chunk_size=500):
        yield from _upload_breaches(upload)
    stalled = Job.objects.filter(state=Job.State.RUNNING, lease_until__lt=timezone.now())
    for job in stalled.filter(attempts__gte=Job.MAX_ATTEMPTS):
        yield f"背景工作：「{job}」（{job.pk}）已逾租約，卻仍標示為進行中。"


def _stray_breaches():
    """Bytes without a row that the daily sweep should have removed long ago."""
    overdue = timezone.now() - 2 * REMOVED_AFTER
    strays = files.on_disk() - known_paths()
    for note in StrayFile.objects.filter(found_at__lt=overdue).order_by("path"):
        if note.path in strays:
            yield f"檔案：儲存區的「{note.path}」沒有登錄，逾兩天仍未清理。"


def _upload_breaches(upload):
    reached = 0
    for part in upload.parts.all():
        if part.offset != reached:
            yield f"上傳：「{upload}」（{upload.pk}）在第 {reached} 位元組處不連續。"
        reached = part.offset + part.length
    if (upload.received_at is not None) != (reached == upload.size):
        yield f"上傳：「{upload}」（{upload.pk}）的收齊時間與收到的位元組數不符。"
    if upload.stored_id is None and not upload.problem and not _has_bytes(upload, reached):
        yield f"上傳：「{upload}」（{upload.pk}）登錄的內容不在儲存區。"


def _has_bytes(upload, reached):
    incoming = files.incoming_path(upload.token.hex)
    if incoming.exists():
        return incoming.stat().st_size >= reached
    return not reached or bool(upload.sha256 and files.exists(files.path_of(upload.sha256)))


def _file_breaches(stored):
    if not default_storage.exists(stored.path):
        yield f"檔案：「{stored}」（{stored.pk}）的內容不在儲存區。"
        return
    digest, size = hashlib.sha256(), 0
    with open_stored(stored) as content:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    if (size, digest.hexdigest()) != (stored.size, stored.sha256):
        yield f"檔案：「{stored}」（{stored.pk}）的大小或 SHA-256 與登錄不符。"
