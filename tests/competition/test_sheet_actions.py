"""Score sheets: saved, signed, refused, and never lost between two windows."""

from datetime import date
from decimal import Decimal

import pytest

from agencies.models import CompetitionGroup, Programme
from competition import actions
from competition.models import Entry, Judge, ResultSet, ScoreSheet
from foundation.errors import Refused
from foundation.models import Event
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db
AT = taipei(2016, 7, 10)


@pytest.fixture
def entry():
    return make.make_entry(unit=make.make_unit())


@pytest.fixture
def judge(entry):
    return Judge.objects.get(user=make.make_judge())


@pytest.fixture
def criteria(entry):
    return list(entry.competition.criteria.all())


def marks(criteria, *values):
    return {
        criterion.pk: None if value is None else Decimal(value)
        for criterion, value in zip(criteria, values, strict=False)
    }


def save(judge, entry, points, *, version=0, at=AT, comment="", reasons=None):
    return actions.save_sheet(
        judge=judge,
        entry=entry,
        points=points,
        reasons=reasons,
        comment=comment,
        version=version,
        by=judge.user,
        at=at,
    )


def sign(judge, entry, *, version, at=AT):
    return actions.sign_sheet(judge=judge, entry=entry, version=version, by=judge.user, at=at)


def refused(action, *args, **kwargs):
    events = Event.objects.count()
    before = list(ScoreSheet.objects.values_list("version", "signed_at", "comment"))
    with pytest.raises(Refused) as caught:
        action(*args, **kwargs)
    assert Event.objects.count() == events
    assert list(ScoreSheet.objects.values_list("version", "signed_at", "comment")) == before
    return str(caught.value)


def stored(sheet):
    return list(sheet.scores.values_list("criterion__name", "points"))


def test_a_draft_keeps_marks_abstentions_and_gaps_apart(judge, entry, criteria):
    sheet = save(judge, entry, marks(criteria, "34.5", None), comment="清楚")

    assert (sheet.version, sheet.comment, sheet.is_signed) == (1, "清楚", False)
    assert stored(sheet) == [("內容", Decimal("34.5")), ("教學設計", None)]


def test_saving_again_replaces_what_was_there(judge, entry, criteria):
    save(judge, entry, marks(criteria, 30, 20))
    sheet = save(judge, entry, {criteria[1].pk: Decimal(25)}, version=1)

    assert sheet.version == 2
    assert stored(sheet) == [("教學設計", Decimal(25))]


def test_a_save_from_an_old_window_is_refused_with_what_is_stored(judge, entry, criteria):
    save(judge, entry, marks(criteria, 30))
    save(judge, entry, marks(criteria, 35), version=1)

    with pytest.raises(actions.SheetConflict) as caught:
        save(judge, entry, marks(criteria, 10), version=1)
    assert caught.value.sheet.version == 2
    assert stored(ScoreSheet.objects.get()) == [("內容", Decimal(35))]


def test_two_windows_that_both_begin_do_not_overwrite_each_other(judge, entry, criteria):
    save(judge, entry, marks(criteria, 30))

    assert refused(save, judge, entry, marks(criteria, 10)) == (
        "這張評分表在別的視窗另有更新，尚未儲存。請比對兩邊的內容再決定。"
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("40.5", "內容須在 0 至 40 分之間。"),
        ("-0.5", "內容須在 0 至 40 分之間。"),
        ("12.3", "內容以 0.5 分為單位。"),
        ("12.25", "內容以 0.5 分為單位。"),
    ],
)
def test_marks_outside_the_scale_are_refused_and_nothing_is_kept(judge, entry, criteria, value, message):
    assert refused(save, judge, entry, marks(criteria, value, 20)) == message


def test_a_criterion_of_another_competition_is_refused(judge, entry):
    other = make.make_competition(programme=make.make_programme(year=104))

    assert refused(save, judge, entry, marks(list(other.criteria.all()), 1)) == (
        "評分項目已變更，請重新整理頁面再評分。"
    )


SIGNED = "這張評分表已簽名；要改請先收回簽名。"


def unsign(judge, entry, *, version, at=AT):
    return actions.unsign_sheet(judge=judge, entry=entry, version=version, by=judge.user, at=at)


def test_a_signed_sheet_takes_no_marks(judge, entry, criteria):
    save(judge, entry, marks(criteria, 30, 20, 10, 5))
    sheet = sign(judge, entry, version=1)

    assert (sheet.signed_at, sheet.signed_by, sheet.version) == (AT, judge.user, 2)
    assert refused(save, judge, entry, marks(criteria, 1), version=2) == SIGNED
    assert refused(sign, judge, entry, version=2) == SIGNED


def test_a_signature_is_taken_back_and_given_again(judge, entry, criteria):
    assert refused(unsign, judge, entry, version=0) == "這張評分表還沒有簽名。"
    save(judge, entry, marks(criteria, 30, 20, 10, 5))
    sign(judge, entry, version=1)
    assert "別的視窗" in refused(unsign, judge, entry, version=1)

    sheet = unsign(judge, entry, version=2)
    assert (sheet.is_signed, sheet.signed_by, sheet.unsigned_at, sheet.version) == (False, None, AT, 3)
    save(judge, entry, marks(criteria, 35, 20, 10, 5), version=3)
    assert sign(judge, entry, version=4).is_signed

    history = Event.objects.filter(action__in=["sheet.signed", "sheet.unsigned"]).order_by("pk")
    firsts = [next(iter(event.data.get("points", {"": "收回"}).values())) for event in history]
    assert firsts == ["30.0", "收回", "35.0"]


def test_a_signature_stays_when_the_round_has_closed(judge, entry, criteria):
    make.make_sheet(entry=entry, judge=judge.user)
    type(entry.competition).objects.update(judging_ends_on=date(2016, 7, 22))

    assert refused(unsign, judge, entry, version=1, at=taipei(2016, 7, 23)) == (
        "評審已於7月22日（五）24:00 截止（臺北時間）。"
    )


def test_an_abstention_is_signed_with_its_reason_a_gap_is_not(judge, entry, criteria):
    assert refused(sign, judge, entry, version=0) == "這張評分表還沒有分數，不能簽名。"
    save(judge, entry, marks(criteria, 30, None, 10))
    assert refused(sign, judge, entry, version=1) == ("還沒有評創意；每一項都要有分數或註明棄權才能簽名。")
    save(judge, entry, marks(criteria, 30, None, 10, 5), version=1)
    assert refused(sign, judge, entry, version=2) == "教學設計棄權，還沒有寫理由；寫了才能簽名。"

    save(judge, entry, marks(criteria, 30, None, 10, 5), version=2, reasons={criteria[1].pk: "沒有教案"})
    assert sign(judge, entry, version=3).is_signed
    assert entry.sheets.get().scores.get(points=None).reason == "沒有教案"


def test_a_reason_goes_with_its_abstention(judge, entry, criteria):
    save(judge, entry, marks(criteria, None), reasons={criteria[0].pk: "沒有教案"})
    save(judge, entry, marks(criteria, 30), version=1, reasons={criteria[0].pk: "沒有教案"})

    assert list(entry.sheets.get().scores.values_list("points", "reason")) == [(Decimal(30), "")]


def entered_by_staff(entry, judge):
    return make.make_sheet(entry=entry, judge=judge.user, is_proxy=True, entered_by=make.make_staff())


def confirm(judge, entry, *, version=1, at=AT):
    return actions.confirm_sheet(judge=judge, entry=entry, version=version, by=judge.user, at=at)


def test_a_judge_confirms_what_staff_entered_also_after_the_round(judge, entry):
    sheet = entered_by_staff(entry, judge)
    type(entry.competition).objects.update(judging_ends_on=date(2016, 7, 22))
    assert sheet.awaits_judge
    assert "別的視窗" in refused(confirm, judge, entry, version=2)

    sheet = confirm(judge, entry, at=taipei(2016, 7, 25))

    assert (sheet.awaits_judge, sheet.confirmed_at) == (False, taipei(2016, 7, 25))
    assert refused(confirm, judge, entry) == "這張評分表沒有待確認的代登。"


def test_only_what_staff_entered_is_confirmed_and_nothing_after_the_result(judge, entry):
    assert refused(confirm, judge, entry) == "這張評分表沒有待確認的代登。"
    make.make_sheet(entry=entry, judge=judge.user)
    assert refused(confirm, judge, entry) == "這張評分表沒有待確認的代登。"
    make.make_result(group=judge.group)
    assert refused(confirm, judge, entry) == "機關組的結果已定案，評分表不能再變更。"


def test_a_judge_who_disagrees_takes_the_entered_sheet_over(judge, entry):
    entered_by_staff(entry, judge)

    sheet = unsign(judge, entry, version=1)

    assert (sheet.is_signed, sheet.is_proxy, sheet.entered_by) == (False, False, None)


def test_a_judge_who_resigned_writes_nothing_more(judge, entry, criteria):
    save(judge, entry, marks(criteria, 30))
    actions.resign(judge=judge, reason="出國", by=judge.user, at=AT)

    assert refused(save, judge, entry, marks(criteria, 35), version=1) == "您已辭任評審，不能再評分。"


def test_a_sheet_that_changed_meanwhile_is_not_signed(judge, entry, criteria):
    save(judge, entry, marks(criteria, 30, 20, 10, 5))
    save(judge, entry, marks(criteria, 10, 10, 10, 5), version=1)

    assert "別的視窗" in refused(sign, judge, entry, version=1)


@pytest.mark.parametrize(
    ("at", "message"),
    [
        (taipei(2016, 7, 1, 23, 59), "評審自7月2日（六）開始。"),
        (taipei(2016, 7, 23), "評審已於7月22日（五）24:00 截止（臺北時間）。"),
    ],
)
def test_scores_are_taken_between_the_days_of_judging(judge, entry, criteria, at, message):
    type(entry.competition).objects.update(judging_ends_on=date(2016, 7, 22))

    assert refused(save, judge, entry, marks(criteria, 30), at=at) == message


def test_the_last_second_of_judging_counts(judge, entry, criteria):
    type(entry.competition).objects.update(judging_ends_on=date(2016, 7, 22))
    last = taipei(2016, 7, 22, 23, 59).replace(second=59)

    assert save(judge, entry, marks(criteria, 30), at=last).pk


def test_a_conflict_declared_meanwhile_closes_the_sheet(judge, entry, criteria):
    save(judge, entry, marks(criteria, 30))
    make.make_conflict(entry=entry, judge=judge.user)

    assert refused(save, judge, entry, marks(criteria, 35), version=1) == "您已迴避這件作品，不能評分。"


@pytest.mark.parametrize("how", ["appointed", "person", "contact"])
def test_a_judge_does_not_score_the_own_units_work(judge, entry, criteria, how):
    unit = entry.unit
    if how == "appointed":
        Judge.objects.update(unit=unit.unit)
    elif how == "person":
        make.make_person(unit=unit, user=judge.user)
    else:
        make.make_contact(unit=unit, user=judge.user)
    judge = Judge.objects.get()

    assert refused(save, judge, entry, marks(criteria, 30)) == "您已迴避這件作品，不能評分。"


def test_a_judge_of_the_other_group_does_not_score(entry, criteria):
    judge = Judge.objects.get(user=make.make_judge(group=CompetitionGroup.COUNTY_AND_SCHOOL))

    assert refused(save, judge, entry, marks(criteria, 30)) == "您已迴避這件作品，不能評分。"


def test_a_work_taken_out_is_no_longer_scored(judge, entry, criteria):
    Entry.objects.update(state=Entry.State.WITHDRAWN)

    assert refused(save, judge, entry, marks(criteria, 30)) == "這件作品已撤回，不再評分。"


def test_a_final_result_closes_the_sheets(judge, entry, criteria):
    ResultSet.objects.create(
        group=judge.group,
        number=1,
        payload={},
        sha256="",
        release_at=AT,
        finalised_by=make.make_staff(),
        finalised_at=AT,
    )

    assert refused(save, judge, entry, marks(criteria, 30)) == "機關組的結果已定案，評分表不能再變更。"


def test_a_frozen_year_takes_no_scores(judge, entry, criteria):
    Programme.objects.update(state=Programme.State.FROZEN)

    assert refused(save, judge, entry, marks(criteria, 30)) == "105年度已凍結，資料不能再變更。"


def test_each_save_and_the_signature_are_on_the_record(judge, entry, criteria):
    save(judge, entry, marks(criteria, 30, None, 10, 5), reasons={criteria[1].pk: "沒有教案"})
    sign(judge, entry, version=1)

    recorded = list(Event.objects.order_by("pk").values_list("action", "actor", "scope"))
    assert recorded == [("sheet.saved", judge.user.pk, "105"), ("sheet.signed", judge.user.pk, "105")]
    assert list(Event.objects.first().data["points"].values()) == ["30.0", None, "10.0", "5.0"]
