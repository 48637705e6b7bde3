"""Who judges, and who stands back from which work."""

from django.db import transaction
from django.urls import reverse

from agencies.actions.accounts import bars_staff
from agencies.notices import office, tell_many
from competition.models import Conflict, Judge
from foundation.errors import Refused

from .locks import is_final, locked_competition, locked_entry
from .recording import record

JUDGES = "正在擔任評審，不能授予承辦人身分：承辦人看得到機關、作者與各人的分數。"
SEES_NAMES = "的帳號是承辦人，看得到機關、作者與各人的分數，不能擔任評審；確需擔任時請另開一個評審帳號。"


class PanelRefused(Refused):
    """The panel cannot be changed so."""


@bars_staff
def why_no_staff(user):
    """Who judges works that are not decided must not come to see whose they are."""
    judging = Judge.objects.serving().filter(user=user).select_related("group__competition__programme")
    for judge in judging:
        if judge.group.competition.programme.is_open and not is_final(judge.group):
            return f"{user}{JUDGES}"
    return ""


@transaction.atomic
def appoint(*, group, user, unit=None, by, at):
    """Put an account on the panel of a group; `unit` is where the judge serves, if in the county."""
    competition = locked_competition(group.competition)
    if not user.is_active:
        raise PanelRefused(f"{user}的帳號已停用，不能擔任評審。")
    if user.is_staff:
        raise PanelRefused(f"{user}{SEES_NAMES}")
    if is_final(group):
        raise PanelRefused(f"{group}的結果已定案，不能再變更評審。")
    if group.judges.filter(user=user).exists():
        raise PanelRefused(f"{user}已在{group}的評審名單。")
    judge = Judge.objects.create(group=group, user=user, unit=unit)
    record(competition, "judge.appointed", judge, f"{user}加入{group}評審", by=by, at=at)
    return judge


@transaction.atomic
def dismiss(*, judge, by, at):
    """Take a judge off the panel while there is no sheet of theirs."""
    competition = locked_competition(judge.group.competition)
    if judge.sheets.exists():
        raise PanelRefused(f"{judge}已有評分表，不能移出評審名單。")
    if is_final(judge.group):
        raise PanelRefused(f"{judge.group}的結果已定案，不能再變更評審。")
    record(competition, "judge.dismissed", judge, f"{judge}移出{judge.group}評審", by=by, at=at)
    judge.conflicts.all().delete()
    judge.extra_reviews.all().delete()
    judge.delete()


@transaction.atomic
def resign(*, judge, reason, by, at):
    """A judge declines (辭任): no work is before them any more; what they signed counts and stays."""
    competition = locked_competition(judge.group.competition)
    judge = Judge.objects.select_for_update(of=("self",)).select_related("user", "group").get(pk=judge.pk)
    if not reason:
        raise PanelRefused("辭任須說明理由。")
    if judge.resigned_at:
        raise PanelRefused(f"{judge}已辭任。")
    if is_final(judge.group):
        raise PanelRefused(f"{judge.group}的結果已定案，不能再變更評審。")
    judge.resigned_at, judge.resign_reason = at, reason
    judge.save(update_fields=["resigned_at", "resign_reason"])
    text = f"{judge}辭任{judge.group}評審：{reason}"
    record(competition, "judge.resigned", judge, text, by=by, at=at)
    tell_many(
        users=office(but=by),
        text=text,
        url=f"{reverse('competition:judge_list')}?year={competition.programme.year}",
        at=at,
    )
    return judge


@transaction.atomic
def recall(*, judge, reason, by, at):
    """Staff take a resignation back; the judge's works are before them again."""
    competition = locked_competition(judge.group.competition)
    judge = Judge.objects.select_for_update(of=("self",)).select_related("user", "group").get(pk=judge.pk)
    if not reason:
        raise PanelRefused("恢復評審須說明理由。")
    if not judge.resigned_at:
        raise PanelRefused(f"{judge}沒有辭任。")
    if is_final(judge.group):
        raise PanelRefused(f"{judge.group}的結果已定案，不能再變更評審。")
    judge.resigned_at, judge.resign_reason = None, ""
    judge.save(update_fields=["resigned_at", "resign_reason"])
    record(competition, "judge.recalled", judge, f"恢復{judge}為{judge.group}評審：{reason}", by=by, at=at)
    return judge


@transaction.atomic
def move_judge(*, judge, unit, by, at):
    """Where a judge serves now; the works of that unit are no longer theirs, signed sheets included."""
    competition = locked_competition(judge.group.competition)
    if is_final(judge.group):
        raise PanelRefused(f"{judge.group}的結果已定案，不能再變更評審。")
    before = judge.unit
    judge.unit = unit
    judge.save(update_fields=["unit"])
    record(
        competition,
        "judge.moved",
        judge,
        f"{judge}的服務機關由{before or '府外'}改為{unit or '府外'}",
        by=by,
        at=at,
    )
    return judge


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
    record(
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
    record(
        entry.competition,
        "conflict.lifted",
        conflict,
        f"取消{judge}對作品 {entry.work_code} 的迴避：{reason}",
        by=by,
        at=at,
    )
    conflict.delete()
