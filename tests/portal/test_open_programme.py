import re
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.forms import model_to_dict
from django.urls import reverse

from agencies.models import Category, Headcount, Programme, ProgrammeUnit, ScheduleItem
from agencies.opening import moved
from chiayi_elearn.programmes import consequences, open_programme
from competition.models import Ceremony, Competition, Entry, Judge
from foundation.errors import Refused
from foundation.models import Event
from tests import factories as make
from workshops.models import FIRST_AUDIENCE, SECOND_AUDIENCE, Session, UnitQuota

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = make.taipei(2016, 3, 1, 9)


def open_year(year, like=None):
    return open_programme(year=year, like=like, by=None, at=AT)


# By the document


def test_105_is_the_programme_of_the_document():
    programme = open_year(105)

    assert programme.state == Programme.State.DRAFT
    assert programme.title == "嘉義縣政府105年度「熠」鳴驚人-經驗傳承數位飛躍計畫"
    assert programme.document_number == "府人考字第1050049859號"
    assert programme.document_date == date(2016, 3, 14)
    assert (programme.starts_on, programme.ends_on) == (date(2016, 3, 1), date(2016, 9, 30))
    assert programme.competition_edition == 2
    assert "公務人員訓練進修法暨其施行細則" in programme.legal_basis
    assert "嘉義新時代" in programme.objectives
    targets = ("update_multiplier", "update_target", "work_target", "topic_target", "reply_target")
    assert [getattr(programme, name) for name in targets] == [2, Decimal("0.2"), 1, 5, 10]
    assert Event.objects.get().summary == "開辦105年度，依計畫預設"


def test_another_year_has_no_document_of_its_own_yet():
    programme = open_year(106)
    assert (programme.document_number, programme.document_date, programme.legal_basis) == ("", None, "")
    assert programme.competition.title == "洗鍊的「嘉」作-第3屆自製數位教材競賽活動"


def test_default_schedule_has_the_five_items_all_provisional():
    items = open_year(105).schedule.values_list("number", "first_month", "last_month", "is_provisional")
    assert list(items) == [
        (1, 3, 9, True),
        (2, 4, 4, True),
        (3, 4, 7, True),
        (4, 4, 9, True),
        (5, 7, 9, True),
    ]


def test_default_sessions_have_dates_and_audiences_but_no_capacity():
    sessions = open_year(105).sessions.order_by("number")
    found = [(s.number, s.held_on, s.is_provisional, s.place, s.capacity, s.audience) for s in sessions]
    assert found == [
        (1, date(2016, 4, 11), True, "本府電腦教室", None, [str(key) for key in FIRST_AUDIENCE]),
        (2, date(2016, 4, 18), True, "本府電腦教室", None, [str(key) for key in SECOND_AUDIENCE]),
    ]


def test_default_competition_has_groups_topics_and_criteria():
    competition = open_year(105).competition
    topics = {
        str(group): [(topic.name, topic.asks_axis) for topic in group.topics.all()]
        for group in competition.groups.all()
    }
    assert competition.title == "洗鍊的「嘉」作-第2屆自製數位教材競賽活動"
    assert (competition.due_on, competition.due_is_provisional) == (date(2016, 7, 1), True)
    assert topics == {
        "機關組": [("嘉義新時代", True), ("為民服務", False)],
        "本府暨學校組": [("人事業務", False), ("嘉義新時代", True), ("為民服務", False)],
    }
    marks = competition.criteria.values_list("name", "full_marks")
    assert list(marks) == [("內容", 40), ("教學設計", 30), ("媒體呈現", 20), ("創意", 10)]


# As a copy


@pytest.fixture
def last_year():
    """Year 105, begun on 29 February, with a row of everything."""
    programme = make.make_programme(
        year=105,
        title="嘉義縣政府105年度「熠」鳴驚人-經驗傳承數位飛躍計畫",
        competition_edition=2,
        starts_on=date(2016, 2, 29),
        reference_date=date(2016, 1, 31),
        weight_forum=40,
        topic_target=6,
        document_number="府人考字第1號",
        state=Programme.State.FROZEN,
    )
    ScheduleItem.objects.create(
        programme=programme, number=4, title="第2屆競賽", first_month=5, last_month=8, is_provisional=False
    )
    make.make_session(
        programme=programme,
        number=1,
        held_on=date(2016, 2, 29),
        capacity=30,
        audience=["township"],
        enrolment_opens_at=make.taipei(2016, 2, 29, 9),
        enrolment_closes_at=make.taipei(2016, 3, 4, 17),
        attendance_closed_at=make.taipei(2016, 4, 20),
        title="進階班",
    )
    make.make_competition(
        programme=programme,
        title="第2屆自製數位教材競賽",
        due_on=date(2016, 7, 1),
        due_is_provisional=False,
        method=Competition.Method.RANK_SUM,
        minimum_sheets=5,
    )
    Ceremony.objects.create(
        competition=programme.competition,
        magistrate="測試縣長",
        certificate_prefix="測試字第",
        certificates_per=Ceremony.CertificatesPer.WORK,
        certificate_on=date(2016, 9, 1),
        held_at=make.taipei(2016, 9, 1),
        place="測試禮堂",
        presenter="副縣長",
        mention_presenter="秘書長",
        voucher_purpose="105年度競賽獎品",
        budget_item="105年度人事業務",
        disputed_from=12,
    )
    parent = make.make_unit(
        programme=programme, code="U1", name="教育處", category=Category.COUNTY_UNIT, headcount=50
    )
    school = make.make_unit(
        programme=programme,
        code="S1",
        name="竹崎國小",
        category=Category.SCHOOL,
        parent=parent,
        headcount=20,
        competition_group="",
        on_board=False,
    )
    gone = make.make_unit(programme=programme, code="G1", name="已裁撤所", headcount=9)
    gone.unit.closed_on = date(2016, 12, 31)
    gone.unit.save()
    make.make_quota(session=programme.sessions.get(), unit=school, seats=2)
    make.make_judge(programme=programme)
    make.make_entry(unit=parent)
    make.make_update(unit=school)
    return programme


def test_copy_moves_dates_and_renumbers_words(last_year):
    programme = open_year(106, like=105)

    assert programme.title == "嘉義縣政府106年度「熠」鳴驚人-經驗傳承數位飛躍計畫"
    assert programme.starts_on == date(2017, 2, 28)
    assert (programme.ends_on, programme.reference_date) == (date(2017, 9, 30), date(2017, 1, 31))
    assert (programme.weight_forum, programme.topic_target, programme.competition_edition) == (40, 6, 3)
    assert (programme.document_number, programme.state) == ("", Programme.State.DRAFT)
    items = programme.schedule.values_list("title", "first_month", "last_month", "is_provisional")
    assert list(items) == [("第3屆競賽", 5, 8, True)]


def test_copy_takes_sessions_with_windows_moved_and_attendance_open(last_year):
    session = open_year(106, like=105).sessions.get()
    assert (session.held_on, session.is_provisional) == (date(2017, 2, 28), True)
    assert session.enrolment_opens_at == make.taipei(2017, 2, 28, 9)
    assert session.enrolment_closes_at == make.taipei(2017, 3, 4, 17)
    assert session.attendance_closed_at is None
    assert (session.title, session.capacity, session.audience) == ("進階班", 30, ["township"])


def test_copy_takes_the_competitions_rules_but_neither_judges_nor_works(last_year):
    competition = open_year(106, like=105).competition
    assert (competition.title, competition.due_on) == ("第3屆自製數位教材競賽", date(2017, 7, 1))
    assert (competition.method, competition.minimum_sheets) == (Competition.Method.RANK_SUM, 5)
    assert competition.due_is_provisional
    assert competition.groups.count() == 2
    assert competition.criteria.count() == 4
    assert not Judge.objects.filter(group__competition=competition).exists()
    assert not Entry.objects.filter(competition=competition).exists()


def test_copy_takes_what_the_papers_say_but_not_the_day(last_year):
    ceremony = open_year(106, like=105).competition.ceremony
    assert model_to_dict(ceremony, exclude=["competition"]) == {
        "magistrate": "測試縣長",
        "certificate_prefix": "測試字第",
        "certificates_per": "work",
        "certificate_on": None,
        "held_at": None,
        "place": "",
        "presenter": "副縣長",
        "mention_presenter": "秘書長",
        "voucher_purpose": "106年度競賽獎品",
        "budget_item": "106年度人事業務",
        "disputed_from": 12,
    }


def test_copy_takes_open_units_without_any_fact(last_year):
    programme = open_year(106, like=105)
    units = programme.units.order_by("unit__code")
    found = [
        (u.unit.code, u.name, u.category, u.competition_group, u.parent and u.parent.name, u.on_board)
        for u in units
    ]
    assert found == [
        ("S1", "竹崎國小", "school", "", "教育處", False),
        ("U1", "教育處", "county_unit", "county_and_school", None, True),
    ]
    assert {unit.parent.programme for unit in units if unit.parent} == {programme}
    assert not Headcount.objects.filter(programme_unit__programme=programme).exists()
    assert not UnitQuota.objects.filter(session__programme=programme).exists()
    assert not programme.updates.exists()


def test_copy_to_a_year_before_the_closing_keeps_the_unit(last_year):
    assert open_year(104, like=105).units.filter(unit__code="G1").exists()


def test_copy_takes_the_name_of_a_year_between():
    make.make_unit(programme=make.make_programme(year=104), code="R1", name="舊名")
    make.make_unit(programme=make.make_programme(year=105), code="R1", name="新名")
    assert open_year(106, like=104).units.get().name == "新名"


def test_copy_of_a_year_without_a_competition_has_none():
    make.make_programme(year=104)
    assert not hasattr(open_year(105, like=104), "competition")


@pytest.mark.parametrize(
    ("day", "years", "then"),
    (
        (date(2016, 2, 29), 1, date(2017, 2, 28)),
        (date(2016, 2, 29), 4, date(2020, 2, 29)),
        (date(2017, 2, 28), -1, date(2016, 2, 28)),
        (None, 1, None),
    ),
)
def test_moved(day, years, then):
    assert moved(day, years) == then


# Refusals, and the command


@pytest.mark.parametrize(
    ("year", "like", "words"),
    (
        (105, None, "105年度已經開辦"),
        (105, 104, "105年度已經開辦"),
        (106, 99, "沒有99年度，不能比照開辦"),
        (0, None, "年度須在 1 至 999 之間"),
        (1000, None, "年度須在 1 至 999 之間"),
    ),
)
def test_refused_opening_writes_nothing(year, like, words):
    make.make_programme(year=105)
    make.make_programme(year=104)
    with pytest.raises(Refused, match=words):
        open_year(year, like=like)
    assert (Programme.objects.count(), Session.objects.count(), Event.objects.count()) == (2, 0, 0)


def test_command_opens_and_says_what_is_still_missing():
    out = StringIO()
    call_command("open_programme", "105", stdout=out)
    call_command("open_programme", "106", "--like", "105", stdout=out)
    assert list(Programme.objects.values_list("year", flat=True)) == [106, 105]
    assert out.getvalue().splitlines() == [
        "已開辦105年度（籌備中）。",
        "已開辦106年度（籌備中）。",
        "單位人數與研習名額未複製，請重新匯入。",
    ]


@pytest.mark.parametrize("arguments", (["105"], ["106", "--like", "99"], ["明年"], ["106", "--like", "去年"]))
def test_command_refuses_in_one_line(arguments):
    make.make_programme(year=105)
    with pytest.raises(CommandError) as refusal:
        call_command("open_programme", *arguments)
    assert len(str(refusal.value).splitlines()) == 1
    assert refusal.value.returncode == 1


# The pages


@pytest.fixture
def staff(client):
    user = make.make_staff()
    client.force_login(user)
    return user


def test_open_page_offers_the_next_year_like_the_newest(client, staff):
    make.make_programme(year=105)
    form = client.get(reverse("portal:programme_open")).context["form"]
    assert form.initial == {"year": 106, "like": 105}


def test_open_page_opens(client, staff):
    make.make_unit(programme=make.make_programme(year=105))
    response = client.post(reverse("portal:programme_open"), {"year": "106", "like": "105"})
    assert response.url == reverse("agencies:programme_detail", args=[106])
    assert Event.objects.get(action="programme.opened").actor == staff
    assert ProgrammeUnit.objects.filter(programme__year=106).count() == 1


def test_open_page_says_why_not(client, staff):
    make.make_programme(year=105)
    page = client.post(reverse("portal:programme_open"), {"year": "105", "like": ""})
    assert "105年度已經開辦" in page.content.decode()


def sent(page):
    """What a browser would send back from the form of the edit page."""
    forms = [page.context["form"], page.context["schedule"].management_form, *page.context["schedule"]]
    data = {}
    for form in forms:
        for field in form:
            value = field.value()
            if value is not None and value is not False:
                data[field.html_name] = field.field.prepare_value(value)
    return data


def test_edit_page_saves_fields_and_schedule(client, staff):
    programme = open_year(105)
    url = reverse("portal:programme_edit", args=[105])
    data = sent(client.get(url)) | {"update_target": "25", "schedule-0-last_month": "10"}

    response = client.post(url, data)

    programme.refresh_from_db()
    assert response.status_code == 302
    assert programme.update_target == Decimal("0.25")
    assert programme.schedule.get(number=1).last_month == 10


def test_edit_page_shows_consequences_before_saving(client, staff):
    programme = open_year(105)
    unit = make.make_unit(programme=programme, headcount=10)
    make.make_update(unit=unit, updated_on=date(2016, 9, 15))
    url = reverse("portal:programme_edit", args=[105])
    data = sent(client.get(url)) | {"ends_on": "105/8/31"}

    page = client.post(url, data)

    programme.refresh_from_db()
    assert programme.ends_on == date(2016, 9, 30)
    assert page.context["warnings"] == ["1 筆經驗傳承更新將不再計入。"]
    confirmed = re.search(r'name="confirmed" value="(\w+)"', page.content.decode())[1]
    # Another change with the old confirmation asks again.
    again = client.post(url, data | {"confirmed": confirmed, "ends_on": "105/8/30"})
    assert again.status_code == 200
    client.post(url, data | {"confirmed": confirmed})
    programme.refresh_from_db()
    assert programme.ends_on == date(2016, 8, 31)


def test_edit_page_refuses_a_frozen_year_and_keeps_what_was_typed(client, staff):
    open_year(105)
    url = reverse("portal:programme_edit", args=[105])
    data = sent(client.get(url)) | {"title": "打好的名稱"}
    Programme.objects.update(state=Programme.State.FROZEN)
    page = client.post(url, data).content.decode()
    assert "105年度已凍結" in page
    assert "打好的名稱" in page


@pytest.mark.parametrize(
    ("change", "problem"),
    (
        ({"ends_on": "105/2/1"}, "結束日期不得早於開始日期"),
        ({"weight_forum": "0"}, "論壇主題權重須大於 0"),
        ({"update_target": "0"}, "資料更新率目標須大於 0"),
        ({"schedule-1-first_month": "13"}, "月份須在 1 至 12 之間"),
        ({"starts_on": "昨天"}, "昨天"),
    ),
)
def test_edit_page_refuses_what_cannot_be(client, staff, change, problem):
    open_year(105)
    url = reverse("portal:programme_edit", args=[105])
    page = client.post(url, sent(client.get(url)) | change)
    assert page.status_code == 200
    assert problem in page.content.decode()


# What a change would do


def values(programme, **changes):
    names = ("starts_on", "ends_on", "reference_date", "reply_target")
    return {name: getattr(programme, name) for name in names} | changes


def test_no_change_has_no_consequences():
    programme = make.make_programme(year=105)
    unit = make.make_unit(programme=programme, headcount=5)
    make.make_update(unit=unit)
    make.make_forum_topic(unit=unit)
    assert consequences(programme, values(programme)) == []


def test_consequences_of_another_period():
    programme = make.make_programme(year=105)
    unit = make.make_unit(programme=programme)
    make.make_update(unit=unit, updated_on=date(2016, 3, 1))
    make.make_update(unit=unit, updated_on=date(2016, 10, 5))
    make.make_forum_topic(unit=unit, posted_on=date(2016, 10, 6))
    changed = values(programme, starts_on=date(2016, 3, 2), ends_on=date(2016, 10, 31))
    assert consequences(programme, changed) == [
        "1 筆經驗傳承更新將不再計入。",
        "1 筆經驗傳承更新將改為計入。",
        "1 個論壇主題將改為計入。",
    ]


def test_consequences_of_another_reply_target():
    programme = make.make_programme(year=105)
    make.make_forum_topic(unit=make.make_unit(programme=programme), replies=10)
    assert consequences(programme, values(programme, reply_target=11)) == ["1 個論壇主題將不再計入。"]


def test_consequences_of_another_reference_date():
    programme = make.make_programme(year=105)
    losing, changing, gaining = (make.make_unit(programme=programme) for _ in range(3))
    make.make_headcount(unit=losing, count=5, effective_on=date(2016, 2, 1))
    for day, count in ((date(2016, 1, 1), 7), (date(2016, 2, 1), 8)):
        make.make_headcount(unit=changing, count=count, effective_on=day)
    make.make_headcount(unit=gaining, count=3, effective_on=date(2016, 4, 1))

    earlier = consequences(programme, values(programme, reference_date=date(2016, 1, 15)))
    later = consequences(programme, values(programme, reference_date=date(2016, 4, 15)))

    assert earlier == [
        "1 個機關在新的基準日沒有單位人數，「經驗傳承更新」將不適用。",
        "1 個機關將改用另一個日期的單位人數。",
    ]
    assert later == ["1 個機關將有單位人數。"]
