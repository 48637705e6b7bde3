"""While the judging runs: judges reminded, a further judge called for a disputed work."""

from django.db import transaction

from agencies.notices import tell_and_mail
from competition.eligibility import Eligibility
from competition.models import Ceremony, ExtraReview, Judge, JudgeReminder
from competition.progress import Progress
from competition.ranking import RANK_SUM
from competition.standings import standings
from foundation.errors import Refused
from foundation.rocdate import deadline_text, taipei_date

from .locks import is_final, locked_competition, locked_entry
from .panel import SEES_NAMES
from .recording import record


class ReviewRefused(Refused):
    """The judging cannot be helped along so."""


@transaction.atomic
def remind_judges(*, group, judges, by, at):
    """Tell these judges how many sheets wait for their signature; each at most once a day. Returns those told."""
    competition = locked_competition(group.competition)
    if is_final(group):
        raise ReviewRefused(f"{group}的結果已定案，不必再提醒評審。")
    if refusal := competition.judging_refusal(at):
        raise ReviewRefused(refusal)
    chosen = {judge.pk for judge in judges}
    lines = Progress(standings(competition, groups=[group])[0]).by_judge()
    waiting = [line for line in lines if line["judge"].pk in chosen and line["unsigned"]]
    if not waiting:
        raise ReviewRefused("所選評審的評分表都已簽名，或沒有選取評審。")
    today = taipei_date(at)
    due = [line for line in waiting if line["reminded_on"] != today]
    if not due:
        raise ReviewRefused("所選評審今天都已提醒過，明天才能再提醒。")
    for line in due:
        _remind(competition, line["judge"], line["unsigned"], today, by=by, at=at)
    return [line["judge"] for line in due]


def _remind(competition, judge, unsigned, today, *, by, at):
    reminder = JudgeReminder.objects.create(judge=judge, sent_on=today, sent_by=by)
    until = f"，{deadline_text(competition.judging_ends_on)}" if competition.judging_ends_on else ""
    tell_and_mail(
        user=judge.user,
        key=f"judge-reminder-{judge.pk}-{today}",
        subject=f"還有 {unsigned} 件作品等您簽名",
        text=f"{competition.title}{judge.group}還有 {unsigned} 件作品的評分表尚未簽名{until}。",
        url=f"/competition/judging/?year={competition.programme.year}",
        at=at,
    )
    record(competition, "judge.reminded", reminder, f"提醒{judge}：{unsigned} 件未簽名", by=by, at=at)


@transaction.atomic
def set_dispute_threshold(*, competition, points, by, at):
    """From which difference between two judges' totals a work is raised as disputed."""
    competition = locked_competition(competition)
    ceremony = Ceremony.of(competition)
    ceremony.disputed_from = points
    ceremony.save()
    record(competition, "dispute.threshold", ceremony, f"歧異門檻改為 {points} 分", by=by, at=at)


@transaction.atomic
def assign_extra_judge(*, entry, user, unit=None, reason, by, at):
    """加評: one more judge for this work alone; its sheet counts like those of the panel."""
    entry = locked_entry(entry)
    group = entry.topic.group
    _require_extra(entry, group, user, reason)
    judge, _ = Judge.objects.get_or_create(group=group, user=user, defaults={"unit": unit, "is_extra": True})
    if not judge.is_extra:
        raise ReviewRefused(f"{user}是{group}的評審，本來就評這件作品。")
    eligibility = Eligibility([judge])
    if eligibility.is_own_unit(judge, entry):
        raise ReviewRefused("評審不評自己機關的作品，請另請一位。")
    if eligibility.is_in_conflict(judge, entry):
        raise ReviewRefused("這位評審已迴避這件作品，請另請一位。")
    if judge.extra_reviews.filter(entry=entry).exists():
        raise ReviewRefused("這位評審已指定加評這件作品。")
    review = ExtraReview.objects.create(
        entry=entry, judge=judge, reason=reason, assigned_by=by, assigned_at=at
    )
    tell_and_mail(
        user=user,
        key=f"extra-review-{review.pk}",
        subject="請您加評一件作品",
        text=f"{entry.competition.title}{group}的作品 {entry.work_code} 請您加評。",
        url=f"/competition/judging/?year={entry.competition.programme.year}",
        at=at,
    )
    summary = f"請{user}加評作品 {entry.work_code}：{reason}"
    record(entry.competition, "extra_review.assigned", review, summary, by=by, at=at)
    return review


def _require_extra(entry, group, user, reason):
    if not reason:
        raise ReviewRefused("加評須說明理由。")
    if not entry.is_submitted:
        raise ReviewRefused(f"這件作品{entry.get_state_display()}，不再評分。")
    if is_final(group):
        raise ReviewRefused(f"{group}的結果已定案，不能再請人加評。")
    if entry.competition.method == RANK_SUM:
        raise ReviewRefused("序位法依每位評審對全部作品的排序計算，加評一件排不出序位；請由評審會議討論。")
    if not user.is_active:
        raise ReviewRefused(f"{user}的帳號已停用，不能擔任評審。")
    if user.is_staff:
        raise ReviewRefused(f"{user}{SEES_NAMES}")


@transaction.atomic
def withdraw_extra_judge(*, review, reason, by, at):
    """The further judge is not needed after all, as long as nothing was scored."""
    entry = locked_entry(review.entry)
    if not reason:
        raise ReviewRefused("收回加評須說明理由。")
    if is_final(entry.topic.group):
        raise ReviewRefused(f"{entry.topic.group}的結果已定案，不能再收回加評。")
    if review.judge.sheets.filter(entry=entry).exists():
        raise ReviewRefused(f"{review.judge}已開始評這件作品，不能收回。")
    summary = f"收回{review.judge}對作品 {entry.work_code} 的加評：{reason}"
    record(entry.competition, "extra_review.withdrawn", review, summary, by=by, at=at)
    judge = review.judge
    review.delete()
    if not judge.extra_reviews.exists() and not judge.sheets.exists():
        judge.conflicts.all().delete()
        judge.reminders.all().delete()
        judge.delete()
