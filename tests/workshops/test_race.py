"""Many at one moment: no seat is sold twice, on both databases."""

import http.client
import threading
import time
from collections import Counter
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client
from django.urls import reverse

from foundation.errors import Refused
from foundation.models import Event, Mail
from tests import factories as make
from tests.factories import taipei
from tests.races import at_once
from workshops import actions, background, invariants, seats
from workshops.models import Enrolment, Session

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
AT = taipei(2016, 4, 1, 9)
PEOPLE = 50
State = Enrolment.State


def fifty_nominations(session, units, enrol):
    by = make.make_staff()

    def call(number):
        return lambda: enrol(
            session=Session.objects.select_related("programme").get(pk=session.pk),
            unit=units[number % len(units)],
            name=f"學員{number}",
            email=f"race{number}@example.test",
            by=by,
            at=AT,
        )

    return at_once([call(number) for number in range(PEOPLE)])


def a_session(*, capacity, quota):
    """A session where another unit holds seven seats, and five units with a quota each."""
    session = make.make_session(number=1, capacity=capacity)
    holder = make.make_unit()
    make.make_quota(session=session, unit=holder, seats=7)
    for _ in range(7):
        make.make_enrolment(session=session, unit=holder)
    units = [make.make_unit() for _ in range(5)]
    for unit in units:
        make.make_quota(session=session, unit=unit, seats=quota)
    return session, units


@pytest.mark.parametrize(
    ("capacity", "quota", "seats_sold"),
    [(10, 2, 3), (100, 2, 10), (None, 1, 5), (10, 9, 3)],
    ids=["room", "quotas", "quotas without a room", "room far below the quotas"],
)
def test_fifty_people_for_the_last_seats(capacity, quota, seats_sold):
    session, units = a_session(capacity=capacity, quota=quota)

    results = fifty_nominations(session, units, actions.enrol)

    assert [result for result in results if isinstance(result, Exception)] == []
    new = session.enrolments.filter(person__email__startswith="race")
    assert Counter(new.values_list("state", flat=True)) == {
        State.CONFIRMED: seats_sold,
        State.WAITING: PEOPLE - seats_sold,
    }
    assert max(Counter(new.confirmed().values_list("unit", flat=True)).values()) <= quota
    # In line in the order in which the database took them, and each was told the truth.
    line = list(new.waiting())
    assert line == sorted(line, key=lambda enrolment: enrolment.pk)
    assert sorted(seats.WaitingLists({session.pk: seats.count_seats(session)}).places) == sorted(
        enrolment.pk for enrolment in results if enrolment.state == State.WAITING
    )
    assert Event.objects.filter(action="enrolment.created").count() == PEOPLE


class Server(ThreadedWSGIServer):
    request_queue_size = 2 * PEOPLE  # nobody is turned away at the door


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        """The race is loud enough."""


@pytest.fixture
def server_port():
    """A server of its own, each request in a thread with its own connection."""
    server = Server(("127.0.0.1", 0), Quiet)
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def post(port, cookie, path, fields):
    """The status a browser gets for a form it sends."""
    token = "c" * 32
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = urlencode({**fields, "csrfmiddlewaretoken": token})
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"sessionid={cookie}; csrftoken={token}",
    }
    wire.request("POST", path, body, headers)
    status = wire.getresponse().status
    wire.close()
    return status


def test_fifty_contacts_for_the_last_three_seats_through_the_server(server_port):
    session, units = a_session(capacity=10, quota=2)
    client = Client()
    cookies = []
    for number in range(PEOPLE):
        client.force_login(
            make.make_contact(unit=units[number % 5]), "django.contrib.auth.backends.ModelBackend"
        )
        cookies.append(client.cookies["sessionid"].value)
        client.cookies.clear()
    path = reverse("workshops:session_detail", args=[1])

    def call(number):
        fields = {"name": f"學員{number}", "title": "課員", "email": f"race{number}@example.test"}
        return lambda: post(server_port, cookies[number], path, fields)

    statuses = at_once([call(number) for number in range(PEOPLE)])

    assert Counter(statuses) == {302: PEOPLE}
    new = session.enrolments.filter(person__email__startswith="race")
    assert Counter(new.values_list("state", flat=True)) == {State.CONFIRMED: 3, State.WAITING: 47}
    line = list(new.waiting())
    assert line == sorted(line, key=lambda enrolment: enrolment.pk)


def test_without_the_lock_seats_are_sold_twice(monkeypatch):
    """The negative control: the same race with locking switched off must oversell, else the test proves nothing."""
    session, units = a_session(capacity=10, quota=2)
    count = seats.count_seats

    def slowly(session):
        counted = count(session)
        time.sleep(0.2)
        return counted

    monkeypatch.setattr(actions.enrolments, "lock", lambda session: session)
    monkeypatch.setattr(actions.enrolments, "count_seats", slowly)
    # On SQLite the write transaction itself is the lock.
    enrol = actions.enrol if connection.vendor == "postgresql" else actions.enrol.__wrapped__

    fifty_nominations(session, units, enrol)

    assert session.enrolments.confirmed().count() > 10


def test_one_seat_cancelled_by_many_at_once_moves_up_one_and_mails_once():
    session = make.make_session(number=1)
    unit = make.make_unit()
    make.make_quota(session=session, unit=unit, seats=1)
    leaving = make.make_enrolment(session=session, unit=unit)
    for _ in range(5):
        make.make_enrolment(session=session, unit=unit, state=State.WAITING)
    by = make.make_staff()

    def cancel():
        enrolment = Enrolment.objects.select_related("session__programme").get(pk=leaving.pk)
        return actions.cancel(enrolment=enrolment, by=by, at=AT)

    results = at_once([cancel] * 10)

    assert sorted(type(result).__name__ for result in results) == ["Enrolment"] + ["EnrolmentRefused"] * 9
    assert Counter(session.enrolments.values_list("state", flat=True)) == {
        State.CANCELLED: 1,
        State.CONFIRMED: 1,
        State.WAITING: 4,
    }
    assert (Mail.objects.count(), Event.objects.filter(action="enrolment.promoted").count()) == (1, 1)


def test_cancelling_nominating_and_lowering_at_once_never_oversell():
    session = make.make_session(number=1, capacity=6)
    units = [make.make_unit() for _ in range(3)]
    for unit in units:
        make.make_quota(session=session, unit=unit, seats=3)
    seated = [make.make_enrolment(session=session, unit=units[n % 3]) for n in range(6)]
    by = make.make_staff()

    def fresh():
        return Session.objects.select_related("programme").get(pk=session.pk)

    calls = [
        lambda enrolment=enrolment: actions.cancel(enrolment=enrolment, by=by, at=AT)
        for enrolment in seated[:3]
    ]
    calls += [
        lambda n=n: actions.enrol(
            session=fresh(), unit=units[n % 3], name=f"學員{n}", email=f"race{n}@example.test", by=by, at=AT
        )
        for n in range(12)
    ]
    calls += [
        lambda unit=unit, n=n: actions.set_quota(session=fresh(), unit=unit, seats=n, by=by, at=AT)
        for unit in units
        for n in (2, 4)
    ]

    results = at_once(calls)

    unexpected = [r for r in results if isinstance(r, Exception) and not isinstance(r, Refused)]
    assert unexpected == []
    counted = seats.count_seats(session)
    assert counted.all_taken == 6
    assert all(counted.taken[unit] <= quota for unit, quota in counted.quotas.items())
    assert not any(counted.fits(enrolment.unit_id) for enrolment in session.enrolments.waiting())


def a_full_session(seats_of_idle_unit):
    """One unit is full and has people waiting, another uses none of its seats."""
    session = make.make_session(number=1, held_on=AT.date(), release_at=AT)
    busy, idle = make.make_unit(), make.make_unit()
    make.make_quota(session=session, unit=busy, seats=1)
    make.make_quota(session=session, unit=idle, seats=seats_of_idle_unit)
    seated = make.make_enrolment(session=session, unit=busy)
    for _ in range(5):
        make.make_enrolment(session=session, unit=busy, state=State.WAITING)
    return session, seated, idle


def fresh(session):
    return Session.objects.select_related("programme").get(pk=session.pk)


def test_the_same_form_sent_many_times_at_once_has_one_effect():
    session = make.make_session(number=1)
    unit = make.make_unit()
    make.make_quota(session=session, unit=unit, seats=2)
    by, request = make.make_staff(), uuid4()
    nominees = [actions.Nominee(f"學員{n}", email=f"race{n}@example.test") for n in range(3)]

    def send():
        return actions.enrol_many(
            session=fresh(session), unit=unit, nominees=nominees, request=request, by=by, at=AT
        )

    results = at_once([send] * 12)

    stored = list(session.enrolments.order_by("pk"))
    assert results == [stored] * 12
    assert [row.state for row in stored] == [State.CONFIRMED, State.CONFIRMED, State.WAITING]


def test_released_by_many_at_once_while_others_nominate():
    session, _, idle = a_full_session(3)
    make.make_contact(unit=idle)
    by = make.make_staff()
    calls = [lambda: background.release_unused_seats(at=AT)] * 6
    calls += [lambda: actions.release(session=fresh(session), by=by, at=AT)] * 2
    calls += [
        lambda n=n: actions.enrol(
            session=fresh(session), unit=idle, name=f"學員{n}", email=f"race{n}@example.test", by=by, at=AT
        )
        for n in range(6)
    ]

    results = at_once(calls)

    unexpected = [r for r in results if isinstance(r, Exception) and not isinstance(r, Refused)]
    assert unexpected == []
    assert Event.objects.filter(action="session.released").count() == 1
    assert Mail.objects.filter(key__startswith="seats-released-").count() == 1
    assert session.enrolments.confirmed().count() == 4
    assert list(invariants.breaches()) == []


def test_without_the_lock_seats_are_released_twice(monkeypatch):
    """The negative control of the race above."""
    session, _, _ = a_full_session(3)
    by, count = make.make_staff(), actions.pool.count_seats

    def slowly(session):
        time.sleep(0.2)
        return count(session)

    monkeypatch.setattr(actions.pool, "lock", lambda session: session)
    monkeypatch.setattr(actions.pool, "count_seats", slowly)
    release = actions.release if connection.vendor == "postgresql" else actions.release.__wrapped__

    at_once([lambda: release(session=fresh(session), by=by, at=AT)] * 4)

    assert Event.objects.filter(action="session.released").count() > 1


def test_one_person_replaced_by_many_at_once_has_one_successor():
    session, seated, _ = a_full_session(0)
    by = make.make_staff()

    def call(number):
        return lambda: actions.substitute(
            enrolment=Enrolment.objects.select_related("session__programme").get(pk=seated.pk),
            name=f"學員{number}",
            email=f"race{number}@example.test",
            by=by,
            at=AT,
        )

    results = at_once([call(number) for number in range(10)])

    assert sorted(type(result).__name__ for result in results) == ["Enrolment"] + ["EnrolmentRefused"] * 9
    assert session.enrolments.confirmed().count() == 1
    assert session.enrolments.waiting().count() == 5
    assert list(invariants.breaches()) == []
