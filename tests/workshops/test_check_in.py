"""Self check-in by the rotating code."""

from datetime import time, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from foundation.models import Event
from tests import factories as make
from tests.factories import taipei
from workshops import actions, check_in
from workshops.models import Enrolment

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = taipei(2016, 4, 11, 8, 50)
Attendance = Enrolment.Attendance


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def session():
    return make.make_session(number=1, starts_at=time(9), ends_at=time(16))


@pytest.fixture
def enrolment(session, unit):
    person = make.make_person(unit=unit, name="林堃峯", title="課員", email="lin@example.test")
    return make.make_enrolment(session=session, unit=unit, person=person)


def arrive(session, unit, at=AT, name="林堃峯", ticket=None, **said):
    with time_machine.travel(at, tick=False):
        ticket = ticket or check_in.new_ticket(session)
        return actions.check_in(ticket=ticket, at=at, unit=unit, name=name, **said)


def refusal(*args, **kwargs):
    with pytest.raises(check_in.CheckInRefused) as caught:
        arrive(*args, **kwargs)
    return str(caught.value)


# The code


def test_a_code_holds_for_its_step_and_the_next(session):
    code = check_in.code_of(session, check_in.step_at(AT))

    assert len(code) == 9
    assert [_finds(code, AT + timedelta(seconds=seconds)) for seconds in (-20, 0, 20, 40)] == [
        False,
        True,
        True,
        False,
    ]
    assert _finds(code.lower().replace("-", " "), AT)


def _finds(code, at):
    try:
        return check_in.session_of(code, at) is not None
    except check_in.CheckInRefused:
        return False


def test_codes_differ_by_session_and_key(session, settings):
    other = make.make_session(number=2, held_on=session.held_on)
    step = check_in.step_at(AT)
    codes = {
        check_in.code_of(session, step),
        check_in.code_of(other, step),
        check_in.code_of(session, step + 1),
    }
    settings.SECRET_KEY = "another" * 10
    assert len(codes | {check_in.code_of(session, step)}) == 4
    assert check_in.session_of(check_in.code_of(other, step), AT) == other


# Checking in


@pytest.mark.parametrize(
    ("at", "mark"),
    (
        (taipei(2016, 4, 11, 8, 30), "present"),
        (taipei(2016, 4, 11, 9, 10), "present"),
        (taipei(2016, 4, 11, 9, 10) + timedelta(seconds=1), "late"),
        (taipei(2016, 4, 11, 9, 30) - timedelta(seconds=1), "late"),
    ),
)
def test_present_until_the_grace_is_over_then_late(session, unit, enrolment, at, mark):
    assert arrive(session, unit, at).attendance == mark
    enrolment.refresh_from_db()
    event = Event.objects.get()
    assert (enrolment.attendance, event.action, event.actor, event.actor_name) == (
        mark,
        "enrolment.checked_in",
        None,
        "系統",
    )


def test_outside_the_window_it_says_when(session, unit, enrolment):
    assert refusal(session, unit, taipei(2016, 4, 11, 8, 29)) == "自行報到從 105年4月11日 08:30 起。"
    assert refusal(session, unit, taipei(2016, 4, 11, 9, 30)) == "自行報到已經截止。請向現場承辦人報到。"
    session.check_in_from, session.check_in_until = time(7), time(10)
    session.save()
    assert arrive(session, unit, taipei(2016, 4, 11, 9, 59)).attendance == Attendance.LATE


def test_twice_gives_the_same_answer_and_one_event(session, unit, enrolment):
    first = arrive(session, unit)
    again = arrive(session, unit, taipei(2016, 4, 11, 9, 20))  # would be late by now

    assert (first.attendance, again.attendance) == ("present", "present")
    assert Event.objects.count() == 1


def test_what_staff_marked_stays(session, unit, enrolment):
    enrolment.attendance = "excused"
    enrolment.save()
    assert refusal(session, unit) == "承辦人已登記「請假」。您若已到場，請向現場承辦人更正。"


def test_twins_are_told_apart_by_the_beginning_of_the_address(session, unit, enrolment):
    person = make.make_person(unit=unit, name="林堃峯", title="技士", email="peak@example.test")
    twin = make.make_enrolment(session=session, unit=unit, person=person)

    assert refusal(session, unit) == "這個機關有同姓名的人，請加填電子郵件的開頭幾個字。"
    assert arrive(session, unit, email_start="PEAK") == twin
    assert "名單上沒有" in refusal(session, unit, email_start="nobody")


def test_who_waits_or_is_unknown_goes_to_the_desk(session, unit, enrolment):
    waiting = make.make_person(unit=unit, name="王小明")
    make.make_enrolment(session=session, unit=unit, person=waiting, state="waiting")
    assert refusal(session, unit, name="王小明") == "您在候補名單上。請向現場承辦人辦理現場報到。"
    assert "名單上沒有這個機關與姓名" in refusal(session, unit, name="沒有這人")


def test_a_ticket_has_five_tries_and_ten_minutes(session, unit, enrolment):
    with time_machine.travel(AT, tick=False):
        ticket = check_in.new_ticket(session)
    for _ in range(5):
        assert "名單上沒有" in refusal(session, unit, name="猜猜看", ticket=ticket)
    assert "已試 5 次" in refusal(session, unit, ticket=ticket)
    assert Event.objects.filter(action="session.check_in_refused").count() == 6
    assert arrive(session, unit).attendance == "present"  # with a new ticket

    with time_machine.travel(AT, tick=False):
        old = check_in.new_ticket(session)
    assert "逾 10 分鐘" in refusal(session, unit, AT + timedelta(minutes=10, seconds=1), ticket=old)
    assert "不完整" in refusal(session, unit, ticket="made-up")


def test_a_settled_session_takes_nobody(session, unit, enrolment):
    actions.close_attendance(session=session, by=make.make_staff(), at=AT)
    assert "已經截止" in refusal(session, unit)


# The pages


def scan(client, session, at=AT):
    code = check_in.code_of(session, check_in.step_at(at))
    return client.get(reverse("workshops:check_in_scan", args=[code]))


@time_machine.travel(AT, tick=False)
def test_a_visitor_scans_fills_in_and_is_present(client, session, unit, enrolment):
    page = scan(client, session)
    assert "林堃峯" not in page.content.decode()  # nobody's name is shown
    answer = client.post(
        reverse("workshops:check_in"),
        {"ticket": page.context["ticket"], "unit": unit.pk, "name": " 林堃峯 "},
    )

    assert "林堃峯，已報到" in answer.content.decode()
    enrolment.refresh_from_db()
    assert enrolment.attendance == Attendance.PRESENT


@time_machine.travel(AT, tick=False)
def test_a_participant_with_an_account_confirms_with_one_tap(client, session, enrolment):
    enrolment.person.user = make.make_user(name="林堃峯")
    enrolment.person.save()
    client.force_login(enrolment.person.user)

    page = scan(client, session)
    assert "我是林堃峯，確認報到" in page.content.decode()
    answer = client.post(reverse("workshops:check_in"), {"ticket": page.context["ticket"], "own": "1"})

    assert "林堃峯，已報到" in answer.content.decode()


@time_machine.travel(AT, tick=False)
def test_own_without_an_account_asks_who_one_is(client, session, enrolment):
    page = scan(client, session)
    answer = client.post(reverse("workshops:check_in"), {"ticket": page.context["ticket"], "own": "1"})

    enrolment.refresh_from_db()
    assert answer.status_code == 200 and enrolment.attendance == ""


def test_the_code_of_another_step_is_refused_and_the_ticket_outlives_its_own(
    client, session, unit, enrolment
):
    with time_machine.travel(AT, tick=False) as clock:
        page = scan(client, session)
        clock.shift(timedelta(seconds=60))
        assert scan(client, session, AT).status_code == 403
        assert scan(client, session, AT + timedelta(minutes=10)).status_code == 403
        said = {"ticket": page.context["ticket"], "unit": unit.pk, "name": "林堃峯"}
        assert "已報到" in client.post(reverse("workshops:check_in"), said).content.decode()


@time_machine.travel(AT, tick=False)
def test_a_typed_code_leads_to_the_same_page(client, session):
    code = check_in.code_of(session, check_in.step_at(AT))
    answer = client.get(reverse("workshops:check_in"), {"code": code.lower().replace("-", "")}, follow=True)
    assert answer.context["session"] == session


@time_machine.travel(AT, tick=False)
def test_reading_changes_nothing_and_posting_needs_the_token(session, enrolment):
    careful = Client(enforce_csrf_checks=True)
    page = scan(careful, session)
    posted = careful.post(reverse("workshops:check_in"), {"ticket": page.context["ticket"], "name": "林堃峯"})
    assert posted.status_code == 403 and not Event.objects.exists()


@pytest.mark.parametrize(
    ("at", "said"),
    (
        (AT, "代碼每 20 秒更換"),
        (taipei(2016, 4, 11, 8), "自行報到從 105年4月11日 08:30 起"),
        (taipei(2016, 4, 11, 10), "自行報到已經截止"),
    ),
)
def test_the_page_to_project(client, session, enrolment, at, said):
    client.force_login(make.make_staff())
    with time_machine.travel(at, tick=False):
        page = client.get(reverse("workshops:door_code", args=[1])).content.decode()
        part = client.get(reverse("workshops:door_code", args=[1]), headers={"HX-Request": "true"})
    assert said in page and said in part.content.decode()
    code = check_in.code_of(session, check_in.step_at(at))
    assert (code in page) == (at == AT)
    assert ('hx-trigger="load delay:20s"' in page) and "<html" not in part.content.decode()


def test_without_any_hour_the_page_says_where_to_set_one(client, session):
    session.starts_at = None
    session.save()
    client.force_login(make.make_staff())
    page = client.get(reverse("workshops:door_code", args=[1])).content.decode()
    assert "還沒有訂開始時間" in page and reverse("workshops:session_day", args=[1]) in page
