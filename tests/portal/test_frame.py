"""The frame around every page: sections by hat, the year, the notices."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agencies.models import Curator, Notice
from chiayi_elearn.context import Frame
from tests import factories as make

pytestmark = pytest.mark.django_db

HELP = "/about/help/"


def frame(client, path=HELP):
    """The frame of the answer's own request."""
    return Frame(client.get(path).wsgi_request)


def labels(sections):
    return [label for label, _, _ in sections]


def test_frame_costs_an_anonymous_visitor_no_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get(HELP)

    assert response.status_code == 200


@pytest.mark.parametrize("count", (1, 3))
def test_frame_query_count(client, count, django_assert_num_queries):
    user = make.make_contact(unit=make.make_unit())
    for number in range(count):
        make.make_programme(year=110 + number)
        Notice.objects.create(user=user, text="測試通知")
    client.force_login(user)

    with django_assert_num_queries(6):  # session, user; programme, years, hats, notices
        client.get(HELP)


def test_frame_of_an_empty_database(client):
    client.force_login(make.make_administrator())

    response = client.get(HELP)

    assert response.status_code == 200
    assert "年度" not in response.content.decode().partition("<main")[0]


@pytest.mark.parametrize(
    ("make_user", "hat", "administration"),
    ((make.make_staff, "承辦人", ["系統"]), (make.make_administrator, "系統管理者", ["稽核與工作"])),
)
def test_sections_of_the_office(client, make_user, hat, administration):
    client.force_login(make_user())

    seen = frame(client)

    assert seen.hat == hat
    office = ["首頁", "完成度", "機關與人員", "研習班", "競賽", "經驗傳承", "匯入"]
    assert labels(seen.sections) == office + administration


def test_sections_of_a_contact_lead_to_the_own_unit(client):
    unit = make.make_unit(code="10010140")
    client.force_login(make.make_contact(unit=unit))

    seen = frame(client)

    assert seen.hat == "機關聯絡人"
    assert labels(seen.sections) == ["首頁", "本機關", "完成度", "研習班", "競賽", "經驗傳承"]
    assert seen.sections[1][1] == reverse("scoring:scorecard", args=["10010140"])


def test_a_deputy_wears_the_hat_until_the_last_day(client):
    unit = make.make_unit()
    contact = make.make_contact(unit=unit).contacts.get()
    deputy = make.make_user()
    today = timezone.localdate()
    contact.deputies.create(unit=unit.unit, user=deputy, starts_on=today - timedelta(days=3), ends_on=today)
    former = make.make_user()
    contact.deputies.create(
        unit=unit.unit,
        user=former,
        starts_on=today - timedelta(days=3),
        ends_on=today - timedelta(days=1),
    )

    client.force_login(deputy)
    assert frame(client).hat == "職務代理"
    client.force_login(former)
    assert frame(client).hat == "同仁"


def test_other_hats(client):
    curator = make.make_user()
    Curator.objects.create(user=curator, starts_on=date(2016, 1, 1))
    wearers = (
        (make.make_judge(), "評審", ["首頁", "評審作業", "我的研習", "輔導教師"]),
        (make.make_tutor(), "輔導教師", ["首頁", "我的研習", "輔導教師"]),
        (curator, "策展人", ["首頁"]),
        (make.make_user(), "同仁", ["首頁", "我的研習", "輔導教師"]),
    )

    for user, hat, sections in wearers:
        client.force_login(user)
        seen = frame(client)
        assert (seen.hat, labels(seen.sections)) == (hat, sections)


def test_the_section_one_is_in_is_marked(client):
    unit = make.make_unit()
    client.force_login(make.make_staff())

    scorecard = frame(client, reverse("scoring:scorecard", args=[unit.code]))
    home = frame(client, reverse("portal:home"))

    assert [label for label, _, current in scorecard.sections if current] == ["完成度"]
    assert [label for label, _, current in home.sections if current] == ["首頁"]


def test_a_year_that_is_asked_for_goes_along(client):
    make.make_programme(year=104)
    make.make_programme(year=105)
    client.force_login(make.make_staff())

    asked, usual = frame(client, f"{HELP}?year=104"), frame(client)

    assert asked.years == [("105年度", "?year=105", False), ("104年度", "?year=104", True)]
    assert {link.partition("?")[2] for _, link, _ in asked.sections} == {"year=104"}
    assert {link.partition("?")[2] for _, link, _ in usual.sections} == {""}


def test_another_year_of_one_row_is_its_list(client):
    make.make_programme(year=104)
    entry = make.make_entry(unit=make.make_unit())
    client.force_login(make.make_staff())

    seen = frame(client, reverse("competition:entry_detail", args=[entry.pk]))

    assert seen.years[-1][1] == reverse("competition:entry_list") + "?year=104"


def test_unread_notices_are_counted(client):
    user = make.make_user()
    Notice.objects.create(user=user, text="未讀")
    Notice.objects.create(user=user, text="已讀", read_at=timezone.now())
    Notice.objects.create(user=make.make_user(), text="別人的")
    client.force_login(user)

    assert frame(client).notice_count == 1


def test_the_frame_stays_in_the_year_of_the_work_that_is_shown(client):
    """An address of one row names no year."""
    entry = make.make_entry(unit=make.make_unit())
    make.make_programme(year=106)
    client.force_login(make.make_staff())

    page = client.get(entry.get_absolute_url()).content.decode()

    assert '<span class="visually-hidden">選擇年度，目前</span>105年度' in page
    assert '<li><a href="/competition/?year=105" aria-current="true">105年度</a></li>' in page
    assert f'<a href="{reverse("workshops:session_list")}?year=105">研習班</a>' in page
    assert f'<a href="{reverse("competition:entry_list")}?year=105">競賽</a> ／ ' in page
