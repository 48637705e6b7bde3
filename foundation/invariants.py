"""What must always hold of events, files and jobs."""

import hashlib

from django.core.files.storage import default_storage
from django.utils import timezone

from foundation import events
from foundation.files import CHUNK, open_stored
from foundation.models import Job, StoredFile


def breaches():
    """Each breach as a Chinese sentence."""
    for position in events.broken_links():
        yield f"稽核紀錄：雜湊鏈在第 {position} 節不符，事件可能被更動或刪除。"
    for stored in StoredFile.objects.order_by("pk").iterator(chunk_size=500):
        yield from _file_breaches(stored)
    stalled = Job.objects.filter(state=Job.State.RUNNING, lease_until__lt=timezone.now())
    for job in stalled.filter(attempts__gte=Job.MAX_ATTEMPTS):
        yield f"背景工作：「{job}」（{job.pk}）已逾租約，卻仍標示為進行中。"


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
