"""Tutors, slots and consultations: what the actions do and what they refuse."""

from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from icalendar import Calendar

from agencies.models import Notice, Programme
from foundation.errors import Refused
from foundation.models import Event, Mail
from foundation.rocdate import TAIPEI
from tests import factories as make
from tests.factories import taipei
from workshops import actions, tutoring
from workshops.models import Consultation, Manual, Slot, Tutor

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

AT = taipei(2016, 4, 11, 9)
WEDNESDAY = date(2016, 4, 13)
State = Consultation.State


@pytest.fixture
def user():
    make.make_tutor(
        user=make.make_user(name="黃資深"),
        fields="簡報動畫、螢幕錄影",
        meeting_url="https://meet.example.test/h",
    )
    return Tutor.objects.get().user


@pytest.fixture
def tutor(user):
    return Tutor.objects.select_related("programme", "user").get()


@pytest.fixture
def slot(user):
    return make.make_slot(tutor=user)


@pytest.fixture
def asker():
    return make.make_user(name="林堃峯")


@pytest.fixture
def unit(tutor):
    return make.make_unit(name="嘉義縣竹崎鄉公所")


def publish(tutor, **changes):
    asked = {"on": WEDNESDAY, "starts": time(14), "ends": time(16), "minutes": 30} | changes
    return actions.publish_slots(tutor=tutor, by=tutor.user, at=asked.pop("at", AT), **asked)


def book(slot, asker, unit, at=AT, **changes):
    asked = {"subject": "沒有聲音", "question": "匯出後沒有聲音"} | changes
    return actions.book(slot=slot, unit=unit, by=asker, at=at, **asked)


def note(consultation, *, at=None, **changes):
    facts = {"outcome": "solved", "minutes": 25} | changes
    at = at or consultation.slot.ends_at
    return actions.note_outcome(consultation=consultation, by=consultation.tutor.user, at=at, **facts)


def hours(slots):
    return [slot.words for slot in slots]


def letters():
    """(recipient, method, sequence, uid) of each calendar that went out, in order."""
    found = []
    for mail in Mail.objects.order_by("pk"):
        calendar = Calendar.from_ical(mail.calendar)
        (event,) = calendar.events
        found.append((mail.recipient, str(calendar["METHOD"]), event["SEQUENCE"], str(event["UID"])))
    return found


# Tutors


def test_add_edit_and_remove_a_tutor():
    programme, staff, user = make.make_programme(), make.make_staff(), make.make_user(name="游喆𠮷")

    tutor = actions.add_tutor(programme=programme, user=user, by=staff, at=AT)
    changed = actions.edit_tutor(
        tutor=tutor, fields=["動畫", "配音", "動畫"], phone="05-3620123", extension="12", by=staff, at=AT
    )
    again = actions.edit_tutor(
        tutor=tutor, fields=["動畫", "配音"], phone="05-3620123", extension="12", by=staff, at=AT
    )

    tutor = Tutor.objects.get()
    assert (changed, again) == (["phone", "extension", "fields"], [])
    assert (tutor.fields, tutor.telephone) == ("動畫、配音", "05-3620123 分機 12")
    actions.remove_tutor(tutor=tutor, reason="調職", by=staff, at=AT)
    assert list(Tutor.objects.serving()) == []
    actions.add_tutor(programme=programme, user=user, by=staff, at=AT)
    assert Tutor.objects.serving().get() != tutor
    assert list(Event.objects.order_by("pk").values_list("action", "scope")) == [
        ("tutor.added", "105"),
        ("tutor.edited", "105"),
        ("tutor.removed", "105"),
        ("tutor.added", "105"),
    ]


def test_a_tutor_is_added_once(tutor):
    with pytest.raises(Refused, match="已是本年度的輔導教師"):
        actions.add_tutor(programme=tutor.programme, user=tutor.user, by=make.make_staff(), at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Tutor.objects.create(programme=tutor.programme, user=tutor.user)


def test_a_meeting_link_is_https_in_the_database_too(tutor, slot):
    with pytest.raises(IntegrityError), transaction.atomic():
        Tutor.objects.update(meeting_url="http://meet.example.test/")
    make.make_consultation(slot=slot)
    with pytest.raises(IntegrityError), transaction.atomic():
        Consultation.objects.update(meeting_url="javascript:alert(1)")


def test_too_many_fields_are_refused(tutor):
    with pytest.raises(Refused, match="專長最多填 10 項"):
        actions.edit_tutor(tutor=tutor, fields=[str(n) for n in range(11)], by=tutor.user, at=AT)


def test_who_leaves_gives_up_what_is_booked_and_keeps_what_was_done(tutor, slot, asker, unit):
    done = make.make_consultation(
        slot=make.make_slot(tutor=tutor.user, starts_at=AT - timedelta(days=1)), state=State.DONE
    )
    coming = book(slot, asker, unit)
    publish(tutor, on=date(2016, 4, 20))

    cancelled = actions.remove_tutor(tutor=tutor, reason="調職", by=make.make_staff(), at=AT)

    assert cancelled == 1
    assert list(tutor.slots.published()) == [done.slot]
    coming.refresh_from_db()
    done.refresh_from_db()
    assert (coming.state, coming.cancel_reason, done.state) == (State.CANCELLED, "調職", State.DONE)
    with pytest.raises(Refused, match="已不在輔導教師名單"):
        actions.remove_tutor(tutor=tutor, reason="調職", by=make.make_staff(), at=AT)


def test_manuals_come_and_go(tutor):
    stored, staff = make.make_stored_file(name="ZOOM操作手冊.pdf"), make.make_staff()

    manual = actions.add_manual(programme=tutor.programme, stored=stored, by=staff, at=AT)
    assert [str(manual) for manual in tutor.programme.manuals.all()] == ["ZOOM操作手冊.pdf"]
    actions.remove_manual(manual=manual, by=staff, at=AT)

    assert not Manual.objects.exists()
    actions_done = Event.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions_done) == ["manual.added", "manual.removed"]


# Slots


def test_publish_a_day(tutor):
    assert hours(publish(tutor)) == [
        "4月13日（三）14:00–14:30",
        "4月13日（三）14:30–15:00",
        "4月13日（三）15:00–15:30",
        "4月13日（三）15:30–16:00",
    ]
    assert tutor.slots.count() == 4


def test_publish_each_week_until_a_day(tutor):
    slots = publish(tutor, starts=time(14), ends=time(15), minutes=45, until=date(2016, 4, 27))

    assert hours(slots) == [f"4月{day}日（三）14:00–14:45" for day in (13, 20, 27)]
    assert Event.objects.get(action="slot.published").summary == (
        "輔導教師黃資深公布 3 個時段（4月13日（三）至4月27日（三）每週）"
    )


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"minutes": 180}, "放不下一個時段"),
        (
            {"until": date(2016, 9, 28), "minutes": 15, "starts": time(8), "ends": time(12)},
            "一次最多公布 200 個",
        ),
        ({"on": date(2016, 4, 11), "starts": time(8), "ends": time(9)}, "4月11日（一）08:00–08:30已經過去"),
        ({"on": date(2016, 9, 28), "until": date(2016, 10, 5)}, "不在105年度的計畫期間"),
        ({"at": taipei(2016, 2, 1), "on": date(2016, 2, 24)}, "不在105年度的計畫期間"),
        ({"starts": time(15, 45), "ends": time(16, 15)}, "與已公布的4月13日（三）15:30–16:00重疊"),
        ({"starts": time(13, 45), "ends": time(14, 15)}, "與已公布的4月13日（三）14:00–14:30重疊"),
        ({"starts": time(13), "ends": time(17), "minutes": 240}, "重疊"),
    ],
)
def test_publish_refuses(tutor, changes, refusal):
    publish(tutor)

    with pytest.raises(Refused, match=refusal):
        publish(tutor, **changes)

    assert tutor.slots.count() == 4


def test_slots_may_touch_and_may_be_published_again_once_withdrawn(tutor):
    first = publish(tutor, ends=time(14, 30))
    publish(tutor, starts=time(14, 30), ends=time(15))

    actions.withdraw_slots(tutor=tutor, slots=[first[0].pk], by=tutor.user, at=AT)
    publish(tutor, ends=time(14, 30))

    assert hours(tutor.slots.published()) == ["4月13日（三）14:00–14:30", "4月13日（三）14:30–15:00"]


def test_two_tutors_may_offer_the_same_hour(tutor):
    publish(tutor)
    other = make.make_tutor()

    assert len(publish(Tutor.objects.get(user=other))) == 4


def test_move_a_free_slot(tutor, slot):
    moved = actions.move_slot(
        slot=slot, on=date(2016, 4, 14), starts=time(9), ends=time(9, 45), by=tutor.user, at=AT
    )

    assert Slot.objects.get().words == moved.words == "4月14日（四）09:00–09:45"


@pytest.mark.parametrize(
    ("starts", "ends", "refusal"),
    [
        (time(15), time(14), "結束時間須晚於開始時間"),
        (time(15), time(15, 45), "與已公布的4月13日（三）15:30–16:00重疊"),
    ],
)
def test_move_refuses(tutor, slot, starts, ends, refusal):
    make.make_slot(tutor=tutor.user, starts_at=taipei(2016, 4, 13, 15, 30))

    with pytest.raises(Refused, match=refusal):
        actions.move_slot(slot=slot, on=WEDNESDAY, starts=starts, ends=ends, by=tutor.user, at=AT)

    slot.refresh_from_db()
    assert slot.words == "4月13日（三）14:00–14:30"


def test_what_is_booked_begun_or_gone_cannot_be_withdrawn(tutor, slot, asker, unit):
    def withdraw(*slots, at=AT):
        return actions.withdraw_slots(tutor=tutor, slots=list(slots), by=tutor.user, at=at)

    free = make.make_slot(tutor=tutor.user, starts_at=taipei(2016, 4, 14, 9))
    others = make.make_slot(starts_at=taipei(2016, 4, 14, 9))
    consultation = book(slot, asker, unit)

    for pks, at, refusal in (
        ([slot.pk, free.pk], AT, "已由林堃峯預約"),
        ([free.pk], free.starts_at, "已經開始"),
        ([others.pk], AT, "已經撤回"),
        ([], AT, "已經撤回"),
    ):
        with pytest.raises(Refused, match=refusal):
            withdraw(*pks, at=at)
    assert tutor.slots.published().count() == 2
    actions.cancel_consultation(consultation=consultation, reason="公差", by=asker, at=AT)
    assert withdraw(slot.pk, free.pk) == 2
    with pytest.raises(Refused, match="已經撤回"):
        withdraw(slot.pk)


def test_slot_constraints(tutor, slot):
    with pytest.raises(IntegrityError), transaction.atomic():
        make.make_slot(tutor=tutor.user, starts_at=slot.starts_at, minutes=60)
    with pytest.raises(IntegrityError), transaction.atomic():
        make.make_slot(tutor=tutor.user, starts_at=taipei(2016, 4, 14), minutes=0)


# Booking


def test_book_tells_both_once_with_the_entry(tutor, slot, asker, unit):
    consultation = book(slot, asker, unit, field="簡報動畫")

    key = f"consultation-{consultation.pk}@localhost"
    assert letters() == [(asker.email, "REQUEST", 0, key), (tutor.user.email, "REQUEST", 0, key)]
    assert sorted(Notice.objects.values_list("user", flat=True)) == sorted([asker.pk, tutor.user_id])
    (event,) = Calendar.from_ical(Mail.objects.first().calendar).events
    assert event["DTSTART"].params["TZID"] == "Asia/Taipei"
    assert (event.start.astimezone(TAIPEI), event.end.astimezone(TAIPEI)) == (
        taipei(2016, 4, 13, 14),
        taipei(2016, 4, 13, 14, 30),
    )
    assert event["LOCATION"] == "https://meet.example.test/h"
    assert sorted(event["ATTENDEE"]) == sorted([f"mailto:{asker.email}", f"mailto:{tutor.user.email}"])
    assert "林堃峯" in Mail.objects.first().body
    assert Event.objects.get().summary == (
        "嘉義縣竹崎鄉公所的林堃峯預約黃資深的輔導（4月13日（三）14:00–14:30）"
    )


def test_book_refuses(tutor, slot, asker, unit):
    taken = make.make_slot(tutor=tutor.user, starts_at=taipei(2016, 4, 14, 9))
    make.make_consultation(slot=taken)
    withdrawn = make.make_slot(tutor=tutor.user, starts_at=taipei(2016, 4, 14, 10), withdrawn_at=AT)
    elsewhere = make.make_unit(programme=make.make_programme(year=106))

    for one, person, where, at, refusal in (
        (taken, asker, unit, AT, "剛剛有人預約了"),
        (withdrawn, asker, unit, AT, "已由輔導教師撤回"),
        (slot, asker, unit, slot.starts_at, "已經開始"),
        (slot, tutor.user, unit, AT, "不能預約自己的時段"),
        (slot, asker, elsewhere, AT, "不在105年度"),
    ):
        with pytest.raises(Refused, match=refusal):
            book(one, person, where, at=at)
    assert Consultation.objects.count() == 1
    assert not Mail.objects.exists()


def test_three_open_bookings_a_person(tutor, asker, unit):
    slots = publish(tutor)
    first, *_ = [book(slot, asker, unit) for slot in slots[:3]]

    with pytest.raises(Refused, match="每人最多 3 筆"):
        book(slots[3], asker, unit)
    actions.cancel_consultation(consultation=first, reason="會了", by=asker, at=AT)
    book(slots[3], asker, unit)
    # What is over no longer counts, noted or not.
    later = make.make_slot(tutor=tutor.user, starts_at=taipei(2016, 4, 20, 9))
    assert book(later, asker, unit, at=slots[3].ends_at).state == State.BOOKED


def test_nobody_is_in_two_consultations_at_once(tutor, slot, asker, unit):
    other = make.make_tutor(user=make.make_user(name="郭種籽"))
    overlapping = make.make_slot(tutor=other, starts_at=taipei(2016, 4, 13, 14, 15))
    book(slot, asker, unit)

    with pytest.raises(Refused, match="另一筆輔導（4月13日（三）14:00–14:30）時間重疊"):
        book(overlapping, asker, unit)
    # A tutor who is asked cannot ask at that time either.
    with pytest.raises(Refused, match="時間重疊"):
        book(overlapping, tutor.user, unit)


def test_one_booking_a_slot_by_the_database(slot):
    make.make_consultation(slot=slot, state=State.CANCELLED)
    make.make_consultation(slot=slot)

    with pytest.raises(IntegrityError), transaction.atomic():
        make.make_consultation(slot=slot)


# Moving and cancelling


def test_reschedule_frees_the_slot_and_moves_the_entry(tutor, slot, asker, unit):
    later = make.make_slot(tutor=tutor.user, starts_at=taipei(2016, 4, 20, 9))
    consultation = book(slot, asker, unit)
    Mail.objects.all().delete()

    actions.reschedule(consultation=consultation, slot=later, by=tutor.user, at=AT)

    key = f"consultation-{consultation.pk}@localhost"
    assert letters() == [(asker.email, "REQUEST", 1, key), (tutor.user.email, "REQUEST", 1, key)]
    assert list(Slot.objects.free(AT)) == [slot]
    (event,) = Calendar.from_ical(Mail.objects.first().calendar).events
    assert event.start == taipei(2016, 4, 20, 9)
    assert book(slot, make.make_user(), unit)


def test_reschedule_refuses(tutor, slot, asker, unit):
    consultation = book(slot, asker, unit)
    taken = make.make_slot(tutor=tutor.user, starts_at=taipei(2016, 4, 14, 9))
    make.make_consultation(slot=taken)
    free = make.make_slot(tutor=tutor.user, starts_at=taipei(2016, 4, 15, 9))
    other = make.make_slot(starts_at=taipei(2016, 4, 15, 9))

    for to, at, refusal in (
        (taken, AT, "剛剛有人預約了"),
        (slot, AT, "這就是原來的時段"),
        (other, AT, "只能改到同一位輔導教師"),
        (free, slot.starts_at, "輔導已經開始，不能改期"),
    ):
        with pytest.raises(Refused, match=refusal):
            actions.reschedule(consultation=consultation, slot=to, by=asker, at=at)
    consultation.refresh_from_db()
    assert (consultation.slot, consultation.sequence) == (slot, 0)


def test_cancel_tells_both_and_takes_the_entry_away(tutor, slot, asker, unit):
    consultation = book(slot, asker, unit)
    Mail.objects.all().delete()

    actions.cancel_consultation(consultation=consultation, reason="臨時公差", by=asker, at=AT)

    key = f"consultation-{consultation.pk}@localhost"
    assert letters() == [(asker.email, "CANCEL", 1, key), (tutor.user.email, "CANCEL", 1, key)]
    assert "STATUS:CANCELLED" in Mail.objects.first().calendar
    assert "臨時公差" in Mail.objects.first().body
    assert list(Slot.objects.free(AT)) == [slot]
    with pytest.raises(Refused, match="已取消，不能取消"):
        actions.cancel_consultation(consultation=consultation, reason="再一次", by=asker, at=AT)


def test_cancel_needs_a_reason_and_ends_when_it_begins(slot, asker, unit):
    consultation = book(slot, asker, unit)

    with pytest.raises(Refused, match="取消須說明理由"):
        actions.cancel_consultation(consultation=consultation, reason="", by=asker, at=AT)
    with pytest.raises(Refused, match="由輔導教師登錄「未到」"):
        actions.cancel_consultation(consultation=consultation, reason="忘了", by=asker, at=slot.starts_at)


def test_another_link_for_one_consultation(tutor, slot, asker, unit):
    consultation = book(slot, asker, unit)
    link = "https://meet.example.test/once"

    for _ in range(2):  # the same again tells nobody
        actions.change_link(consultation=consultation, meeting_url=link, by=tutor.user, at=AT)

    consultation = Consultation.objects.with_facts().get()
    assert (consultation.link, consultation.sequence) == (link, 1)
    assert Mail.objects.count() == 4
    assert not Event.objects.filter(summary__contains="meet.example").exists()
    with pytest.raises(Refused, match="不能更換連結"):
        actions.change_link(consultation=consultation, meeting_url="", by=tutor.user, at=slot.starts_at)


# What came of it


def test_note_what_came_of_it_and_correct_it(slot, asker, unit):
    consultation = book(slot, asker, unit)

    note(consultation, outcome="partly", minutes=20, note="下次再看")
    note(consultation, outcome="solved", answer_title="沒有聲音", answer="內嵌音檔", is_public=True)

    consultation.refresh_from_db()
    assert (consultation.state, consultation.outcome, consultation.minutes) == (State.DONE, "solved", 25)
    assert consultation.published_at == slot.ends_at
    assert list(Consultation.objects.published()) == [consultation]
    note(consultation, answer_title="沒有聲音", answer="內嵌音檔")
    assert list(Consultation.objects.published()) == []


def test_note_refuses(slot, asker, unit):
    consultation = book(slot, asker, unit)

    with pytest.raises(Refused, match="開始以後才能登錄結果"):
        note(consultation, at=slot.starts_at - timedelta(seconds=1))
    with pytest.raises(Refused, match="開始以後才能登錄結果"):
        actions.note_no_show(consultation=consultation, by=slot.tutor.user, at=AT)
    with pytest.raises(Refused, match="公開須填標題"):
        note(consultation, is_public=True, answer="內嵌音檔")
    with pytest.raises(Refused, match="不得出現提問者的姓名「林堃峯」"):
        note(consultation, is_public=True, answer_title="沒有聲音", answer="林 堃峯的檔案沒有內嵌音檔")
    actions.cancel_consultation(consultation=consultation, reason="公差", by=asker, at=AT)
    with pytest.raises(Refused, match="已取消，不能登錄結果"):
        note(consultation)


def test_no_show_takes_back_what_was_noted(slot, asker, unit):
    consultation = book(slot, asker, unit)
    note(consultation, answer_title="沒有聲音", answer="內嵌音檔", is_public=True)

    actions.note_no_show(consultation=consultation, by=slot.tutor.user, at=slot.ends_at, note="等了十分鐘")

    consultation.refresh_from_db()
    assert (consultation.state, consultation.outcome, consultation.minutes, consultation.published_at) == (
        State.NO_SHOW,
        "",
        None,
        None,
    )


@pytest.mark.parametrize(
    "breach",
    [
        {"state": "done"},
        {"outcome": "solved"},
        {"state": "cancelled"},
        {"cancelled_at": AT},
        {"published_at": AT},
        {"state": "asleep"},
    ],
)
def test_consultation_constraints(slot, breach):
    make.make_consultation(slot=slot)

    with pytest.raises(IntegrityError), transaction.atomic():
        Consultation.objects.update(**breach)


# A frozen year


def test_a_frozen_year_takes_no_change(tutor, slot, asker, unit):
    consultation = make.make_consultation(slot=make.make_slot(tutor=tutor.user, starts_at=AT), asker=asker)
    manual = make.make_manual()
    Programme.objects.update(state=Programme.State.FROZEN)
    staff, by, at = make.make_staff(), tutor.user, AT
    calls = [
        lambda: actions.add_tutor(programme=tutor.programme, user=asker, by=staff, at=at),
        lambda: actions.edit_tutor(tutor=tutor, fields=[], by=by, at=at),
        lambda: actions.remove_tutor(tutor=tutor, reason="x", by=staff, at=at),
        lambda: actions.add_manual(programme=tutor.programme, stored=manual.stored, by=staff, at=at),
        lambda: actions.remove_manual(manual=manual, by=staff, at=at),
        lambda: publish(tutor),
        lambda: actions.move_slot(slot=slot, on=WEDNESDAY, starts=time(9), ends=time(10), by=by, at=at),
        lambda: actions.withdraw_slots(tutor=tutor, slots=[slot.pk], by=by, at=at),
        lambda: book(slot, asker, unit),
        lambda: actions.reschedule(consultation=consultation, slot=slot, by=by, at=at),
        lambda: actions.cancel_consultation(consultation=consultation, reason="x", by=by, at=at),
        lambda: actions.change_link(consultation=consultation, meeting_url="", by=by, at=at),
        lambda: note(consultation),
        lambda: actions.note_no_show(consultation=consultation, by=by, at=at),
    ]
    for call in calls:
        with pytest.raises(Refused, match="105年度已凍結"):
            call()


# What the pages read


def test_units_to_ask_for(unit):
    other = make.make_unit()
    stranger, contact = make.make_user(), make.make_contact(unit=unit)
    nominee = make.make_person(unit=other, user=make.make_user()).user

    assert tutoring.units_to_ask_for(contact, unit.programme) == [unit]
    assert tutoring.units_to_ask_for(nominee, unit.programme) == [other]
    assert tutoring.units_to_ask_for(stranger, unit.programme) == [unit, other]


def test_a_week_at_a_glance(tutor, asker, unit):
    taken, free, *_ = publish(tutor)
    booked = book(taken, asker, unit)
    saturday = make.make_slot(tutor=tutor.user, starts_at=taipei(2016, 4, 16, 9))

    week = tutoring.week_of(tutor, date(2016, 4, 17), free.starts_at)

    assert [(day.day.day, len(day.slots), day.is_today) for day in week.days] == [
        (11, 0, False),
        (12, 0, False),
        (13, 4, True),
        (14, 0, False),
        (15, 0, False),
        (16, 1, False),
    ]
    wednesday = week.days[2].slots
    assert [(one.consultation, one.status) for one in wednesday] == [
        (booked, ("due", "待登錄結果")),
        (None, ("na", "無人預約")),
        (None, ("plain", "可預約")),
        (None, ("plain", "可預約")),
    ]
    assert week.days[5].slots[0].slot == saturday
    assert (week.free, week.booked, week.words) == (3, 1, "105年4月11日至4月17日")


def test_help_by_tutor_and_by_unit(tutor, asker, unit):
    one, two, three, _ = publish(tutor)
    note(book(one, asker, unit), minutes=50)
    note(book(two, asker, unit), outcome="unsolved", minutes=20)
    actions.cancel_consultation(consultation=book(three, asker, unit), reason="x", by=asker, at=AT)
    make.make_tutor(user=make.make_user(name="郭種籽"))

    by_tutor, by_unit = (
        list(tutoring.help_by_tutor(unit.programme)),
        list(tutoring.help_by_unit(unit.programme)),
    )

    assert [(row.name, row.offered, row.done, row.solved, row.cancelled, row.time) for row in by_tutor] == [
        ("郭種籽", 0, 0, 0, 0, "0 分"),
        ("黃資深", 4, 2, 1, 1, "1 小時 10 分"),
    ]
    assert [(row.name, row.offered, row.done, row.minutes) for row in by_unit] == [(unit.name, None, 2, 70)]
    assert tutoring.help_in_all(by_tutor).time == "1 小時 10 分"
