"""Bytes in the storage that no row speaks of: what a crash left between the rename and the row.

They are noted when a sweep first sees them and removed when a later sweep, a day on, still finds no row.
How old a file is, the note says, not the disk: a copied or touched file has any date.
"""

from datetime import timedelta

from django.db import transaction

from . import files
from .models import StoredFile, StrayFile, Upload
from .periodic import periodic

EVERY = timedelta(hours=24)
REMOVED_AFTER = timedelta(hours=24)


# Of this worker, so that it does not read the folders each minute; sweeping more often would harm nobody.
_swept_at = None


@periodic
def sweep_daily(*, at):
    global _swept_at
    if _swept_at is None or at - _swept_at >= EVERY:
        _swept_at = at
        sweep(at=at)


def sweep(*, at):
    """Note what is new, forget what is gone or known now, remove what was noted a day ago; returns how many."""
    strays = files.on_disk() - known_paths()
    noted = set(StrayFile.objects.values_list("path", flat=True))
    StrayFile.objects.filter(path__in=noted - strays).delete()
    StrayFile.objects.bulk_create(
        [StrayFile(path=path, found_at=at) for path in sorted(strays - noted)], ignore_conflicts=True
    )
    due = StrayFile.objects.filter(found_at__lte=at - REMOVED_AFTER).values_list("path", flat=True)
    return sum(_remove(path) for path in due)


@transaction.atomic
def _remove(path):
    # `files.take_in` deletes the note before it relies on the bytes: either it waits for this, or this finds no note.
    note = StrayFile.objects.select_for_update().filter(path=path).first()
    if note is None or path in known_paths(path):
        return 0
    files.remove(path)
    note.delete()
    return 1


def known_paths(path=None):
    """Where bytes belong, by the rows: stored files, and what is on its way in. Of one path, whether it is among them."""
    stored, coming = StoredFile.objects.all(), Upload.objects.filter(stored=None)
    if path:
        stored = stored.filter(path=path)
    known = set(stored.values_list("path", flat=True))
    for token, digest in coming.values_list("token", "sha256"):
        known.add(f"{files.INCOMING}/{token.hex}")
        if digest:
            known.add(files.path_of(digest))
    return known
