"""The judge's pages against an empty page of the same person, at 3,000 works; eight judges saving at once."""

import gc
from decimal import Decimal
from statistics import median
from time import process_time

import pytest
import time_machine
from django.core.handlers.base import BaseHandler
from django.http import HttpResponse
from django.template import engines
from django.test import RequestFactory
from django.urls import include, path, reverse

from agencies.models import Category
from competition import actions
from competition.models import Entry, Judge, Score, ScoreSheet
from tests import factories as make
from tests.factories import taipei
from tests.races import at_once

WORKS, JUDGES, ROUNDS = 3000, 3, 15
DURING = taipei(2016, 7, 10)
EMPTY = '{% extends "base.html" %}{% block h1 %}空{% endblock %}'


def empty(request):
    return HttpResponse(engines["django"].from_string(EMPTY).render({}, request))


urlpatterns = [path("empty/", empty), path("", include("chiayi_elearn.urls"))]


def fill():
    """3,000 works in both groups, three judges on both panels, everything scored but every seventh signed."""
    units = [make.make_unit(), make.make_unit(category=Category.COUNTY_UNIT)]
    competition = make.the_competition(units[0].programme)
    users = [make.make_user() for _ in range(JUDGES)]
    judges = {
        group: [Judge.objects.create(group=group, user=user) for user in users]
        for group in competition.groups.all()
    }
    topics = {topic.group.key: topic for topic in _topics(competition)}
    entries = Entry.objects.bulk_create(
        [
            Entry(
                unit=units[number % 2],
                competition=competition,
                topic=topics[units[number % 2].competition_group],
                title=f"作品{number}",
                state="submitted",
                receipt=f"105-B-{number:04}",
                work_code=f"W{number:05}",
                submitted_at=taipei(2016, 6, 1),
                created_at=taipei(2016, 6, 1),
            )
            for number in range(WORKS)
        ],
        batch_size=500,
    )
    sheets = ScoreSheet.objects.bulk_create(
        [
            ScoreSheet(
                entry=entry,
                judge=judge,
                updated_at=DURING,
                signed_at=None if number % 7 == 0 else DURING,
                signed_by=None if number % 7 == 0 else judge.user,
            )
            for number, entry in enumerate(entries)
            for judge in judges[entry.topic.group]
        ],
        batch_size=500,
    )
    criteria = list(competition.criteria.all())
    Score.objects.bulk_create(
        [
            Score(sheet=sheet, criterion=criterion, points=Decimal(sheet.pk % 11))
            for sheet in sheets
            for criterion in criteria
            if criterion.full_marks >= 10
        ],
        batch_size=2000,
    )
    return users[0], competition


def _topics(competition):
    return [topic for group in competition.groups.all() for topic in group.topics.select_related("group")]


@pytest.fixture
def ask(client):
    handler, requests = BaseHandler(), RequestFactory()
    handler.load_middleware()

    def asked(method, url, data=None, *, status=200):
        requests.cookies = client.cookies
        request = getattr(requests, method)(url, data)
        request._dont_enforce_csrf_checks = True
        start = process_time()
        response = handler.get_response(request)
        taken = process_time() - start
        assert response.status_code == status, response.status_code
        return taken

    return asked


@pytest.mark.django_db
@pytest.mark.urls("tests.bench.test_judging")
def test_judging_page_and_save(client, ask, capsys):
    """The page ≤ 8 × an empty logged-in page, a sheet saved ≤ 12 ×."""
    user, competition = fill()
    client.force_login(user)
    drafts = list(
        ScoreSheet.objects.filter(judge__user=user, signed_at=None).values_list("entry__work_code", "version")
    )
    first = competition.criteria.first().pk
    gc.collect()
    gc.freeze()
    times = {"empty": [], "list": [], "page": [], "save": []}
    with time_machine.travel(DURING, tick=False):
        for number, (code, version) in enumerate(drafts[: ROUNDS + 1]):
            taken = {
                "empty": ask("get", "/empty/"),
                "list": ask("get", reverse("competition:judging_list")),
                "page": ask("get", reverse("competition:judging_sheet", args=[code])),
                "save": ask(
                    "post",
                    reverse("competition:judging_save", args=[code]),
                    {"version": version, f"marks_{first}": "9.5"},
                ),
            }
            if number:  # the first warms up
                for name, seconds in taken.items():
                    times[name].append(seconds)
    gc.unfreeze()
    ratios = {name: median(values) / median(times["empty"]) for name, values in times.items()}
    with capsys.disabled():
        print(
            f"\nempty {median(times['empty']) * 1000:.1f} ms; "
            + str({k: round(v, 2) for k, v in ratios.items()})
        )
    assert ratios["page"] <= 8
    assert ratios["save"] <= 12


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_eight_judges_saving_at_once():
    """Not one error, nothing lost: 8 judges, 10 saves each of the same work."""
    entry = make.make_entry(unit=make.make_unit())
    judges = [Judge.objects.select_related("user", "group").get(user=make.make_judge()) for _ in range(8)]
    criteria = list(entry.competition.criteria.all())

    def saves(judge):
        def save():
            for version in range(10):
                actions.save_sheet(
                    judge=judge,
                    entry=entry,
                    points={criterion.pk: Decimal(version) for criterion in criteria},
                    comment=str(version),
                    version=version,
                    by=judge.user,
                    at=DURING,
                )

        return save

    assert at_once([saves(judge) for judge in judges]) == [None] * len(judges)
    assert sorted(ScoreSheet.objects.values_list("version", "comment")) == [(10, "9")] * 8
