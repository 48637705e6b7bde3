"""The office's pages while the judging runs."""

import re

import pytest
import time_machine
from django.urls import reverse
from django.utils.html import strip_tags

from competition import actions
from competition.models import Ceremony, ExtraReview, JudgeReminder
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db
DURING = taipei(2016, 7, 20)


@pytest.fixture(autouse=True)
def _during_the_judging():
    with time_machine.travel(DURING, tick=False):
        yield


@pytest.fixture
def judges():
    return [make.make_judge(user=make.make_user(name=f"評審{letter}")) for letter in "甲乙丙"]


@pytest.fixture
def entry(judges):
    entry = make.make_entry(unit=make.make_unit(), receipt="A1", title="分歧的作品")
    for judge, marks in zip(judges, ((40, 30, 20, 10), (20, 10, 10, 0), (30, 20, 10, 5)), strict=True):
        make.make_sheet(entry=entry, judge=judge, marks=marks)
    return entry


@pytest.fixture
def group(entry):
    return entry.topic.group


@pytest.fixture
def staff_client(client):
    client.force_login(make.make_staff())
    return client


def page(client, name, *args, **query):
    response = client.get(reverse(f"competition:{name}", args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def test_progress_says_how_far_each_judge_is(staff_client, group, judges):
    make.make_entry(unit=make.make_unit(), receipt="A2")

    shown = page(staff_client, "progress_detail", group.pk)

    assert "機關組已簽名 3／6 張評分表" in shown
    assert shown.count("未開始</span>") == 3


def test_reminders_go_to_the_chosen_judges(staff_client, group, judges):
    make.make_entry(unit=make.make_unit(), receipt="A2")
    chosen = group.judges.get(user=judges[0])

    response = staff_client.post(
        reverse("competition:judge_remind", args=[group.pk]), {"judge": chosen.pk}, follow=True
    )

    assert "已提醒 1 位評審：評審甲。" in response.content.decode()
    assert JudgeReminder.objects.get().judge == chosen


def test_a_judge_of_another_group_cannot_be_reminded_here(staff_client, group):
    other = make.make_judge(group="county_and_school")

    response = staff_client.post(
        reverse("competition:judge_remind", args=[group.pk]),
        {"judge": other.judgeships.get().pk},
        follow=True,
    )

    assert "未提醒。所選評審的評分表都已簽名，或沒有選取評審。" in response.content.decode()


def test_disputed_works_are_raised(staff_client, group):
    shown = page(staff_client, "dispute_list", group.pk)

    assert "機關組有 1 件作品評審看法分歧" in shown
    assert re.findall(r"評審. [\d.]+", strip_tags(shown)) == ["評審甲 100.00", "評審乙 40.00", "評審丙 65.00"]
    assert "<b>60.00</b>" in shown


def test_the_threshold_is_set_on_the_page(staff_client, group):
    url = reverse("competition:dispute_threshold", args=[group.pk])

    assert staff_client.post(url, {"points": "0"}).status_code == 422
    assert not Ceremony.objects.exists()
    staff_client.post(url, {"points": "60.5"})
    assert "機關組沒有分歧達 60.5 分的作品" in page(staff_client, "dispute_list", group.pk)


def test_a_further_judge_is_called_and_withdrawn(staff_client, group, entry):
    make.make_user(username="reserve", name="備位評審")
    url = reverse("competition:extra_review_create", args=[group.pk, entry.pk])

    staff_client.post(url, {"username": "RESERVE", "reason": "差距 60 分"})
    review = ExtraReview.objects.get()
    assert (review.judge.user.name, review.judge.is_extra, review.reason) == ("備位評審", True, "差距 60 分")
    assert "已請備位評審加評" in page(staff_client, "dispute_list", group.pk)

    staff_client.post(
        reverse("competition:extra_review_withdraw", args=[group.pk, review.pk]), {"reason": "已有共識"}
    )
    assert not ExtraReview.objects.exists()


def test_no_further_judge_is_offered_after_the_result(staff_client, group):
    assert "請人加評" in page(staff_client, "dispute_list", group.pk)

    staff = make.make_staff()
    actions.finalise(group=group, release_at=DURING, accept_unranked=True, by=staff, at=DURING)

    shown = page(staff_client, "dispute_list", group.pk)
    assert "請人加評" not in shown
    assert "已定案" in shown


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        ({"reason": "r"}, "請選一位其他組的評審，或填一個備位評審的帳號，擇一。"),
        ({"username": "nobody", "reason": "r"}, "沒有「nobody」這個帳號。"),
    ],
)
def test_a_further_judge_must_be_named(staff_client, group, entry, data, refusal):
    url = reverse("competition:extra_review_create", args=[group.pk, entry.pk])

    response = staff_client.post(url, data)

    assert response.status_code == 422
    assert refusal in response.content.decode()
    assert not ExtraReview.objects.exists()


def test_a_work_of_another_group_is_none_of_this_one(staff_client, entry):
    other = entry.competition.groups.get(key="county_and_school")

    url = reverse("competition:extra_review_create", args=[other.pk, entry.pk])

    assert staff_client.get(url).status_code == 404


def test_missing_sheets_are_told_with_their_bounds(staff_client, group, judges):
    waiting = make.make_entry(unit=make.make_unit(), receipt="A2", title="缺一張")
    for judge in judges[:2]:
        make.make_sheet(entry=waiting, judge=judge, marks=(40, 30, 20, 10))

    shown = page(staff_client, "missing_sheet_list", group.pk)

    assert "機關組有 1 件作品缺評分表" in shown
    # With 0 it has 66.67 and the disputed work's 68.33 leads, yet both are below the minimum mean.
    assert "尚無法排名" in shown
    assert "第 2 名（無獎項）" in shown
    assert "第 1 名（第一名）" in shown
    assert "可能改變" in shown
    assert "缺的評分表合起來可能改變得獎名單。" in shown

    type(group.competition).objects.update(minimum_sheets=4)
    assert "不論缺的評分表怎麼評，得獎名單都不會改變。" in page(staff_client, "missing_sheet_list", group.pk)
    type(group.competition).objects.update(method="rank_sum")
    assert "序位法的名次互相牽動" in page(staff_client, "missing_sheet_list", group.pk)


def test_the_works_whose_rank_depends_on_the_method_are_picked(staff_client, group, judges):
    works = {
        "A2": ((30, 20, 10, 5),) * 3,
        "A3": ((40, 30, 20, 10), (1, 1, 1, 1), (31, 20, 10, 5)),
        "A4": ((0, 0, 0, 0),) * 3,
    }
    for receipt, marks in works.items():
        work = make.make_entry(unit=make.make_unit(), receipt=receipt, title=f"作品{receipt}")
        for judge, given in zip(judges, marks, strict=True):
            make.make_sheet(entry=work, judge=judge, marks=given)

    shown = page(staff_client, "result_detail", group.pk, differ="1")

    # By the mean A1, A2, A3; by the judges' orders A3, A1, A2. A4 is last by all.
    assert "各方法名次不同 <small>3</small>" in shown
    assert [receipt for receipt in works if f"作品{receipt}" in shown] == ["A2", "A3"]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("name", "queries"), [("progress_detail", 19), ("dispute_list", 20), ("missing_sheet_list", 18)]
)
def test_pages_take_a_fixed_number_of_queries(
    staff_client, judges, group, name, queries, count, django_assert_num_queries
):
    for number in range(count):
        work = make.make_entry(unit=make.make_unit(), receipt=f"B{number}")
        for judge in judges[:2]:
            make.make_sheet(entry=work, judge=judge)
    url = reverse(f"competition:{name}", args=[group.pk])
    staff_client.get(url)

    with django_assert_num_queries(queries):
        staff_client.get(url)
