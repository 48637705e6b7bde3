"""Many at one moment: one booking a slot, no overlapping slots, three bookings a person; on both databases."""

import time
from datetime import date
from datetime import time as hour
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection

from foundation.errors import Refused
from foundation.models import Mail
from tests import factories as make
from tests.factories import taipei
from tests.races import at_once
from workshops import actions, reminders
from workshops.actions import consultations, slots
from workshops.models import Consultation, Slot, Tutor

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
AT = taipei(2016, 4, 11, 9)
PEOPLE = 20


def fresh(slot):
    return Slot.objects.select_related("tutor__programme", "tutor__user").get(pk=slot.pk)


def booking(slot, unit, book):
    asker = make.make_user()
    return lambda: book(
        slot=fresh(slot), unit=unit, subject="沒有聲音", question="匯出後沒有聲音", by=asker, at=AT
    )


def unlocked(action):
    """On SQLite the write transaction itself is the lock."""
    return action if connection.vendor == "postgresql" else action.__wrapped__


def test_twenty_people_for_one_slot():
    slot = make.make_slot()
    unit = make.make_unit()

    results = at_once([booking(slot, unit, actions.book) for _ in range(PEOPLE)])

    refused = [str(result) for result in results if isinstance(result, Refused)]
    assert refused == ["4月13日（三）14:00–14:30剛剛有人預約了，請選另一個時段。"] * (PEOPLE - 1)
    assert (Consultation.objects.count(), Mail.objects.count()) == (1, 2)


def test_without_the_lock_only_the_database_keeps_the_slot(monkeypatch):
    """The negative control: several pass the check at once; the constraint alone then refuses all but one."""
    slot = make.make_slot()
    unit = make.make_unit()
    caught = []

    def slowly(tutor, slot, at):
        slot = Slot.objects.get(pk=slot.pk)
        slot.tutor = tutor
        assert not slot.consultations.active().exists()
        time.sleep(0.3)
        return slot

    def raw(consultation):
        try:
            consultation.save()
        except IntegrityError as error:
            caught.append(error)
            raise
        return consultation

    monkeypatch.setattr(consultations, "lock", lambda tutor: tutor)
    monkeypatch.setattr(consultations, "_require_free", slowly)
    monkeypatch.setattr(consultations, "_save", raw)

    at_once([booking(slot, unit, unlocked(actions.book)) for _ in range(5)])

    assert len(caught) > 0
    assert Consultation.objects.count() == 1


def publishing(tutor, start, publish):
    return lambda: publish(
        tutor=Tutor.objects.select_related("programme", "user").get(pk=tutor.pk),
        on=date(2016, 4, 13),
        starts=hour(14, start),
        ends=hour(15, start),
        minutes=30,
        by=tutor.user,
        at=AT,
    )


def overlaps():
    found = list(Slot.objects.published().order_by("starts_at"))
    return sum(one.ends_at > other.starts_at for one, other in pairwise(found))


def test_slots_published_at_once_never_overlap():
    tutor = Tutor.objects.get(user=make.make_tutor())

    results = at_once([publishing(tutor, start, actions.publish_slots) for start in range(0, 40, 4)])

    assert [r for r in results if isinstance(r, Exception) and not isinstance(r, Refused)] == []
    assert (sum(isinstance(result, list) for result in results), overlaps()) == (1, 0)


def test_without_the_lock_slots_overlap(monkeypatch):
    """The negative control."""
    tutor = Tutor.objects.get(user=make.make_tutor())
    require_room = slots._require_room

    def slowly(*arguments):
        require_room(*arguments)
        time.sleep(0.3)

    monkeypatch.setattr(slots, "lock", lambda tutor: tutor)
    monkeypatch.setattr(slots, "_require_room", slowly)

    at_once([publishing(tutor, start, unlocked(actions.publish_slots)) for start in range(0, 40, 8)])

    assert overlaps() > 0


def test_one_person_never_has_more_than_three():
    unit, asker = make.make_unit(), make.make_user()
    offered = [make.make_slot(starts_at=taipei(2016, 4, 13, 8 + n)) for n in range(8)]

    def call(slot):
        return lambda: actions.book(
            slot=fresh(slot), unit=unit, subject="沒有聲音", question="聲音", by=asker, at=AT
        )

    results = at_once([call(slot) for slot in offered])

    assert Consultation.objects.count() == actions.MOST_OPEN
    assert sum(isinstance(result, Refused) for result in results) == 8 - actions.MOST_OPEN


def test_two_bookings_moved_to_one_slot_at_once():
    tutor = make.make_tutor()
    moving = [
        make.make_consultation(slot=make.make_slot(tutor=tutor, starts_at=taipei(2016, 4, 13, 8 + n)))
        for n in range(4)
    ]
    free = make.make_slot(tutor=tutor, starts_at=taipei(2016, 4, 20, 9))

    def call(pk):
        return lambda: actions.reschedule(
            consultation=Consultation.objects.with_facts().get(pk=pk), slot=fresh(free), by=tutor, at=AT
        )

    results = at_once([call(consultation.pk) for consultation in moving])

    assert sorted(type(result).__name__ for result in results) == ["Consultation"] + ["TutoringRefused"] * 3
    assert Consultation.objects.filter(slot=free).count() == 1


def test_workers_remind_once():
    make.make_consultation(slot=make.make_slot(starts_at=taipei(2016, 4, 12, 14)))
    session = make.make_session(held_on=date(2016, 4, 12))
    unit = make.make_unit()
    make.make_contact(unit=unit)
    make.make_enrolment(session=session, unit=unit)

    results = at_once(
        [lambda: reminders.remind_of_consultations(at=AT), lambda: reminders.remind_of_sessions(at=AT)] * 4
    )

    assert results == [None] * 8
    assert Mail.objects.count() == 4  # both of the consultation, the participant and the contact
    told = [Consultation.objects.get().asker, Consultation.objects.get().slot.tutor.user]
    assert [user.notices.count() for user in told] == [1, 1]
