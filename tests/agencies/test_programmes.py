from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from agencies import actions
from agencies.models import Programme, ScheduleItem
from foundation.errors import Refused
from foundation.models import Event
from tests.factories import make_programme, make_staff, make_unit, taipei

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = taipei(2016, 3, 15, 9)


def change(programme, **values):
    return actions.change_programme(programme=programme, by=None, at=AT, **values)


def test_change_programme_stores_what_differs_and_says_so():
    programme = make_programme(year=105)

    titles = change(programme, title=programme.title, weight_forum=40, ends_on=date(2016, 10, 31))

    programme.refresh_from_db()
    assert (programme.weight_forum, programme.ends_on) == (40, date(2016, 10, 31))
    assert titles == ["論壇主題權重", "結束日期"]
    event = Event.objects.get(action="programme.changed")
    assert event.scope == "105"
    assert event.data["changed"] == {
        "weight_forum": ["25", "40"],
        "ends_on": ["2016-09-30", "2016-10-31"],
    }


def test_change_programme_without_a_difference_is_refused():
    programme = make_programme(year=105)
    with pytest.raises(Refused, match="沒有任何變更"):
        change(programme, title=programme.title)


def test_change_programme_refuses_an_end_before_the_start():
    with pytest.raises(Refused, match="結束日期不得早於開始日期"):
        change(make_programme(year=105), ends_on=date(2016, 2, 28))


def test_change_programme_refuses_a_frozen_year():
    programme = make_programme(year=105, state=Programme.State.FROZEN)
    with pytest.raises(Refused, match="105年度已凍結"):
        change(programme, title="新名稱")


def test_change_programme_knows_only_its_fields():
    with pytest.raises(TypeError):
        change(make_programme(year=105), state=Programme.State.FROZEN)


def test_change_programme_saves_schedule_rows_of_its_own_year():
    programme, other = make_programme(year=105), make_programme(year=104)
    item, foreign = (
        ScheduleItem.objects.create(programme=year, number=1, title="甲", first_month=3, last_month=9)
        for year in (programme, other)
    )
    item.last_month, foreign.last_month = 10, 11

    titles = change(programme, schedule=[item, foreign])

    item.refresh_from_db()
    foreign.refresh_from_db()
    assert (titles, item.last_month, foreign.last_month) == (["時程表"], 10, 9)


def test_activate_makes_a_draft_the_default_year():
    make_programme(year=105)
    draft = make_programme(year=106, state=Programme.State.DRAFT)
    make_unit(programme=draft)
    assert Programme.objects.default().year == 105

    actions.activate(programme=draft, by=make_staff(), at=AT)

    assert Programme.objects.default().year == 106


@pytest.mark.parametrize("state", (Programme.State.ACTIVE, Programme.State.FROZEN))
def test_activate_refuses_what_is_no_draft(state):
    programme = make_programme(year=105, state=state)
    make_unit(programme=programme)
    with pytest.raises(Refused, match="只有籌備中的年度可以開始"):
        actions.activate(programme=programme, by=None, at=AT)


def test_activate_refuses_a_year_without_units():
    programme = make_programme(year=105, state=Programme.State.DRAFT)
    make_unit(programme=programme, on_board=False)
    with pytest.raises(Refused, match="還沒有任何列入完成度的機關"):
        actions.activate(programme=programme, by=None, at=AT)


@pytest.mark.parametrize(
    "broken",
    (
        {"ends_on": date(2016, 2, 28)},
        {"update_target": Decimal("0")},
        {"update_target": Decimal("1.5")},
        {"work_target": 0},
        {"topic_target": 0},
        {"update_multiplier": 0},
        {"weight_forum": 0},
    ),
)
def test_database_refuses_a_year_that_cannot_be_computed(broken):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_programme(year=105, **broken)


def test_database_keeps_one_programme_a_year():
    make_programme(year=105)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_programme(year=105)


@pytest.mark.parametrize("months", ((0, 5), (5, 13), (9, 3)))
def test_database_refuses_months_out_of_order(months):
    first, last = months
    with pytest.raises(IntegrityError), transaction.atomic():
        ScheduleItem.objects.create(
            programme=make_programme(year=105), number=1, title="甲", first_month=first, last_month=last
        )
