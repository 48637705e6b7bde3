"""What check_invariants finds in results, planted one at a time."""

import pytest

from competition.invariants import breaches
from competition.models import ScoreSheet
from competition.results import build_payload
from competition.standings import standings
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db


@pytest.fixture
def group():
    entry = make.make_entry(unit=make.make_unit())
    for _ in range(3):
        make.make_sheet(entry=entry, judge=make.make_judge(), marks=(40, 30, 20, 5))
    return entry.topic.group


@pytest.fixture
def payload(group):
    return build_payload(standings(group.competition, groups=[group])[0], at=taipei(2016, 8, 5))


def test_a_sound_result_is_silent(group):
    make.make_result(group=group)

    assert list(breaches()) == []


def test_a_result_that_does_not_follow_from_its_sheets_is_found(group, payload):
    payload["ranking"][0]["score"] = "96.000000"
    make.make_result(group=group, payload=payload)

    assert list(breaches()) == ["結果：機關組第 1 版的名次不能由其評分表重算得出。"]


def test_a_result_that_was_altered_is_found(group):
    make.make_result(group=group, sha256="0" * 64)

    assert list(breaches()) == ["結果：機關組第 1 版的內容與指紋不符。"]


def test_a_sheet_written_after_the_result_is_found(group):
    make.make_result(group=group)
    sheet = ScoreSheet.objects.first()
    ScoreSheet.objects.filter(pk=sheet.pk).update(updated_at=taipei(2016, 8, 6))

    assert list(breaches()) == [f"結果：機關組定案之後，評分表 {sheet.pk} 仍有變動。"]
