"""Who judges, and who stands back from which work."""

from django.db import transaction

from competition.models import Conflict, Judge
from foundation import events
from foundation.errors import Refused

from .locks import is_final, locked_competition, locked_entry


class PanelRefused(Refused):
    """The panel cannot be changed so."""


@transaction.atomic
def appoint(*, group, user, unit=None, by, at):
    """Put an account on the panel of a group; `unit` is where the judge serves, if in the county."""
    competition = locked_competition(group.competition)
    if not user.is_active:
        raise PanelRefused(f"{user}的帳號已停用，不能擔任評審。")
    if is_final(group):
        raise PanelRefused(f"{group}的結果已定案，不能再變更評審。")
    if group.judges.filter(user=user).exists():
        raise PanelRefused(f"{user}已在{group}的評審名單。")
    judge = Judge.objects.create(group=group, user=user, unit=unit)
    _record(competition, "judge.appointed", judge, f"{user}加入{group}評審", by=by, at=at)
    return judge


@transaction.atomic
def dismiss(*, judge, by, at):
    """Take a judge off the panel while there is no sheet of theirs."""
    competition = locked_competition(judge.group.competition)
    if judge.sheets.exists():
        raise PanelRefused(f"{judge}已有評分表，不能移出評審名單。")
    if is_final(judge.group):
        raise PanelRefused(f"{judge.group}的結果已定案，不能再變更評審。")
    _record(competition, "judge.dismissed", judge, f"{judge}移出{judge.group}評審", by=by, at=at)
    judge.conflicts.all().delete()
    judge.extra_reviews.all().delete()
    judge.delete()


@transaction.atomic
def declare_conflict(*, judge, entry, reason, by, at):
    """A judge stands back from an entry, by own word or by staff's; a sheet is kept, uncounted."""
    entry = locked_entry(entry)
    if entry.topic.group_id != judge.group_id:
        raise PanelRefused("這件作品不在這位評審的組別。")
    if not reason:
        raise PanelRefused("迴避須說明理由。")
    if is_final(judge.group):
        raise PanelRefused(f"{judge.group}的結果已定案，不能再聲明迴避。")
    if judge.conflicts.filter(entry=entry).exists():
        raise PanelRefused("已迴避這件作品。")
    conflict = Conflict.objects.create(judge=judge, entry=entry, reason=reason, created_by=by, created_at=at)
    signed = judge.sheets.filter(entry=entry, signed_at__isnull=False).exists()
    _record(
        entry.competition,
        "conflict.declared",
        conflict,
        f"{judge}迴避作品 {entry.work_code}：{reason}" + ("；已簽名的評分表不再計入" if signed else ""),
        by=by,
        at=at,
        signed_sheet=signed,
    )
    return conflict


@transaction.atomic
def lift_conflict(*, conflict, reason, by, at):
    """Staff take back a conflict that was a mistake; the record keeps both."""
    entry = locked_entry(conflict.entry)
    judge = conflict.judge
    if not reason:
        raise PanelRefused("取消迴避須說明理由。")
    if is_final(judge.group):
        raise PanelRefused(f"{judge.group}的結果已定案，不能再變更迴避。")
    _record(
        entry.competition,
        "conflict.lifted",
        conflict,
        f"取消{judge}對作品 {entry.work_code} 的迴避：{reason}",
        by=by,
        at=at,
    )
    conflict.delete()


def _record(competition, action, target, summary, *, by, at, **data):
    events.record(
        action=action,
        by=by,
        target=target,
        summary=summary,
        scope=competition.programme.year,
        at=at,
        **data,
    )
