"""Works: handed in, changed, taken back, judged unfit."""

from django.db import transaction
from django.db.models import Max

from agencies.models import CompetitionGroup
from agencies.notices import tell_many
from competition.models import Author, Entry, EntryFile
from competition.models.entries import noon
from foundation import events
from foundation.errors import Refused
from foundation.rocdate import deadline_text, format_range

from .locks import is_final, locked_competition, locked_entry

GROUP_LETTERS = {CompetitionGroup.AGENCY: "A", CompetitionGroup.COUNTY_AND_SCHOOL: "B"}
FILES_AN_ENTRY = 20


class EntryRefused(Refused):
    """The competition's rules do not allow this with the entry."""


@transaction.atomic
def create_draft(*, unit, topic, title, authors, axis="", synopsis="", by, at):
    """A new work of a unit, still to be completed. `authors` are (name, title) pairs in order."""
    competition = locked_competition(topic.group.competition)
    _require_topic(unit, topic, axis)
    _require_before_deadline(competition, unit, by=by, at=at)
    _require_not_final(topic.group)
    entry = Entry.objects.create(
        unit=unit,
        competition=competition,
        topic=topic,
        axis=axis,
        title=title,
        synopsis=synopsis,
        created_by=by,
        created_at=at,
    )
    _write_authors(entry, authors)
    _record("entry.created", entry, f"新增作品草稿「{title}」", by=by, at=at)
    return entry


@transaction.atomic
def register(*, unit, topic, title, authors, submitted_on, receipt="", axis="", by, at):
    """A work that came on paper or disc, as staff enter it; without a receipt number it gets the next one."""
    competition = locked_competition(topic.group.competition)
    programme = competition.programme
    _require_topic(unit, topic, axis)
    _require_not_final(topic.group)
    if not programme.covers(submitted_on):
        period = format_range(programme.starts_on, programme.ends_on)
        raise EntryRefused(f"送件日期不在計畫期間（{period}）內。")
    if receipt and competition.entries.filter(receipt=receipt).exists():
        raise EntryRefused("這個收件編號已有作品使用。")
    entry = Entry.objects.create(
        unit=unit,
        competition=competition,
        topic=topic,
        axis=axis,
        title=title,
        medium=Entry.Medium.PAPER_OR_DISC,
        state=Entry.State.SUBMITTED,
        receipt=receipt or _next_receipt(competition, topic.group),
        submitted_at=noon(submitted_on),
        created_by=by,
        created_at=at,
    )
    _write_authors(entry, authors)
    _record("entry.registered", entry, f"登錄紙本或光碟送件 {entry.receipt}「{title}」", by=by, at=at)
    return entry


@transaction.atomic
def revise(*, entry, topic, title, authors, axis="", synopsis="", by, at):
    """Change what is said about a work; until the deadline by the unit, until the result by staff."""
    entry = locked_entry(entry)
    _require_editable(entry, by=by, at=at)
    _require_topic(entry.unit, topic, axis)
    if topic.group_id != entry.topic.group_id and entry.sheets.exists():
        raise EntryRefused("這件作品已有評分表，不能改列別組的主題。")
    before = {"title": entry.title, "topic": entry.topic.name, "authors": _author_names(entry)}
    entry.topic, entry.axis, entry.title, entry.synopsis = topic, axis, title, synopsis
    entry.save(update_fields=["topic", "axis", "title", "synopsis"])
    entry.authors.all().delete()
    _write_authors(entry, authors)
    _record("entry.revised", entry, f"修改作品「{title}」", by=by, at=at, before=before)
    return entry


@transaction.atomic
def attach(*, entry, stored, by, at):
    """Add a file, already stored, to a work."""
    entry = locked_entry(entry)
    _require_editable(entry, by=by, at=at)
    last = entry.files.aggregate(last=Max("position"))["last"] or 0
    if entry.files.count() >= FILES_AN_ENTRY:
        raise EntryRefused(f"一件作品最多 {FILES_AN_ENTRY} 個檔案。")
    if entry.files.filter(stored__sha256=stored.sha256).exists():
        raise EntryRefused("這個檔案已經在作品裡了。")
    entry_file = EntryFile.objects.create(
        entry=entry, stored=stored, position=last + 1, added_by=by, added_at=at
    )
    _record(
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
    _require_editable(entry, by=by, at=at)
    needs_one = entry.is_submitted and entry.medium == Entry.Medium.ONLINE
    if needs_one and entry.files.count() <= 1:
        raise EntryRefused("已送件的作品至少要有一個檔案；請先加入新的檔案再移除這一個。")
    stored = entry_file.stored
    entry_file.delete()
    _record(
        "entry.file_detached",
        entry,
        f"「{entry.title}」移除檔案 {stored.name}",
        by=by,
        at=at,
        file=stored.name,
        sha256=stored.sha256,
    )


@transaction.atomic
def submit(*, entry, consent, by, at):
    """Hand the work in: it gets a receipt number, once, and its time. Until the deadline."""
    entry = locked_entry(entry)
    if entry.state not in (Entry.State.DRAFT, Entry.State.WITHDRAWN):
        raise EntryRefused(f"這件作品{entry.get_state_display()}，不能再送件。")
    _require_before_deadline(entry.competition, entry.unit, by=by, at=at)
    _require_not_final(entry.topic.group)
    _require_topic(entry.unit, entry.topic, entry.axis)
    if missing := missing_for_submission(entry):
        raise EntryRefused(f"還缺：{'、'.join(missing)}。")
    if not consent:
        raise EntryRefused("送件前須確認授權與著作權聲明。")
    if not entry.receipt:
        entry.receipt = _next_receipt(entry.competition, entry.topic.group)
    entry.state = Entry.State.SUBMITTED
    entry.state_reason = ""
    entry.submitted_at = entry.consented_at = at
    entry.consented_by = by
    entry.save(
        update_fields=[
            "receipt",
            "state",
            "state_reason",
            "submitted_at",
            "consented_at",
            "consented_by",
        ]
    )
    _record("entry.submitted", entry, f"送件 {entry.receipt}「{entry.title}」", by=by, at=at)
    return entry


def missing_for_submission(entry):
    """What a work still lacks before it can be handed in, in words."""
    missing = []
    if not entry.authors.exists():
        missing.append("作者")
    if entry.medium == Entry.Medium.ONLINE and not entry.files.exists():
        missing.append("作品檔案")
    return missing


@transaction.atomic
def withdraw(*, entry, reason="", by, at):
    """Take a work back: the unit until the deadline, staff (with a reason) until the result."""
    entry = locked_entry(entry)
    if entry.state != Entry.State.SUBMITTED:
        raise EntryRefused(f"這件作品{entry.get_state_display()}，不能撤回。")
    _require_editable(entry, by=by, at=at)
    if by.is_staff and not reason:
        raise EntryRefused("承辦人代為撤回須說明理由。")
    _set_state(entry, Entry.State.WITHDRAWN, reason)
    _record("entry.withdrawn", entry, f"撤回 {entry.receipt}「{entry.title}」", by=by, at=at, reason=reason)
    if by.is_staff:
        _tell_unit(entry, f"作品「{entry.title}」由承辦人撤回：{reason}", at=at)
    return entry


@transaction.atomic
def disqualify(*, entry, reason, by, at):
    """Staff take a work out of the competition; it neither counts nor is ranked."""
    entry = locked_entry(entry)
    if entry.state != Entry.State.SUBMITTED:
        raise EntryRefused(f"這件作品{entry.get_state_display()}，不能取消資格。")
    if not reason:
        raise EntryRefused("取消資格須說明理由。")
    _require_not_final(entry.topic.group)
    _set_state(entry, Entry.State.DISQUALIFIED, reason)
    _record(
        "entry.disqualified",
        entry,
        f"取消資格 {entry.receipt}「{entry.title}」：{reason}",
        by=by,
        at=at,
        reason=reason,
    )
    _tell_unit(entry, f"作品「{entry.title}」經取消資格：{reason}", at=at)
    return entry


@transaction.atomic
def reinstate(*, entry, reason, by, at):
    """Undo a disqualification or a withdrawal, with a reason; the receipt and the time of handing in stay."""
    entry = locked_entry(entry)
    if entry.state not in (Entry.State.DISQUALIFIED, Entry.State.WITHDRAWN):
        raise EntryRefused(f"這件作品{entry.get_state_display()}，沒有可以恢復的資格。")
    if not reason:
        raise EntryRefused("恢復參賽須說明理由。")
    _require_not_final(entry.topic.group)
    _set_state(entry, Entry.State.SUBMITTED, "")
    _record(
        "entry.reinstated",
        entry,
        f"恢復參賽 {entry.receipt}「{entry.title}」：{reason}",
        by=by,
        at=at,
        reason=reason,
    )
    _tell_unit(entry, f"作品「{entry.title}」恢復參賽：{reason}", at=at)
    return entry


def own_due_at(competition, unit):
    """(the last day, the first moment too late) for this unit, its extensions counted in."""
    latest = unit.extensions.filter(competition=competition).order_by("-due_on").first()
    if latest and latest.due_on > competition.due_on:
        return latest.due_on, latest.due_at
    return competition.due_on, competition.due_at


def edit_refusal(entry, *, by, at):
    """Why this person cannot change this work now; empty when they can."""
    if is_final(entry.topic.group):
        return f"{entry.topic.group}的結果已定案，作品不能再變更。"
    if entry.state == Entry.State.DISQUALIFIED:
        return "這件作品已取消資格，不能變更。"
    if by.is_staff:
        return ""
    last_day, due_at = own_due_at(entry.competition, entry.unit)
    if at >= due_at:
        return f"已過繳交期限（{deadline_text(last_day)}），作品不能再變更。"
    if entry.sheets.exists():
        return "評審已開始評分，作品不能再變更。"
    return ""


def _require_editable(entry, *, by, at):
    if refusal := edit_refusal(entry, by=by, at=at):
        raise EntryRefused(refusal)


def _require_before_deadline(competition, unit, *, by, at):
    last_day, due_at = own_due_at(competition, unit)
    if at >= due_at and not by.is_staff:
        raise EntryRefused(f"已過繳交期限（{deadline_text(last_day)}），不能再送件。")


def _require_not_final(group):
    if is_final(group):
        raise EntryRefused(f"{group}的結果已定案，不能再變更。")


def _require_topic(unit, topic, axis):
    if topic.group.competition.programme_id != unit.programme_id:
        raise EntryRefused("主題與機關不屬於同一年度。")
    if not unit.competition_group:
        raise EntryRefused(f"{unit}不在任何競賽組別，不能參賽。")
    if topic.group.key != unit.competition_group:
        group = CompetitionGroup(unit.competition_group).label
        raise EntryRefused(f"{unit}屬於{group}，不能選「{topic}」這個別組的主題。")
    if axis and not topic.asks_axis:
        raise EntryRefused(f"主題「{topic}」不分主軸。")


def _next_receipt(competition, group):
    """The next number of the group, e.g. 105-A-0001. The competition is locked, so no two get the same."""
    prefix = f"{competition.programme.year}-{GROUP_LETTERS[group.key]}-"
    taken = competition.entries.filter(receipt__startswith=prefix).values_list("receipt", flat=True)
    serials = [receipt[len(prefix) :] for receipt in taken]
    last = max((int(serial) for serial in serials if serial.isascii() and serial.isdigit()), default=0)
    return f"{prefix}{last + 1:04d}"


def _write_authors(entry, authors):
    if not authors:
        raise EntryRefused("至少要有一位作者。")
    Author.objects.bulk_create(
        Author(entry=entry, position=position, name=name, title=title)
        for position, (name, title) in enumerate(authors, start=1)
    )


def _author_names(entry):
    return "、".join(entry.authors.values_list("name", flat=True))


def _set_state(entry, state, reason):
    entry.state, entry.state_reason = state, reason
    entry.save(update_fields=["state", "state_reason"])


def _record(action, entry, summary, *, by, at, **data):
    events.record(
        action=action,
        by=by,
        target=entry,
        summary=f"{entry.unit}：{summary}",
        scope=entry.competition.programme.year,
        at=at,
        **data,
    )


def _tell_unit(entry, text, *, at):
    contacts = entry.unit.unit.contacts.in_force().select_related("user")
    tell_many(
        users=[contact.user for contact in contacts],
        text=text,
        url=entry.get_absolute_url(),
        at=at,
    )
