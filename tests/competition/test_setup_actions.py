"""The competition's rules, extensions and panels, and every refusal."""

from datetime import date
from decimal import Decimal

import pytest

from agencies.actions import grant_staff
from agencies.models import Category, CompetitionGroup, Notice, Programme
from competition import actions
from competition.eligibility import works_of
from competition.models import Judge, Prize, ResultSet, RuleChange, ScoreSheet
from competition.standings import standings
from foundation.errors import Refused
from foundation.models import Event, Mail
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db
AT = taipei(2016, 6, 1)


@pytest.fixture
def competition():
    return make.make_competition()


@pytest.fixture
def staff():
    return make.make_staff()


@pytest.fixture
def group(competition):
    return competition.groups.get(key=CompetitionGroup.AGENCY)


def signed_sheet(competition):
    return make.make_sheet(entry=make.make_entry(unit=make.make_unit()), judge=make.make_judge())


def refused(action, **arguments):
    events = Event.objects.count()
    with pytest.raises(Refused) as caught:
        action(**arguments, at=AT)
    assert Event.objects.count() == events
    return str(caught.value)


def test_rules_change_with_before_and_after_on_the_record(competition, staff):
    actions.change_rules(
        competition=competition, values={"method": "rank_sum", "due_on": date(2016, 7, 8)}, by=staff, at=AT
    )

    competition.refresh_from_db()
    assert (competition.method, competition.due_on) == ("rank_sum", date(2016, 7, 8))
    assert Event.objects.get().data == {
        "before": {"method": "mean", "due_on": "2016-07-01"},
        "after": {"method": "rank_sum", "due_on": "2016-07-08"},
    }


def test_saving_the_same_rules_leaves_no_event(competition, staff):
    actions.change_rules(competition=competition, values={"method": "mean"}, by=staff, at=AT)

    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("values", "change"),
    [
        ({"method": "trimmed"}, "排名方法由「平均分數」改為「去最高最低後平均」"),
        ({"minimum_sheets": 2}, "最少評分表數由「3」改為「2」"),
        ({"minimum_mean": Decimal("60")}, "得獎最低平均由「70」改為「60」"),
        ({"honourable_mentions": 5}, "佳作名額由「3」改為「5」"),
    ],
)
def test_a_rule_of_the_judging_changes_with_a_reason_once_a_sheet_was_signed(
    competition, staff, values, change
):
    sheet = signed_sheet(competition)
    arguments = {"competition": competition, "values": values, "by": staff}

    assert refused(actions.change_rules, **arguments) == (
        f"已有簽名的評分表，規則已鎖定；確實要變更，請寫明理由：{change}。"
    )
    actions.change_rules(**arguments, reason="主管會報決議", at=AT)

    assert list(RuleChange.objects.values_list("text", "reason", "changed_by", "changed_at")) == [
        (change, "主管會報決議", staff.pk, AT)
    ]
    assert [notice.text for notice in sheet.judge.user.notices.all()] == [
        f"評審規則有變更：{change}。理由：主管會報決議"
    ]


def test_taking_the_only_signature_back_does_not_unlock_the_rules(competition, staff):
    sheet = signed_sheet(competition)
    ScoreSheet.objects.filter(pk=sheet.pk).update(signed_at=None, signed_by=None, unsigned_at=AT)

    assert "規則已鎖定" in refused(
        actions.change_rules, competition=competition, values={"minimum_sheets": 2}, by=staff
    )


def prizes(**changes):
    nothing = {"trophy": False, "certificate": True, "voucher_value": 0, "voucher_count": 0}
    first = {"trophy": True, "certificate": True, "voucher_value": 500, "voucher_count": 6, **changes}
    return {Prize.Place.FIRST: first, Prize.Place.MENTION: nothing}


def test_prizes_are_set_and_changed_with_a_reason_once_a_sheet_was_signed(competition, staff):
    arguments = {"competition": competition, "by": staff}
    actions.change_prizes(**arguments, rows=prizes(), at=AT)
    assert [(prize.place, prize.summary, prize.voucher_total) for prize in competition.prizes.all()] == [
        (1, "獎盃、獎狀、禮券 500 元 × 6 張", 3000),
        (4, "獎狀", 0),
    ]
    signed_sheet(competition)

    actions.change_prizes(**arguments, rows=prizes(), at=AT)  # nothing changed: no reason asked
    assert "「獎盃、獎狀、禮券 500 元 × 6 張」改為「獎盃、獎狀、禮券 500 元 × 4 張」" in refused(
        actions.change_prizes, **arguments, rows=prizes(voucher_count=4)
    )
    actions.change_prizes(**arguments, rows=prizes(voucher_count=4), reason="經費調整", at=AT)
    assert competition.prizes.get(place=1).voucher_total == 2000
    assert RuleChange.objects.get().reason == "經費調整"
    assert Event.objects.filter(action="competition.prizes_changed").count() == 2


def test_dates_stay_open_after_the_first_signed_sheet(competition, staff):
    signed_sheet(competition)

    changed = actions.change_rules(
        competition=competition, values={"judging_ends_on": date(2016, 7, 22)}, by=staff, at=AT
    )
    assert changed.judging_ends_at == taipei(2016, 7, 23)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"due_on": date(2016, 10, 1)}, "繳交期限須在計畫期間內。"),
        ({"judging_ends_on": date(2016, 7, 1)}, "評審截止須在繳交期限之後。"),
    ],
)
def test_dates_must_make_sense(competition, staff, values, message):
    assert refused(actions.change_rules, competition=competition, values=values, by=staff) == message


def row(name, full_marks=10, *, pk=None, guidance=""):
    return {"id": pk, "name": name, "full_marks": full_marks, "guidance": guidance}


def test_criteria_are_replaced_renamed_and_reordered(competition, staff):
    first, second, *_ = competition.criteria.all()

    actions.change_criteria(
        competition=competition,
        rows=[row(first.name, 60, pk=second.pk), row(second.name, 30, pk=first.pk), row("新的", 10)],
        by=staff,
        at=AT,
    )

    assert list(competition.criteria.values_list("pk", "name", "full_marks", "position")) == [
        (second.pk, "內容", 60, 1),
        (first.pk, "教學設計", 30, 2),
        (competition.criteria.get(name="新的").pk, "新的", 10, 3),
    ]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "至少要有一個評分項目。"),
        ([row("內容"), row("內容")], "評分項目的名稱不能重複。"),
        ([row("評語")], "評分項目不能叫做「評語」，評分表檔案已用這個欄名。"),
    ],
)
def test_criteria_must_make_sense(competition, staff, rows, message):
    assert refused(actions.change_criteria, competition=competition, rows=rows, by=staff) == message
    assert competition.criteria.count() == 4


def test_criteria_once_a_sheet_was_signed(competition, staff):
    signed_sheet(competition)
    first, *others = competition.criteria.all()
    kept = [row(each.name, each.full_marks, pk=each.pk) for each in others]
    arguments = {"competition": competition, "by": staff}
    stays = "已有簽名的評分表，不能新增或移除評分項目；名稱、配分、說明與順序可附理由修改。"

    same = [row(first.name, first.full_marks, pk=first.pk), *kept]
    assert refused(actions.change_criteria, **arguments, rows=[*same, row("新的")], reason="r") == stays
    assert refused(actions.change_criteria, **arguments, rows=kept, reason="r") == stays
    changed = [row("內容正確", first.full_marks, pk=first.pk), *kept]
    assert "「內容 40 分、" in refused(actions.change_criteria, **arguments, rows=changed)
    actions.change_criteria(**arguments, rows=changed, reason="用詞更正", at=AT)
    actions.change_criteria(**arguments, rows=changed, at=AT)  # nothing changed: no reason asked

    assert competition.criteria.first().name == "內容正確"
    assert RuleChange.objects.get().reason == "用詞更正"


def test_points_in_a_draft_hold_their_criterion(competition, staff):
    entry = make.make_entry(unit=make.make_unit())
    make.make_sheet(entry=entry, judge=make.make_judge(), marks=(30, None), signed_at=None)
    first, second, *_ = competition.criteria.all()

    assert (
        refused(actions.change_criteria, competition=competition, rows=[row("其他", pk=second.pk)], by=staff)
        == "已有評審在這個項目給分，不能移除。"
    )
    assert (
        refused(
            actions.change_criteria, competition=competition, rows=[row("內容", 29, pk=first.pk)], by=staff
        )
        == "已有評審在「內容」給 30.0 分，配分不能低於這個分數。"
    )
    # An abstention alone holds nothing.
    actions.change_criteria(competition=competition, rows=[row("內容", 30, pk=first.pk)], by=staff, at=AT)
    assert list(competition.criteria.values_list("name", flat=True)) == ["內容"]


def topic_row(name, *, pk=None, asks_axis=False):
    return {"id": pk, "name": name, "asks_axis": asks_axis}


def test_topics_are_replaced_but_not_those_in_use(group, staff):
    topic = group.topics.get()
    entry = make.make_entry(unit=make.make_unit())
    assert entry.topic == topic

    assert refused(actions.change_topics, group=group, rows=[topic_row("新題")], by=staff) == (
        "已有作品選「為民服務」，不能移除這個主題。"
    )
    actions.change_topics(
        group=group,
        rows=[topic_row("嘉義新時代", asks_axis=True), topic_row("為民服務", pk=topic.pk)],
        by=staff,
        at=AT,
    )
    assert list(group.topics.values_list("name", "asks_axis", "position")) == [
        ("嘉義新時代", True, 1),
        ("為民服務", False, 2),
    ]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "每組至少要有一個主題。"),
        ([topic_row("甲"), topic_row("甲")], "同一組的主題不能重複。"),
    ],
)
def test_topics_must_make_sense(group, staff, rows, message):
    assert refused(actions.change_topics, group=group, rows=rows, by=staff) == message


def extend(competition, unit, staff, **changes):
    arguments = {"due_on": date(2016, 7, 8), "reason": "颱風停班", **changes}
    return refused(actions.extend, competition=competition, unit=unit, by=staff, **arguments)


def test_an_extension_is_dated_later_with_a_reason(competition, staff):
    unit = make.make_unit()

    assert extend(competition, unit, staff, reason="") == "延長期限須說明理由。"
    assert extend(competition, unit, staff, due_on=date(2016, 7, 1)) == (
        "延至的日期須晚於繳交期限（民國105年7月1日）。"
    )
    assert extend(competition, unit, staff, due_on=date(2016, 10, 1)) == "延至的日期須在計畫期間內。"


def test_an_extension_tells_the_unit_and_the_next_one_is_later(competition, staff):
    unit = make.make_unit(name="嘉義縣竹崎鄉公所")
    contact = make.make_contact(unit=unit)
    due_on, reason = date(2016, 7, 8), "颱風停班"
    actions.extend(competition=competition, unit=unit, due_on=due_on, reason=reason, by=staff, at=AT)

    assert extend(competition, unit, staff) == (
        "嘉義縣竹崎鄉公所已延至民國105年7月8日；要延得更晚才需要再核准。"
    )
    text = "嘉義縣竹崎鄉公所參賽作品的繳交期限延長為7月8日（五）24:00 截止（臺北時間）。"
    assert [(notice.user, notice.text) for notice in Notice.objects.all()] == [(contact, text)]
    assert text in Mail.objects.get().body


def test_an_extension_that_was_a_mistake_is_taken_back(competition, staff):
    unit = make.make_unit(name="嘉義縣竹崎鄉公所")
    contact = make.make_contact(unit=unit)
    for due_on in (date(2016, 7, 8), date(2016, 7, 28)):
        extension = make.make_extension(unit=unit, due_on=due_on)
    revoke = {"extension": extension, "by": staff}

    assert refused(actions.revoke_extension, reason="", **revoke) == "收回延期須說明理由。"
    make.make_entry(unit=unit, submitted_at=taipei(2016, 7, 8, 23))  # within the one that stays
    actions.revoke_extension(reason="日期打錯", at=AT, **revoke)

    assert [each.due_on for each in unit.extensions.all()] == [date(2016, 7, 8)]
    text = "嘉義縣竹崎鄉公所參賽作品的繳交期限改回7月8日（五）24:00 截止（臺北時間）。"
    assert [(notice.user, notice.text) for notice in Notice.objects.all()] == [(contact, text)]
    assert Event.objects.get(action="competition.extension_revoked").summary.endswith("的延期：日期打錯")
    assert refused(actions.revoke_extension, reason="再按一次", **revoke) == "這次延期已經收回。"


def test_an_extension_that_was_used_stays(competition, staff):
    unit = make.make_unit(name="嘉義縣竹崎鄉公所")
    extension = make.make_extension(unit=unit, due_on=date(2016, 7, 8))
    make.make_entry(unit=unit, submitted_at=taipei(2016, 7, 2))

    assert refused(actions.revoke_extension, extension=extension, reason="誤", by=staff) == (
        "嘉義縣竹崎鄉公所已在延長的期間內送件，收回會使作品逾期，因此不能收回。"
    )
    assert unit.extensions.exists()


def test_an_extension_is_for_a_unit_of_the_year_in_a_group(competition, staff):
    other = make.make_unit(category=Category.OTHER, name="其他機關")
    elsewhere = make.make_unit(programme=make.make_programme(year=104))

    assert extend(competition, other, staff) == "其他機關不在任何競賽組別，沒有可以延長的期限。"
    assert extend(competition, elsewhere, staff) == "這個機關不在本年度。"


def test_a_judge_is_appointed_once(group, staff):
    user = make.make_user(name="周評審")

    judge = actions.appoint(group=group, user=user, by=staff, at=AT)
    assert (judge.group, judge.unit) == (group, None)
    assert refused(actions.appoint, group=group, user=user, by=staff) == "周評審已在機關組的評審名單。"


def test_a_disabled_account_judges_nothing(group, staff):
    user = make.make_user(name="周評審", is_active=False)

    assert refused(actions.appoint, group=group, user=user, by=staff) == (
        "周評審的帳號已停用，不能擔任評審。"
    )


def test_who_sees_names_and_marks_judges_nothing(group, staff):
    assert refused(actions.appoint, group=group, user=make.make_staff(name="周承辦"), by=staff).startswith(
        "周承辦的帳號是承辦人，看得到機關、作者與各人的分數，不能擔任評審"
    )


@pytest.mark.parametrize(
    "over",
    (
        lambda judge: actions.resign(judge=judge, reason="出國", by=judge.user, at=AT),
        lambda judge: make.make_result(group=judge.group),
        lambda judge: Programme.objects.update(state=Programme.State.FROZEN),
    ),
    ids=("resigned", "decided", "frozen"),
)
def test_who_judges_sees_no_names_and_marks_until_it_is_over(competition, over):
    judge, administrator = (
        Judge.objects.get(user=make.make_judge(user=make.make_user(name="周評審"))),
        make.make_administrator(),
    )

    assert refused(grant_staff, user=judge.user, by=administrator) == (
        "周評審正在擔任評審，不能授予承辦人身分：承辦人看得到機關、作者與各人的分數。"
    )
    over(judge)

    grant_staff(user=judge.user, by=administrator, at=AT)
    judge.user.refresh_from_db()
    assert judge.user.is_staff


def test_a_judge_leaves_while_there_is_no_sheet(competition, staff):
    entry = make.make_entry(unit=make.make_unit())
    idle, busy = make.make_judge(), make.make_judge()
    make.make_conflict(entry=entry, judge=idle)
    make.make_sheet(entry=entry, judge=busy, signed_at=None)

    actions.dismiss(judge=Judge.objects.get(user=idle), by=staff, at=AT)
    assert refused(actions.dismiss, judge=Judge.objects.get(user=busy), by=staff) == (
        "測試評審已有評分表，不能移出評審名單。"
    )
    assert list(Judge.objects.values_list("user", flat=True)) == [busy.pk]


def test_a_final_result_closes_the_panel(group, staff):
    judge = Judge.objects.get(user=make.make_judge())
    ResultSet.objects.create(
        group=group, number=1, payload={}, sha256="", release_at=AT, finalised_by=staff, finalised_at=AT
    )

    assert refused(actions.appoint, group=group, user=make.make_user(), by=staff) == (
        "機關組的結果已定案，不能再變更評審。"
    )
    assert refused(actions.dismiss, judge=judge, by=staff) == "機關組的結果已定案，不能再變更評審。"


def test_a_conflict_needs_a_reason_and_the_own_group(competition, staff):
    entry = make.make_entry(unit=make.make_unit())
    judge = Judge.objects.get(user=make.make_judge())
    other = Judge.objects.get(user=make.make_judge(group=CompetitionGroup.COUNTY_AND_SCHOOL))

    def declare(judge, reason):
        return refused(actions.declare_conflict, judge=judge, entry=entry, reason=reason, by=judge.user)

    assert declare(judge, "") == "迴避須說明理由。"
    assert declare(other, "親屬") == "這件作品不在這位評審的組別。"
    actions.declare_conflict(judge=judge, entry=entry, reason="親屬", by=judge.user, at=AT)
    assert declare(judge, "再一次") == "已迴避這件作品。"


def test_a_late_conflict_keeps_the_sheet_on_the_record(competition):
    entry = make.make_entry(unit=make.make_unit())
    user = make.make_judge()
    sheet = make.make_sheet(entry=entry, judge=user)

    actions.declare_conflict(judge=sheet.judge, entry=entry, reason="親屬", by=user, at=AT)

    assert entry.sheets.get() == sheet
    event = Event.objects.get(action="conflict.declared")
    assert event.data == {"signed_sheet": True}
    assert event.summary.endswith("；已簽名的評分表不再計入")


def test_staff_lift_a_conflict_with_a_reason(competition, staff):
    entry = make.make_entry(unit=make.make_unit())
    conflict = make.make_conflict(entry=entry, judge=make.make_judge())

    assert refused(actions.lift_conflict, conflict=conflict, reason="", by=staff) == ("取消迴避須說明理由。")
    actions.lift_conflict(conflict=conflict, reason="同名誤植", by=staff, at=AT)
    assert not entry.conflicts.exists()
    assert Event.objects.get(action="conflict.lifted").actor == staff


def test_a_final_result_closes_conflicts(competition, staff, group):
    entry = make.make_entry(unit=make.make_unit())
    conflict = make.make_conflict(entry=entry, judge=make.make_judge())
    other = Judge.objects.get(user=make.make_judge())
    ResultSet.objects.create(
        group=group, number=1, payload={}, sha256="", release_at=AT, finalised_by=staff, finalised_at=AT
    )

    assert refused(actions.lift_conflict, conflict=conflict, reason="r", by=staff) == (
        "機關組的結果已定案，不能再變更迴避。"
    )
    assert (
        refused(actions.declare_conflict, judge=other, entry=entry, reason="r", by=staff)
        == "機關組的結果已定案，不能再聲明迴避。"
    )


def test_a_judge_resigns_with_a_reason_and_staff_are_told(competition, staff):
    judge = Judge.objects.get(user=make.make_judge())
    administrator = make.make_administrator()

    def resign(reason):
        return refused(actions.resign, judge=judge, reason=reason, by=judge.user)

    assert resign("") == "辭任須說明理由。"
    actions.resign(judge=judge, reason="出國", by=judge.user, at=AT)

    assert resign("再一次") == "測試評審已辭任。"
    assert not Judge.objects.serving().exists()
    for user in (staff, administrator):
        assert [notice.text for notice in user.notices.all()] == ["測試評審辭任機關組評審：出國"]
    assert not judge.user.notices.exists()


def test_staff_recall_a_judge_with_a_reason(competition, staff):
    judge = Judge.objects.get(user=make.make_judge())

    def recall(reason):
        return refused(actions.recall, judge=judge, reason=reason, by=staff)

    assert recall("誤按") == "測試評審沒有辭任。"
    actions.resign(judge=judge, reason="出國", by=judge.user, at=AT)
    assert recall("") == "恢復評審須說明理由。"
    actions.recall(judge=judge, reason="行程取消", by=staff, at=AT)

    judge.refresh_from_db()
    assert (judge.resigned_at, judge.resign_reason) == (None, "")
    assert Event.objects.get(action="judge.recalled").summary.endswith("行程取消")


@pytest.mark.parametrize("action", ["resign", "recall", "move_judge"])
def test_a_final_result_keeps_its_judges(group, staff, action):
    judge = Judge.objects.get(user=make.make_judge())
    if action == "recall":
        Judge.objects.update(resigned_at=AT, resign_reason="r")
    make.make_result(group=group)
    more = {"unit": None} if action == "move_judge" else {"reason": "r"}

    assert refused(getattr(actions, action), judge=judge, by=staff, **more) == (
        "機關組的結果已定案，不能再變更評審。"
    )


def test_a_judge_who_moves_to_a_unit_leaves_its_works(competition, staff):
    entry = make.make_entry(unit=make.make_unit())
    sheet = make.make_sheet(entry=entry, judge=make.make_judge())
    standing = standings(competition, groups=[sheet.judge.group])
    assert standing[0].sheets == 1

    actions.move_judge(judge=sheet.judge, unit=entry.unit.unit, by=staff, at=AT)

    assert not works_of(sheet.judge).exists()
    assert standings(competition, groups=[sheet.judge.group])[0].sheets == 0
    assert ScoreSheet.objects.get().is_signed
    assert Event.objects.get(action="judge.moved").summary == (
        f"測試評審的服務機關由府外改為{entry.unit.unit}"
    )
