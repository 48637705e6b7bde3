from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from agencies.models import Category, Notice, Person, Programme
from foundation.errors import Refused
from foundation.models import Event, Mail
from tests import factories as make
from tests.factories import taipei
from workshops import actions, people
from workshops.models import Enrolment, UnitQuota

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = taipei(2016, 4, 1, 9)
State, Attendance = Enrolment.State, Enrolment.Attendance


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def session(unit):
    """A session with two seats for the unit."""
    session = make.make_session(number=1)
    make.make_quota(session=session, unit=unit, seats=2)
    return session


@pytest.fixture
def staff():
    return make.make_staff()


@pytest.fixture
def contact(unit):
    return make.make_contact(unit=unit)


def nominate(session, unit, by, name="王小明", at=AT, title="課員", email=""):
    return actions.enrol(session=session, unit=unit, name=name, title=title, email=email, by=by, at=at)


def refusal(action, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        action(*args, **kwargs)
    return str(caught.value)


def states(session):
    """(name, state) of everybody on the list, in order."""
    return [(e.person.name, e.state) for e in session.enrolments.order_by("pk")]


# Nominating


def test_enrol_confirms_while_quota_and_room_have_seats(session, unit, contact):
    enrolment = nominate(session, unit, contact)

    assert (enrolment.state, enrolment.created_by, enrolment.created_at, enrolment.queued_at) == (
        State.CONFIRMED,
        contact,
        AT,
        None,
    )
    event = Event.objects.get()
    assert (event.action, event.actor, event.scope) == ("enrolment.created", contact, "105")
    assert event.summary == "嘉義縣竹崎鄉公所薦送王小明參加第1梯次，已錄取"


def test_enrol_waits_when_the_quota_is_full(session, unit, contact):
    for name in "甲乙":
        nominate(session, unit, contact, name=name)

    late = nominate(session, unit, contact, name="丙")

    assert (late.state, late.queued_at) == (State.WAITING, AT)
    assert Event.objects.first().summary == "嘉義縣竹崎鄉公所薦送丙參加第1梯次，列候補（本機關名額已滿）"


def test_enrol_waits_when_the_room_is_full(session, unit, contact):
    session.capacity = 1
    session.save()
    nominate(session, unit, contact, name="甲")

    nominate(session, unit, contact, name="乙")

    assert states(session) == [("甲", State.CONFIRMED), ("乙", State.WAITING)]
    assert Event.objects.first().summary.endswith("列候補（場地已滿）")


def test_enrol_queues_behind_everybody_even_when_its_clock_was_read_earlier(session, unit, contact):
    UnitQuota.objects.update(seats=1)
    nominate(session, unit, contact, name="甲")
    nominate(session, unit, contact, name="乙", at=AT + timedelta(seconds=1))
    nominate(session, unit, contact, name="丙", at=AT)

    assert [e.person.name for e in session.enrolments.waiting()] == ["乙", "丙"]


def test_enrol_without_quota_is_refused(session, contact):
    other = make.make_unit()

    assert refusal(nominate, session, other, contact) == "本機關在本梯次沒有分配名額，不能薦送。"
    assert Person.objects.count() == 0


def test_enrol_with_a_quota_of_zero_is_refused(session, unit, contact):
    UnitQuota.objects.update(seats=0)

    assert refusal(nominate, session, unit, contact) == "本機關在本梯次沒有分配名額，不能薦送。"


def test_enrol_same_person_twice_is_refused(session, unit, contact):
    nominate(session, unit, contact)

    assert refusal(nominate, session, unit, contact) == (
        "這位同仁已在本梯次名單（已錄取，由嘉義縣竹崎鄉公所薦送）；同一人不能重複薦送。"
    )
    assert Enrolment.objects.count() == 1


def test_enrol_again_after_cancelling_is_allowed(session, unit, contact):
    first = nominate(session, unit, contact)
    actions.cancel(enrolment=first, by=contact, at=AT)

    again = nominate(session, unit, contact)

    assert (again.person, again.state) == (first.person, State.CONFIRMED)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (taipei(2016, 3, 31, 23, 59), "第1梯次從4月1日（五）08:00（臺北時間）起受理薦送。"),
        (taipei(2016, 4, 8), "第1梯次的薦送已於4月7日（四）24:00（臺北時間）截止；需要補薦送，請洽承辦人。"),
    ],
)
def test_enrol_outside_the_window_is_refused_to_contacts_only(session, unit, contact, staff, at, words):
    session.enrolment_opens_at, session.enrolment_closes_at = taipei(2016, 4, 1, 8), taipei(2016, 4, 8)
    session.save()

    assert refusal(nominate, session, unit, contact, at=at) == words
    assert nominate(session, unit, staff, at=at).state == State.CONFIRMED


@pytest.mark.parametrize("at", [taipei(2016, 4, 1, 8), taipei(2016, 4, 7, 23, 59)])
def test_enrol_within_the_window(session, unit, contact, at):
    session.enrolment_opens_at, session.enrolment_closes_at = taipei(2016, 4, 1, 8), taipei(2016, 4, 8)
    session.save()

    assert nominate(session, unit, contact, at=at).state == State.CONFIRMED


def test_enrol_in_a_year_not_begun_is_refused_to_contacts_only(session, unit, contact, staff):
    Programme.objects.update(state=Programme.State.DRAFT)

    assert refusal(nominate, session, unit, contact) == "105年度還在籌備，尚未受理薦送。"
    assert nominate(session, unit, staff).state == State.CONFIRMED


def test_enrol_after_attendance_is_settled_is_refused(session, unit, staff):
    actions.close_attendance(session=session, by=staff, at=taipei(2016, 4, 12))

    assert refusal(nominate, session, unit, staff) == actions.locks.ATTENDANCE_CLOSED


# Who the person is


def test_enrol_knows_a_person_by_email_whatever_the_case(session, unit, contact):
    person = make.make_person(unit=unit, name="王小明", title="科員", email="Ming@Example.test")

    enrolment = nominate(session, unit, contact, email="ming@example.test")

    assert enrolment.person == person
    assert (enrolment.person.title, Person.objects.count()) == ("課員", 1)


def test_enrol_with_the_email_of_another_name_is_refused(session, unit, contact):
    make.make_person(unit=unit, name="李大同", email="a@example.test")

    assert refusal(nominate, session, unit, contact, email="a@example.test") == (
        "這個電子郵件登記在另一個姓名之下，請核對姓名或電子郵件。"
    )


def test_enrol_knows_a_person_without_email_by_unit_name_and_title(session, unit, contact):
    person = make.make_person(unit=unit, name="王小明", title="課員", email="")
    make.make_person(unit=unit, name="王小明", title="課員", email="twin@example.test")
    make.make_person(unit=unit, name="王小明", title="技士", email="")

    assert nominate(session, unit, contact).person == person


def test_enrol_gives_the_address_to_who_was_known_without_one(session, unit, contact):
    person = make.make_person(unit=unit, name="王小明", title="課員", email="")

    enrolment = nominate(session, unit, contact, email="ming@example.test")

    person.refresh_from_db()
    assert (enrolment.person, person.email) == (person, "ming@example.test")


def test_enrol_without_email_finds_the_only_one_of_that_name_and_title(session, unit, contact):
    person = make.make_person(unit=unit, name="王小明", title="課員", email="ming@example.test")

    assert nominate(session, unit, contact).person == person


def test_enrol_without_email_among_twins_is_refused(session, unit, contact):
    for number in (1, 2):
        make.make_person(unit=unit, name="王小明", title="課員", email=f"{number}@example.test")

    assert refusal(nominate, session, unit, contact) == (
        "本機關有 2 位同姓名、同職稱的同仁，請填電子郵件以資區別。"
    )


def test_enrol_of_a_person_known_elsewhere_counts_for_the_nominating_unit(session, unit, contact):
    former = make.make_unit()
    person = make.make_person(unit=former, name="王小明", title="專員", email="ming@example.test")

    enrolment = nominate(session, unit, contact, email="ming@example.test")

    person.refresh_from_db()
    assert (enrolment.unit, enrolment.person) == (unit, person)
    assert (person.unit, person.title) == (former.unit, "專員")


def test_enrol_finds_a_person_made_by_somebody_else_in_the_same_moment(session, unit, contact, monkeypatch):
    person = make.make_person(unit=unit, name="王小明", title="課員", email="")
    looked, real = [], people._find

    def blind_at_first(**words):
        looked.append(words)
        return None if len(looked) == 1 else real(**words)

    monkeypatch.setattr(people, "_find", blind_at_first)

    assert nominate(session, unit, contact).person == person
    assert len(looked) == 2


# Cancelling and moving up


def test_cancel_moves_up_the_first_who_fits_and_tells_them_once(session, unit, contact, staff):
    confirmed = [nominate(session, unit, contact, name=name) for name in "甲乙"]
    first = nominate(session, unit, contact, name="丙", email="bing@example.test")
    nominate(session, unit, contact, name="丁")
    contact.email = "contact@example.test"
    contact.save()

    actions.cancel(enrolment=confirmed[0], by=staff, at=AT)

    assert states(session) == [
        ("甲", State.CANCELLED),
        ("乙", State.CONFIRMED),
        ("丙", State.CONFIRMED),
        ("丁", State.WAITING),
    ]
    text = "丙已由候補遞補為「自製數位教材研習班」第1梯次錄取，研習日期民國105年4月11日，地點另行通知。"
    key = f"enrolment-promoted-{first.pk}-20160401T010000.000000"
    assert set(Mail.objects.values_list("key", "recipient")) == {
        (f"{key}-{contact.pk}", "contact@example.test"),
        (f"{key}-person", "bing@example.test"),
    }
    assert all(text in body for body in Mail.objects.values_list("body", flat=True))
    assert list(Notice.objects.order_by("pk").values_list("user", "text", "url")) == [
        (contact.pk, "甲在研習班第1梯次的薦送已由承辦人取消。", "/workshops/1/?year=105"),
        (contact.pk, text, "/workshops/1/?year=105"),
    ]
    assert list(Event.objects.order_by("pk").values_list("action", flat=True))[-2:] == [
        "enrolment.cancelled",
        "enrolment.promoted",
    ]


def test_cancel_lets_who_fits_pass_who_does_not(session, unit, staff):
    """The room's seat goes to the second in line: the first one's unit is still full."""
    other = make.make_unit()
    make.make_quota(session=session, unit=other, seats=2)
    session.capacity = 3
    session.save()
    for name in ("甲", "乙"):
        nominate(session, unit, staff, name=name)
    leaving = nominate(session, other, staff, name="丙")
    nominate(session, unit, staff, name="丁")
    nominate(session, other, staff, name="戊")

    actions.cancel(enrolment=leaving, by=staff, at=AT)

    assert states(session) == [
        ("甲", State.CONFIRMED),
        ("乙", State.CONFIRMED),
        ("丙", State.CANCELLED),
        ("丁", State.WAITING),
        ("戊", State.CONFIRMED),
    ]


def test_cancel_by_the_contact_tells_the_contact_nothing(session, unit, contact):
    enrolment = nominate(session, unit, contact)

    actions.cancel(enrolment=enrolment, by=contact, at=AT)

    assert Notice.objects.count() == 0


def test_cancel_who_waits_moves_nobody(session, unit, contact):
    for name in "甲乙丙丁":
        nominate(session, unit, contact, name=name)
    waiting = session.enrolments.waiting().first()

    actions.cancel(enrolment=waiting, by=contact, at=AT)

    assert [state for _, state in states(session)] == [
        State.CONFIRMED,
        State.CONFIRMED,
        State.CANCELLED,
        State.WAITING,
    ]


def test_cancel_twice_is_refused(session, unit, contact):
    enrolment = nominate(session, unit, contact)
    actions.cancel(enrolment=enrolment, by=contact, at=AT)

    assert (
        refusal(actions.cancel, enrolment=enrolment, by=contact, at=AT) == "王小明已經取消，不必再取消一次。"
    )


def test_cancel_with_attendance_marked_is_refused(session, unit, staff):
    enrolment = nominate(session, unit, staff)
    actions.mark_attendance(session=session, marks={enrolment.pk: "present"}, by=staff, at=AT)

    assert refusal(actions.cancel, enrolment=enrolment, by=staff, at=AT) == (
        "王小明已登記「出席」，不能取消；登記有誤請先清除。"
    )


def test_cancel_after_attendance_is_settled_is_refused(session, unit, staff):
    enrolment = nominate(session, unit, staff)
    actions.close_attendance(session=session, by=staff, at=taipei(2016, 4, 12))

    assert refusal(actions.cancel, enrolment=enrolment, by=staff, at=AT) == actions.locks.ATTENDANCE_CLOSED


def test_promotion_failing_leaves_the_cancellation_undone(session, unit, contact, monkeypatch):
    for name in "甲乙丙":
        nominate(session, unit, contact, name=name)

    def broken(*args, **kwargs):
        raise RuntimeError("mail")

    monkeypatch.setattr(actions.line, "tell_promoted", broken)
    with pytest.raises(RuntimeError), transaction.atomic():
        actions.cancel(enrolment=session.enrolments.first(), by=contact, at=AT)

    assert [state for _, state in states(session)] == [State.CONFIRMED, State.CONFIRMED, State.WAITING]


# Overbooking


def test_overbook_admits_beyond_the_limits_with_a_reason(session, unit, staff):
    for name in "甲乙丙":
        nominate(session, unit, staff, name=name)

    extra = actions.overbook(session=session, unit=unit, name="丁", reason="講師助理", by=staff, at=AT)

    assert (extra.state, extra.over_limit_reason) == (State.CONFIRMED, "講師助理")
    assert session.enrolments.waiting().get().person.name == "丙"
    assert Event.objects.first().summary == "嘉義縣竹崎鄉公所的丁超額錄取第1梯次：講師助理"


def test_overbook_admits_somebody_who_waits(session, unit, staff, contact):
    for name in "甲乙丙":
        nominate(session, unit, staff, name=name)

    actions.overbook(session=session, unit=unit, name="丙", title="課員", reason="首長指派", by=staff, at=AT)

    assert states(session) == [(name, State.CONFIRMED) for name in "甲乙丙"]
    assert Notice.objects.get().user == contact


def test_overbooked_seats_take_none_of_the_quota(session, unit, staff):
    for name in "甲乙":
        nominate(session, unit, staff, name=name)
    actions.overbook(session=session, unit=unit, name="丁", reason="講師助理", by=staff, at=AT)

    actions.cancel(enrolment=session.enrolments.first(), by=staff, at=AT)

    assert nominate(session, unit, staff, name="戊").state == State.CONFIRMED


def test_overbook_of_a_unit_without_quota(session, staff):
    extra = actions.overbook(
        session=session, unit=make.make_unit(), name="丁", reason="旁聽", by=staff, at=AT
    )

    assert extra.state == State.CONFIRMED


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (" ", "超額錄取須寫明理由。"),
        ("由試算表匯入", "「由試算表匯入」是匯入資料的註記，請寫明這一次超額的理由。"),
    ],
)
def test_overbook_without_reason_is_refused(session, unit, staff, reason, words):
    assert words == refusal(
        actions.overbook, session=session, unit=unit, name="丁", reason=reason, by=staff, at=AT
    )


def test_overbook_by_a_contact_is_refused(session, unit, contact):
    assert (
        refusal(actions.overbook, session=session, unit=unit, name="丁", reason="理由", by=contact, at=AT)
        == "超額錄取由承辦人登記。"
    )


def test_overbook_while_a_seat_is_free_is_refused(session, unit, staff):
    assert (
        refusal(actions.overbook, session=session, unit=unit, name="丁", reason="理由", by=staff, at=AT)
        == "本機關名額與場地都還有空位，直接薦送即可，不必超額。"
    )


def test_overbook_of_the_confirmed_is_refused(session, unit, staff):
    for name in "甲乙":
        nominate(session, unit, staff, name=name)

    assert (
        refusal(
            actions.overbook,
            session=session,
            unit=unit,
            name="甲",
            title="課員",
            reason="理由",
            by=staff,
            at=AT,
        )
        == "這位同仁已在本梯次名單（已錄取，由嘉義縣竹崎鄉公所薦送）；同一人不能重複薦送。"
    )


# Attendance


def test_mark_attendance_writes_what_changed(session, unit, staff):
    came, left = (nominate(session, unit, staff, name=name) for name in "甲乙")
    actions.mark_attendance(session=session, marks={left.pk: "excused"}, by=staff, at=AT)

    changed = actions.mark_attendance(
        session=session, marks={came.pk: "present", left.pk: "excused"}, by=staff, at=AT
    )

    assert changed == 1
    assert list(session.enrolments.order_by("pk").values_list("attendance", flat=True)) == [
        "present",
        "excused",
    ]
    assert list(session.enrolments.sent()) == [came]
    marked = Event.objects.filter(action="enrolment.attendance_marked")
    assert [(event.target_id, event.data) for event in marked.order_by("pk")] == [
        (str(left.pk), {"before": "", "after": "excused"}),
        (str(came.pk), {"before": "", "after": "present"}),
    ]


def test_mark_attendance_of_who_waits_is_refused_and_writes_nothing(session, unit, staff):
    first, *_, last = [nominate(session, unit, staff, name=name) for name in "甲乙丙"]

    assert (
        refusal(
            actions.mark_attendance,
            session=session,
            by=staff,
            at=AT,
            marks={first.pk: "present", last.pk: "present"},
        )
        == "丙是「候補」，只有已錄取者可以登記出席。"
    )
    assert set(session.enrolments.values_list("attendance", flat=True)) == {""}


def test_mark_attendance_unknown_is_refused(session, unit, staff):
    enrolment = nominate(session, unit, staff)

    assert (
        refusal(actions.mark_attendance, session=session, marks={enrolment.pk: "asleep"}, by=staff, at=AT)
        == "沒有「asleep」這種出席情形。"
    )


def test_mark_attendance_of_another_session_is_refused(session, unit, staff):
    elsewhere = make.make_enrolment(session=make.make_session(number=2), unit=unit)

    assert (
        refusal(actions.mark_attendance, session=session, marks={elsewhere.pk: "present"}, by=staff, at=AT)
        == "有 1 筆不在本梯次的名單，未登記任何一筆。"
    )


def test_close_attendance_counts_the_unmarked_as_absent(session, unit, staff):
    came, stayed, _ = [nominate(session, unit, staff, name=name) for name in "甲乙丙"]
    actions.mark_attendance(session=session, marks={came.pk: "late"}, by=staff, at=AT)

    absent = actions.close_attendance(session=session, by=staff, at=taipei(2016, 4, 11))

    assert absent == 1
    assert list(session.enrolments.order_by("pk").values_list("attendance", flat=True)) == [
        "late",
        "absent",
        "",
    ]
    session.refresh_from_db()
    assert session.attendance_closed_at == taipei(2016, 4, 11)
    assert Event.objects.first().data == {"absent": [stayed.pk]}
    assert (
        refusal(actions.mark_attendance, session=session, marks={came.pk: "present"}, by=staff, at=AT)
        == "本梯次出席已結算；要更正，請先重新開放登記。"
    )


def test_close_attendance_before_the_day_is_refused(session, staff):
    assert (
        refusal(actions.close_attendance, session=session, by=staff, at=taipei(2016, 4, 10, 23, 59))
        == "第1梯次在4月11日（一）舉行，當日起才能結算出席。"
    )


def test_close_attendance_twice_is_refused(session, staff):
    actions.close_attendance(session=session, by=staff, at=taipei(2016, 4, 12))

    assert (
        refusal(actions.close_attendance, session=session, by=staff, at=taipei(2016, 4, 12))
        == "第1梯次出席已經結算。"
    )


def test_reopen_attendance_keeps_the_marks(session, unit, staff):
    enrolment = nominate(session, unit, staff)
    actions.close_attendance(session=session, by=staff, at=taipei(2016, 4, 12))

    actions.reopen_attendance(session=session, by=staff, at=taipei(2016, 4, 13))

    session.refresh_from_db()
    enrolment.refresh_from_db()
    assert (session.attendance_closed_at, enrolment.attendance) == (None, "absent")
    assert Event.objects.first().action == "session.attendance_reopened"


def test_reopen_attendance_that_is_open_is_refused(session, staff):
    assert (
        refusal(actions.reopen_attendance, session=session, by=staff, at=AT)
        == "第1梯次出席尚未結算，可以直接登記。"
    )


def test_nobody_moves_up_into_a_session_that_is_over(session, unit, staff):
    for name in "甲乙丙":
        nominate(session, unit, staff, name=name)
    actions.close_attendance(session=session, by=staff, at=taipei(2016, 4, 12))

    actions.set_quota(session=session, unit=unit, seats=3, by=staff, at=taipei(2016, 4, 12))

    assert session.enrolments.waiting().count() == 1


# Quotas and the session itself


def test_set_quota_raised_moves_up_in_order(session, unit, staff):
    for name in "甲乙丙丁":
        nominate(session, unit, staff, name=name)

    assert actions.set_quota(session=session, unit=unit, seats=3, by=staff, at=AT) == 1

    assert states(session)[2:] == [("丙", State.CONFIRMED), ("丁", State.WAITING)]
    set_event = Event.objects.get(action="quota.set")
    assert set_event.summary == "第1梯次嘉義縣竹崎鄉公所名額由 2 人改為 3 人"


def test_set_quota_below_the_confirmed_is_refused_with_the_number(session, unit, staff):
    for name in "甲乙":
        nominate(session, unit, staff, name=name)

    assert (
        refusal(actions.set_quota, session=session, unit=unit, seats=1, by=staff, at=AT)
        == "嘉義縣竹崎鄉公所已錄取 2 人，名額不能少於 2 人；要再減少，請選擇如何處理超出的人。"
    )
    assert UnitQuota.objects.get().seats == 2


def test_set_quota_does_not_count_the_overbooked(session, unit, staff):
    for name in "甲乙":
        nominate(session, unit, staff, name=name)
    actions.overbook(session=session, unit=unit, name="丙", reason="講師助理", by=staff, at=AT)

    assert actions.set_quota(session=session, unit=unit, seats=2, by=staff, at=AT) == 0
    actions.cancel(enrolment=session.enrolments.first(), by=staff, at=AT)
    assert actions.set_quota(session=session, unit=unit, seats=1, by=staff, at=AT) == 1


def test_set_quotas_all_or_none(session, unit, staff):
    nominate(session, unit, staff)
    other = make.make_unit()

    refusal(actions.set_quotas, session=session, seats={other: 5, unit: 0}, by=staff, at=AT)

    assert list(UnitQuota.objects.values_list("unit", "seats")) == [(unit.pk, 2)]


def test_set_quota_negative_is_refused(session, unit, staff):
    assert (
        refusal(actions.set_quota, session=session, unit=unit, seats=-1, by=staff, at=AT)
        == "嘉義縣竹崎鄉公所的名額不得為負數。"
    )


def test_set_quota_of_a_unit_of_another_year_is_refused(session, staff):
    stranger = make.make_unit(programme=make.make_programme(year=106), name="明年的機關")

    assert (
        refusal(actions.set_quota, session=session, unit=stranger, seats=1, by=staff, at=AT)
        == "明年的機關不在105年度。"
    )


def test_set_quota_seats_the_imported_before_the_waiting(session, unit, staff):
    for name in "甲乙丙":
        nominate(session, unit, staff, name=name)
    imported = make.make_enrolment(
        session=session, unit=unit, over_limit_reason=Enrolment.IMPORTED_OVER_LIMIT
    )

    actions.set_quota(session=session, unit=unit, seats=3, by=staff, at=AT)

    imported.refresh_from_db()
    assert (imported.over_limit_reason, session.enrolments.waiting().count()) == ("", 1)


def test_edit_session_raised_capacity_moves_up(session, unit, staff):
    session.capacity = 1
    session.save()
    for name in "甲乙":
        nominate(session, unit, staff, name=name)

    assert actions.edit_session(session=session, by=staff, at=AT, capacity=None, place="簡報室") == [
        "capacity",
        "place",
    ]

    session.refresh_from_db()
    assert (session.place, session.enrolments.waiting().count()) == ("簡報室", 0)
    event = Event.objects.get(action="session.edited")
    assert event.summary == "變更第1梯次的場地容量、地點"
    assert event.data == {
        "before": {"capacity": 1, "place": ""},
        "after": {"capacity": None, "place": "簡報室"},
    }


def test_edit_session_capacity_below_the_confirmed_is_refused(session, unit, staff):
    for name in "甲乙":
        nominate(session, unit, staff, name=name)

    assert (
        refusal(actions.edit_session, session=session, by=staff, at=AT, capacity=1)
        == "本梯次已錄取 2 人，場地容量不能少於 2 人；要再減少，請選擇如何處理超出的人。"
    )


def test_edit_session_without_a_change_records_nothing(session, staff):
    assert actions.edit_session(session=session, by=staff, at=AT, held_on=date(2016, 4, 11)) == []
    assert Event.objects.count() == 0


# A frozen year


@pytest.mark.parametrize(
    "act",
    [
        lambda s, u, e, by: nominate(s, u, by, name="新人"),
        lambda s, u, e, by: actions.cancel(enrolment=e, by=by, at=AT),
        lambda s, u, e, by: actions.overbook(session=s, unit=u, name="新人", reason="理由", by=by, at=AT),
        lambda s, u, e, by: actions.mark_attendance(session=s, marks={e.pk: "present"}, by=by, at=AT),
        lambda s, u, e, by: actions.close_attendance(session=s, by=by, at=taipei(2016, 4, 12)),
        lambda s, u, e, by: actions.reopen_attendance(session=s, by=by, at=AT),
        lambda s, u, e, by: actions.set_quota(session=s, unit=u, seats=5, by=by, at=AT),
        lambda s, u, e, by: actions.edit_session(session=s, by=by, at=AT, place="別處"),
    ],
    ids=["enrol", "cancel", "overbook", "mark", "close", "reopen", "set_quota", "edit"],
)
def test_every_action_refuses_a_frozen_year(session, unit, staff, act):
    enrolment = nominate(session, unit, staff)
    Programme.objects.update(state=Programme.State.FROZEN)

    assert refusal(act, session, unit, enrolment, staff) == "105年度已凍結，資料不能再變更。"


# What the database itself holds


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("enrolment_waiting_has_place_in_line", {"state": State.WAITING, "queued_at": None}),
        ("enrolment_cancelled_at_matches_state", {"state": State.CANCELLED, "cancelled_at": None}),
        ("enrolment_cancelled_at_matches_state", {"state": State.CONFIRMED, "cancelled_at": AT}),
        ("enrolment_attendance_of_confirmed_only", {"state": State.WAITING, "attendance": "present"}),
        ("enrolment_attendance_is_known", {"attendance": "asleep"}),
        ("enrolment_state_is_known", {"state": "perhaps"}),
        ("enrolment_waiting_is_not_over_limit", {"state": State.WAITING, "over_limit_reason": "理由"}),
    ],
)
def test_enrolment_constraints(session, unit, constraint, facts):
    with pytest.raises(IntegrityError, match=constraint):
        make.make_enrolment(session=session, unit=unit, **facts)


def test_a_person_is_on_a_session_list_once(session, unit):
    person = make.make_person(unit=unit)
    make.make_enrolment(session=session, unit=unit, person=person, state=State.CANCELLED)
    make.make_enrolment(session=session, unit=unit, person=person)

    with pytest.raises(IntegrityError):
        make.make_enrolment(session=session, unit=unit, person=person, state=State.WAITING)


def test_a_unit_has_one_quota_a_session(session, unit):
    with pytest.raises(IntegrityError):
        make.make_quota(session=session, unit=unit)


def test_a_session_number_is_used_once_a_year(session):
    with pytest.raises(IntegrityError):
        make.make_session(number=1)


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        (
            "session_enrolment_window_in_order",
            {"enrolment_opens_at": AT, "enrolment_closes_at": AT},
        ),
        ("session_times_in_order", {"starts_at": "16:30", "ends_at": "09:00"}),
        ("session_hours_not_negative", {"hours": "-1"}),
    ],
)
def test_session_constraints(constraint, facts):
    with pytest.raises(IntegrityError, match=constraint):
        make.make_session(number=3, **facts)


def test_session_invites_its_audience():
    session = make.make_session(number=3, audience=[Category.TOWNSHIP])

    assert (session.invites(Category.TOWNSHIP), session.invites(Category.SCHOOL)) == (True, False)
    assert session.audience_labels == ["鄉鎮市公所"]
