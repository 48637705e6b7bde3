"""行事曆: what each sees, and what a program that subscribes gets."""

from datetime import date, time

import pytest
import time_machine
from django.urls import reverse
from icalendar import Calendar

from agencies.models import Programme
from foundation import calendars
from foundation.models import CalendarFeed
from foundation.rocdate import TAIPEI
from tests import factories as make
from tests.factories import taipei
from workshops.models import Enrolment

pytestmark = pytest.mark.django_db
AT = taipei(2016, 4, 1, 9)


@pytest.fixture(autouse=True)
def _first_of_april():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def year():
    """A session with its closing date, a competition, and a unit with a contact who asked a tutor."""
    programme = make.make_programme()
    make.make_competition(
        programme=programme, judging_starts_on=date(2016, 7, 5), judging_ends_on=date(2016, 7, 31)
    )
    session = make.make_session(
        programme=programme,
        held_on=date(2016, 4, 11),
        starts_at=time(9),
        ends_at=time(16),
        enrolment_closes_at=taipei(2016, 4, 6),
        place="本府電腦教室",
    )
    unit = make.make_unit(programme=programme, name="嘉義縣竹崎鄉公所")
    make.make_quota(session=session, unit=unit, seats=2)
    return programme


@pytest.fixture
def contact(year):
    return make.make_contact(unit=year.units.get(), user=make.make_user(name="林堃峯"))


def read(response):
    """(summary, start) of each entry."""
    events = Calendar.from_ical(response.content).events
    return [
        (
            str(event["SUMMARY"]),
            event.start.astimezone(TAIPEI) if hasattr(event.start, "hour") else event.start,
        )
        for event in events
    ]


def own(client, user):
    feed = calendars.renew_feed(user=user, at=AT)
    client.logout()
    return client.get(reverse("portal:calendar_own", args=[feed.token]))


YEARS = [
    ("105年度數位學習計畫期間", date(2016, 3, 1)),
    ("自製數位教材研習班第1梯次薦送截止（當日 24:00）", date(2016, 4, 5)),
    ("自製數位教材研習班第1梯次", taipei(2016, 4, 11, 9)),
    ("測試競賽繳交截止（當日 24:00）", date(2016, 7, 1)),
]


def test_the_public_feed_has_sessions_and_deadlines_and_no_names(client, year, contact):
    make.make_enrolment(session=year.sessions.get(), unit=year.units.get())

    response = client.get("/calendar/105.ics")

    assert read(response) == YEARS
    text = response.content.decode().replace("\r\n ", "")
    assert not any(name in text for name in ("測試學員", "林堃峯", "竹崎"))
    assert response["Cache-Control"] == "max-age=900, public"
    again = client.get("/calendar/105.ics", HTTP_IF_NONE_MATCH=response["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert "sessionid" not in client.cookies


def test_a_year_in_preparation_has_no_public_feed(client, year):
    Programme.objects.update(state=Programme.State.DRAFT)

    assert client.get("/calendar/105.ics").status_code == 404
    assert client.get("/calendar/106.ics").status_code == 404


def test_a_contacts_own_feed(client, year, contact):
    make.make_consultation(
        slot=make.make_slot(starts_at=taipei(2016, 4, 13, 14)), asker=contact, unit=year.units.get()
    )
    year.sessions.get()
    make.make_session(programme=year, number=2, enrolment_closes_at=taipei(2016, 4, 9))  # no seats there

    response = own(client, contact)

    assert read(response) == [
        ("自製數位教材研習班第1梯次薦送截止（當日 24:00）", date(2016, 4, 5)),
        ("輔導：測試主題", taipei(2016, 4, 13, 14)),
        ("嘉義縣竹崎鄉公所：測試競賽繳交截止（當日 24:00）", date(2016, 7, 1)),
    ]
    assert response["Cache-Control"] == "max-age=900, private"


def test_an_extension_moves_the_own_units_deadline(client, year, contact):
    make.make_extension(unit=year.units.get(), due_on=date(2016, 7, 8))

    assert read(own(client, contact))[-1] == (
        "嘉義縣竹崎鄉公所：測試競賽繳交截止（已延長）（當日 24:00）",
        date(2016, 7, 8),
    )


def test_a_participant_a_tutor_and_a_judge(client, year):
    session, unit = year.sessions.get(), year.units.get()
    confirmed, waiting = make.make_user(), make.make_user()
    for user, state in (
        (confirmed, Enrolment.State.CONFIRMED),
        (waiting, Enrolment.State.WAITING),
        (confirmed, Enrolment.State.CANCELLED),
    ):
        person = getattr(user, "person", None) or make.make_person(unit=unit, user=user)
        make.make_enrolment(session=session, unit=unit, person=person, state=state)
    tutor = make.make_tutor()
    make.make_consultation(slot=make.make_slot(tutor=tutor))
    make.make_consultation(
        slot=make.make_slot(tutor=tutor, starts_at=taipei(2016, 4, 20, 9)), state="cancelled"
    )

    assert read(own(client, confirmed)) == [("自製數位教材研習班第1梯次", taipei(2016, 4, 11, 9))]
    assert read(own(client, waiting)) == [("（候補）自製數位教材研習班第1梯次", taipei(2016, 4, 11, 9))]
    assert read(own(client, tutor)) == [("輔導：測試主題", taipei(2016, 4, 13, 14))]
    assert read(own(client, make.make_judge())) == [("測試競賽評審期間", date(2016, 7, 5))]
    assert read(own(client, make.make_user())) == []


def test_an_address_that_was_reset_answers_no_more(client, year, contact):
    client.force_login(contact)
    client.post(reverse("portal:calendar_renew"))
    first = CalendarFeed.objects.get().token
    client.post(reverse("portal:calendar_renew"))
    second = CalendarFeed.objects.get().token
    page = client.get(reverse("portal:calendar"))
    assert f"http://localhost:8000/calendar/{second}.ics" in page.content.decode()

    addresses = [reverse("portal:calendar_own", args=[token]) for token in (first, second)]
    assert [client.get(address).status_code for address in addresses] == [404, 200]
    client.post(reverse("portal:calendar_revoke"))

    assert client.get(addresses[1]).status_code == 404
    assert "建立訂閱網址" in client.get(reverse("portal:calendar")).content.decode()


def test_the_page_shows_what_is_to_come(client, year, contact):
    client.force_login(contact)
    with time_machine.travel(taipei(2016, 4, 8), tick=False):
        client.force_login(contact)
        context = client.get(reverse("portal:calendar")).context

    assert [item.title for item in context["own"]] == ["嘉義縣竹崎鄉公所：測試競賽繳交截止（當日 24:00）"]
    assert [item.title for item in context["public"]] == [title for title, _ in (YEARS[0], *YEARS[2:])]


def test_one_entry_as_a_file(client, year, contact):
    others = make.make_consultation(unit=year.units.get())
    mine = make.make_consultation(
        slot=make.make_slot(starts_at=taipei(2016, 4, 20, 9)), asker=contact, unit=year.units.get()
    )
    client.force_login(contact)

    def item(key):
        return client.get(reverse("portal:calendar_item", args=[key]))

    assert read(item(f"session-{year.sessions.get().pk}")) == [YEARS[2]]
    assert read(item(f"consultation-{mine.pk}")) == [("輔導：測試主題", taipei(2016, 4, 20, 9))]
    assert item(f"consultation-{others.pk}").status_code == 404


@pytest.mark.parametrize("which", ("page", "own", "public"))
def test_as_many_queries_however_much_there_is(client, django_assert_max_num_queries, year, contact, which):
    feed = calendars.renew_feed(user=contact, at=AT)
    address = {
        "page": reverse("portal:calendar"),
        "own": reverse("portal:calendar_own", args=[feed.token]),
        "public": "/calendar/105.ics",
    }[which]
    client.force_login(contact)
    person = make.make_person(unit=year.units.get(), user=contact)
    taken, number = [], 1
    for count in (1, 2):  # one row, then three
        for _ in range(count):
            number += 1
            session = make.make_session(programme=year, number=number, enrolment_closes_at=taipei(2016, 4, 9))
            make.make_quota(session=session, unit=year.units.first(), seats=1)
            make.make_enrolment(session=session, unit=year.units.first(), person=person)
            make.make_consultation(
                slot=make.make_slot(starts_at=taipei(2016, 4, 13, number)),
                asker=contact,
                unit=year.units.first(),
            )
        with django_assert_max_num_queries(20) as counted:
            assert client.get(address).status_code == 200
        taken.append(len(counted))

    assert taken[0] == taken[1]
