"""Units without a work are reminded, once a day, by notice and letter."""

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from agencies.models import Notice
from competition import actions
from competition.models import Entry, UnitReminder
from foundation.errors import Refused
from foundation.models import Event, Mail
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db
BEFORE = taipei(2016, 6, 29, 10)


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def competition(unit):
    return make.the_competition(unit.programme)


def remind(competition, *units, at=BEFORE):
    return actions.remind_missing(competition=competition, units=units, by=make.make_staff(), at=at)


def test_a_reminder_is_a_notice_and_a_letter_to_each_contact(competition, unit):
    contact = make.make_contact(unit=unit)
    make.make_contact(unit=make.make_unit())

    assert remind(competition, unit) == [unit]

    text = "嘉義縣竹崎鄉公所還沒有完成送件的作品，7月1日（五）24:00 截止（臺北時間）。草稿不算送件，取得收件編號才算。"
    assert [(n.user, n.text) for n in Notice.objects.all()] == [(contact, text)]
    letter = Mail.objects.get()
    assert (letter.recipient, letter.subject) == (contact.email, f"{competition.title}：還沒有收到作品")
    assert text in letter.body
    assert Event.objects.get(action="entry.reminded").summary == "提醒嘉義縣竹崎鄉公所送件"


def test_once_a_day(competition, unit):
    make.make_contact(unit=unit)
    remind(competition, unit)

    with pytest.raises(Refused, match="今天都已提醒過，明天才能再提醒"):
        remind(competition, unit, at=taipei(2016, 6, 29, 23, 59))
    assert remind(competition, unit, at=taipei(2016, 6, 30)) == [unit]
    reminder = UnitReminder.objects.first()
    with pytest.raises(IntegrityError, match="unit"), transaction.atomic():
        UnitReminder.objects.create(
            competition=competition, unit=unit, sent_on=reminder.sent_on, sent_by=reminder.sent_by
        )


def test_a_unit_that_has_handed_in_is_not_reminded(competition, unit):
    make.make_contact(unit=unit)
    make.make_entry(unit=unit)

    with pytest.raises(Refused, match="所選機關都已送件"):
        remind(competition, unit)


def test_a_unit_without_contacts_is_named(competition, unit):
    with pytest.raises(Refused, match="嘉義縣竹崎鄉公所沒有聯絡人"):
        remind(competition, unit)


def test_after_the_deadline_the_reminder_says_so(competition, unit):
    make.make_contact(unit=unit)

    remind(competition, unit, at=taipei(2016, 7, 3))

    assert "已於7月1日（五）24:00 截止（臺北時間），要延期請洽承辦人。" in Notice.objects.get().text


def test_missing_remind_from_the_page(client, competition, unit):
    make.make_contact(unit=unit)
    make.make_entry(unit=unit, state=Entry.State.DRAFT)
    client.force_login(make.make_staff())
    with time_machine.travel(BEFORE, tick=False):
        response = client.post(
            reverse("competition:missing_remind"), {"unit": [str(unit.pk), "x"]}, follow=True
        )
        again = client.post(reverse("competition:missing_remind"), {"unit": str(unit.pk)}, follow=True)

    assert "已提醒 1 個機關的聯絡人" in response.content.decode()
    assert "今天已提醒" in response.content.decode()
    assert "未提醒。所選機關今天都已提醒過" in again.content.decode()
