"""The pages: who sees what, in how many queries, and in which words."""

from datetime import date
from html.parser import HTMLParser

import pytest
import time_machine
from django.urls import reverse

from agencies.models import Category, Contact, Programme
from competition.models import Entry
from platform_updates.models import Review
from scoring import actions
from tests import factories as make
from workshops.models import Enrolment

NOON = make.taipei(2016, 6, 23, 9, 40)
pytestmark = pytest.mark.django_db


class Text(HTMLParser):
    """The words of a page as one reads them, without its markup."""

    def __init__(self):
        super().__init__()
        self.parts = []

    def handle_data(self, data):
        self.parts.append(data)


def words(response):
    parser = Text()
    parser.feed(response.content.decode())
    return " ".join("".join(parser.parts).split())


@pytest.fixture
def staff(client):
    client.force_login(make.make_staff())
    return client


@pytest.fixture(autouse=True)
def in_june():
    with time_machine.travel(NOON, tick=False):
        yield


def open_board(client, query=""):
    return client.get(reverse("scoring:board") + query)


def open_card(client, unit):
    return client.get(reverse("scoring:scorecard", args=[unit.code]))


def codes(response):
    return [line.code for line in response.context["lines"]]


def make_township(code="10010140", **fields):
    """The township of the look, 64.3 %: 21 updates for 68 people, 4 of 5 seats, no work, 6 topics."""
    unit = make.make_unit(code=code, name="嘉義縣竹崎鄉公所", headcount=68, **fields)
    for _ in range(21):
        make.make_update(unit=unit)
    for number, seats, sent in ((1, 2, 2), (2, 3, 2)):
        session = make.make_session(number=number, held_on=date(2016, 4, 11 + 7 * (number - 1)))
        make.make_quota(session=session, unit=unit, seats=seats)
        for _ in range(sent):
            make.make_enrolment(session=session, unit=unit)
    make.make_enrolment(session=session, unit=unit, attendance=Enrolment.Attendance.ABSENT)
    for _ in range(6):
        make.make_forum_topic(unit=unit)
    for replies in (8, 3):
        make.make_forum_topic(unit=unit, replies=replies)
    make.make_competition()
    return unit


# Board ----------------------------------------------------------------------------------------


def test_board_says_the_facts_first(staff):
    make_township()
    make.make_unit(category=Category.SCHOOL)

    text = words(open_board(staff))

    assert (
        "全縣平均 32.2%，0 個機關已達成全部適用指標。期間 105年3月1日至9月30日；計算於 105年6月23日 09:40。"
        in text
    )
    assert "77.221 筆／136" in text
    assert "未填單位人數" in text


def test_board_keeps_its_roles_for_phones(staff):
    make.make_unit()

    content = open_board(staff).content.decode()

    for role in ("table", "rowgroup", "row", "columnheader", "cell"):
        assert f'role="{role}"' in content, role


@pytest.mark.parametrize("count", (1, 3, 30))
@pytest.mark.parametrize("query", ("", "?category=township", "?sort=updates&state=open"))
def test_board_query_count(client, count, query, django_assert_num_queries):
    session = make.make_session()
    for number in range(count):
        unit = make.make_unit(code=f"U{number:03}", headcount=30)
        make.make_update(unit=unit)
        make.make_quota(session=session, unit=unit)
        make.make_enrolment(session=session, unit=unit)
    client.force_login(make.make_staff())
    open_board(client, query)

    # session, user, programme, the other years, notices; units, facts, stored boards
    with django_assert_num_queries(8):
        response = open_board(client, query)

    assert len(response.context["lines"]) == count


def test_board_query_count_of_a_contact(client, django_assert_num_queries):
    unit = make.make_unit()
    make.make_unit()
    client.force_login(make.make_contact(unit=unit))
    open_board(client)

    # and two for whose contact this is
    with django_assert_num_queries(10):
        open_board(client)


def test_board_leads_a_contact_to_the_own_unit_only(client):
    own, other = make.make_unit(code="A"), make.make_unit(code="B")
    client.force_login(make.make_contact(unit=own))

    response = open_board(client)

    assert [(line.code, line.href) for line in response.context["lines"]] == [
        ("A", "/scores/A/"),
        ("B", ""),
    ]
    assert [cell.href for cell in response.context["lines"][1].cells] == [""] * 4
    assert f"/scores/{other.code}/" not in response.content.decode()


def test_board_is_closed_to_former_contacts(client):
    unit = make.make_unit()
    user = make.make_contact(unit=unit, ends_on=date(2016, 6, 22))
    client.force_login(user)

    assert open_board(client).status_code == 403


@pytest.mark.parametrize(
    ("query", "expected"),
    (
        ("", ["S1", "T1", "T2"]),
        ("?category=township", ["T1", "T2"]),
        ("?category=nonsense", ["S1", "T1", "T2"]),
        ("?q=t2", ["T2"]),
        ("?q=ｔ２", ["T2"]),
        ("?q=豐山", ["S1"]),
        ("?state=done", ["S1"]),
        ("?state=open", ["T1", "T2"]),
        ("?state=na", ["S1", "T1"]),
        ("?sort=up", ["T2", "T1", "S1"]),
        ("?sort=code", ["S1", "T1", "T2"]),
        ("?sort=forum", ["T2", "T1", "S1"]),
        ("?sort=updates", ["T2", "S1", "T1"]),
        ("?sort=nonsense", ["S1", "T1", "T2"]),
    ),
)
def test_board_filters(staff, query, expected):
    school = make.make_unit(code="S1", name="嘉義縣立豐山實驗國(中)小", category=Category.SCHOOL)
    make.make_entry(unit=school)
    first = make.make_unit(code="T1")
    complete = make.make_unit(code="T2", headcount=10)
    make.make_quota(unit=complete)
    for unit, topics in ((school, 5), (first, 1)):
        for _ in range(topics):
            make.make_forum_topic(unit=unit)

    assert codes(open_board(staff, query)) == expected


def test_board_ranks_do_not_change_by_searching(staff):
    for code, topics in (("A", 3), ("B", 2), ("C", 1)):
        unit = make.make_unit(code=code)
        for _ in range(topics):
            make.make_forum_topic(unit=unit)

    lines = open_board(staff, "?q=c&sort=up").context["lines"]

    assert [(line.code, line.rank) for line in lines] == [("C", "3")]


def test_board_marks_shared_ranks(staff):
    make.make_unit(code="A")
    make.make_unit(code="B")

    response = open_board(staff)

    assert [(line.rank, line.is_tied) for line in response.context["lines"]] == [("1", True)] * 2
    assert "（並列）" in words(response)


def test_board_escapes_names(staff):
    make.make_unit(name="<script>alert(1)</script>")

    assert "<script>alert" not in open_board(staff).content.decode()


def test_board_counts_the_categories(staff):
    make.make_unit()
    make.make_unit(category=Category.SCHOOL)

    items = open_board(staff, "?category=school&q=x").context["categories"]

    assert items == [
        ("全部", "?q=x", False, 2),
        ("鄉鎮市公所", "?q=x&category=township", False, 1),
        ("學校", "?q=x&category=school", True, 1),
    ]


def test_board_without_any_year(staff):
    assert "還沒有任何年度" in words(open_board(staff))


def test_board_without_units(staff):
    make.make_programme()

    assert "還沒有列入完成度的機關" in words(open_board(staff))


def test_board_when_nothing_matches(staff):
    make.make_unit()

    assert "沒有符合篩選條件的機關" in words(open_board(staff, "?q=zzz"))


def test_board_shows_no_trend_before_two_months_are_kept(staff):
    unit = make.make_unit()
    kept = {"programme": unit.programme, "by": make.make_staff()}
    actions.take_snapshot(at=make.taipei(2016, 4, 30), **kept)
    assert open_board(staff).context["has_trends"] is False

    actions.take_snapshot(at=make.taipei(2016, 5, 31), **kept)
    response = open_board(staff)

    assert response.context["has_trends"] is True
    assert "2 次月底快照由 0.0% 到 0.0%" in response.content.decode()


def test_a_second_look_at_trends_reads_no_stored_board(staff, django_assert_num_queries):
    unit = make.make_unit()
    for month in (3, 4, 5):
        actions.take_snapshot(programme=unit.programme, by=make.make_staff(), at=make.taipei(2016, month, 28))
    open_board(staff)

    with django_assert_num_queries(8):
        open_board(staff)


def test_board_keeps_the_year_asked_for(staff):
    make.make_unit()
    older = make.make_programme(year=104)
    make.make_unit(programme=older, code="OLD")

    response = open_board(staff, "?year=104")

    assert codes(response) == ["OLD"]
    assert response.context["lines"][0].href == "/scores/OLD/?year=104"


# Scorecard ------------------------------------------------------------------------------------


def test_scorecard_puts_the_numbers_into_the_formula(staff):
    text = words(open_card(staff, make_township()))

    for expected in (
        "64.3%",
        "全縣第 1 名／1",
        "（77.2 + 80.0 + 0.0 + 100.0）÷ 4，各項權重 25",
        "更新 21 筆 ÷（2 × 人數 68）= 15.4%15.4% ÷ 目標 20% = 77.2%",
        "還差 7 筆：滿 28 筆即達 20%。",
        "第1梯次 送 2／名額 2，第2梯次 送 2／名額 3（2 + 2）÷（2 + 3）= 80.0%",
        "第2梯次還差 1 人（1 人缺席）。各梯次皆已結束或截止報名，本項不會再變動。",
        "期限內送件 0 件 ÷ 目標 1 件 = 0.0%",
        "還差 1 件。",
        "7月1日（五）24:00 截止，臺北時間",
        "實際 120.0%",
        "回覆滿 10 篇的主題 6 題 ÷ 目標 5 題 = 120.0%計入平均時以 100% 為上限",
        "已超過目標。另有 2 題回覆未滿 10 篇（8 篇、3 篇）。",
        "68 人（105年3月1日）",
        "105年3月1日至9月30日",
        "105年6月23日 09:40",
    ):
        assert expected in text, expected


def test_scorecard_lists_what_can_still_be_done(staff):
    card = open_card(staff, make_township()).context["card"]

    assert card.todo_title == "還可以做的兩件事"
    assert [(todo.label, todo.gain, todo.until) for todo in card.todos] == [
        ("完成競賽送件", "整體 +25.0", "剩 8 天"),
        ("再新增 7 筆經驗紀錄", "整體 +5.7", "9月30日前"),
    ]


def test_scorecard_status_of_each(staff):
    card = open_card(staff, make_township()).context["card"]

    assert [plot.status[1] for plot in card.plots] == ["進行中", "已截止", "8 天後截止", "已達成"]


@pytest.mark.parametrize(
    ("moment", "word"),
    (
        (make.taipei(2016, 6, 1), "進行中"),
        (make.taipei(2016, 7, 1, 23, 59), "今天截止"),
        (make.taipei(2016, 7, 2), "已截止"),
    ),
)
def test_scorecard_deadline_of_the_competition(staff, moment, word):
    unit = make.make_unit()
    make.make_competition()
    with time_machine.travel(moment, tick=False):
        staff.force_login(make.make_staff())
        card = open_card(staff, unit).context["card"]

    assert card.plots[2].status[1] == word


def test_scorecard_says_why_something_does_not_apply(staff):
    unit = make.make_unit(category=Category.OTHER)

    text = words(open_card(staff, unit))

    for expected in (
        "未填單位人數（人數基準日 3月1日），本項不列入平均。",
        "未分配名額，本項不列入平均。",
        "未列入機關組或本府暨學校組，本項不列入平均。",
        "（0.0）÷ 1，各項權重 25；經驗傳承更新、薦送研習、教材參賽不列入平均",
    ):
        assert expected in text, expected


@pytest.mark.parametrize(("by_staff", "shown"), ((True, ["填寫單位人數", "分配名額"]), (False, [])))
def test_scorecard_leads_the_office_to_what_is_missing(client, by_staff, shown):
    unit = make.make_unit()
    client.force_login(make.make_staff() if by_staff else make.make_contact(unit=unit))

    plots = open_card(client, unit).context["card"].plots

    assert [plot.act.label for plot in plots[:2] if plot.act] == shown


def test_scorecard_leads_a_contact_to_where_things_are_done(client):
    unit = make_township()
    draft = make.make_entry(unit=unit, state=Entry.State.DRAFT)
    client.force_login(make.make_contact(unit=unit))

    card = open_card(client, unit).context["card"]

    assert [(plot.act.label, plot.act.url) for plot in card.plots if plot.act] == [
        ("新增經驗紀錄", "/experience/records/new/"),
        ("繼續完成送件", f"/competition/entries/{draft.pk}/"),
    ]


def test_scorecard_leads_to_a_session_that_still_takes_names(client):
    unit = make.make_unit()
    session = make.make_session(
        number=3, held_on=date(2016, 7, 1), enrolment_closes_at=make.taipei(2016, 6, 28, 17)
    )
    make.make_quota(session=session, unit=unit, seats=2)
    make.make_enrolment(session=session, unit=unit, state=Enrolment.State.WAITING)
    client.force_login(make.make_contact(unit=unit))

    response = open_card(client, unit)

    plot = response.context["card"].plots[1]
    assert (plot.act.label, plot.act.url) == ("薦送第3梯次", "/workshops/3/")
    assert plot.status[1] == "5 天後截止"
    assert "第3梯次還差 2 人（1 人候補）。6月28日（二）17:00 截止。" in words(response)


def test_scorecard_with_weights_that_differ(staff):
    make.make_programme(weight_forum=50)
    unit = make.make_unit()
    make.make_entry(unit=unit)

    card = open_card(staff, unit).context["card"]

    assert card.formula == "（100.0 × 25 + 0.0 × 50）÷ 75；經驗傳承更新、薦送研習不列入平均"


def test_scorecard_tells_what_waits_and_what_was_refused(staff):
    unit = make.make_unit(headcount=10)
    make.make_update(unit=unit, review=Review.PENDING)
    make.make_update(unit=unit, review=Review.REJECTED)
    make.make_update(unit=unit, updated_on=date(2016, 1, 5))
    make.make_entry(unit=unit, state=Entry.State.DRAFT, title="簡易自來水報修一次看懂")
    make.make_entry(unit=unit, state=Entry.State.WITHDRAWN)
    make.make_entry(unit=unit, submitted_at=make.taipei(2016, 7, 2))

    text = words(open_card(staff, unit))

    for expected in (
        "1 筆審查中，尚未計入。1 筆未通過審查。1 筆日期在計畫期間外，不計。",
        "還差 1 件。草稿〈簡易自來水報修一次看懂〉尚未送件。1 件逾期送件，不計。1 件已撤回。",
    ):
        assert expected in text, expected


def test_scorecard_when_all_is_done(staff):
    unit = make.make_unit(category=Category.OTHER)
    for _ in range(5):
        make.make_forum_topic(unit=unit)

    card = open_card(staff, unit).context["card"]

    assert (card.figure, card.todo_title, card.todos) == ("100.0", "適用的項目都已達成", [])


def test_scorecard_names_contact_and_deputy(staff):
    unit = make.make_unit()
    user = make.make_contact(unit=unit, user=make.make_user(name="林堃峯"))
    Contact.objects.create(
        unit=unit.unit,
        user=make.make_user(name="游喆"),
        starts_on=date(2016, 6, 20),
        ends_on=date(2016, 6, 30),
        deputy_for=Contact.objects.get(user=user),
    )
    make.make_contact(unit=unit, user=make.make_user(name="前任"), ends_on=date(2016, 1, 1))

    response = open_card(staff, unit)

    assert (response.context["contacts"], response.context["deputies"]) == (["林堃峯"], ["游喆"])


def test_scorecard_of_a_frozen_year_moves_no_more(staff):
    unit = make.make_unit(headcount=10)
    make.make_update(unit=unit, review=Review.PENDING)
    actions.freeze(programme=unit.programme, by=make.make_staff(), at=NOON)

    response = open_card(staff, unit)

    card = response.context["card"]
    assert (card.todos, [plot.act for plot in card.plots]) == ([], [None] * 4)
    assert card.todo_empty == "本年度已凍結，各項不會再變動。"
    assert "1 筆審查中，尚未計入。本年度已凍結，本項不會再變動。" in words(response)


@pytest.mark.parametrize(
    ("persona", "status"), (("own", 200), ("other", 404), ("civil", 404), ("staff", 200))
)
def test_scorecard_access(client, persona, status):
    unit, other = make.make_unit(code="A"), make.make_unit(code="B")
    users = {
        "own": lambda: make.make_contact(unit=unit),
        "other": lambda: make.make_contact(unit=other),
        "civil": make.make_user,
        "staff": make.make_staff,
    }
    client.force_login(users[persona]())

    assert open_card(client, unit).status_code == status
    for key in ("updates", "workshop", "competition", "forum"):
        response = client.get(reverse("scoring:records", args=[unit.code, key]))
        assert response.status_code == status


def test_scorecard_of_a_unit_off_the_board(client):
    unit = make.make_unit(on_board=False)
    client.force_login(make.make_contact(unit=unit))

    assert "不列入完成度計算" in words(open_card(client, unit))


def test_scorecard_of_no_unit(staff):
    make.make_programme()

    assert staff.get("/scores/nowhere/").status_code == 404
    assert staff.get("/scores/nowhere/other/").status_code == 404


@pytest.mark.parametrize("count", (1, 3))
def test_scorecard_query_count(client, count, django_assert_num_queries):
    make.make_competition()
    user = make.make_staff()
    unit = make.make_unit(headcount=30)
    for number in range(count):
        session = make.make_session(number=number + 1)
        make.make_quota(session=session, unit=unit)
        make.make_enrolment(session=session, unit=unit)
        make.make_update(unit=unit)
        make.make_forum_topic(unit=unit, replies=number)
        make.make_entry(unit=unit, state=Entry.State.DRAFT)
        make.make_contact(unit=unit)
    client.force_login(user)

    with django_assert_num_queries(17):
        assert open_card(client, unit).status_code == 200


# Freezing and keeping -------------------------------------------------------------------------


def test_freeze_asks_first_and_says_what_it_means(staff):
    unit = make.make_unit()
    make.make_update(unit=unit, review=Review.PENDING)
    make.make_session()

    text = words(staff.get(reverse("scoring:freeze")))

    for expected in (
        "凍結不能復原。",
        "計畫期間還沒結束。",
        "1 筆資料更新還在審查中，凍結後不再採計。",
        "第1梯次還沒有結算出席",
    ):
        assert expected in text, expected
    assert make.the_programme().state == Programme.State.ACTIVE


def test_freeze_and_the_board_says_so(staff):
    make.make_unit()

    response = staff.post(reverse("scoring:freeze"), follow=True)

    snapshot = make.the_programme().snapshots.get()
    text = words(response)
    assert "本年度已凍結。" in text
    assert f"完成度於 105年6月23日 09:40 留存，SHA-256 {snapshot.sha256}" in text
    assert "與凍結時不同" not in text
    assert "留存本月快照" not in text


def test_a_frozen_board_says_when_it_no_longer_follows_from_the_facts(staff):
    unit = make.make_unit()
    staff.post(reverse("scoring:freeze"))
    make.make_forum_topic(unit=unit)  # past every action, as only a fault could

    assert "由現有資料重算的結果與凍結時不同" in words(open_board(staff))


def test_freeze_twice_is_refused_in_words(staff):
    make.make_unit()
    staff.post(reverse("scoring:freeze"))

    response = staff.post(reverse("scoring:freeze"), follow=True)

    assert "只有進行中的年度可以凍結" in words(response)


def test_snapshot_is_kept(staff):
    make.make_unit()
    assert "還沒有任何快照" in words(staff.get(reverse("scoring:snapshot_create")))

    response = staff.post(reverse("scoring:snapshot_create"), follow=True)

    assert "已留存105年度目前的完成度" in words(response)
    assert "105年6月23日" in words(staff.get(reverse("scoring:snapshot_create")))
