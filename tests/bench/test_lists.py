"""Long lists against a bare table of the same words in the same frame.

What counts is the processor's time, taken in turns in one run: neither the machine's speed nor what else
it does matters. Every round asks for another page, so that nothing kept from the last one helps.
"""

import gc
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from html.parser import HTMLParser
from itertools import cycle
from statistics import median
from time import process_time

import pytest
from django.contrib.auth.hashers import make_password
from django.core.handlers.base import BaseHandler
from django.db import connection, connections
from django.http import HttpResponse
from django.template import engines
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import include, path, reverse

from agencies.models import Person, User
from competition.models import Author, Entry
from foundation.models import Event, Job, Mail
from platform_updates.models import ForumTopic, Record, RecordVersion, Review, Update
from tests import factories as make
from workshops.models import Enrolment

pytestmark = pytest.mark.django_db
ROUNDS = 12
UNITS = 200
BARE = """{% extends "base.html" %}{% block h1 %}表{% endblock %}{% block content %}<table class="tb">{% for row in rows %}
<tr>{% for cell in row %}<td>{% if forloop.first %}<a href="/bare/">{{ cell }}</a>{% else %}{{ cell }}{% endif %}</td>{% endfor %}</tr>{% endfor %}
</table>{% endblock %}"""


def bare_table(request):
    template = engines["django"].from_string(BARE)
    return HttpResponse(template.render({"rows": bare_table.rows}, request))


bare_table.rows = ()
urlpatterns = [path("bare/", bare_table), path("", include("chiayi_elearn.urls"))]

LISTS = (
    "agencies:account_list",
    "agencies:person_list",
    "agencies:unit_list",
    "competition:entry_list",
    "foundation:event_list",
    "foundation:job_list",
    "foundation:mail_list",
    "platform_updates:record_list",
    "platform_updates:topic_list",
    "platform_updates:update_list",
    "workshops:enrolment_list",
)


class Cells(HTMLParser):
    """The words of a page's table body, cell by cell."""

    def __init__(self, page):
        super().__init__()
        self.rows, self.is_in_cell = [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append("")
            self.is_in_cell = True

    def handle_endtag(self, tag):
        if tag == "td":
            self.is_in_cell = False

    def handle_data(self, data):
        if self.is_in_cell:
            self.rows[-1][-1] += data.strip()


def prepare():
    """A year with its units, a session and a competition."""
    programme = make.the_programme()
    session = make.make_session(programme=programme)
    competition = make.make_competition(programme=programme)
    units = [make.make_unit(programme=programme, headcount=20) for _ in range(UNITS)]
    return programme, session, competition, units


def fill(year, first, count):
    """Rows number `first` to `count` of each kind, spread over the units."""
    programme, session, competition, units = year
    topic = competition.groups.get(key="agency").topics.get()
    at, day = make.taipei(2016, 4, 1), date(2016, 3, 1)
    around = [(number, units[number % len(units)]) for number in range(first, count)]
    reviews = (Review.ACCEPTED, Review.PENDING)
    Update.objects.bulk_create(
        Update(
            programme=programme,
            unit=unit,
            title=f"業務經驗 {number}",
            external_id=f"K{number}",
            updated_on=day + timedelta(days=number % 200),
            review=reviews[number % 2],
            created_at=at,
        )
        for number, unit in around
    )
    ForumTopic.objects.bulk_create(
        ForumTopic(
            programme=programme,
            unit=unit,
            title=f"論壇主題 {number}",
            url=f"https://forum.example.test/{number}",
            posted_on=day + timedelta(days=number % 200),
            replies=number % 20,
            created_at=at,
        )
        for number, unit in around
    )
    records = Record.objects.bulk_create(
        Record(unit=unit, position="人事管理員", business=Record.Business.OTHER, created_at=at)
        for _, unit in around
    )
    RecordVersion.objects.bulk_create(
        RecordVersion(
            record=record, number=1, title=f"紀錄 {number}", body="經驗", author=f"測試{number}", saved_at=at
        )
        for (number, _), record in zip(around, records, strict=True)
    )
    password = make_password(None)
    users = User.objects.bulk_create(
        User(username=f"t{number}", name=f"測試{number}", email=f"u{number}@example.test", password=password)
        for number, _ in around
    )
    people = Person.objects.bulk_create(
        Person(name=f"測試{number}", title="課員", email=f"p{number}@example.test", unit=unit.unit, user=user)
        for (number, unit), user in zip(around, users, strict=True)
    )
    Enrolment.objects.bulk_create(
        Enrolment(
            session=session,
            unit=unit,
            person=person,
            state=Enrolment.State.CONFIRMED,
            over_limit_reason="測試",
            created_at=at,
        )
        for (_, unit), person in zip(around, people, strict=True)
    )
    entries = Entry.objects.bulk_create(
        Entry(
            unit=unit,
            competition=competition,
            topic=topic,
            title=f"作品 {number}",
            state=Entry.State.SUBMITTED,
            receipt=f"105-{number:05d}",
            submitted_at=at,
            created_at=at,
        )
        for number, unit in around
    )
    Author.objects.bulk_create(
        Author(entry=entry, position=1, name=f"測試{entry.pk}", title="課員") for entry in entries
    )
    Event.objects.bulk_create(
        Event(
            at=at,
            actor=user,
            actor_name=user.name,
            action="update.accepted",
            target_type="platform_updates.update",
            target_id=number,
            scope="105",
            summary=f"採計業務經驗 {number}",
        )
        for (number, _), user in zip(around, users, strict=True)
    )
    Job.objects.bulk_create(
        Job(kind="sample", title=f"匯入第 {number} 批", state=Job.State.DONE, created_by=user)
        for (number, _), user in zip(around, users, strict=True)
    )
    Mail.objects.bulk_create(
        Mail(
            key=f"sample:{number}",
            recipient=f"p{number}@example.test",
            subject="薦送錄取通知",
            message_id=f"<{number}@example.test>",
            created_at=at,
            next_attempt_at=at,
            sent_at=at,
        )
        for number, _ in around
    )


class Visitor:
    """Asks as a browser that is logged in does: through the middleware, without the test client's bookkeeping.

    The requests have a thread of their own, as in the web server: below the many calls of the test runner
    Python's stack may run over the end of a piece of memory again and again, which takes more than a page.
    """

    def __init__(self, client):
        connections["default"].inc_thread_sharing()
        self.thread = ThreadPoolExecutor(1, initializer=self._use, initargs=[connections["default"]])
        self.requests = RequestFactory()
        self.requests.cookies = client.cookies
        self.handler = BaseHandler()
        self.handler.load_middleware()

    @staticmethod
    def _use(opened):
        connections["default"] = opened

    def get(self, url):
        """The answer, and the processor's seconds that it took."""
        return self.thread.submit(self._get, url).result()

    def _get(self, url):
        request = self.requests.get(url)
        start = process_time()
        response = self.handler.get_response(request)
        taken = process_time() - start
        assert response.status_code == 200
        return response, taken


def times(visitor, name, count):
    """(the list of `count` rows, the bare table): median times of their pages in turns."""
    url = reverse(name)
    first, _ = visitor.get(url)
    bare_table.rows = [row for row in Cells(first.content.decode()).rows if row]
    assert len(bare_table.rows) == 100
    pages = cycle(range(1, (UNITS if name == "agencies:unit_list" else count) // 100 + 1))
    gc.collect()
    pairs = [(visitor.get(f"{url}?page={next(pages)}")[1], visitor.get("/bare/")[1]) for _ in range(ROUNDS)]
    return [median(column) for column in zip(*pairs, strict=True)]


@pytest.fixture
def visitor(client):
    client.force_login(make.make_administrator())
    gc.freeze()  # What the test runner holds is not collected again with every page.
    visitor = Visitor(client)
    yield visitor
    visitor.thread.shutdown()
    connections["default"].dec_thread_sharing()
    gc.unfreeze()


@pytest.mark.urls("tests.bench.test_lists")
def test_list_pages(visitor, capsys):
    """At 3,000 rows: 2 × the bare table, 12 queries; 1.3 × the same list at 300 rows."""
    year = prepare()
    fill(year, 0, 300)
    small = {name: times(visitor, name, 300) for name in LISTS}
    fill(year, 300, 3000)
    large = {name: times(visitor, name, 3000) for name in LISTS}
    ratios = {name: page / bare for name, (page, bare) in large.items()}
    growths = {name: ratio / (small[name][0] / small[name][1]) for name, ratio in ratios.items()}
    queries = {}
    for name in LISTS:
        with CaptureQueriesContext(connection) as captured:
            visitor.get(f"{reverse(name)}?page=2")
        queries[name] = len(captured)
    with capsys.disabled():
        print(f"\n{'list':30} × bare  × at 300  queries  ms")
        for name in LISTS:
            print(
                f"{name:30} {ratios[name]:6.2f} {growths[name]:9.2f} {queries[name]:8} {large[name][0] * 1000:5.1f}"
            )
    assert {name: ratio for name, ratio in ratios.items() if ratio > 2} == {}
    assert {name: growth for name, growth in growths.items() if growth > 1.3} == {}
    assert {name: number for name, number in queries.items() if number > 12} == {}
