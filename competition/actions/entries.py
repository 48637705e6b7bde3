"""Works: begun, described, handed in, taken back, judged unfit."""

from django.db import transaction

from agencies.models import CompetitionGroup
from agencies.notices import tell_many
from competition.completeness import gaps
from competition.deadlines import own_due_at
from competition.models import Author, Entry, EntryVersion, Material
from competition.models.entries import noon
from competition.receipts import tell_received
from competition.versions import write_version
from foundation import events
from foundation.errors import Refused
from foundation.rocdate import deadline_text, format_range

from .locks import is_final, locked_competition, locked_entry

GROUP_LETTERS = {CompetitionGroup.AGENCY: "A", CompetitionGroup.COUNTY_AND_SCHOOL: "B"}
MOST_AUTHORS = 10


class EntryRefused(Refused):
    """The competition's rules do not allow this with the entry."""


class EntryConflict(EntryRefused):
    """Somebody, perhaps oneself in another tab, saved the work since. `entry` is what is stored."""

    def __init__(self, entry):
        who = entry.saved_by or "有人"
        super().__init__(f"{who}在別的視窗更新了這件作品，這裡的內容尚未儲存。請比對兩邊再決定。")
        self.entry = entry


@transaction.atomic
def create_draft(*, unit, topic, title, authors=(), axis="", synopsis="", by, at):
    """A new work of a unit, still to be completed. `authors` are as `revise` takes them."""
    competition = locked_competition(topic.group.competition)
    _require_topic(unit, topic, axis)
    _require_before_deadline(competition, unit, by=by, at=at)
    require_not_final(topic.group)
    entry = Entry.objects.create(
        unit=unit,
        competition=competition,
        topic=topic,
        axis=axis,
        title=title,
        synopsis=synopsis,
        created_by=by,
        created_at=at,
        saved_by=by,
        saved_at=at,
    )
    _write_authors(entry, authors)
    record("entry.created", entry, f"新增作品草稿「{title}」", by=by, at=at)
    return entry


@transaction.atomic
def register(*, unit, topic, title, authors, submitted_on, receipt="", axis="", by, at):
    """A work that came on paper or disc, as staff enter it; without a receipt number it gets the next one."""
    competition = locked_competition(topic.group.competition)
    programme = competition.programme
    _require_topic(unit, topic, axis)
    require_not_final(topic.group)
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
    if not authors:
        raise EntryRefused("至少要有一位作者。")
    _write_authors(entry, authors)
    record("entry.registered", entry, f"登錄紙本或光碟送件 {entry.receipt}「{title}」", by=by, at=at)
    tell_unit(entry, f"紙本或光碟送件的作品「{title}」已登錄，收件編號 {entry.receipt}。", at=at)
    return entry


@transaction.atomic
def revise(*, entry, version, authors=None, materials=None, by, at, **fields):
    """Change what is said about a work; until the deadline by the unit, until the result by staff.

    Only the `fields` named are changed; `authors` are (name, title) or (name, title, share), `materials`
    (name, source, licence), in order and all of them. `version` is the one the person was looking at. An unfinished
    work may have gaps and leaves no event as it is typed; one handed in keeps what it has, and a version.
    """
    entry = locked_entry(entry)
    require_editable(entry, by=by, at=at)
    if not _differs(entry, fields, authors, materials):
        return entry
    _require_version(entry, version)
    _require_topic(entry.unit, fields.get("topic", entry.topic), fields.get("axis", entry.axis))
    if "topic" in fields and fields["topic"].group_id != entry.topic.group_id and entry.sheets.exists():
        raise EntryRefused("這件作品已有評分表，不能改列別組的主題。")
    if entry.state != Entry.State.DRAFT and not fields.get("title", entry.title):
        raise EntryRefused("已有收件編號的作品，作品名稱不可空白。")
    before = gaps(entry)
    for name, value in fields.items():
        setattr(entry, name, value)
    entry.version += 1
    entry.saved_by, entry.saved_at = by, at
    entry.save(update_fields=[*fields, "version", "saved_by", "saved_at"])
    if authors is not None:
        entry.authors.all().delete()
        _write_authors(entry, authors)
    if materials is not None:
        entry.materials.all().delete()
        _write_materials(entry, materials)
    if entry.is_submitted:
        _require_no_new_gap(entry, before)
        write_version(entry, EntryVersion.Occasion.REVISED, by=by, at=at)
        record("entry.revised", entry, f"修改作品「{entry.title}」", by=by, at=at, version=entry.version)
    return entry


def _differs(entry, fields, authors, materials):
    """Whether this would change anything: a save of what is stored is no save."""
    if any(getattr(entry, name) != value for name, value in fields.items()):
        return True
    if authors is not None and entry.author_rows() != [_author_row(row) for row in authors]:
        return True
    return materials is not None and entry.material_rows() != [tuple(row) for row in materials]


def _require_version(entry, version):
    if entry.version != version:
        raise EntryConflict(entry)


def _require_no_new_gap(entry, before):
    new = [gap.text for gap in gaps(entry) if gap not in before]
    if new:
        raise EntryRefused(f"已送件的作品不能缺：{'、'.join(new)}。")


@transaction.atomic
def submit(*, entry, licence, consent, version, by, at):
    """Hand the work in: it gets a receipt number, once, and its time. Until the deadline.

    A second click finds the work handed in and changes nothing.
    """
    entry = locked_entry(entry)
    if entry.is_submitted:
        return entry
    if not entry.is_unfinished:
        raise EntryRefused(f"這件作品{entry.get_state_display()}，不能再送件。")
    _require_before_deadline(entry.competition, entry.unit, by=by, at=at)
    require_not_final(entry.topic.group)
    _require_version(entry, version)
    _require_topic(entry.unit, entry.topic, entry.axis)
    if missing := gaps(entry):
        raise EntryRefused(f"還缺：{'、'.join(gap.text for gap in missing)}。")
    if not consent:
        raise EntryRefused("送件前須確認授權與著作權聲明。")
    if licence not in Entry.Licence.values:
        raise EntryRefused("送件前須選擇授權方式。")
    if not entry.receipt:
        entry.receipt = _next_receipt(entry.competition, entry.topic.group)
    entry.state, entry.state_reason, entry.licence = Entry.State.SUBMITTED, "", licence
    entry.submitted_at = entry.consented_at = entry.saved_at = at
    entry.consented_by = entry.saved_by = by
    entry.version += 1
    entry.save()
    version = write_version(entry, EntryVersion.Occasion.SUBMITTED, by=by, at=at)
    record("entry.submitted", entry, f"送件 {entry.receipt}「{entry.title}」", by=by, at=at, licence=licence)
    tell_received(entry, version, at=at)
    return entry


@transaction.atomic
def withdraw(*, entry, reason="", by, at):
    """Take a work back: the unit until the deadline, staff (with a reason) until the result."""
    entry = locked_entry(entry)
    if entry.state != Entry.State.SUBMITTED:
        raise EntryRefused(f"這件作品{entry.get_state_display()}，不能撤回。")
    require_editable(entry, by=by, at=at)
    if by.is_staff and not reason:
        raise EntryRefused("承辦人代為撤回須說明理由。")
    _set_state(entry, Entry.State.WITHDRAWN, reason)
    record("entry.withdrawn", entry, f"撤回 {entry.receipt}「{entry.title}」", by=by, at=at, reason=reason)
    if by.is_staff:
        tell_unit(entry, f"作品「{entry.title}」由承辦人撤回：{reason}", at=at)
    return entry


@transaction.atomic
def disqualify(*, entry, reason, by, at):
    """Staff take a work out of the competition; it neither counts nor is ranked."""
    entry = locked_entry(entry)
    if entry.state != Entry.State.SUBMITTED:
        raise EntryRefused(f"這件作品{entry.get_state_display()}，不能取消資格。")
    if not reason:
        raise EntryRefused("取消資格須說明理由。")
    require_not_final(entry.topic.group)
    _set_state(entry, Entry.State.DISQUALIFIED, reason)
    record(
        "entry.disqualified",
        entry,
        f"取消資格 {entry.receipt}「{entry.title}」：{reason}",
        by=by,
        at=at,
        reason=reason,
    )
    tell_unit(entry, f"作品「{entry.title}」經取消資格：{reason}", at=at)
    return entry


@transaction.atomic
def reinstate(*, entry, reason, by, at):
    """Undo a disqualification or a withdrawal, with a reason; the receipt and the time of handing in stay."""
    entry = locked_entry(entry)
    if entry.state not in (Entry.State.DISQUALIFIED, Entry.State.WITHDRAWN):
        raise EntryRefused(f"這件作品{entry.get_state_display()}，沒有可以恢復的資格。")
    if not reason:
        raise EntryRefused("恢復參賽須說明理由。")
    require_not_final(entry.topic.group)
    _set_state(entry, Entry.State.SUBMITTED, "")
    record(
        "entry.reinstated",
        entry,
        f"恢復參賽 {entry.receipt}「{entry.title}」：{reason}",
        by=by,
        at=at,
        reason=reason,
    )
    tell_unit(entry, f"作品「{entry.title}」恢復參賽：{reason}", at=at)
    return entry


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
        return f"已過繳交期限，{deadline_text(last_day)}；作品不能再變更。"
    if entry.sheets.exists():
        return "評審已開始評分，作品不能再變更。"
    return ""


def require_editable(entry, *, by, at):
    if refusal := edit_refusal(entry, by=by, at=at):
        raise EntryRefused(refusal)


def _require_before_deadline(competition, unit, *, by, at):
    last_day, due_at = own_due_at(competition, unit)
    if at >= due_at and not by.is_staff:
        raise EntryRefused(f"已過繳交期限，{deadline_text(last_day)}；不能再送件。")


def require_not_final(group):
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
    if len(authors) > MOST_AUTHORS:
        raise EntryRefused(f"一件作品最多 {MOST_AUTHORS} 位作者。")
    Author.objects.bulk_create(
        Author(entry=entry, position=position, name=name, title=title, share=share)
        for position, (name, title, share) in enumerate(map(_author_row, authors), start=1)
    )


def _author_row(row):
    name, title, share = (*row, None)[:3]
    return name, title, share


def _write_materials(entry, materials):
    Material.objects.bulk_create(
        Material(entry=entry, position=position, name=name, source=source, licence=licence)
        for position, (name, source, licence) in enumerate(materials, start=1)
    )


def _set_state(entry, state, reason):
    entry.state, entry.state_reason = state, reason
    entry.save(update_fields=["state", "state_reason"])


def record(action, entry, summary, *, by, at, **data):
    events.record(
        action=action,
        by=by,
        target=entry,
        summary=f"{entry.unit}：{summary}",
        scope=entry.competition.programme.year,
        at=at,
        **data,
    )


def tell_unit(entry, text, *, at):
    contacts = entry.unit.unit.contacts.in_force().select_related("user")
    tell_many(
        users=[contact.user for contact in contacts],
        text=text,
        url=entry.get_absolute_url(),
        at=at,
    )
