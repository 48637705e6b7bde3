"""Judges reminded, a further judge for a disputed work, and what missing sheets would change."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from agencies.models import CompetitionGroup, Notice
from competition import actions, progress
from competition.eligibility import may_judge
from competition.models import Ceremony, Competition, ExtraReview, Judge, JudgeReminder
from competition.standings import standings
from foundation.errors import Refused
from foundation.models import Event, Mail
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db
AT = taipei(2016, 7, 20, 9)


@pytest.fixture
def judges():
    return [make.make_judge(user=make.make_user(name=f"評審{letter}")) for letter in "甲乙丙"]


@pytest.fixture
def entry(judges):
    return make.make_entry(unit=make.make_unit(), receipt="A1", work_code="WORKA1", title="作品一")


@pytest.fixture
def group(entry):
    return entry.topic.group


@pytest.fixture
def staff():
    return make.make_staff()


def judgeship(user):
    return Judge.objects.get(user=user)


def standing(group):
    return standings(Competition.objects.get(), groups=[group])[0]


def refused(action, **arguments):
    events = Event.objects.count()
    with pytest.raises(Refused) as caught:
        action(**arguments)
    assert Event.objects.count() == events
    return str(caught.value)


# Reminders ------------------------------------------------------------------------------------


def remind(group, staff, at=AT, judges=None):
    chosen = group.judges.all() if judges is None else judges
    return actions.remind_judges(group=group, judges=chosen, by=staff, at=at)


def test_judges_with_unsigned_sheets_are_told_and_written_to(group, entry, judges, staff):
    make.make_sheet(entry=entry, judge=judges[0])
    make.make_sheet(entry=entry, judge=judges[1], signed_at=None)

    told = remind(group, staff)

    assert {judge.user for judge in told} == {judges[1], judges[2]}
    assert set(Notice.objects.values_list("user", "text")) == {
        (judge.pk, "測試競賽機關組還有 1 件作品的評分表尚未簽名。") for judge in judges[1:]
    }
    letter = Mail.objects.get(recipient=judges[1].email)
    assert letter.subject == "還有 1 件作品等您簽名"
    assert "作品一" not in letter.body


def test_the_same_judge_is_reminded_once_a_day(group, entry, judges, staff):
    remind(group, staff)

    assert refused(remind, group=group, staff=staff, at=AT + timedelta(hours=5)) == (
        "所選評審今天都已提醒過，明天才能再提醒。"
    )
    remind(group, staff, at=AT + timedelta(days=1))
    assert Mail.objects.count() == 6


def test_a_second_reminder_of_a_day_reaches_only_those_not_yet_told(group, entry, judges, staff):
    remind(group, staff, judges=[judgeship(judges[0])])

    assert {judge.user for judge in remind(group, staff)} == {judges[1], judges[2]}


def test_who_has_signed_everything_is_not_reminded(group, entry, judges, staff):
    make.make_sheet(entry=entry, judge=judges[0])

    assert refused(remind, group=group, staff=staff, judges=[judgeship(judges[0])]) == (
        "所選評審的評分表都已簽名，或沒有選取評審。"
    )


def test_a_work_in_conflict_is_nothing_to_remind_of(group, entry, judges, staff):
    make.make_conflict(entry=entry, judge=judges[0])

    assert {judge.user for judge in remind(group, staff)} == {judges[1], judges[2]}


def test_nobody_is_reminded_outside_the_judging(group, entry, staff):
    assert refused(remind, group=group, staff=staff, at=taipei(2016, 6, 1)) == "評審自7月2日（六）開始。"
    make.make_result(group=group)
    assert refused(remind, group=group, staff=staff) == "機關組的結果已定案，不必再提醒評審。"


def test_the_database_keeps_one_reminder_a_day(group, entry, judges, staff):
    reminder = {"judge": judgeship(judges[0]), "sent_on": date(2016, 7, 20), "sent_by": staff}
    JudgeReminder.objects.create(**reminder)

    with pytest.raises(IntegrityError), transaction.atomic():
        JudgeReminder.objects.create(**reminder)


# A further judge ------------------------------------------------------------------------------


@pytest.fixture
def colleague(entry):
    return make.make_judge(user=make.make_user(name="評審丁"), group=CompetitionGroup.COUNTY_AND_SCHOOL)


def assign(entry, user, staff, **changes):
    arguments = {"entry": entry, "user": user, "reason": "差距 30 分", "by": staff, "at": AT}
    return actions.assign_extra_judge(**{**arguments, **changes})


def test_a_judge_of_the_other_group_scores_the_one_work(group, entry, judges, colleague, staff):
    other = make.make_entry(unit=make.make_unit(), receipt="A2")
    for judge in judges:
        make.make_sheet(entry=entry, judge=judge, marks=(40, 30, 20, 10))

    review = assign(entry, colleague, staff)

    assert (may_judge(review.judge, entry), may_judge(review.judge, other)) == (True, False)
    sheet = actions.save_sheet(
        judge=review.judge,
        entry=entry,
        points=dict.fromkeys(entry.competition.criteria.values_list("pk", flat=True), 0),
        comment="",
        version=0,
        by=colleague,
        at=AT,
    )
    actions.sign_sheet(judge=review.judge, entry=entry, version=sheet.version, by=colleague, at=AT)
    ranked = standing(group).ranking[0]
    assert (ranked.entry, ranked.sheets, ranked.figure) == (entry.pk, 4, 75)
    assert "WORKA1" in Mail.objects.get(recipient=colleague.email).body


def test_the_order_of_precedence_leaves_the_further_judge_out(group, entry, judges, staff):
    """序位法: who saw one work only has no order of all works."""
    review = make.make_extra_review(entry=entry)
    for judge in (*judges, review.judge.user):
        make.make_sheet(entry=entry, judge=judge)

    by_rank = standings(Competition.objects.get(), method="rank_sum", groups=[group])[0].ranking[0]

    assert (by_rank.sheets, by_rank.figure, standing(group).ranking[0].sheets) == (3, 3, 4)


def test_why_a_further_judge_is_refused(group, entry, judges, colleague, staff):
    own = make.make_user()
    make.make_contact(unit=entry.unit, user=own)
    gone = make.make_user(name="離職評審", is_active=False)
    draft = make.make_entry(unit=entry.unit, state="draft")

    assert refused(assign, entry=entry, user=colleague, staff=staff, reason="") == "加評須說明理由。"
    assert refused(assign, entry=draft, user=colleague, staff=staff) == "這件作品草稿，不再評分。"
    assert refused(assign, entry=entry, user=judges[0], staff=staff) == (
        "評審甲是機關組的評審，本來就評這件作品。"
    )
    assert refused(assign, entry=entry, user=own, staff=staff) == "評審不評自己機關的作品，請另請一位。"
    assert refused(assign, entry=entry, user=gone, staff=staff) == "離職評審的帳號已停用，不能擔任評審。"
    assert "看得到機關、作者" in refused(assign, entry=entry, user=make.make_staff(), staff=staff)
    review = assign(entry, colleague, staff)
    assert refused(assign, entry=entry, user=colleague, staff=staff) == "這位評審已指定加評這件作品。"
    make.make_conflict(entry=entry, judge=colleague)
    ExtraReview.objects.all().delete()
    assert refused(assign, entry=entry, user=colleague, staff=staff) == (
        "這位評審已迴避這件作品，請另請一位。"
    )
    Competition.objects.update(method="rank_sum")
    entry.competition.refresh_from_db()
    assert refused(assign, entry=entry, user=colleague, staff=staff).startswith("序位法依每位評審")
    make.make_result(group=group)
    assert refused(assign, entry=entry, user=colleague, staff=staff) == (
        "機關組的結果已定案，不能再請人加評。"
    )
    assert review.judge.is_extra


def test_a_further_judge_is_withdrawn_before_scoring(group, entry, colleague, staff):
    review = assign(entry, colleague, staff)
    withdraw = {"review": review, "by": staff, "at": AT}
    assert refused(actions.withdraw_extra_judge, reason="", **withdraw) == "收回加評須說明理由。"

    actions.withdraw_extra_judge(reason="已有共識", **withdraw)

    assert not ExtraReview.objects.exists()
    assert not Judge.objects.filter(group=group, user=colleague).exists()


def test_a_further_judge_who_has_begun_stays(group, entry, colleague, staff):
    review = assign(entry, colleague, staff)
    make.make_sheet(entry=entry, judge=colleague, signed_at=None)

    assert (
        refused(actions.withdraw_extra_judge, review=review, reason="r", by=staff, at=AT)
        == "評審丁已開始評這件作品，不能收回。"
    )
    make.make_result(group=group)
    assert (
        refused(actions.withdraw_extra_judge, review=review, reason="r", by=staff, at=AT)
        == "機關組的結果已定案，不能再收回加評。"
    )


def test_the_database_keeps_a_reason_and_one_call_a_work(entry):
    review = make.make_extra_review(entry=entry)
    same = {"entry": entry, "judge": review.judge, "assigned_by": review.assigned_by, "assigned_at": AT}

    for reason in ("", "又一次"):
        with pytest.raises(IntegrityError), transaction.atomic():
            if reason:
                ExtraReview.objects.create(**same, reason=reason)
            else:
                ExtraReview.objects.update(reason=reason)


def test_the_threshold_is_a_mark(entry, staff):
    actions.set_dispute_threshold(competition=entry.competition, points=10, by=staff, at=AT)

    assert Ceremony.objects.get().disputed_from == 10
    with pytest.raises(ValidationError, match="歧異門檻須大於 0"):
        Ceremony(competition=entry.competition, disputed_from=0).full_clean(exclude=["competition"])


# Progress -------------------------------------------------------------------------------------


def test_each_sheet_has_its_state(group, entry, judges, staff):
    conflicted, abstained, begun = judges
    waiting = make.make_judge(user=make.make_user(name="評審未"))
    done = make.make_judge(user=make.make_user(name="評審完"))
    gone = make.make_judge(resigned_at=AT, resign_reason="出國")
    make.make_conflict(entry=entry, judge=conflicted)
    make.make_sheet(entry=entry, judge=abstained, marks=(40, 30, 20, None))
    make.make_sheet(entry=entry, judge=begun, signed_at=None)
    make.make_sheet(entry=entry, judge=done, marks=(40, 30, 20, 5))
    elsewhere = make.make_extra_review(entry=make.make_entry(unit=make.make_unit())).judge.user

    sheets = progress.Progress(standing(group))
    shown = {
        judge.user: cell
        for judge, cell in zip(sheets.judges, sheets.row(sheets.standing.entries[entry.pk]), strict=True)
    }

    assert shown == {
        conflicted: progress.Cell("excused"),
        abstained: progress.Cell("abstained"),
        begun: progress.Cell("begun"),
        waiting: progress.Cell("open"),
        done: progress.Cell("signed", 95),
        elsewhere: progress.Cell(""),
        gone: progress.Cell("resigned"),
    }
    assert [judge.user for judge in sheets.missing(sheets.standing.entries[entry.pk])] == [begun, waiting]


def test_the_works_on_which_judges_differ_most_come_first(group, entry, judges):
    agreed = make.make_entry(unit=make.make_unit(), receipt="A2")
    for judge, marks in zip(judges, ((40, 30, 20, 10), (20, 10, 10, 0), (30, 20, 10, 5)), strict=True):
        make.make_sheet(entry=entry, judge=judge, marks=marks)
        make.make_sheet(entry=agreed, judge=judge)

    assert [(each.entry, each.spread) for each in progress.disputes(standing(group))] == [
        (entry.pk, 60),
        (agreed.pk, 0),
    ]


# What missing sheets would change -----------------------------------------------------------------


def test_a_missing_sheet_is_bounded_by_zero_and_full_marks(group, entry, judges):
    Competition.objects.update(minimum_sheets=2, minimum_mean=0)
    others = [make.make_entry(unit=make.make_unit(), receipt=f"B{n}") for n in range(2)]
    for judge in judges:
        make.make_sheet(entry=others[0], judge=judge, marks=(38, 28, 19, 10))  # 95
        make.make_sheet(entry=others[1], judge=judge, marks=(32, 24, 16, 8))  # 80
    for judge in judges[:2]:
        make.make_sheet(entry=entry, judge=judge, marks=(34, 26, 17, 8))  # 85

    now = standing(group)
    found = progress.what_if(now, now.entries[entry.pk], [judgeship(judges[2])])

    assert (found.now.rank, found.lowest.rank, found.highest.rank) == (2, 3, 2)
    assert (found.now.text, found.lowest.text) == ("第 2 名（第二名）", "第 3 名（第三名）")
    # At 0 the work falls to the third place, and the third moves up to the second.
    assert (found.lowest.others, found.highest.others, found.matters) == (1, 0, True)


def test_a_work_far_from_the_awards_changes_nothing(group, entry, judges):
    make.make_sheet(entry=entry, judge=judges[0], marks=(1, 1, 1, 1))
    Competition.objects.update(minimum_sheets=1)

    now = standing(group)
    found = progress.what_if(now, now.entries[entry.pk], [judgeship(judges[1])])

    # 4 and 100 make 52: below the minimum mean of 70 either way.
    assert (found.now.text, found.highest.text, found.matters) == (
        "第 1 名（無獎項）",
        "第 1 名（無獎項）",
        False,
    )


def test_a_work_that_still_lacks_sheets_stays_unranked(group, entry, judges):
    now = standing(group)

    found = progress.what_if(now, now.entries[entry.pk], [judgeship(judges[0])])

    assert (found.highest.text, found.matters) == ("尚無法排名", False)
