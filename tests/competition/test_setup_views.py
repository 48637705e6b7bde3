"""The office's pages for rules, criteria, topics, extensions, panels and sheets."""

import re
from datetime import date

import pytest
from django.urls import reverse

from agencies.models import CompetitionGroup
from competition.models import Judge, Prize
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def competition():
    return make.make_competition()


@pytest.fixture
def staff_client(client):
    client.force_login(make.make_staff())
    return client


def body(response):
    return response.content.decode()


def rules(**changes):
    return {
        "title": "第2屆自製數位教材競賽",
        "due_on": "105/7/8",
        "judging_starts_on": "",
        "judging_ends_on": "105.7.22",
        "unit_space_gb": "8",
        "replacement_days": "5",
        "method": "rank_sum",
        "minimum_sheets": "2",
        "minimum_mean": "75",
        "honourable_mentions": "5",
        **changes,
    }


def test_rules_are_saved_from_the_page(staff_client, competition):
    response = staff_client.post(reverse("competition:competition_edit"), rules())

    competition.refresh_from_db()
    assert response.status_code == 302
    assert (competition.due_on, competition.judging_ends_on) == (date(2016, 7, 8), date(2016, 7, 22))
    assert (competition.method, competition.minimum_sheets, competition.minimum_mean) == ("rank_sum", 2, 75)
    assert (competition.unit_space_gb, competition.replacement_days) == (8, 5)
    assert competition.due_is_provisional is False


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"due_on": "13/45"}, "due_on"),
        ({"minimum_mean": "101"}, "__all__"),
        ({"minimum_sheets": "0"}, "__all__"),
        ({"unit_space_gb": "0"}, "__all__"),
        ({"replacement_days": "0"}, "__all__"),
        ({"method": "median"}, "method"),
        ({"judging_starts_on": "105/7/23"}, "__all__"),
        ({"due_on": "105/12/1"}, "__all__"),
    ],
)
def test_rules_that_make_no_sense_are_refused(staff_client, competition, changes, field):
    response = staff_client.post(reverse("competition:competition_edit"), rules(**changes))

    assert list(response.context["form"].errors) == [field]
    competition.refresh_from_db()
    assert (competition.method, competition.due_on) == ("mean", date(2016, 7, 1))


def test_locked_rules_ask_for_a_reason_and_keep_what_was_typed(staff_client, competition):
    make.make_sheet(entry=make.make_entry(unit=make.make_unit()), judge=make.make_judge())
    url = reverse("competition:competition_edit")

    page = body(staff_client.post(url, rules()))
    assert "規則已鎖定；確實要變更，請寫明理由：排名方法由「平均分數」改為「序位法」" in page
    assert "評審規則已鎖定。" in page
    assert 'value="75"' in page

    assert staff_client.post(url, rules(reason="主管會報決議")).status_code == 302
    assert "理由：主管會報決議" in body(staff_client.get(url))


def prize_data(**changes):
    data = {}
    for place in Prize.Place.values:
        data |= {f"place{place}-voucher_value": "0", f"place{place}-voucher_count": "0"}
    return {**data, **changes}


def test_prizes_are_saved_from_the_page(staff_client, competition):
    url = reverse("competition:prize_edit")
    changes = {"place1-trophy": "on", "place1-voucher_value": "1,000", "place1-voucher_count": "３"}

    assert staff_client.post(url, prize_data(**changes)).status_code == 302

    assert [prize.summary for prize in competition.prizes.all()] == [
        "獎盃、禮券 1,000 元 × 3 張",
        "無",
        "無",
        "無",
    ]
    assert "獎盃、禮券 1,000 元 × 3 張" in body(staff_client.get(reverse("competition:competition_edit")))


def test_a_voucher_has_a_value_and_a_count(staff_client, competition):
    page = body(
        staff_client.post(reverse("competition:prize_edit"), prize_data(**{"place2-voucher_value": "500"}))
    )

    assert "禮券的面額與張數要一起填；沒有禮券時都填 0。" in page
    assert not competition.prizes.exists()


def test_prizes_ask_for_a_reason_once_a_sheet_was_signed(staff_client, competition):
    make.make_sheet(entry=make.make_entry(unit=make.make_unit()), judge=make.make_judge())

    page = body(staff_client.post(reverse("competition:prize_edit"), prize_data()))

    assert "規則已鎖定；確實要變更，請寫明理由" in page
    assert not competition.prizes.exists()


def test_locked_criteria_offer_neither_a_new_row_nor_taking_one_out(staff_client, competition):
    open_page = body(staff_client.get(reverse("competition:criterion_edit")))
    make.make_sheet(entry=make.make_entry(unit=make.make_unit()), judge=make.make_judge())
    locked_page = body(staff_client.get(reverse("competition:criterion_edit")))

    assert [(page.count("<legend"), page.count("移除這一項")) for page in (open_page, locked_page)] == [
        (6, 4),
        (4, 0),
    ]


def formset(*rows, initial):
    data = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        data |= {f"form-{number}-{name}": value for name, value in row.items()}
    return data


def test_criteria_are_changed_added_and_removed(staff_client, competition):
    first, second, third, fourth = competition.criteria.all()
    rows = [
        {"id": first.pk, "name": "內容與主題", "full_marks": "50", "guidance": "切合主題"},
        {"id": second.pk, "name": second.name, "full_marks": "30", "guidance": ""},
        {"id": third.pk, "name": third.name, "full_marks": "20", "guidance": "", "DELETE": "on"},
        {"id": fourth.pk, "name": fourth.name, "full_marks": "10", "guidance": "", "DELETE": "on"},
        {"id": "", "name": "實用性", "full_marks": "20", "guidance": ""},
        {"id": "", "name": "", "full_marks": "", "guidance": ""},
    ]

    response = staff_client.post(reverse("competition:criterion_edit"), formset(*rows, initial=4))

    assert response.status_code == 302
    assert list(competition.criteria.values_list("name", "full_marks", "guidance")) == [
        ("內容與主題", 50, "切合主題"),
        ("教學設計", 30, ""),
        ("實用性", 20, ""),
    ]


@pytest.mark.parametrize(
    "row",
    [
        {"id": "", "name": "", "full_marks": "10", "guidance": ""},
        {"id": "", "name": "實用性", "full_marks": "", "guidance": ""},
        {"id": "", "name": "實用性", "full_marks": "1.5", "guidance": ""},
        {"id": "", "name": "實用性", "full_marks": "101", "guidance": ""},
        {"id": "999999", "name": "實用性", "full_marks": "10", "guidance": ""},
        {"id": "", "name": "內容", "full_marks": "10", "guidance": ""},
        {"id": "", "name": "評審", "full_marks": "10", "guidance": ""},
    ],
)
def test_bad_criteria_are_refused_and_nothing_changes(staff_client, competition, row):
    known = [
        {"id": c.pk, "name": c.name, "full_marks": c.full_marks, "guidance": ""}
        for c in competition.criteria.all()
    ]

    response = staff_client.post(
        reverse("competition:criterion_edit"), formset(*known, row, initial=len(known))
    )

    assert response.status_code == 200
    assert "未儲存。" in body(response)
    assert competition.criteria.count() == 4


def test_topics_are_changed_on_the_page(staff_client, competition):
    group = competition.groups.get(key="agency")
    topic = group.topics.get()
    rows = [
        {"id": topic.pk, "name": "為民服務"},
        {"id": "", "name": "嘉義新時代", "asks_axis": "on"},
    ]

    staff_client.post(reverse("competition:topic_edit", args=[group.pk]), formset(*rows, initial=1))

    assert list(group.topics.values_list("name", "asks_axis")) == [("為民服務", False), ("嘉義新時代", True)]


def test_a_topic_in_use_stays(staff_client, competition):
    entry = make.make_entry(unit=make.make_unit())
    topic = entry.topic
    rows = [{"id": topic.pk, "name": topic.name, "DELETE": "on"}, {"id": "", "name": "新題"}]

    response = staff_client.post(
        reverse("competition:topic_edit", args=[topic.group_id]), formset(*rows, initial=1)
    )

    assert "已有作品選「為民服務」，不能移除這個主題。" in body(response)


def test_an_extension_is_granted_and_listed(staff_client, competition):
    make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")
    data = {"unit": "10010140", "due_on": "105/7/8", "reason": "颱風停班"}

    page = body(staff_client.post(reverse("competition:extension_list"), data, follow=True))

    assert "嘉義縣竹崎鄉公所的繳交期限已延長。" in page
    assert "7月8日（五）24:00" in page


def test_an_extension_is_taken_back_from_the_list(staff_client, competition):
    extension = make.make_extension(unit=make.make_unit(), due_on=date(2016, 7, 8))
    address = reverse("competition:extension_revoke", args=[extension.pk])

    refused = body(staff_client.post(address, {"reason": ""}, follow=True))
    assert "未收回。" in refused and address in refused
    done = body(staff_client.post(address, {"reason": "日期打錯"}, follow=True))
    assert "的延期。" in done and "還沒有機關獲准延期。" in done


def test_an_extension_that_is_none_is_refused(staff_client, competition):
    make.make_unit(code="10010140")
    data = {"unit": "10010140", "due_on": "105/7/1", "reason": "r"}

    page = body(staff_client.post(reverse("competition:extension_list"), data))

    assert "延至的日期須晚於繳交期限" in page
    assert not competition.extensions.exists()


def test_a_judge_is_added_and_removed(staff_client, competition):
    user = make.make_user(username="chou", name="周評審")
    unit = make.make_unit(code="10010140")
    group = competition.groups.get(key="agency")
    url = reverse("competition:judge_list")

    staff_client.post(url, {"group": group.pk, "username": "CHOU", "unit": "10010140"})
    judge = Judge.objects.get()
    assert (judge.user, judge.group, judge.unit) == (user, group, unit.unit)

    again = staff_client.post(url, {"group": group.pk, "username": "chou", "unit": ""})
    assert "周評審已在機關組的評審名單。" in body(again)
    staff_client.post(reverse("competition:judge_remove", args=[judge.pk]))
    assert not Judge.objects.exists()


def test_an_unknown_account_is_refused(staff_client, competition):
    group = competition.groups.get(key="agency")

    response = staff_client.post(
        reverse("competition:judge_list"), {"group": group.pk, "username": "nobody", "unit": ""}
    )

    assert response.context["form"].errors["username"] == ["沒有「nobody」這個帳號。"]


def test_a_judge_with_sheets_stays(staff_client, competition):
    make.make_sheet(entry=make.make_entry(unit=make.make_unit()), judge=make.make_judge())

    page = body(
        staff_client.post(reverse("competition:judge_remove", args=[Judge.objects.get().pk]), follow=True)
    )

    assert "未移除。測試評審已有評分表，不能移出評審名單。" in page
    assert Judge.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_the_panel_counts_signed_and_open_works(client, competition, count, django_assert_num_queries):
    for _ in range(count):
        entry = make.make_entry(unit=make.make_unit())
        make.make_sheet(entry=entry, judge=make.make_judge())
    make.make_conflict(entry=entry, judge=Judge.objects.first().user)
    client.force_login(make.make_staff())

    with django_assert_num_queries(16):
        response = client.get(reverse("competition:judge_list"))

    judges = response.context["panels"][0]["judges"]
    assert sorted((judge.signed, judge.to_score, judge.excused) for judge in judges) == sorted(
        [(int(count > 1), count - 1, 1)] + [(1, count, 0)] * (count - 1)  # not what they now stand back from
    )


def test_a_judge_called_for_one_work_has_that_one_before_them(staff_client, competition):
    entries = [make.make_entry(unit=make.make_unit()) for _ in range(3)]
    make.make_extra_review(entry=entries[0])

    response = staff_client.get(reverse("competition:judge_list"))

    (judge,) = response.context["panels"][0]["judges"]
    assert (judge.to_score, judge.excused) == (1, 0)


@pytest.mark.parametrize("count", [1, 3])
def test_sheet_list_query_count(client, competition, count, django_assert_num_queries):
    for _ in range(count):
        make.make_sheet(entry=make.make_entry(unit=make.make_unit()), judge=make.make_judge())
    client.force_login(make.make_staff())

    with django_assert_num_queries(14):
        response = client.get(reverse("competition:sheet_list"))
    assert len(response.context["page"]) == count


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["甲", "乙"]),
        ("?state=signed", ["甲"]),
        ("?state=draft", ["乙"]),
        ("?group=county_and_school", []),
        ("?q=R1", ["甲"]),
        ("?q=乙", ["乙"]),
        ("?q=wwwwww", ["甲"]),
    ],
)
def test_sheet_list_filters(staff_client, competition, query, found):
    entry = make.make_entry(unit=make.make_unit(), receipt="R1", work_code="WWWWWW")
    other = make.make_entry(unit=make.make_unit(), receipt="R2")
    make.make_sheet(entry=entry, judge=make.make_judge(user=make.make_user(name="甲")))
    make.make_sheet(entry=other, judge=make.make_judge(user=make.make_user(name="乙")), signed_at=None)

    response = staff_client.get(reverse("competition:sheet_list") + query)

    assert [sheet.judge.user.name for sheet in response.context["page"]] == found


def test_sheet_list_shows_abstentions_totals_and_what_does_not_count(staff_client, competition):
    entry = make.make_entry(unit=make.make_unit())
    judge = make.make_judge(group=CompetitionGroup.AGENCY)
    make.make_sheet(entry=entry, judge=judge, marks=(30, None, 10))
    make.make_conflict(entry=entry, judge=judge)

    response = staff_client.get(reverse("competition:sheet_list"))

    sheet = response.context["page"][0]
    assert sheet.marks == [("內容", 30), ("教學設計", "棄權"), ("媒體呈現", 10), ("創意", "—")]
    assert sheet.total_text is None
    assert "已迴避" in body(response)


def test_judges_stand_in_the_order_of_their_appointment(staff_client, competition):
    names = ["丙", "乙", "甲"]
    for name in reversed(names):
        make.make_judge(user=make.make_user(name=f"評審{name}"))

    for route, args in (("judge_list", ()), ("progress_detail", (competition.groups.get(key="agency").pk,))):
        page = body(staff_client.get(reverse(f"competition:{route}", args=args)))
        assert list(dict.fromkeys(re.findall(r"評審[甲乙丙](?=<)", page))) == ["評審甲", "評審乙", "評審丙"]
