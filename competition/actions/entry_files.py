"""The files of a work: added, taken out."""

from django.db import transaction
from django.db.models import Max

from competition.models import EntryFile, EntryVersion
from competition.versions import write_version

from .entries import EntryRefused, record, require_editable
from .locks import locked_entry

FILES_AN_ENTRY = 20


@transaction.atomic
def attach(*, entry, stored, by, at):
    """Add a file, already stored, to a work."""
    entry = locked_entry(entry)
    require_editable(entry, by=by, at=at)
    last = entry.files.aggregate(last=Max("position"))["last"] or 0
    if entry.files.count() >= FILES_AN_ENTRY:
        raise EntryRefused(f"一件作品最多 {FILES_AN_ENTRY} 個檔案。")
    if entry.files.filter(stored__sha256=stored.sha256).exists():
        raise EntryRefused("這個檔案已經在作品裡了。")
    entry_file = EntryFile.objects.create(
        entry=entry, stored=stored, position=last + 1, added_by=by, added_at=at
    )
    _keep_version(entry, by=by, at=at)
    record(
        "entry.file_attached",
        entry,
        f"「{entry.title}」加入檔案 {stored.name}",
        by=by,
        at=at,
        file=stored.name,
        sha256=stored.sha256,
        size=stored.size,
    )
    return entry_file


@transaction.atomic
def detach(*, entry_file, by, at):
    """Take a file out of a work; a work already handed in keeps at least one."""
    entry = locked_entry(entry_file.entry)
    require_editable(entry, by=by, at=at)
    if entry.is_submitted and entry.is_online and entry.files.count() <= 1:
        raise EntryRefused("已送件的作品至少要有一個檔案；請先加入新的檔案再移除這一個。")
    stored = entry_file.stored
    entry_file.delete()
    _keep_version(entry, by=by, at=at)
    record(
        "entry.file_detached",
        entry,
        f"「{entry.title}」移除檔案 {stored.name}",
        by=by,
        at=at,
        file=stored.name,
        sha256=stored.sha256,
    )


def _keep_version(entry, *, by, at):
    if entry.is_submitted:
        write_version(entry, EntryVersion.Occasion.FILES, by=by, at=at)
