"""The rules of design §3.2, by tables: every edge that decides between done and not done."""

from fractions import Fraction

import pytest

from scoring import rules
from scoring.rules import Rules, SessionSeats, UnitFacts

DEFAULT = Rules()
HALF = Fraction(1, 2)


def seats(*sessions):
    return tuple(SessionSeats(number, *one) for number, one in enumerate(sessions, start=1))


@pytest.mark.parametrize(
    ("headcount", "updates", "needed", "missing", "completion", "actual"),
    (
        # 0.2 × 2 × 68 = 27.2: the 28th update is the first that reaches it.
        (68, 28, 28, 0, 1, Fraction(28 * 10, 272)),
        (68, 27, 28, 1, Fraction(270, 272), Fraction(270, 272)),
        (68, 21, 28, 7, Fraction(210, 272), Fraction(210, 272)),
        (71, 28, 29, 1, Fraction(280, 284), Fraction(280, 284)),
        (71, 29, 29, 0, 1, Fraction(290, 284)),
        # 0.4 × 30 = 12 exactly.
        (30, 12, 12, 0, 1, 1),
        (30, 11, 12, 1, Fraction(11, 12), Fraction(11, 12)),
        (30, 0, 12, 12, 0, 0),
        (1, 1, 1, 0, 1, Fraction(5, 2)),
    ),
)
def test_updates(headcount, updates, needed, missing, completion, actual):
    one = rules.updates(UnitFacts(headcount=headcount, updates=updates), DEFAULT)

    assert (one.needed, one.missing, one.completion, one.actual) == (
        needed,
        missing,
        completion,
        actual,
    )
    assert one.is_done == (missing == 0)


@pytest.mark.parametrize(("headcount", "why_not"), ((None, "未填單位人數"), (0, "單位人數為 0")))
def test_updates_do_not_apply_without_people(headcount, why_not):
    one = rules.updates(UnitFacts(headcount=headcount, updates=9), DEFAULT)

    assert (one.completion, one.actual, one.why_not, one.is_done) == (None, None, why_not, False)


def test_update_rate_is_not_capped():
    facts = UnitFacts(headcount=10, updates=30)

    assert rules.update_rate(facts, DEFAULT) == Fraction(3, 2)
    assert rules.update_rate(UnitFacts(headcount=None), DEFAULT) is None
    assert rules.update_rate(UnitFacts(headcount=0), DEFAULT) is None


def test_update_target_and_multiplier_are_the_years_own():
    stricter = Rules(update_multiplier=3, update_target=Fraction(1, 4))

    one = rules.updates(UnitFacts(headcount=10, updates=5), stricter)

    assert (one.completion, one.needed) == (Fraction(2, 3), 8)


@pytest.mark.parametrize(
    ("sessions", "completion", "actual", "missing"),
    (
        (seats((3, 3)), 1, 1, 0),
        (seats((2, 2), (3, 2)), Fraction(4, 5), Fraction(4, 5), 1),
        # Beyond one session's seats nobody fills another's.
        (seats((1, 5), (4, 0)), Fraction(1, 5), 1, 4),
        (seats((2, 3), (2, 2)), 1, Fraction(5, 4), 0),
        # A session with no seats of its own neither helps nor hurts.
        (seats((0, 2), (2, 1)), HALF, Fraction(3, 2), 1),
    ),
)
def test_workshop(sessions, completion, actual, missing):
    one = rules.workshop(UnitFacts(sessions=sessions), DEFAULT)

    assert (one.completion, one.actual, one.missing) == (completion, actual, missing)
    assert one.is_done == all(session.sent >= session.seats for session in sessions)


@pytest.mark.parametrize(("sessions", "why_not"), (((), "未分配名額"), (seats((0, 2)), "分配名額為 0")))
def test_workshop_does_not_apply_without_seats(sessions, why_not):
    one = rules.workshop(UnitFacts(sessions=sessions), DEFAULT)

    assert (one.completion, one.why_not) == (None, why_not)


@pytest.mark.parametrize(("works", "target", "completion"), ((0, 1, 0), (1, 1, 1), (3, 1, 1), (1, 2, HALF)))
def test_competition(works, target, completion):
    one = rules.competition(UnitFacts(works=works), Rules(work_target=target))

    assert one.completion == completion


def test_competition_does_not_apply_outside_the_groups():
    one = rules.competition(UnitFacts(works=1, in_group=False), DEFAULT)

    assert (one.completion, one.why_not) == (None, "未列入競賽組別")


@pytest.mark.parametrize(
    ("topics", "completion", "actual", "is_over"),
    (
        (0, 0, 0, False),
        (4, Fraction(4, 5), Fraction(4, 5), False),
        (5, 1, 1, False),
        (6, 1, Fraction(6, 5), True),
    ),
)
def test_forum_always_applies(topics, completion, actual, is_over):
    one = rules.forum(UnitFacts(in_group=False, topics=topics), DEFAULT)

    assert (one.completion, one.actual, one.is_over) == (completion, actual, is_over)


def test_overall_is_the_mean_of_what_applies():
    facts = UnitFacts(headcount=68, updates=21, sessions=seats((2, 2), (3, 2)), works=0, topics=6)

    one = rules.completion(facts, DEFAULT)

    assert one.overall == (Fraction(210, 272) + Fraction(4, 5) + 0 + 1) / 4
    assert not one.is_done


def test_overall_leaves_out_what_does_not_apply():
    one = rules.completion(UnitFacts(works=1, topics=2), DEFAULT)

    assert one.overall == (1 + Fraction(2, 5)) / 2
    assert one.has_not_applicable


def test_overall_is_weighted():
    weighted = Rules(weight_updates=50, weight_workshop=0, weight_competition=30, weight_forum=20)
    facts = UnitFacts(headcount=30, updates=6, sessions=seats((2, 2)), works=1, topics=0)

    one = rules.completion(facts, weighted)

    assert one.overall == (50 * HALF + 30 * 1 + 20 * 0) / 100


def test_overall_ignores_what_weighs_nothing():
    weightless = Rules(weight_updates=0)
    facts = UnitFacts(headcount=30, updates=0, sessions=seats((1, 1)), works=1, topics=5)

    one = rules.completion(facts, weightless)

    assert (one.overall, one.is_done) == (1, True)


def test_overall_is_none_when_nothing_applicable_weighs_anything():
    only_updates = Rules(weight_workshop=0, weight_competition=0, weight_forum=0)

    one = rules.completion(UnitFacts(topics=5), only_updates)

    assert (one.overall, one.is_done, one.gain(one.forum)) == (None, False, 0)


def test_done_only_when_every_applicable_one_is_done():
    facts = UnitFacts(headcount=68, updates=28, sessions=seats((1, 1)), works=1, topics=5)

    assert rules.completion(facts, DEFAULT).is_done
    assert not rules.completion(facts._replace(updates=27), DEFAULT).is_done


def test_gain_is_what_finishing_one_adds():
    facts = UnitFacts(headcount=30, updates=6, works=0, topics=5)
    before = rules.completion(facts, DEFAULT)

    after = rules.completion(facts._replace(works=1), DEFAULT)

    assert before.gain(before.competition) == after.overall - before.overall == Fraction(1, 3)
    assert before.gain(before.workshop) == 0


def test_board_order_shares_ranks_on_exact_values():
    third = Fraction(1, 3)
    overall = {
        "B": third,
        "D": Fraction(333_333, 1_000_000),  # the same six places, yet less
        "A": third,
        "C": Fraction(1),
        "F": None,
        "E": None,
    }

    assert rules.in_board_order(overall) == [
        (1, "C"),
        (2, "A"),
        (2, "B"),
        (4, "D"),
        (None, "E"),
        (None, "F"),
    ]


def test_board_order_of_nothing():
    assert rules.in_board_order({}) == []


def test_mean_is_exact():
    assert rules.mean([Fraction(1, 3), Fraction(1, 2), Fraction(1)]) == Fraction(11, 18)
    assert rules.mean([]) is None
