"""The rows behind each figure: every one listed, counted or not and why, and the sum is the board's."""

from datetime import date

import pytest
from django.urls import reverse

from competition.models import Entry, Extension
from platform_updates.models import Review
from scoring.board import compute_board
from tests import factories as make
from workshops.models import Enrolment

AT = make.taipei(2016, 6, 23)
pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(make.make_staff())
    return client


def open_records(client, unit, key, query=""):
    return client.get(reverse("scoring:records", args=[unit.code, key]) + query)


def reasons(response):
    return [record.why_not for record in response.context["records"]]


def facts_of(unit):
    return compute_board(unit.programme, at=AT).row_of(unit.code)


def test_updates(staff):
    unit = make.make_unit(headcount=10)
    make.make_update(unit=make.make_unit(), title="別的機關")
    for day, review in (
        (date(2016, 9, 30), Review.ACCEPTED),
        (date(2016, 9, 29), Review.PENDING),
        (date(2016, 9, 28), Review.REJECTED),
        (date(2016, 2, 29), Review.ACCEPTED),
    ):
        make.make_update(unit=unit, updated_on=day, review=review)

    response = open_records(staff, unit, "updates")

    assert reasons(response) == [
        "",
        "審查中，通過後採計",
        "未通過審查",
        "日期不在計畫期間（105年3月1日至9月30日）",
    ]
    assert response.context["counted"] == facts_of(unit).facts.updates == 1
    assert [record.state for record in response.context["records"]][2] == "未通過：測試理由"


def test_topics(staff):
    unit = make.make_unit()
    for day, replies, review in (
        (date(2016, 5, 4), 10, Review.PENDING),
        (date(2016, 5, 3), 8, Review.PENDING),
        (date(2016, 5, 2), 20, Review.REJECTED),
        (date(2016, 2, 1), 20, Review.PENDING),
    ):
        make.make_forum_topic(unit=unit, posted_on=day, replies=replies, review=review)

    response = open_records(staff, unit, "forum")

    assert reasons(response) == [
        "",
        "回覆還差 2 篇",
        "未通過審查",
        "日期不在計畫期間（105年3月1日至9月30日）",
    ]
    assert response.context["counted"] == facts_of(unit).facts.topics == 1


def test_works(staff):
    unit = make.make_unit()
    for title, state, hour in (
        ("戊", Entry.State.SUBMITTED, make.taipei(2016, 7, 2)),
        ("丁", Entry.State.SUBMITTED, make.taipei(2016, 7, 1, 23, 59)),
        ("丙", Entry.State.DISQUALIFIED, make.taipei(2016, 6, 3)),
        ("乙", Entry.State.WITHDRAWN, make.taipei(2016, 6, 2)),
        ("甲", Entry.State.DRAFT, None),
    ):
        make.make_entry(unit=unit, title=title, state=state, submitted_at=hour)

    response = open_records(staff, unit, "competition")

    assert {record.title: record.why_not for record in response.context["records"]} == {
        "戊": "逾期送件（期限 7月1日（五）24:00）",
        "丁": "",
        "丙": "取消資格：測試理由",
        "乙": "已撤回",
        "甲": "草稿，尚未送件",
    }
    assert response.context["counted"] == facts_of(unit).facts.works == 1


def test_works_within_an_extension_count(staff):
    unit = make.make_unit()
    entry = make.make_entry(unit=unit, submitted_at=make.taipei(2016, 7, 2))
    Extension.objects.create(
        competition=entry.competition, unit=unit, due_on=date(2016, 7, 3), reason="測試理由",
        granted_by=make.make_staff(), granted_at=AT,
    )  # fmt: skip

    assert reasons(open_records(staff, unit, "competition")) == [""]


def test_people(staff):
    unit = make.make_unit()
    first, second, third = (make.make_session(number=number) for number in (1, 2, 3))
    make.make_quota(session=first, unit=unit, seats=1)
    make.make_quota(session=second, unit=unit, seats=2)
    for session, state, attendance in (
        (first, Enrolment.State.CONFIRMED, "present"),
        (first, Enrolment.State.CONFIRMED, "late"),
        (second, Enrolment.State.CONFIRMED, "excused"),
        (second, Enrolment.State.CONFIRMED, "absent"),
        (second, Enrolment.State.WAITING, ""),
        (second, Enrolment.State.CANCELLED, ""),
        (third, Enrolment.State.CONFIRMED, ""),
    ):
        make.make_enrolment(session=session, unit=unit, state=state, attendance=attendance)

    response = open_records(staff, unit, "workshop")

    assert reasons(response) == [
        "",
        "超過分配名額 1 人",
        "請假",
        "缺席",
        "候補",
        "已取消",
        "本梯次未分配名額",
    ]
    row = facts_of(unit)
    assert response.context["counted"] == 1
    assert row.completion.workshop.completion * row.facts.quota == 1
    assert "第1梯次名額 1 人、送 2 人，第2梯次名額 2 人、送 0 人" in response.content.decode()


@pytest.mark.parametrize("key", ("updates", "workshop", "competition", "forum"))
def test_nothing_to_list(staff, key):
    unit = make.make_unit()

    assert "還沒有" in open_records(staff, unit, key).content.decode()


@pytest.mark.parametrize("count", (1, 3))
@pytest.mark.parametrize("key", ("updates", "workshop", "competition", "forum"))
def test_records_query_count(staff, key, count, django_assert_max_num_queries):
    unit = make.make_unit()
    session = make.make_session()
    make.make_quota(session=session, unit=unit, seats=5)
    for _ in range(count):
        make.make_update(unit=unit)
        make.make_forum_topic(unit=unit)
        make.make_enrolment(session=session, unit=unit)
        make.make_entry(unit=unit)

    with django_assert_max_num_queries(10) as queries:
        response = open_records(staff, unit, key)

    assert len(response.context["records"]) == count
    # session, user, programme, years, notices, unit; how many, the rows, how many count (people: two of their own)
    assert len(queries) == (10 if key == "workshop" else 9)


def test_long_lists_are_paged(staff):
    unit = make.make_unit()
    for number in range(101):
        make.make_update(unit=unit, title=f"第{number}筆")

    first = open_records(staff, unit, "updates")
    second = open_records(staff, unit, "updates", "?page=2")

    assert [len(response.context["records"]) for response in (first, second)] == [100, 1]
    assert second.context["counted"] == 101
