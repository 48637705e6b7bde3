"""換人: one colleague in the place of another."""

import pytest
from django.db import IntegrityError
from django.urls import reverse

from agencies.models import Notice, Programme
from foundation.errors import Refused
from foundation.models import Event, Mail
from tests import factories as make
from tests.factories import taipei
from workshops import actions, invariants
from workshops.models import Enrolment

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = taipei(2016, 4, 1, 9)
State = Enrolment.State


@pytest.fixture
def unit():
    return make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所")


@pytest.fixture
def session(unit):
    session = make.make_session(number=1, place="電腦教室")
    make.make_quota(session=session, unit=unit, seats=1)
    return session


@pytest.fixture
def staff():
    return make.make_staff()


@pytest.fixture
def contact(unit):
    return make.make_contact(unit=unit)


@pytest.fixture
def seated(session, unit, contact):
    return actions.enrol(
        session=session, unit=unit, name="王小明", title="課員", email="ming@example.test", by=contact, at=AT
    )


@pytest.fixture
def waiting(session, unit, contact, seated):
    return actions.enrol(session=session, unit=unit, name="李大同", title="課員", by=contact, at=AT)


def substitute(enrolment, by, at=AT, name="林堃峯", title="技士", email="lin@example.test"):
    return actions.substitute(enrolment=enrolment, name=name, title=title, email=email, by=by, at=at)


def refusal(*args, **kwargs):
    with pytest.raises(Refused) as caught:
        substitute(*args, **kwargs)
    return str(caught.value)


def test_substitute_takes_the_seat_and_nobody_moves_up(session, seated, waiting, contact):
    coming = substitute(seated, contact, at=taipei(2016, 4, 2))

    seated.refresh_from_db(), waiting.refresh_from_db()
    assert (coming.person.name, coming.state, coming.queued_at) == (
        "林堃峯",
        State.CONFIRMED,
        seated.created_at,
    )
    assert (seated.state, seated.cancelled_at, seated.replaced_by) == (
        State.CANCELLED,
        taipei(2016, 4, 2),
        coming,
    )
    assert waiting.state == State.WAITING
    event = Event.objects.filter(action="enrolment.substituted").get()
    assert event.summary == "嘉義縣竹崎鄉公所參加第1梯次由王小明改為林堃峯（已錄取）"
    assert list(invariants.breaches()) == []


def test_substitute_keeps_the_place_in_line(session, unit, contact, waiting):
    behind = actions.enrol(session=session, unit=unit, name="丙", by=contact, at=taipei(2016, 4, 2))

    coming = substitute(waiting, contact, at=taipei(2016, 4, 3))

    assert (coming.state, coming.queued_at) == (State.WAITING, waiting.queued_at)
    assert list(session.enrolments.waiting()) == [coming, behind]


def test_substitute_of_an_overbooked_person_stays_beyond_the_limits(session, unit, staff, seated):
    extra = actions.overbook(session=session, unit=unit, name="丁", reason="講師助理", by=staff, at=AT)

    assert substitute(extra, staff).over_limit_reason == "講師助理"


def test_both_and_the_other_contacts_are_told_once(session, unit, seated, contact):
    colleague = make.make_contact(unit=unit)

    coming = substitute(seated, contact)

    key = f"enrolment-substituted-{coming.pk}"
    assert dict(Mail.objects.values_list("key", "recipient")) == {
        f"{key}-{colleague.pk}": colleague.email,
        f"{key}-person": "lin@example.test",
        f"{key}-leaving-person": "ming@example.test",
    }
    text = (
        "嘉義縣竹崎鄉公所參加「自製數位教材研習班」第1梯次（研習日期民國105年4月11日，地點電腦教室）的同仁，"
        "由王小明改為林堃峯（已錄取）。"
    )
    assert list(Notice.objects.values_list("user", "text")) == [(colleague.pk, text)]


@pytest.mark.parametrize(
    ("ends_at", "at", "words"),
    [
        (
            None,
            taipei(2016, 4, 11),
            "第1梯次的換人已於4月10日（日）24:00（臺北時間）截止；要換人請洽承辦人。",
        ),
        (
            taipei(2016, 4, 8, 17),
            taipei(2016, 4, 8, 17),
            "第1梯次的換人已於4月8日（五）17:00（臺北時間）截止；要換人請洽承辦人。",
        ),
    ],
)
def test_after_the_last_moment_only_staff_substitute(session, seated, contact, staff, ends_at, at, words):
    session.substitution_ends_at = ends_at
    session.save()

    assert refusal(seated, contact, at=at) == words
    assert substitute(seated, staff, at=at).state == State.CONFIRMED


def test_a_contact_substitutes_until_the_last_moment(seated, contact):
    assert substitute(seated, contact, at=taipei(2016, 4, 10, 23, 59)).state == State.CONFIRMED


def test_substitute_in_a_year_not_begun_is_refused_to_contacts(session, seated, contact):
    Programme.objects.update(state=Programme.State.DRAFT)

    assert refusal(seated, contact) == "105年度還在籌備，尚未受理薦送。"


def test_substitute_who_has_left_is_refused(seated, contact):
    actions.cancel(enrolment=seated, by=contact, at=AT)

    assert refusal(seated, contact) == "王小明已經取消，沒有可以接替的位置；請直接薦送。"


def test_substitute_who_is_marked_is_refused(session, seated, staff):
    actions.mark_attendance(session=session, marks={seated.pk: "present"}, by=staff, at=AT)

    assert refusal(seated, staff) == "王小明已登記「出席」，不能換人；登記有誤請先清除。"


def test_substitute_by_the_same_person_is_refused(seated, contact):
    words = {"name": "王小明", "title": "課員", "email": "ming@example.test"}

    assert refusal(seated, contact, **words) == "接替者就是王小明本人；請填另一位同仁。"


def test_substitute_by_somebody_on_the_list_is_refused(seated, waiting, contact):
    assert refusal(seated, contact, name="李大同", title="課員", email="") == (
        "這位同仁已在本梯次名單（候補，由嘉義縣竹崎鄉公所薦送）；同一人不能重複薦送。"
    )
    seated.refresh_from_db()
    assert seated.state == State.CONFIRMED


def test_substitute_after_attendance_is_settled_is_refused(session, seated, staff):
    actions.close_attendance(session=session, by=staff, at=taipei(2016, 4, 12))

    assert refusal(seated, staff) == actions.locks.ATTENDANCE_CLOSED


def test_substitute_in_a_frozen_year_is_refused(seated, staff):
    Programme.objects.update(state=Programme.State.FROZEN)

    assert refusal(seated, staff) == "105年度已凍結，資料不能再變更。"


def test_only_a_cancelled_enrolment_has_a_successor(session, unit):
    coming = make.make_enrolment(session=session, unit=unit)

    with pytest.raises(IntegrityError, match="enrolment_replaced_is_cancelled"):
        make.make_enrolment(session=session, unit=unit, replaced_by=coming)


# The page


def url_of(enrolment):
    return reverse("workshops:enrolment_substitute", args=[enrolment.pk])


def test_contact_substitutes_on_the_page(client, session, seated, contact):
    client.force_login(contact)
    session.held_on = taipei(2200, 4, 11).date()
    session.save()

    asked = client.get(url_of(seated))
    done = client.post(url_of(seated), {"name": "林堃峯", "title": "技士", "email": ""}, follow=True)

    assert "名額不會空出來" in asked.content.decode()
    assert "第1梯次已由林堃峯接替王小明（已錄取）。" in done.content.decode()


def test_refused_substitution_keeps_what_was_typed(client, session, seated, staff):
    client.force_login(staff)

    page = client.post(
        url_of(seated), {"name": "王小明", "title": "課員", "email": "ming@example.test"}
    ).content.decode()

    assert "接替者就是王小明本人" in page
    assert 'value="ming@example.test"' in page


def test_the_page_is_closed_after_the_last_moment(client, session, seated, contact):
    client.force_login(contact)  # today the session of 105 lies in the past

    page = client.get(url_of(seated)).content.decode()
    session_page = client.get(reverse("workshops:session_detail", args=[1])).content.decode()

    assert "本梯次換人已經截止" in page
    assert 'name="name"' not in page
    assert url_of(seated) not in session_page


# 我的研習


def test_mine_shows_position_reason_successor_and_whom_to_ask(
    client, session, unit, contact, seated, waiting
):
    user = make.make_user()
    waiting.person.user = user
    waiting.person.save()
    later = make.make_session(number=2, held_on=taipei(2016, 5, 1).date())
    gone = make.make_enrolment(session=later, unit=unit, person=waiting.person)
    substitute(gone, None)
    client.force_login(user)

    response = client.get(reverse("workshops:enrolment_mine"))

    page = response.content.decode()
    assert [row.enrolment for row in response.context["rows"]] == [gone, waiting]
    assert "第 1 位，原因：本機關名額已滿。" in page
    assert "由林堃峯接替" in page
    assert contact.email in page
    assert reverse("portal:calendar_item", args=[session.calendar_key]) in page
    assert reverse("portal:calendar_item", args=[later.calendar_key]) not in page
    assert "王小明" not in page


def test_mine_without_nominations_says_so(client, session):
    client.force_login(make.make_user())

    page = client.get(reverse("workshops:enrolment_mine")).content.decode()

    assert "還沒有機關薦送您參加研習" in page


@pytest.mark.parametrize("count", [1, 3])
def test_mine_takes_the_same_queries_however_many(client, unit, django_assert_num_queries, count):
    user = make.make_user()
    person = make.make_person(unit=unit, user=user)
    make.make_contact(unit=unit)
    for number in range(1, count + 1):
        session = make.make_session(number=number)
        make.make_enrolment(session=session, unit=unit, person=person, state=State.WAITING)
    client.force_login(user)

    with django_assert_num_queries(12):
        client.get(reverse("workshops:enrolment_mine"))
