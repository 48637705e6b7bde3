"""kill -9 while a sheet is saved: all of it stands or nothing, and the draft from before is still there."""

import http.client
from urllib.parse import urlencode

import pytest

from competition.models import Criterion
from tests import factories as make
from tests.uploading.portal import Portal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
CRITERIA, BEFORE, AFTER = 10, "3.0", "7.5"


@pytest.fixture
def entry():
    entry = make.make_entry(unit=make.make_unit(), work_code="AAAAAA")
    entry.competition.criteria.all().delete()
    Criterion.objects.bulk_create(
        Criterion(competition=entry.competition, name=f"項目{number}", full_marks=10, position=number)
        for number in range(CRITERIA)
    )
    return entry


@pytest.fixture
def sheet(entry):
    """A draft with a mark for every criterion."""
    return make.make_sheet(entry=entry, judge=make.make_judge(), marks=(3,) * CRITERIA, signed_at=None)


@pytest.fixture
def portal(tmp_path, sheet):
    portal = Portal(tmp_path, sheet.judge.user)
    portal.open()
    yield portal
    portal.close()


def save(portal, sheet):
    """What the judge's page sends while one types."""
    values = {f"marks_{criterion.pk}": AFTER for criterion in Criterion.objects.all()}
    body = urlencode(values | {"version": sheet.version, "comment": "新的評語"})
    return portal.ask(
        "POST", "/competition/judging/AAAAAA/save/", body, Content_Type="application/x-www-form-urlencoded"
    )


def stored(portal):
    ((version, comment),) = portal.execute("SELECT version, comment FROM competition_scoresheet")
    points = portal.execute("SELECT points FROM competition_score ORDER BY id")
    return version, comment, [str(float(each)) for (each,) in points]


@pytest.mark.parametrize("place", ("sheet.noted", "sheet.scored", "sheet.recorded"))
def test_ten_new_marks_or_none(portal, sheet, place):
    before = stored(portal)
    assert before == (sheet.version, sheet.comment, [BEFORE] * CRITERIA)
    server = portal.serve(failpoint=place)

    with pytest.raises((OSError, http.client.HTTPException)):
        save(portal, sheet)
    portal.kill(server)
    assert stored(portal) == before

    portal.serve()  # what was typed is still in the judge's page, and is sent again as it was
    status, _, page = save(portal, sheet)

    assert status == 200, page.decode()
    assert stored(portal) == (sheet.version + 1, "新的評語", [AFTER] * CRITERIA)
