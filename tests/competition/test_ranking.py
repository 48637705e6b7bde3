"""The ranking module, by examples, by properties, and against a recomputation written on its own."""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from competition.ranking import (
    METHODS,
    Criterion,
    Place,
    Sheet,
    award_name,
    award_of,
    may_change,
    open_ties,
    places,
    rank,
    total,
)

CRITERIA = (
    Criterion("內容", 40),
    Criterion("教學設計", 30),
    Criterion("媒體呈現", 20),
    Criterion("創意", 10),
)


def points(*marks):
    return {
        criterion.key: None if mark is None else Fraction(mark)
        for criterion, mark in zip(CRITERIA, marks, strict=True)
    }


def sheets_of(table):
    """{entry: [marks of judge 0, marks of judge 1, …]}; None: that judge has no sheet."""
    return [
        Sheet(entry, judge, points(*marks))
        for entry, rows in table.items()
        for judge, marks in enumerate(rows)
        if marks is not None
    ]


def ranked(table, *, method="mean", minimum_sheets=1, panel_size=3, settlements=None):
    return rank(
        entries=list(table),
        sheets=sheets_of(table),
        criteria=CRITERIA,
        method=method,
        minimum_sheets=minimum_sheets,
        panel_size=panel_size,
        settlements=settlements,
    )


def standing(ranking):
    return [(each.entry, each.figure, each.rank, each.tied) for each in ranking]


# By examples ----------------------------------------------------------------------------------


def test_total_is_a_share_of_the_full_marks():
    criteria = (Criterion("a", 30), Criterion("b", 20))

    assert total({"a": Fraction(15), "b": Fraction(10)}, criteria) == 50


@pytest.mark.parametrize("marks", ((40, 30, 20, None), (None, None, None, None)))
def test_an_abstained_criterion_makes_the_sheet_no_sheet(marks):
    assert total(points(*marks), CRITERIA) is None
    assert ranked({"a": [marks]})[0].sheets == 0


def test_a_missing_criterion_makes_the_sheet_no_sheet_and_zero_does_not():
    without = {"內容": Fraction(40), "教學設計": Fraction(30), "媒體呈現": Fraction(20)}

    assert total(without, CRITERIA) is None
    assert total({**without, "創意": Fraction(0)}, CRITERIA) == 90


def test_mean_ranks_from_the_highest():
    ranking = ranked({"a": [(30, 20, 10, 5), (32, 20, 10, 5)], "b": [(40, 30, 20, 10)]})

    assert standing(ranking) == [("b", Fraction(100), 1, False), ("a", Fraction(66), 2, False)]


@pytest.mark.parametrize(
    ("totals", "expected"),
    (
        ([0, 50, 60, 100], Fraction(210, 4)),
        ([0, 50, 60, 70, 100], Fraction(60)),
        ([50, 50, 50, 90, 90], Fraction(190, 3)),
    ),
)
def test_trimmed_leaves_out_one_at_each_end_from_five_sheets(totals, expected):
    sheets = [Sheet("a", judge, {"x": Fraction(value)}) for judge, value in enumerate(totals)]

    (only,) = rank(
        entries=["a"],
        sheets=sheets,
        criteria=(Criterion("x", 100),),
        method="trimmed",
        minimum_sheets=1,
        panel_size=len(totals),
    )

    assert only.figure == expected


def test_equal_totals_share_the_average_of_their_ranks():
    table = {"a": [(40, 30, 20, 10)], "b": [(30, 30, 20, 10)], "c": [(30, 30, 20, 10)], "d": [(9, 9, 9, 9)]}

    ranking = ranked(table, method="rank_sum", panel_size=1)

    assert {each.entry: each.figure for each in ranking} == {
        "a": 1,
        "b": Fraction(5, 2),
        "c": Fraction(5, 2),
        "d": 4,
    }


def test_rank_sum_prefers_the_lower_sum_whatever_the_points():
    table = {
        "a": [(40, 30, 20, 10), (20, 20, 10, 5), (20, 20, 10, 5)],
        "b": [(20, 20, 10, 4), (21, 20, 10, 5), (21, 20, 10, 5)],
    }

    assert standing(ranked(table, method="rank_sum")) == [("b", 4, 1, False), ("a", 5, 2, False)]
    assert [each.entry for each in ranked(table, method="mean")] == ["a", "b"]


def test_rank_sum_takes_the_mean_rank_times_the_panel_where_sheets_differ_in_number():
    table = {
        "a": [(40, 30, 20, 10), (30, 20, 10, 5), (30, 20, 10, 5)],
        "b": [(30, 30, 20, 10), (40, 20, 10, 5), None],
    }

    ranking = ranked(table, method="rank_sum")

    # a: 1, 2 and 1 (alone with the third judge); b: 2 and 1.
    assert standing(ranking) == [("a", Fraction(4), 1, False), ("b", Fraction(9, 2), 2, False)]


def test_entries_that_cannot_be_ranked_leave_no_trace_in_the_others_ranks():
    table = {
        "a": [(20, 20, 10, 5), (20, 20, 10, 5)],
        "unfinished": [(40, 30, 20, 10), None],
    }

    ranking = ranked(table, method="rank_sum", minimum_sheets=2)

    assert standing(ranking) == [("a", 2, 1, False), ("unfinished", None, None, False)]
    assert ranking[1].sheets == 1


def test_a_tie_falls_to_the_criterion_with_the_most_marks():
    table = {"a": [(30, 30, 20, 10)], "b": [(40, 20, 20, 10)]}

    assert standing(ranked(table)) == [("b", 90, 1, False), ("a", 90, 2, False)]


def test_criteria_of_equal_marks_decide_in_their_listed_order():
    criteria = (Criterion("small", 10), Criterion("first", 20), Criterion("second", 20))

    def sheet(entry, small, first, second):
        marks = {"small": Fraction(small), "first": Fraction(first), "second": Fraction(second)}
        return Sheet(entry, "judge", marks)

    ranking = rank(
        entries=["a", "b"],
        sheets=[sheet("a", 10, 10, 15), sheet("b", 5, 15, 15)],
        criteria=criteria,
        method="mean",
        minimum_sheets=1,
        panel_size=1,
    )

    assert [each.entry for each in ranking] == ["b", "a"]


def test_the_tie_rule_counts_all_sheets_even_those_that_trimming_leaves_out():
    even = [(30, 20, 10, 5)] * 3
    table = {
        "a": [*even, (0, 0, 0, 0), (40, 30, 20, 10)],
        "b": [*even, (0, 0, 0, 5), (40, 30, 20, 10)],
    }

    ranking = ranked(table, method="trimmed", panel_size=5)

    assert standing(ranking) == [("b", 65, 1, False), ("a", 65, 2, False)]


def test_what_stays_equal_shares_the_rank_and_the_next_is_passed_over():
    table = {"a": [(30, 20, 10, 5)], "b": [(30, 20, 10, 5)], "c": [(20, 20, 10, 5)]}

    assert standing(ranked(table)) == [("a", 65, 1, True), ("b", 65, 1, True), ("c", 55, 3, False)]


def test_a_settlement_orders_the_equal_ones():
    table = {"a": [(30, 30, 20, 5)], "b": [(30, 30, 20, 5)], "c": [(20, 30, 20, 5)]}
    settlements = {frozenset("ab"): {"b": 1, "a": 2}}

    ranking = ranked(table, settlements=settlements)

    assert standing(ranking) == [("b", 85, 1, False), ("a", 85, 2, False), ("c", 75, 3, False)]
    assert [each.settled for each in ranking] == [True, True, False]


def test_a_settlement_may_keep_them_shared_and_then_both_get_the_award():
    table = {"a": [(30, 30, 20, 5)], "b": [(30, 30, 20, 5)]}
    ranking = ranked(table, settlements={frozenset("ab"): {"a": 1, "b": 1}})

    assert [(each.rank, each.tied) for each in ranking] == [(1, True), (1, True)]
    assert [award_of(each, minimum_mean=70, mentions=3) for each in ranking] == ["第一名", "第一名"]
    assert open_ties(ranking, minimum_mean=70, mentions=3) == []


def test_a_settlement_of_other_entries_does_not_apply():
    table = {entry: [(30, 30, 20, 5)] for entry in "abc"}

    ranking = ranked(table, settlements={frozenset("ab"): {"b": 1, "a": 2}})

    assert [each.is_open_tie for each in ranking] == [True, True, True]


def test_awards_go_to_ranks_and_nobody_moves_up():
    table = {
        "a": [(40, 30, 20, 5)],
        "b": [(40, 30, 20, 4)],
        "c": [(30, 20, 10, 5)],
        "d": [(20, 20, 10, 5)],
    }
    ranking = ranked(table)

    assert [award_of(each, minimum_mean=70, mentions=1) for each in ranking] == [
        "第一名",
        "第二名",
        None,
        None,
    ]
    assert places(ranking, minimum_mean=70, mentions=2) == [
        Place(1, "第一名", winners=(ranking[0],)),
        Place(2, "第二名", winners=(ranking[1],)),
        Place(3, "第三名", vacant="作品平均未達得獎最低平均。"),
        Place(4, "佳作", vacant="作品平均未達得獎最低平均。"),
        Place(5, "佳作", vacant="沒有其他可排名的作品。"),
    ]


def test_the_minimum_itself_is_enough():
    ranking = ranked({"a": [(30, 20, 10, 10)]})

    assert award_of(ranking[0], minimum_mean=70, mentions=0) == "第一名"


def test_the_minimum_is_asked_of_the_mean_whatever_the_method():
    high, low = (40, 30, 20, 10), (0, 0, 0, 0)
    table = {"a": [high, (30, 20, 15, 10), (30, 20, 15, 10), (30, 20, 15, 10), low]}

    ranking = ranked(table, method="trimmed", panel_size=5)

    assert (ranking[0].figure, ranking[0].mean) == (75, 65)
    assert award_of(ranking[0], minimum_mean=70, mentions=0) is None


def test_an_open_tie_at_an_award_place_gives_no_award_and_waits():
    table = {"a": [(40, 30, 20, 5)], "b": [(30, 30, 20, 5)], "c": [(30, 30, 20, 5)]}
    ranking = ranked(table)

    assert [award_of(each, minimum_mean=70, mentions=0) for each in ranking] == ["第一名", None, None]
    assert open_ties(ranking, minimum_mean=70, mentions=0) == [[ranking[1], ranking[2]]]
    assert places(ranking, minimum_mean=70, mentions=0) == [
        Place(1, "第一名", winners=(ranking[0],)),
        Place(2, "第二名", open_tie=True),
    ]


@pytest.mark.parametrize(
    ("mentions", "minimum_mean"),
    ((0, 70), (3, 90)),
    ids=("below the last place", "below the minimum"),
)
def test_a_tie_without_an_award_at_stake_does_not_wait(mentions, minimum_mean):
    table = {
        "a": [(40, 30, 20, 5)],
        "b": [(40, 30, 19, 5)],
        "c": [(40, 30, 18, 5)],
        "d": [(30, 30, 20, 5)],
        "e": [(30, 30, 20, 5)],
    }
    ranking = ranked(table)

    assert [each.rank for each in ranking] == [1, 2, 3, 4, 4]
    assert open_ties(ranking, minimum_mean=minimum_mean, mentions=mentions) == []


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="unknown ranking method"):
        ranked({"a": [(1, 1, 1, 1)]}, method="median")


# An independent recomputation -----------------------------------------------------------------


def recompute(table, *, method, minimum_sheets, panel_size):
    """{entry: (figure, rank, tied)} by counting who is better, pair by pair."""
    marks = {
        entry: {judge: row for judge, row in enumerate(rows) if row and None not in row}
        for entry, rows in table.items()
    }
    marks = {entry: rows for entry, rows in marks.items() if rows and len(rows) >= minimum_sheets}
    sums = {entry: {judge: sum(row) for judge, row in rows.items()} for entry, rows in marks.items()}

    def judge_rank(entry, judge):
        mine = sums[entry][judge]
        others = [rows[judge] for other, rows in sums.items() if other != entry and judge in rows]
        above = sum(value > mine for value in others)
        same = sum(value == mine for value in others)
        return above + 1 + Fraction(same, 2)

    def figure(entry):
        values = sorted(sums[entry].values())
        if method == "rank_sum":
            ranks = [judge_rank(entry, judge) for judge in sums[entry]]
            if len(set(map(len, sums.values()))) > 1:
                return sum(ranks) / Fraction(len(ranks)) * panel_size
            return sum(ranks)
        if method == "trimmed" and len(values) >= 5:
            values = values[1:-1]
        return Fraction(sum(values), 1) / len(values)

    figures = {entry: figure(entry) for entry in marks}

    def average(entry, position):
        return sum(Fraction(row[position]) for row in marks[entry].values()) / len(marks[entry])

    def compare(one, other):
        """1 when `one` is better, -1 when worse, 0 when the rule leaves them equal."""
        if figures[one] != figures[other]:
            lower_is_better = method == "rank_sum"
            return 1 if (figures[one] < figures[other]) == lower_is_better else -1
        for position in (0, 1, 2, 3):  # 40, 30, 20, 10
            mine, theirs = average(one, position), average(other, position)
            if mine != theirs:
                return 1 if mine > theirs else -1
        return 0

    return {
        entry: (
            figures[entry],
            1 + sum(compare(other, entry) > 0 for other in marks),
            any(compare(other, entry) == 0 for other in marks if other != entry),
        )
        for entry in marks
    }


def half_steps(full):
    """Few different marks, so that ties happen; the whole scale now and then."""
    few = st.sampled_from([Fraction(full, 2), Fraction(full - 1, 2), Fraction(full)])
    return st.one_of(few, few, st.integers(0, 2 * full).map(lambda step: Fraction(step, 2)))


@st.composite
def tables(draw):
    judges = draw(st.integers(1, 6))
    sheet = st.tuples(*(half_steps(criterion.full_marks) for criterion in CRITERIA))
    spoilt = st.just((Fraction(1), None, Fraction(1), Fraction(1)))
    row = st.lists(st.one_of(sheet, sheet, sheet, spoilt, st.none()), min_size=judges, max_size=judges)
    entries = draw(st.integers(1, 7))
    return {f"E{number}": draw(row) for number in range(entries)}, judges


WORLDS = given(world=tables(), method=st.sampled_from(METHODS), minimum_sheets=st.integers(1, 3))


@settings(max_examples=300, deadline=None)
@WORLDS
def test_ranking_equals_the_recomputation(world, method, minimum_sheets):
    table, judges = world
    ranking = ranked(table, method=method, minimum_sheets=minimum_sheets, panel_size=judges)

    found = {each.entry: (each.figure, each.rank, each.tied) for each in ranking if each.rank}

    assert found == recompute(table, method=method, minimum_sheets=minimum_sheets, panel_size=judges)
    assert sorted(each.entry for each in ranking) == sorted(table)


@settings(max_examples=100, deadline=None)
@given(world=tables(), method=st.sampled_from(METHODS), data=st.data())
def test_the_order_of_entries_and_sheets_does_not_matter(world, method, data):
    table, judges = world
    sheets = sheets_of(table)
    options = {"criteria": CRITERIA, "method": method, "minimum_sheets": 1, "panel_size": judges}

    once = rank(entries=list(table), sheets=sheets, **options)
    again = rank(
        entries=data.draw(st.permutations(list(table))),
        sheets=data.draw(st.permutations(sheets)),
        **options,
    )

    assert {each.entry: each for each in once} == {each.entry: each for each in again}


@settings(max_examples=100, deadline=None)
@given(world=tables(), judge=st.integers(0, 5), data=st.data())
def test_a_judge_who_is_milder_by_a_constant_changes_no_rank_sum(world, judge, data):
    table, judges = world
    table = {
        entry: [
            row
            and tuple(
                mark and min(mark, full.full_marks - 1) for mark, full in zip(row, CRITERIA, strict=True)
            )
            for row in rows
        ]
        for entry, rows in table.items()
    }
    milder = {
        entry: [
            tuple(mark + 1 for mark in row) if number == judge and row and None not in row else row
            for number, row in enumerate(rows)
        ]
        for entry, rows in table.items()
    }

    before = ranked(table, method="rank_sum", panel_size=judges)
    after = ranked(milder, method="rank_sum", panel_size=judges)

    assert {each.entry: each.figure for each in before} == {each.entry: each.figure for each in after}


@settings(max_examples=100, deadline=None)
@WORLDS
def test_ranks_leave_no_gap_but_for_those_shared(world, method, minimum_sheets):
    table, judges = world
    ranking = ranked(table, method=method, minimum_sheets=minimum_sheets, panel_size=judges)
    taken = Counter(each.rank for each in ranking if each.rank)

    expected = 1
    for number, count in sorted(taken.items()):
        assert number == expected
        expected += count
    assert [each.tied for each in ranking if each.rank] == [
        taken[each.rank] > 1 for each in ranking if each.rank
    ]


@settings(max_examples=100, deadline=None)
@given(world=tables(), method=st.sampled_from(METHODS), factor=st.integers(2, 5))
def test_marks_and_full_marks_scaled_together_change_no_total(world, method, factor):
    table, judges = world
    options = {"entries": list(table), "method": method, "minimum_sheets": 1, "panel_size": judges}
    larger = [Criterion(criterion.key, factor * criterion.full_marks) for criterion in CRITERIA]
    scaled = [
        Sheet(sheet.entry, sheet.judge, {k: v and factor * v for k, v in sheet.points.items()})
        for sheet in sheets_of(table)
    ]

    once = rank(sheets=sheets_of(table), criteria=CRITERIA, **options)
    again = rank(sheets=scaled, criteria=larger, **options)

    assert standing(once) == standing(again)


@settings(max_examples=100, deadline=None)
@WORLDS
def test_what_cannot_be_ranked_changes_nothing_when_it_is_left_out(world, method, minimum_sheets):
    table, judges = world
    options = {"method": method, "minimum_sheets": minimum_sheets, "panel_size": judges}
    whole = [each for each in ranked(table, **options) if each.rank]
    rest = {entry: rows for entry, rows in table.items() if entry in {each.entry for each in whole}}

    assert ranked(rest, **options) == whole


@settings(max_examples=100, deadline=None)
@given(totals=st.lists(st.integers(0, 200), min_size=1, max_size=9))
def test_trimming_takes_exactly_the_highest_and_the_lowest_from_five_on(totals):
    sheets = [Sheet("a", judge, {"x": Fraction(value, 2)}) for judge, value in enumerate(totals)]
    (only,) = rank(
        entries=["a"],
        sheets=sheets,
        criteria=(Criterion("x", 100),),
        method="trimmed",
        minimum_sheets=1,
        panel_size=len(totals),
    )

    kept = list(totals)
    if len(kept) >= 5:
        kept.remove(max(kept))
        kept.remove(min(kept))
    assert only.figure == Fraction(sum(kept), 2 * len(kept))


# Missing sheets ---------------------------------------------------------------------------------------


@st.composite
def incomplete(draw):
    """A group with few different totals, so that ties are many; None where a sheet is still missing."""
    judges = draw(st.integers(2, 5))
    sheet = st.one_of(st.none(), st.sampled_from([(30, 20), (36, 24), (42, 28), (48, 32)]))
    rows = draw(st.lists(st.lists(sheet, min_size=judges, max_size=judges), min_size=2, max_size=7))
    wanted = draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    kept = [
        [each or (36, 24) for each in row] if full else row for row, full in zip(rows, wanted, strict=True)
    ]
    return {f"E{number}": row for number, row in enumerate(kept)}


PAIR = (Criterion("內容", 60), Criterion("呈現", 40))


def filled(table, method, fill, settlements=None):
    sheets = [
        Sheet(entry, judge, dict(zip(("內容", "呈現"), map(Fraction, marks), strict=True)))
        for entry, row in table.items()
        for judge, given in enumerate(row)
        if (marks := given or fill(entry, judge))
    ]
    return rank(
        entries=list(table),
        sheets=sheets,
        criteria=PAIR,
        method=method,
        minimum_sheets=2,
        panel_size=5,
        settlements=settlements,
    )


def awards_of(ranking):
    return {
        each.entry: (each.rank and each.mean >= 65 and award_name(each.rank, 2)) or None for each in ranking
    }


@settings(max_examples=400)
@given(table=incomplete(), method=st.sampled_from(METHODS[:2]), data=st.data())
def test_no_missing_sheet_changes_an_award_that_was_said_to_stand(table, method, data):
    missing = {entry for entry, row in table.items() if None in row}
    now = filled(table, method, lambda entry, judge: None)
    extremes = [filled(table, method, lambda entry, judge, m=m: m) for m in ((0, 0), (60, 40))]
    if may_change(now, *extremes, missing=missing, minimum_mean=Fraction(65), mentions=2):
        return

    sheet = st.sampled_from([None, (0, 0), (30, 20), (36, 24), (20, 40), (42, 28), (60, 40)])
    for _ in range(4):
        then = filled(table, method, lambda entry, judge: data.draw(sheet))
        assert awards_of(then) == awards_of(now)


@pytest.mark.parametrize(
    ("table", "hangs"),
    (
        # Each of the two alone changes nothing; together they pass each other.
        (
            {
                "a": [(60, 40), (60, 40)],
                "b": [(54, 36), (54, 36)],
                "c": [(48, 32), (48, 32), None],
                "d": [(42, 26), (42, 26), None],
            },
            {"c": False, "d": False, "cd": True},
        ),
        ({"a": [(60, 40), (60, 40)], "b": [(6, 4), (6, 4), None]}, {"b": False}),
        ({"a": [(60, 40), (60, 40)], "b": [(60, 40), None]}, {"b": True}),
    ),
)
def test_what_hangs_on_missing_sheets(table, hangs):
    now = filled(table, "mean", lambda entry, judge: None)
    for missing, expected in hangs.items():
        extremes = [
            filled(table, "mean", lambda entry, judge, m=m, missing=missing: m if entry in missing else None)
            for m in ((30, 20), (60, 40))
        ]
        rules = {"minimum_mean": Fraction(65), "mentions": 0}
        assert may_change(now, *extremes, missing=set(missing), **rules) == expected
