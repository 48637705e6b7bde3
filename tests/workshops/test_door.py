"""The door on the day: marks by tap, walk-ins, two who mark at once."""

from datetime import date

import pytest
from django.urls import reverse

from agencies.models import Notice
from foundation.errors import Refused
from foundation.models import Event
from tests import factories as make
from tests.factories import taipei
from workshops import actions, invariants
from workshops.indicators import sent_by_unit
from workshops.models import Enrolment

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
DAY = taipei(2016, 4, 11, 9)
State, Attendance = Enrolment.State, Enrolment.Attendance


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def session(unit):
    """第1梯次 on 4月11日, two seats for the unit, three in the room."""
    session = make.make_session(number=1, capacity=3)
    make.make_quota(session=session, unit=unit, seats=2)
    return session


@pytest.fixture
def staff():
    return make.make_staff()


def come(session, unit, staff, name="堃峯喆", at=DAY, **words):
    words = {"title": "課員", "email": "", **words}
    return actions.walk_in(session=session, unit=unit, name=name, by=staff, at=at, **words)


def refusal(action, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        action(*args, **kwargs)
    return str(caught.value)


def facts(enrolment):
    enrolment.refresh_from_db()
    return enrolment.state, enrolment.attendance, enrolment.over_limit_reason


# Two who mark at once


def test_what_another_has_marked_meanwhile_is_not_overwritten(session, unit, staff):
    enrolment = make.make_enrolment(
        session=session, unit=unit, person=make.make_person(unit=unit, name="林堃峯")
    )
    mark = {"session": session, "by": staff, "at": DAY}
    actions.mark_attendance(marks={enrolment.pk: "excused"}, shown={enrolment.pk: ""}, **mark)

    told = refusal(actions.mark_attendance, marks={enrolment.pk: "present"}, shown={enrolment.pk: ""}, **mark)

    assert told == "同時有人登記了林堃峯（請假）；未覆蓋，請看過再登記。"
    assert facts(enrolment) == (State.CONFIRMED, Attendance.EXCUSED, "")
    # Knowing of it, the second may still change it; and who asks for what is set already changes nothing.
    seen = {enrolment.pk: "excused"}
    assert actions.mark_attendance(marks={enrolment.pk: "present"}, shown=seen, **mark) == 1
    assert actions.mark_attendance(marks={enrolment.pk: "present"}, shown=seen, **mark) == 0
    assert Event.objects.filter(action="enrolment.attendance_marked").count() == 2


# Walk-ins


def test_a_walk_in_takes_a_free_seat(session, unit, staff):
    contact = make.make_contact(unit=unit)

    enrolment = come(session, unit, staff)

    assert facts(enrolment) == (State.CONFIRMED, Attendance.WALK_IN, "")
    event = Event.objects.get()
    assert (event.action, event.actor, event.summary, event.data) == (
        "enrolment.walked_in",
        staff,
        "嘉義縣竹崎鄉公所的堃峯喆第1梯次現場報到",
        {"full": []},
    )
    assert [(n.user, n.text) for n in Notice.objects.all()] == [
        (contact, "堃峯喆已在研習班第1梯次現場報到。")
    ]


def test_walk_ins_beyond_quota_and_room_stay_with_the_reason_and_count_to_the_unit(session, unit, staff):
    for _ in range(2):
        make.make_enrolment(session=session, unit=unit, attendance="present")
    other = make.make_unit()
    make.make_quota(session=session, unit=other, seats=1)
    make.make_enrolment(session=session, unit=other)
    without_quota = make.make_unit()

    of_unit, of_none = come(session, unit, staff), come(session, without_quota, staff, name="𠮷田")

    assert facts(of_unit) == facts(of_none) == (State.CONFIRMED, Attendance.WALK_IN, "現場報到")
    assert Event.objects.get(target_id=of_unit.pk).summary == (
        "嘉義縣竹崎鄉公所的堃峯喆第1梯次現場報到（本機關名額已滿、場地已滿）"
    )
    sent = list(sent_by_unit(session.programme))
    assert len(sent) == 3 and list(invariants.breaches()) == []


def test_somebody_waiting_walks_in_as_they_stand(session, unit, staff):
    session.capacity = 0
    session.save()
    person = make.make_person(unit=unit, name="林堃峯", title="課員", email="lin@example.test")
    waiting = make.make_enrolment(session=session, unit=unit, person=person, state=State.WAITING)

    came = come(session, unit, staff, name="林堃峯", email="lin@example.test")

    assert came == waiting
    assert facts(waiting) == (State.CONFIRMED, Attendance.WALK_IN, "現場報到")


def test_walk_in_refusals(session, unit, staff):
    person = make.make_person(unit=unit, name="林堃峯", title="課員", email="")
    enrolment = make.make_enrolment(session=session, unit=unit, person=person)
    assert refusal(come, session, unit, staff, name="林堃峯") == (
        "這位同仁已在本梯次名單（已錄取，由嘉義縣竹崎鄉公所薦送）；同一人不能重複薦送。"
    )
    assert refusal(come, session, unit, staff, at=taipei(2016, 4, 10, 23)) == (
        "第1梯次在4月11日（一）舉行，當日起才能登記現場報到；在那之前請用薦送。"
    )
    actions.close_attendance(session=session, by=staff, at=DAY)
    assert refusal(come, session, unit, staff) == "本梯次出席已結算；要更正，請先重新開放登記。"
    assert list(session.enrolments.all()) == [enrolment]


# The page


@pytest.fixture
def office(client, staff):
    client.force_login(staff)
    return client


def door(session, **asked):
    return reverse("workshops:door_list", args=[session.number], query=asked)


def tap(client, session, enrolment, mark, shown="", **headers):
    url = reverse("workshops:door_mark", args=[session.number, enrolment.pk])
    return client.post(url, {"mark": mark, "shown": shown}, **headers)


def names(response):
    return [enrolment.person.name for enrolment in response.context["page"].object_list]


def test_door_lists_everybody_by_unit_and_finds_while_typing(office, session, unit):
    first = make.make_unit(code="10010130", name="嘉義縣中埔鄉公所")
    for of, name, fields in (
        (unit, "林堃峯", {"attendance": "present"}),
        (first, "𠮷田", {}),
        (unit, "王小明", {"state": State.WAITING}),
        (unit, "不來了", {"state": State.CANCELLED}),
    ):
        make.make_enrolment(
            session=session, unit=of, person=make.make_person(unit=of, name=name, title="課員"), **fields
        )

    assert names(office.get(door(session))) == ["𠮷田", "林堃峯", "王小明"]
    assert names(office.get(door(session, q="堃"))) == ["林堃峯"]
    assert names(office.get(door(session, q="中埔 課員"))) == ["𠮷田"]
    assert names(office.get(door(session, show="unmarked"))) == ["𠮷田", "王小明"]
    assert names(office.get(door(session, show="came"))) == ["林堃峯"]
    counts = office.get(door(session)).context["counts"]
    assert counts == {
        "expected": 2, "came": 1, "walked_in": 0, "excused": 0, "absent": 0, "unmarked": 1, "waiting": 1,
    }  # fmt: skip


def test_a_tap_answers_with_the_row_and_the_counts(office, session, unit):
    enrolment = make.make_enrolment(session=session, unit=unit)

    answer = tap(office, session, enrolment, "late", headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert (answer.context["counts"]["came"], answer.context["counts"]["expected"]) == (1, 1)
    assert facts(enrolment)[1] == Attendance.LATE


def test_a_tap_works_as_a_plain_form(office, session, unit):
    enrolment = make.make_enrolment(session=session, unit=unit)

    answer = tap(office, session, enrolment, "present")

    assert answer.headers["Location"] == f"/workshops/1/door/#person-{enrolment.pk}"
    assert facts(enrolment)[1] == Attendance.PRESENT


@pytest.mark.parametrize("htmx", (True, False))
def test_a_tap_on_an_old_page_shows_both_marks(office, session, unit, htmx):
    enrolment = make.make_enrolment(session=session, unit=unit, attendance="excused")

    headers = {"HX-Request": "true"} if htmx else {}
    answer = tap(office, session, enrolment, "present", headers=headers)
    if htmx:
        assert answer.status_code == 409
    else:
        answer = office.get(answer.headers["Location"])

    text = answer.content.decode()
    assert "未登記「出席」" in text and "登記為「請假」" in text
    assert facts(enrolment)[1] == Attendance.EXCUSED


def test_a_tap_after_settling_says_why(office, session, unit, staff):
    enrolment = make.make_enrolment(session=session, unit=unit, attendance="present")
    actions.close_attendance(session=session, by=staff, at=DAY)

    answer = tap(office, session, enrolment, "absent", "present", headers={"HX-Request": "true"})

    assert answer.status_code == 409 and "出席已結算" in answer.content.decode()
    assert facts(enrolment)[1] == Attendance.PRESENT


def test_walk_in_form_keeps_what_was_typed(office, session, unit):
    url = reverse("workshops:door_walk_in", args=[session.number])
    typed = {"unit": unit.pk, "name": "堃峯喆", "title": "課員", "email": ""}
    person = make.make_person(unit=unit, name="堃峯喆", title="課員", email="")
    make.make_enrolment(session=session, unit=unit, person=person)

    answer = office.post(url, typed)

    assert answer.status_code == 200
    assert (
        "這位同仁已在本梯次名單" in answer.content.decode() and "填寫的內容都還在" in answer.content.decode()
    )
    assert answer.context["form"]["name"].value() == "堃峯喆"


@pytest.mark.parametrize("people", (1, 3))
def test_door_asks_a_fixed_number_of_queries(office, session, people, django_assert_num_queries):
    for _ in range(people):
        unit = make.make_unit()
        make.make_enrolment(session=session, unit=unit)

    with django_assert_num_queries(9):
        office.get(door(session))


def test_the_session_list_page_does_not_overwrite_either(office, session, unit):
    enrolment = make.make_enrolment(session=session, unit=unit, attendance="excused")
    url = reverse("workshops:attendance_mark", args=[session.number])

    page = office.post(url, {f"mark-{enrolment.pk}": "present", f"shown-{enrolment.pk}": ""}, follow=True)

    assert "同時有人登記了測試學員（請假）" in page.content.decode()
    assert facts(enrolment)[1] == Attendance.EXCUSED


def test_the_day_of_a_session_is_its_date_in_taipei(session, unit, staff):
    session.held_on = date(2016, 4, 12)
    session.save()
    # 00:30 in Taipei is still the day before in UTC.
    assert come(session, unit, staff, at=taipei(2016, 4, 12, 0, 30)).attendance == Attendance.WALK_IN
