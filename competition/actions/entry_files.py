"""The files of a work: added, taken out, replaced; and what becomes of them once they are in."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Max
from django.template.defaultfilters import filesizeformat

from agencies.notices import tell, tell_and_mail
from competition.deadlines import own_due_at
from competition.models import Entry, EntryFile, EntryVersion, RemovedFile
from competition.receipts import contacts_of, mail_receipt
from competition.versions import complete_hash, last_with, write_version
from foundation import inspection, uploads
from foundation.periodic import periodic
from foundation.rocdate import end_of_day, format_deadline, taipei_date

from .entries import EntryRefused, record, require_editable, require_not_final
from .locks import locked_entry

FILES_AN_ENTRY = 20
GB = 1024**3


@transaction.atomic
def attach(*, entry, stored=None, token=None, by, at):
    """Add a file to a work: one already stored, or the complete upload that a form names by its token.

    All its bytes are here; its hash and its check may follow.
    """
    upload = _claimed(token, by=by, at=at)
    entry = locked_entry(entry)
    require_editable(entry, by=by, at=at)
    return _attach(entry, stored=stored, upload=upload, by=by, at=at)


@transaction.atomic
def detach(*, entry_file, by, at):
    """Take a file out of a work; a work already handed in keeps at least one. Returns the `RemovedFile`."""
    entry, entry_file = _locked(entry_file)
    require_editable(entry, by=by, at=at)
    if entry_file is None:
        raise EntryRefused("這個檔案已經移除。")
    if entry.is_submitted and entry.is_online and entry.files.count() <= 1:
        raise EntryRefused("已送件的作品至少要有一個檔案；請先加入新的檔案再移除這一個。")
    return _detach(entry, entry_file, by=by, at=at)


@transaction.atomic
def put_back(*, removed_file, by, at):
    """Add a file again that was taken out, while its bytes are kept; as one more file, by the rules for adding."""
    entry, removed_file = _locked(removed_file)
    require_editable(entry, by=by, at=at)
    if removed_file is None:
        raise EntryRefused("這個檔案已經放回作品，或已清除。")
    if removed_file.is_quarantined:
        raise EntryRefused("已隔離的檔案不能放回；請加入新的檔案。")
    removed_file.delete()
    return _attach(entry, stored=removed_file.stored, upload=removed_file.upload, by=by, at=at)


@transaction.atomic
def replace(*, entry_file, stored=None, token=None, by, at):
    """Put another file in the place of a quarantined one, also after the deadline while its chance lasts."""
    upload = _claimed(token, by=by, at=at)
    entry, entry_file = _locked(entry_file)
    if entry_file is None or not entry_file.is_quarantined:
        raise EntryRefused("只有已隔離的檔案能更換。")
    if entry.is_submitted and entry_file.may_be_replaced(at):
        require_not_final(entry.topic.group)
    elif entry_file.replace_until and not by.is_staff:
        raise EntryRefused(f"已過補換期限（{format_deadline(entry_file.replace_until)}），不能再更換。")
    else:
        require_editable(entry, by=by, at=at)
    _detach(entry, entry_file, by=by, at=at, keeps_version=False)
    return _attach(entry, stored=stored, upload=upload, by=by, at=at)


@transaction.atomic
def extend_replacement(*, entry_file, last_day, by, at):
    """Staff give a unit until the end of a day to replace a quarantined file."""
    entry = locked_entry(entry_file.entry)
    require_not_final(entry.topic.group)
    if not entry.is_submitted or not entry_file.is_quarantined:
        raise EntryRefused("只有已送件作品中已隔離的檔案有補換期限。")
    if end_of_day(last_day) <= at:
        raise EntryRefused("補換期限不能早於今天。")
    _set_replacement(entry, entry_file, end_of_day(last_day), by=by, at=at)
    return entry_file


@transaction.atomic
def discard_draft(*, entry, by, at):
    """Forget a work that was never handed in, with its files and those taken out of it."""
    for file in _all_files(entry):
        if file.upload:
            uploads.lock(file.upload)
    entry = locked_entry(entry)
    require_editable(entry, by=by, at=at)
    if entry.state != Entry.State.DRAFT:
        raise EntryRefused("有收件編號的作品不能刪除；不參賽請撤回。")
    if entry.conflicts.exists() or entry.sheets.exists():
        raise EntryRefused("這件草稿已有評審的紀錄，不能刪除。")
    kept = _all_files(entry)
    if any(file.stored is None or (file.file_check and file.file_check.is_waiting) for file in kept):
        raise EntryRefused("有檔案還在檢查，查完才能刪除草稿；請過一會兒再按一次。")
    names = [file.name for file in kept]
    record("entry.discarded", entry, f"刪除作品草稿「{entry}」", by=by, at=at, files=names)
    for file in kept:
        file.delete()
    entry.delete()
    for file in kept:
        uploads.release(upload=file.upload, stored=file.stored)


def _all_files(entry):
    return [*entry.files.all(), *entry.removed_files.all()]


def _claimed(token, *, by, at):
    """The upload before the work: the job that stores an upload locks the two in this order."""
    return uploads.claim(token=token, by=by, at=at) if token else None


def _locked(file):
    """The work and its file as they stand now, the file None when it is there no more."""
    if file.upload:
        uploads.lock(file.upload)
    entry = locked_entry(file.entry)
    # The file's row too: what was taken out is forgotten without the work's lock.
    held = type(file).objects.select_for_update(of=("self",)).filter(entry=entry, pk=file.pk).first()
    return entry, held


def _attach(entry, *, stored, upload, by, at):
    last = entry.files.aggregate(last=Max("position"))["last"] or 0
    if entry.files.count() >= FILES_AN_ENTRY:
        raise EntryRefused(f"一件作品最多 {FILES_AN_ENTRY} 個檔案。")
    stored = upload.stored if upload else stored
    _require_space(entry, (stored or upload).size)
    if stored and entry.files.filter(stored__sha256=stored.sha256).exists():
        raise EntryRefused("這個檔案已經在作品裡了。")
    entry_file = EntryFile.objects.create(
        entry=entry, upload=upload, stored=stored, position=last + 1, added_by=by, added_at=at
    )
    if stored:
        inspection.request(stored, by=by, at=at)
    _keep_version(entry, by=by, at=at)
    record(
        "entry.file_attached",
        entry,
        f"「{entry}」加入檔案 {entry_file.name}",
        by=by,
        at=at,
        file=entry_file.name,
        sha256=entry_file.sha256,
        size=entry_file.size,
    )
    return entry_file


def _detach(entry, entry_file, *, by, at, keeps_version=True):
    name, sha256 = entry_file.name, entry_file.sha256
    entry_file.delete()
    removed_file = RemovedFile.objects.create(
        entry=entry,
        upload=entry_file.upload,
        stored=entry_file.stored,
        version=last_with(entry, entry_file),
        removed_by=by,
        removed_at=at,
    )
    if keeps_version:
        _keep_version(entry, by=by, at=at)
    record(
        "entry.file_detached", entry, f"「{entry}」移除檔案 {name}", by=by, at=at, file=name, sha256=sha256
    )
    return removed_file


def _require_space(entry, size):
    used = EntryFile.objects.of_unit(entry.unit, entry.competition).total_size()
    space = entry.competition.unit_space_gb * GB
    if used + size > space:
        raise EntryRefused(
            f"{entry.unit}的檔案空間 {entry.competition.unit_space_gb} GB 已用 {filesizeformat(used)}，"
            f"這個檔案 {filesizeformat(size)} 放不下；請先移除不用的檔案，或洽承辦人。"
        )


def _keep_version(entry, *, by, at):
    if entry.is_submitted:
        write_version(entry, EntryVersion.Occasion.FILES, by=by, at=at)


# What the workers find -----------------------------------------------------------------------------


@uploads.on_stored
def take_in(upload, at):
    """An upload has its hash: the work's file gets it, its check is asked for, the receipt is completed.

    A file that was taken out meanwhile gets its hash alone, for the versions that list it.
    """
    files = (EntryFile, RemovedFile)
    file = next(filter(None, (each.objects.filter(upload=upload).first() for each in files)), None)
    if file is None:
        return
    entry = locked_entry(file.entry)
    file.stored = upload.stored
    file.save(update_fields=["stored"])
    complete_hash(entry, file)
    if isinstance(file, RemovedFile):
        return
    inspection.request(upload.stored, by=file.added_by, at=at)
    if entry.is_submitted and not entry.files.filter(stored=None).exists():
        mail_receipt(
            entry,
            contacts_of(entry.unit, at),
            key=f"entry-hashes-{entry.versions.first().pk}",
            subject=f"收件編號 {entry.receipt}，檔案雜湊已算出",
            at=at,
        )


@inspection.on_checked
def hear_check(check, *, at):
    """A file of a work was quarantined: its people are told at once, with what they can do and until when."""
    if not check.is_quarantined:
        return
    for entry_file in EntryFile.objects.filter(stored=check.stored_id).select_related("entry", "added_by"):
        entry = locked_entry(entry_file.entry)
        if entry.is_submitted:
            days = entry.competition.replacement_days
            _, due_at = own_due_at(entry.competition, entry.unit)
            chance = end_of_day(taipei_date(at) + timedelta(days=days))
            _set_replacement(entry, entry_file, max(due_at, chance), by=None, at=at, reason=check.reason)
        else:
            tell(
                user=entry_file.added_by,
                text=f"作品「{entry}」的檔案「{entry_file}」已隔離，請更換或移除。"[:300],
                url=f"{entry.get_absolute_url()}files/",
                at=at,
            )


def _set_replacement(entry, entry_file, until, *, by, at, reason=""):
    entry_file.replace_until = until
    entry_file.save(update_fields=["replace_until"])
    last = format_deadline(until)
    record(
        "entry.file_quarantined" if by is None else "entry.replacement_extended",
        entry,
        f"「{entry}」的檔案 {entry_file.name} 已隔離，可更換至 {last}",
        by=by,
        at=at,
        file=entry_file.name,
        until=until.isoformat(),
    )
    reason = reason or entry_file.file_check.reason
    for user in contacts_of(entry.unit, at):
        tell_and_mail(
            user=user,
            key=f"entry-quarantined-{entry_file.pk}-{until.isoformat()}-{user.pk}",
            subject=f"作品檔案已隔離，請於 {last} 前更換",
            text=_quarantine_text(entry, entry_file, reason, last),
            url=f"{entry.get_absolute_url()}files/",
            at=at,
        )


def _quarantine_text(entry, entry_file, reason, last):
    # A notice is one line of 300 characters; names can be long, the rule and the day must stay.
    name = entry_file.name if len(entry_file.name) <= 60 else f"{entry_file.name[:60]}…"
    text = f"作品 {entry.receipt} 的檔案「{name}」已隔離，可更換至 {last}（臺北時間）；作品仍計為已送件。原因：{reason}"
    return text if len(text) <= 300 else f"{text[:299]}…"


@periodic
def request_checks(*, at):
    """Files of works that were stored before there were checks, or whose request got lost."""
    unchecked = EntryFile.objects.filter(stored__isnull=False, stored__file_check=None)
    for entry_file in unchecked.select_related("added_by").order_by("pk")[:100]:
        inspection.request(entry_file.stored, by=entry_file.added_by, at=at)


@periodic
def release_removed(*, at):
    """Forget what was taken out of a work, was never handed in, and was not put back in time."""
    for removed_file in RemovedFile.objects.released(at).order_by("pk")[:100]:
        _release(removed_file, at=at)


@transaction.atomic
def _release(removed_file, *, at):
    # Not the work: a year that is closed takes no changes, and what no version lists is no part of it.
    if removed_file.upload:
        uploads.lock(removed_file.upload)
    held = RemovedFile.objects.released(at).select_for_update(of=("self",)).filter(pk=removed_file.pk).first()
    if held is None:
        return  # put back meanwhile
    name, size, sha256 = held.name, held.size, held.sha256
    held.delete()
    uploads.release(upload=held.upload, stored=held.stored)
    record(
        "entry.file_released",
        held.entry,
        f"「{held.entry}」清除已移除的檔案 {name}",
        by=None,
        at=at,
        file=name,
        size=size,
        sha256=sha256,
    )
