"""The board from stored facts: what counts, who is on it, how many queries it takes."""

from datetime import date
from fractions import Fraction

import pytest

from agencies.models import Category, CompetitionGroup
from competition.indicators import works_by_unit
from competition.models import Entry, Extension
from platform_updates.indicators import topics_by_unit, updates_by_unit
from platform_updates.models import Review
from scoring.board import compute_board
from tests import factories as make
from workshops.indicators import seats_by_unit, sent_by_unit
from workshops.models import Enrolment

AT = make.taipei(2016, 6, 23, 9, 40)
pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def board(**options):
    return compute_board(make.the_programme(), at=AT, **options)


def figures(**options):
    return [(row.rank, row.code, row.overall) for row in board(**options).rows]


def test_a_unit_at_sixty_four_percent():
    """The unit of the look: 21 of 28 updates, 4 of 5 seats, no work, 6 topics."""
    unit = make.make_unit(code="10010140", headcount=68)
    for _ in range(21):
        make.make_update(unit=unit)
    for number, seats in ((1, 2), (2, 3)):
        session = make.make_session(number=number)
        make.make_quota(session=session, unit=unit, seats=seats)
        for _ in range(2):
            make.make_enrolment(session=session, unit=unit)
    for _ in range(6):
        make.make_forum_topic(unit=unit)

    (row,) = board().rows

    assert [one.completion for one in row.completion.indicators] == [
        Fraction(21, 136) / Fraction(1, 5),
        Fraction(4, 5),
        0,
        1,
    ]
    assert row.overall == (Fraction(105, 136) + Fraction(4, 5) + 0 + 1) / 4
    assert [one.missing for one in row.completion.indicators] == [7, 1, 1, 0]


def test_updates_that_do_not_count():
    unit = make.make_unit(headcount=10)
    make.make_update(unit=unit, updated_on=date(2016, 3, 1))
    make.make_update(unit=unit, updated_on=date(2016, 9, 30))
    make.make_update(unit=unit, updated_on=date(2016, 2, 29))
    make.make_update(unit=unit, updated_on=date(2016, 10, 1))
    make.make_update(unit=unit, review=Review.PENDING)
    make.make_update(unit=unit, review=Review.REJECTED)

    assert board().rows[0].facts.updates == 2


def test_topics_that_do_not_count():
    unit = make.make_unit()
    make.make_forum_topic(unit=unit, replies=10)
    make.make_forum_topic(unit=unit, replies=9)
    make.make_forum_topic(unit=unit, replies=30, review=Review.REJECTED)
    make.make_forum_topic(unit=unit, replies=30, posted_on=date(2016, 10, 1))
    make.make_forum_topic(unit=unit, replies=30, review=Review.ACCEPTED)

    assert board().rows[0].facts.topics == 2


@pytest.mark.parametrize(
    ("state", "attendance", "counts"),
    (
        (Enrolment.State.CONFIRMED, "", True),
        (Enrolment.State.CONFIRMED, Enrolment.Attendance.PRESENT, True),
        (Enrolment.State.CONFIRMED, Enrolment.Attendance.LATE, True),
        (Enrolment.State.CONFIRMED, Enrolment.Attendance.WALK_IN, True),
        (Enrolment.State.CONFIRMED, Enrolment.Attendance.EXCUSED, False),
        (Enrolment.State.CONFIRMED, Enrolment.Attendance.ABSENT, False),
        (Enrolment.State.WAITING, "", False),
        (Enrolment.State.CANCELLED, "", False),
    ),
)
def test_who_counts_as_sent(state, attendance, counts):
    quota = make.make_quota(seats=1)
    make.make_enrolment(session=quota.session, unit=quota.unit, state=state, attendance=attendance)

    assert board().rows[0].completion.workshop.completion == (1 if counts else 0)


@pytest.mark.parametrize(
    ("submitted_at", "extended_to", "counts"),
    (
        (make.taipei(2016, 7, 1, 23, 59), None, True),
        (make.taipei(2016, 7, 2), None, False),
        (make.taipei(2016, 7, 2), date(2016, 7, 3), True),
        (make.taipei(2016, 7, 4), date(2016, 7, 3), False),
        # An extension only ever lengthens.
        (make.taipei(2016, 7, 1, 12), date(2016, 6, 1), True),
    ),
)
def test_works_in_time(submitted_at, extended_to, counts):
    unit = make.make_unit()
    entry = make.make_entry(unit=unit, submitted_at=submitted_at)
    if extended_to:
        Extension.objects.create(
            competition=entry.competition,
            unit=unit,
            due_on=extended_to,
            reason="測試理由",
            granted_by=make.make_staff(),
            granted_at=AT,
        )

    assert board().rows[0].facts.works == int(counts)


@pytest.mark.parametrize("state", (Entry.State.DRAFT, Entry.State.WITHDRAWN, Entry.State.DISQUALIFIED))
def test_works_that_are_not_entered(state):
    make.make_entry(unit=make.make_unit(), state=state)

    assert board().rows[0].facts.works == 0


def test_paper_and_disc_works_count():
    make.make_entry(unit=make.make_unit(), medium=Entry.Medium.PAPER_OR_DISC)

    assert board().rows[0].facts.works == 1


def test_headcount_is_the_one_in_force_on_the_reference_date():
    unit = make.make_unit()
    for day, count in (
        (date(2015, 1, 1), 50),
        (date(2016, 2, 1), 60),
        (date(2016, 3, 2), 70),
    ):
        make.make_headcount(unit=unit, effective_on=day, count=count)

    assert board().rows[0].facts.headcount == 60


def test_units_off_the_board_are_left_out():
    make.make_unit(code="A")
    make.make_unit(code="B", on_board=False)

    assert figures() == [(1, "A", 0)]


def test_other_in_no_group_has_one_indicator():
    unit = make.make_unit(category=Category.OTHER)
    for _ in range(5):
        make.make_forum_topic(unit=unit)

    (row,) = board().rows

    assert unit.competition_group == ""
    assert [one.why_not for one in row.completion.indicators] == [
        "未填單位人數",
        "未分配名額",
        "未列入競賽組別",
        "",
    ]
    assert row.overall == 1


def test_ranks_are_within_the_category_shown():
    school = make.make_unit(code="S", category=Category.SCHOOL)
    make.make_unit(code="T2")
    first = make.make_unit(code="T1")
    make.make_entry(unit=school)
    make.make_forum_topic(unit=first)

    assert figures() == [
        (1, "S", Fraction(1, 2)),
        (2, "T1", Fraction(1, 10)),
        (3, "T2", Fraction(0)),
    ]
    assert figures(category=Category.TOWNSHIP) == [
        (1, "T1", Fraction(1, 10)),
        (2, "T2", Fraction(0)),
    ]
    assert board(category=Category.TOWNSHIP).sizes == {"school": 1, "township": 2}


def test_json_is_as_the_design_says():
    unit = make.make_unit(code="10010140", name="嘉義縣竹崎鄉公所", headcount=3)
    make.make_update(unit=unit)
    make.make_forum_topic(unit=unit)

    assert board().as_json() == {
        "year": 105,
        "computed_at": "2016-06-23T09:40:00+08:00",
        "units": [
            {
                "code": "10010140",
                "name": "嘉義縣竹崎鄉公所",
                "category": "township",
                "rank": 1,
                "overall": "0.344444",
                "indicators": {
                    "updates": {
                        "completion": "0.833333",
                        "count": 1,
                        "headcount": 3,
                        "rate": "0.166667",
                    },
                    "workshop": {"completion": None, "sent": 0, "quota": 0},
                    "competition": {"completion": "0.000000", "works": 0},
                    "forum": {"completion": "0.200000", "topics": 1},
                },
            }
        ],
    }


def fill(count):
    session = make.make_session()
    for number in range(count):
        unit = make.make_unit(code=f"U{number:03}", headcount=30)
        make.make_update(unit=unit)
        make.make_forum_topic(unit=unit)
        make.make_quota(session=session, unit=unit)
        make.make_enrolment(session=session, unit=unit)
        make.make_entry(unit=unit)


@pytest.mark.parametrize("count", (1, 3, 30))
def test_the_board_takes_two_queries(count, django_assert_num_queries):
    fill(count)
    programme = make.the_programme()

    with django_assert_num_queries(2):
        rows = compute_board(programme, at=AT).rows

    assert len(rows) == count


@pytest.mark.parametrize(
    ("indicator", "expected"),
    (
        (updates_by_unit, ("updates", 0, 1)),
        (topics_by_unit, ("topics", 0, 1)),
        (works_by_unit, ("works", 0, 1)),
        (seats_by_unit, ("seats", 1, 2)),
        (sent_by_unit, ("sent", 1, 1)),
    ),
)
def test_each_indicator_is_one_grouped_query(indicator, expected, django_assert_num_queries):
    fill(2)
    programme = make.the_programme()
    units = list(programme.units.values_list("pk", flat=True))

    with django_assert_num_queries(1):
        found = sorted(indicator(programme))

    assert found == [(unit, *expected) for unit in units]


def test_group_decides_and_not_the_category():
    make.make_unit(code="A", category=Category.TOWNSHIP, competition_group="")
    make.make_unit(code="B", category=Category.OTHER, competition_group=CompetitionGroup.AGENCY)

    assert [row.completion.competition.is_applicable for row in board().rows] == [False, True]
