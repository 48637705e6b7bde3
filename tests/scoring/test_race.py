"""A year is frozen while others still write: whatever came first, the stored board is what the facts say."""

from collections import Counter
from datetime import date

import pytest

from agencies.models import Programme, ProgrammeUnit
from foundation.errors import Refused
from platform_updates.actions import register_topic
from platform_updates.models import ForumTopic
from scoring import actions
from scoring.invariants import breaches
from scoring.models import BoardSnapshot
from tests import factories as make
from tests.races import at_once

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
AT = make.taipei(2016, 9, 30, 17)
WRITERS = 12


def test_freezing_while_topics_are_registered():
    units = [make.make_unit() for _ in range(WRITERS)]
    programme, staff = units[0].programme, make.make_staff()

    def write(unit):
        return lambda: register_topic(
            unit=ProgrammeUnit.objects.select_related("programme").get(pk=unit.pk),
            title="主題",
            url=f"https://forum.example.test/{unit.pk}",
            posted_on=date(2016, 5, 1),
            replies=10,
            by=staff,
            at=AT,
        )

    def freeze():
        return actions.freeze(programme=Programme.objects.get(pk=programme.pk), by=staff, at=AT)

    calls = [write(unit) for unit in units]
    results = at_once([*calls[:6], freeze, *calls[6:], freeze])

    kinds = Counter(type(result) for result in results)
    assert kinds[BoardSnapshot] == 1
    assert kinds[actions.SnapshotRefused] == 1
    # Every other call either wrote its topic before, or was told that the year is frozen.
    assert kinds[ForumTopic] + kinds[Refused] == WRITERS
    assert ForumTopic.objects.count() == kinds[ForumTopic]
    assert list(breaches()) == []
