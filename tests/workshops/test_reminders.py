"""Reminders by the clock, and who is told when a session moves: once, in time, never of a frozen year."""

from datetime import date, time, timedelta

import pytest
from icalendar import Calendar

from agencies.models import Programme
from foundation import periodic
from foundation.models import Mail
from foundation.rocdate import TAIPEI
from tests import factories as make
from tests.factories import taipei
from workshops import actions, reminders
from workshops.models import Consultation, Enrolment, Session

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HELD = date(2016, 4, 11)
CLOSES = taipei(2016, 4, 6)  # 4月5日 24:00


@pytest.fixture
def unit():
    return make.make_unit(name="嘉義縣竹崎鄉公所")


@pytest.fixture
def contact(unit):
    return make.make_contact(unit=unit, user=make.make_user(name="聯絡人", email="contact@example.test"))


@pytest.fixture
def session():
    return make.make_session(held_on=HELD, starts_at=time(9), ends_at=time(16), place="本府電腦教室")


def enrol(session, unit, name, email="", **fields):
    person = make.make_person(unit=unit, name=name, email=email)
    return make.make_enrolment(session=session, unit=unit, person=person, **fields)


def recipients():
    return sorted(Mail.objects.values_list("recipient", flat=True))


def days_of(remind, *, first, last):
    """The days on which a reminder goes out when a worker runs at nine each day."""
    sent, day = [], first
    while day <= last:
        before = Mail.objects.count()
        remind(at=taipei(day.year, day.month, day.day, 9))
        if Mail.objects.count() > before:
            sent.append(day)
        day += timedelta(days=1)
    return sent


# A session


def test_three_days_and_one_day_before_a_session(session, unit, contact):
    enrol(session, unit, "林堃峯", "lin@example.test")

    days = days_of(reminders.remind_of_sessions, first=date(2016, 4, 1), last=date(2016, 4, 15))

    assert days == [date(2016, 4, 8), date(2016, 4, 10)]


def test_those_with_a_seat_are_reminded_and_one_letter_a_unit_names_them(session, unit, contact):
    enrol(session, unit, "林堃峯", "lin@example.test")
    enrol(session, unit, "游喆")
    enrol(session, unit, "候補者", "waiting@example.test", state=Enrolment.State.WAITING)
    enrol(session, unit, "取消者", "gone@example.test", state=Enrolment.State.CANCELLED)

    for _ in range(3):
        reminders.remind_of_sessions(at=taipei(2016, 4, 10, 9))

    assert recipients() == ["contact@example.test", "lin@example.test"]
    person, office = Mail.objects.order_by("pk")
    (event,) = Calendar.from_ical(person.calendar).events
    assert (event.start.astimezone(TAIPEI), event.end.astimezone(TAIPEI)) == (
        taipei(2016, 4, 11, 9),
        taipei(2016, 4, 11, 16),
    )
    assert (
        "明天是「自製數位教材研習班」第1梯次，民國105年4月11日 09:00–16:00，地點本府電腦教室。" in person.body
    )
    assert "嘉義縣竹崎鄉公所參加的同仁：林堃峯、游喆。" in office.body
    assert contact.notices.count() == 1


def test_not_before_eight_in_the_morning(session, unit):
    enrol(session, unit, "林堃峯", "lin@example.test")

    reminders.remind_of_sessions(at=taipei(2016, 4, 10, 7, 59))
    assert recipients() == []
    reminders.remind_of_sessions(at=taipei(2016, 4, 10, 8))
    assert recipients() == ["lin@example.test"]


def test_a_worker_that_was_off_sends_nothing_late(session, unit):
    enrol(session, unit, "林堃峯", "lin@example.test")

    for day in (date(2016, 4, 9), date(2016, 4, 11), date(2016, 4, 12)):
        reminders.remind_of_sessions(at=taipei(day.year, day.month, day.day, 9))

    assert recipients() == []


@pytest.mark.parametrize("state", (Programme.State.FROZEN, Programme.State.DRAFT))
def test_years_that_are_not_in_progress_remind_nobody(session, unit, contact, state):
    make.make_quota(session=session, unit=unit, seats=3)
    Session.objects.update(enrolment_closes_at=taipei(2016, 4, 14))
    enrol(session, unit, "林堃峯", "lin@example.test")
    make.make_consultation(slot=make.make_slot(starts_at=taipei(2016, 4, 11, 14)))
    Programme.objects.update(state=state)

    for remind in (
        reminders.remind_of_sessions,
        reminders.remind_of_closing,
        reminders.remind_of_consultations,
    ):
        days_of(remind, first=date(2016, 4, 1), last=date(2016, 4, 15))

    assert recipients() == []


def test_a_session_that_moved_is_reminded_of_anew(session, unit):
    enrol(session, unit, "林堃峯", "lin@example.test")
    days_of(reminders.remind_of_sessions, first=date(2016, 4, 8), last=date(2016, 4, 8))
    Session.objects.update(held_on=date(2016, 4, 18))

    days = days_of(reminders.remind_of_sessions, first=date(2016, 4, 9), last=date(2016, 4, 20))

    assert days == [date(2016, 4, 15), date(2016, 4, 17)]


# Closing enrolment


def test_contacts_of_units_with_seats_left_are_reminded_three_days_before(session, unit, contact):
    Session.objects.update(enrolment_closes_at=CLOSES)
    make.make_quota(session=session, unit=unit, seats=3)
    enrol(session, unit, "林堃峯", "lin@example.test")
    full = make.make_unit()
    make.make_contact(unit=full)
    make.make_quota(session=session, unit=full, seats=1)
    enrol(session, full, "滿額者")
    without = make.make_unit()
    make.make_contact(unit=without)

    days = days_of(reminders.remind_of_closing, first=date(2016, 3, 30), last=date(2016, 4, 8))

    assert days == [date(2016, 4, 2)]
    assert recipients() == ["contact@example.test"]
    assert "還可以薦送 2 人，薦送至4月5日（二）24:00截止（臺北時間）。" in Mail.objects.get().body


def test_a_full_room_reminds_nobody(session, unit, contact):
    Session.objects.update(enrolment_closes_at=CLOSES, capacity=1)
    make.make_quota(session=session, unit=unit, seats=3)
    enrol(session, unit, "林堃峯")

    assert days_of(reminders.remind_of_closing, first=date(2016, 4, 1), last=date(2016, 4, 6)) == []


# Consultations


def test_both_are_reminded_the_day_before(unit):
    slot = make.make_slot(starts_at=taipei(2016, 4, 13, 14))
    consultation = make.make_consultation(slot=slot)
    make.make_consultation(
        slot=make.make_slot(starts_at=taipei(2016, 4, 13, 15)), state=Consultation.State.CANCELLED
    )

    days = days_of(reminders.remind_of_consultations, first=date(2016, 4, 8), last=date(2016, 4, 15))

    assert days == [date(2016, 4, 12)]
    assert recipients() == sorted([consultation.asker.email, slot.tutor.user.email])
    assert "METHOD:REQUEST" in Mail.objects.first().calendar
    assert consultation.asker.notices.count() == 1


def test_who_booked_only_today_is_not_reminded_today(unit):
    make.make_consultation(slot=make.make_slot(starts_at=taipei(2016, 4, 13, 14)))
    Consultation.objects.update(settled_at=taipei(2016, 4, 12, 8))

    reminders.remind_of_consultations(at=taipei(2016, 4, 12, 9))

    assert recipients() == []


def test_without_an_address_nobody_is_told_over_and_over():
    asker = make.make_user(email="")
    tutor = make.make_tutor(user=make.make_user(email=""))
    make.make_consultation(slot=make.make_slot(tutor=tutor, starts_at=taipei(2016, 4, 13, 14)), asker=asker)

    for _ in range(2):
        reminders.remind_of_consultations(at=taipei(2016, 4, 12, 9))

    assert (asker.notices.count(), tutor.notices.count()) == (0, 0)


# A session that moves


def move(session, at=taipei(2016, 4, 1), **facts):
    return actions.edit_session(session=session, by=make.make_staff(), at=at, **facts)


def test_everybody_with_a_seat_is_told_once_of_a_new_date(session, unit, contact):
    user = make.make_user()
    person = make.make_person(unit=unit, name="林堃峯", email="lin@example.test", user=user)
    make.make_enrolment(session=session, unit=unit, person=person)
    enrol(session, unit, "候補者", "waiting@example.test", state=Enrolment.State.WAITING)

    move(session, held_on=date(2016, 4, 18))
    move(Session.objects.select_related("programme").get(), held_on=date(2016, 4, 18))

    assert recipients() == ["contact@example.test", "lin@example.test"]
    (event,) = Calendar.from_ical(Mail.objects.get(recipient="lin@example.test").calendar).events
    assert (event.start, event["SEQUENCE"], str(event["UID"])) == (
        taipei(2016, 4, 18, 9),
        1,
        f"session-{session.pk}@localhost",
    )
    assert (user.notices.count(), contact.notices.count()) == (1, 1)
    move(Session.objects.select_related("programme").get(), place="縣議會")
    assert Mail.objects.filter(recipient="lin@example.test").count() == 2


@pytest.mark.parametrize(
    ("facts", "at"),
    [
        ({"title": "另一個名稱"}, taipei(2016, 4, 1)),
        ({"held_on": date(2016, 4, 12)}, taipei(2016, 4, 20)),
    ],
    ids=["what moves nobody", "a correction of what is over"],
)
def test_nobody_is_told_of(session, unit, facts, at):
    enrol(session, unit, "林堃峯", "lin@example.test")

    move(session, at=at, **facts)

    assert recipients() == []
    session.refresh_from_db()
    assert session.sequence == 1


def test_the_worker_knows_these_reminders(settings):
    assert "workshops.reminders" in settings.JOB_MODULES
    assert {
        reminders.remind_of_sessions,
        reminders.remind_of_closing,
        reminders.remind_of_consultations,
    } <= set(periodic._functions)
