"""The board of 191 units against a bare table of as many rows and columns, and its SQL against SQL by hand.

Ratios of medians of processor time (SQLite works inside this process), taken in turn in one run, so that
neither the machine's speed nor what else it does counts.
"""

from datetime import date, timedelta
from functools import lru_cache
from statistics import median
from time import process_time

import pytest
from django.db import connection
from django.http import HttpResponse
from django.template import engines
from django.test.utils import CaptureQueriesContext
from django.urls import include, path, reverse

from agencies.models import Category, Person
from competition.models import Entry
from platform_updates.models import ForumTopic, Review, Update
from scoring.board import compute_board
from tests import factories as make
from workshops.models import Enrolment, UnitQuota

pytestmark = pytest.mark.django_db
UNITS = 191
COLUMNS = 7
ROUNDS = 25
AT = make.taipei(2016, 6, 23)
BARE = """{% extends "base.html" %}{% block h1 %}表{% endblock %}{% block content %}<table class="tb">
{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>{% endblock %}"""

# What one would write without an ORM: a grouped query for each of the four indicators (薦送 takes two).
BY_HAND = (
    """SELECT unit_id, COUNT(*) FROM platform_updates_update
       WHERE programme_id = %(programme)s AND review = 'accepted'
         AND updated_on BETWEEN '2016-03-01' AND '2016-09-30' GROUP BY unit_id""",
    """SELECT unit_id, COUNT(*) FROM platform_updates_forumtopic
       WHERE programme_id = %(programme)s AND review <> 'rejected' AND replies >= 10
         AND posted_on BETWEEN '2016-03-01' AND '2016-09-30' GROUP BY unit_id""",
    """SELECT unit_id, COUNT(*) FROM competition_entry
       WHERE competition_id = %(competition)s AND state = 'submitted'
         AND submitted_at < '2016-07-01 16:00:00' GROUP BY unit_id""",
    """SELECT q.unit_id, s.number, SUM(q.seats) FROM workshops_unitquota q
       JOIN workshops_session s ON s.id = q.session_id
       WHERE s.programme_id = %(programme)s GROUP BY q.unit_id, s.number""",
    """SELECT e.unit_id, s.number, COUNT(*) FROM workshops_enrolment e
       JOIN workshops_session s ON s.id = e.session_id
       WHERE s.programme_id = %(programme)s AND e.state = 'confirmed'
         AND e.attendance NOT IN ('excused', 'absent') GROUP BY e.unit_id, s.number""",
)


def bare_table(request):
    rows = [[f"第 {row} 列第 {column} 欄" for column in range(COLUMNS)] for row in range(UNITS)]
    return HttpResponse(bare_template().render({"rows": rows}, request))


@lru_cache
def bare_template():
    return engines["django"].from_string(BARE)


urlpatterns = [path("bare/", bare_table), path("", include("chiayi_elearn.urls"))]


def fill():
    """A year as it is towards its end: 191 units, 3,000 updates, 900 topics, two sessions, 150 works."""
    programme = make.the_programme()
    competition = make.make_competition(programme=programme)
    categories = (Category.TOWNSHIP, Category.SCHOOL, Category.COUNTY_UNIT)
    units = [
        make.make_unit(programme=programme, category=categories[number % 3], headcount=20 + number)
        for number in range(UNITS)
    ]
    sessions = [make.make_session(programme=programme, number=number) for number in (1, 2)]
    fill_counts(programme, units)
    fill_people(units, sessions)
    fill_works(competition, units)
    return programme


def fill_counts(programme, units):
    day = date(2016, 3, 1)
    Update.objects.bulk_create(
        Update(
            programme=programme,
            unit=units[number * number % UNITS],
            title=f"更新 {number}",
            external_id=f"K{number}",
            updated_on=day + timedelta(days=number % 220),
            review=Review.values[number % 3],
            review_reason="測試理由",
            created_at=AT,
        )
        for number in range(3000)
    )
    ForumTopic.objects.bulk_create(
        ForumTopic(
            programme=programme,
            unit=units[number * 7 % UNITS],
            title=f"主題 {number}",
            posted_on=day + timedelta(days=number % 220),
            replies=number % 20,
            created_at=AT,
        )
        for number in range(900)
    )


def fill_people(units, sessions):
    UnitQuota.objects.bulk_create(
        UnitQuota(session=session, unit=unit, seats=2) for session in sessions for unit in units
    )
    people = Person.objects.bulk_create(
        Person(name=f"測試{number}", email=f"p{number}@example.test") for number in range(UNITS * 3)
    )
    Enrolment.objects.bulk_create(
        Enrolment(
            session=sessions[number % 2],
            unit=units[number % UNITS],
            person=person,
            state=Enrolment.State.CONFIRMED,
            attendance=Enrolment.Attendance.values[number % 6],
            created_at=AT,
        )
        for number, person in enumerate(people)
    )


def fill_works(competition, units):
    topic = competition.groups.first().topics.get()
    Entry.objects.bulk_create(
        Entry(
            unit=units[number],
            competition=competition,
            topic=topic,
            title=f"作品 {number}",
            state=Entry.State.SUBMITTED,
            receipt=f"105-{number:05}",
            submitted_at=AT,
            created_at=AT,
        )
        for number in range(150)
    )


def ratio(first, second):
    """Median time of the one over that of the other, in turns."""
    pairs = [(seconds(first), seconds(second)) for _ in range(ROUNDS)]
    ours, theirs = zip(*pairs[3:], strict=True)
    return median(ours) / median(theirs)


def seconds(act):
    start = process_time()
    act()
    return process_time() - start


@pytest.mark.urls("tests.bench.test_board")
def test_board_page(client, capsys):
    fill()
    client.force_login(make.make_staff())
    url = reverse("scoring:board")
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
        taken = len(queries)
    assert len(response.context["lines"]) == UNITS

    found = ratio(lambda: client.get(url), lambda: client.get("/bare/"))

    with capsys.disabled():
        print(f"\nboard of {UNITS} units: {found:.2f} × bare table, {taken} queries")
    assert found <= 1.5
    assert taken <= 8


def test_indicators_sql(capsys):
    """Ours is one statement for all; run as plain SQL, so that the database alone is compared."""
    programme = fill()
    with CaptureQueriesContext(connection) as queries:
        compute_board(programme, at=AT)
    statement = next(query["sql"] for query in queries if "UNION ALL" in query["sql"])
    keys = {"programme": programme.pk, "competition": programme.competition.pk}

    def run(*statements):
        total = 0
        with connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql, {} if sql is statement else keys)
                total += sum(row[-1] for row in cursor.fetchall())
        return total

    assert run(statement) == run(*BY_HAND)

    found = ratio(lambda: run(statement), lambda: run(*BY_HAND))

    with capsys.disabled():
        print(f"\nindicators' SQL: {found:.2f} × the same grouped queries by hand")
    assert found <= 2
