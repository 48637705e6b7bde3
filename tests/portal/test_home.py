"""The home page by hat."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from platform_updates.models import Review
from tests import factories as make
from tests.permissions.world import build_world
from workshops.models import Enrolment

pytestmark = pytest.mark.django_db
HOME = reverse("portal:home")


def open_home(client, user):
    client.force_login(user)
    return client.get(HOME)


def this_years(**fields):
    today = timezone.localdate()
    return make.make_programme(
        year=today.year - 1911,
        starts_on=today - timedelta(days=30),
        ends_on=today + timedelta(days=30),
        **fields,
    )


def test_without_any_year_staff_are_led_to_open_one(client):
    page = open_home(client, make.make_staff())

    assert "還沒有任何年度" in page.text
    assert reverse("portal:programme_open") in page.text


def test_staff_see_what_waits_and_what_is_due(client):
    programme = this_years()
    unit = make.make_unit(programme=programme)
    make.make_competition(programme=programme, due_on=timezone.localdate())
    make.make_session(programme=programme, held_on=timezone.localdate() - timedelta(days=1))
    make.make_update(unit=unit, review=Review.PENDING)

    page = open_home(client, make.make_staff())

    assert "本週有 2 件到期，2 件在今天" in page.text
    titles = [task.title for task in page.context["tasks"]]
    assert titles == ["結算第1梯次出席", "競賽繳交截止", "計畫期間結束", "補 1 個機關的單位人數"]
    assert [queue.count for queue in page.context["queues"]] == [1, 0, 0, 0]


def test_staff_see_how_far_the_judging_is(client):
    programme, today = this_years(), timezone.localdate()
    make.make_competition(
        programme=programme, due_on=today - timedelta(days=9), judging_ends_on=today + timedelta(days=3)
    )
    entry = make.make_entry(unit=make.make_unit(programme=programme))
    for signed_at in (timezone.now(), None):
        make.make_sheet(entry=entry, judge=make.make_judge(programme=programme), signed_at=signed_at)

    (task,) = [each for each in open_home(client, make.make_staff()).context["tasks"] if "評審" in each.title]

    assert (task.detail, task.day) == (
        "當日 24:00，臺北時間；評分表已簽名 1 張，評分中 1 張",
        today + timedelta(days=3),
    )


def test_a_contact_sees_the_own_scorecard_and_no_others(client):
    world = build_world()

    page = open_home(client, world.users["contact"])

    assert [card.row.code for card in page.context["scorecards"]] == [world.unit.code]
    assert world.other_unit.name not in page.text


def test_a_judge_sees_the_panel_and_a_tutor_the_list(client):
    world = build_world()

    judge = open_home(client, world.users["judge"])
    tutor = open_home(client, world.users["tutor"])

    assert [task.title for task in judge.context["tasks"]] == ["評機關組的作品"]
    assert [task.title for task in tutor.context["tasks"]] == ["登錄 1 筆輔導的結果", "您是本年度的輔導教師"]


def test_what_is_booked_stands_on_the_home_page_of_both(client):
    programme = this_years()
    now = timezone.now()
    tutor, asker = make.make_tutor(programme=programme), make.make_user()
    free = make.make_slot(tutor=tutor, starts_at=now + timedelta(hours=3))
    for hours, subject in ((2, "動畫順序"), (1, "沒有聲音")):
        make.make_consultation(
            slot=make.make_slot(tutor=tutor, starts_at=now + timedelta(hours=hours)),
            asker=asker,
            subject=subject,
        )

    titles = {
        user: [(task.title, task.act) for task in open_home(client, user).context["tasks"]]
        for user in (tutor, asker, make.make_user())
    }

    assert list(titles.values()) == [
        [
            ("輔導測試同仁：沒有聲音", "看這筆預約"),
            ("輔導測試同仁：動畫順序", "看這筆預約"),
            ("您是本年度的輔導教師", "看我的一週"),
        ],
        [("請教測試輔導教師：沒有聲音", "看這筆預約"), ("請教測試輔導教師：動畫順序", "看這筆預約")],
        [],
    ]
    assert "還有 1 個時段可以預約" in open_home(client, tutor).text
    assert free.tutor.user == tutor


def test_a_civil_servant_sees_the_own_enrolments(client):
    world = build_world()
    user = world.users["civil"]
    world.person.user = user
    world.person.save()
    other = make.make_person(unit=world.unit)
    make.make_enrolment(session=world.session, unit=world.unit, person=other, state=Enrolment.State.WAITING)

    page = open_home(client, user)

    assert [enrolment.person for enrolment in page.context["enrolments"]] == [world.person]


@pytest.mark.parametrize("units", (1, 3))
def test_home_query_count(client, units, django_assert_max_num_queries):
    programme = this_years()
    make.make_competition(programme=programme)
    for _ in range(units):
        make.make_unit(programme=programme, headcount=10)
    client.force_login(make.make_staff())

    with django_assert_max_num_queries(12):
        client.get(HOME)
