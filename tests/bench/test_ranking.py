"""The office's ranking over 3,000 works × 3 judges × 4 criteria, and 200 certificates, against the bare minimum.

What counts is the processor's time, taken in turns in one run.
"""

import gc
from datetime import date
from decimal import Decimal
from random import Random
from statistics import median
from time import perf_counter, process_time

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from competition import certificates
from competition.models import Ceremony, Entry, Score, ScoreSheet
from foundation.pdf import _typeset_apart
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db
ROUNDS = 7
AT = taipei(2016, 6, 1)


@pytest.fixture
def competition():
    """3,000 works, all of them in one group."""
    rng = Random(105)
    competition = make.make_competition()
    criteria = list(competition.criteria.all())
    group = competition.groups.first()
    units = [make.make_unit() for _ in range(20)]
    judges = [make.make_judge(group=group.key).judgeships.get() for _ in range(3)]
    entries = Entry.objects.bulk_create(
        Entry(
            unit=units[number % 20],
            competition=competition,
            topic=group.topics.get(),
            title=f"作品{number}",
            state=Entry.State.SUBMITTED,
            receipt=f"{group.key}-{number:04d}",
            submitted_at=AT,
            created_at=AT,
        )
        for number in range(3000)
    )
    sheets = ScoreSheet.objects.bulk_create(
        ScoreSheet(entry=entry, judge=judge, updated_at=AT, signed_at=AT, signed_by=judge.user)
        for entry in entries
        for judge in judges
    )
    Score.objects.bulk_create(
        (
            Score(
                sheet=sheet,
                criterion=criterion,
                points=Decimal(rng.randint(criterion.full_marks, 2 * criterion.full_marks)) / 2,
            )
            for sheet in sheets
            for criterion in criteria
        ),
        batch_size=2000,
    )
    return competition


@pytest.fixture
def office(client):
    client.force_login(make.make_staff())
    return client


def in_turns(*functions, clock=process_time):
    """The median time of each, taken in turns."""
    times = [[] for _ in functions]
    for _ in range(ROUNDS):
        for taken, function in zip(times, functions, strict=True):
            gc.collect()
            started = clock()
            function()
            taken.append(clock() - started)
    return [median(taken) for taken in times]


def test_the_ranking_page_against_an_empty_one(office, competition):
    group = competition.groups.first()
    page, empty = reverse("competition:result_detail", args=[group.pk]), "/about/help/"
    office.get(page), office.get(empty)

    taken, nothing = in_turns(lambda: office.get(page), lambda: office.get(empty))

    print(
        f"ranking page: {taken * 1000:.0f} ms, empty page {nothing * 1000:.1f} ms, {taken / nothing:.1f} times"
    )
    assert taken <= 20 * nothing


GROUPED = """SELECT sheet.entry_id, sheet.judge_id, SUM(score.points)
FROM competition_score score JOIN competition_scoresheet sheet ON sheet.id = score.sheet_id
JOIN competition_judge judge ON judge.id = sheet.judge_id
WHERE sheet.signed_at IS NOT NULL AND judge.group_id = %s GROUP BY sheet.entry_id, sheet.judge_id"""


def test_its_queries_against_the_bare_grouped_one(office, competition):
    group = competition.groups.first()
    page = reverse("competition:result_detail", args=[group.pk])
    office.get(page)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        office.get(page)
    queries = [(query["sql"], None) for query in asked.captured_queries if query["sql"].startswith("SELECT")]

    def run(queries):
        with connection.cursor() as cursor:
            for sql, parameters in queries:
                cursor.execute(sql, parameters)
                cursor.fetchall()

    taken, bare = in_turns(lambda: run(queries), lambda: run([(GROUPED, [group.pk])]))

    print(
        f"{len(queries)} queries: {taken * 1000:.0f} ms, bare {bare * 1000:.0f} ms, {taken / bare:.2f} times"
    )
    assert taken <= 2 * bare


def test_all_scores_as_a_file_take_ten_queries(office, competition):
    address = reverse("portal:import_export", args=["scores", "csv"])
    office.get(address)

    with CaptureQueriesContext(connection) as asked:
        response = office.get(address)
        content = b"".join(response) if response.streaming else response.content

    assert content.count(b"\n") == 9001
    assert len(asked) <= 10


def test_certificates_against_the_bare_typesetter(competition):
    ceremony = Ceremony(competition=competition, magistrate="測試縣長", certificate_on=date(2016, 9, 1))
    result = make.make_result(group=competition.groups.first())
    awards = [make.make_award_certificate(result=result, position=number) for number in range(200)]
    markup = render_to_string(
        certificates.TEMPLATE,
        {
            "certificates": [certificates._printed(award.certificate) for award in awards],
            "ceremony": ceremony,
        },
    )

    started = perf_counter()
    certificates.print_all(awards, ceremony, progress=lambda *report: None)
    taken = perf_counter() - started
    started = perf_counter()
    _typeset_apart(markup, None)
    bare = perf_counter() - started

    print(f"200 certificates: {taken:.1f} s, bare {bare:.1f} s, {taken / bare:.2f} times")
    assert taken <= 1.3 * bare
