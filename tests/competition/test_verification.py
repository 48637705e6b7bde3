"""The recomputation from a payload alone, against the ranking on which the payload was built."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from competition import ranking
from competition.verification import differences
from foundation.numbers import six_places

from .test_ranking import CRITERIA, METHODS, ranked, sheets_of, tables


def payload_of(table, *, method, minimum_sheets, panel_size, minimum_mean, mentions, settlements):
    """What `results.build_payload` stores of these sheets, without a database."""
    order = ranked(
        table,
        method=method,
        minimum_sheets=minimum_sheets,
        panel_size=panel_size,
        settlements=settlements,
    )
    limits = {"minimum_mean": Fraction(minimum_mean), "mentions": mentions}
    return {
        "rules": {
            "method": method,
            "minimum_sheets": minimum_sheets,
            "minimum_mean": str(minimum_mean),
            "mentions": mentions,
            "criteria": [{"name": c.key, "full_marks": c.full_marks} for c in CRITERIA],
        },
        "judges": [{"key": judge, "extra": False} for judge in range(panel_size)],
        "entries": [{"receipt": receipt} for receipt in table],
        "sheets": [
            {
                "receipt": sheet.entry,
                "judge": sheet.judge,
                "points": [None if (given := sheet.points[c.key]) is None else str(given) for c in CRITERIA],
            }
            for sheet in sheets_of(table)
        ],
        "settlements": [{"places": sorted(places.items())} for places in settlements.values()],
        "ranking": [
            {
                "receipt": each.entry,
                "sheets": each.sheets,
                "score": six_places(each.figure),
                "mean": six_places(each.mean),
                "spread": six_places(each.spread),
                "criterion_means": [six_places(value) for value in each.criterion_means],
                "rank": each.rank,
                "tied": each.tied,
                "award": ranking.award_of(each, **limits),
            }
            for each in order
        ],
        "places": [
            {
                "rank": place.rank,
                "award": place.award,
                "winners": [each.entry for each in place.winners],
            }
            for place in ranking.places(order, **limits)
        ],
    }


def settled(table, data, *, method, minimum_sheets, panel_size):
    """The chair's decisions on the ties that there are: an order for each, perhaps a shared one."""
    equals = {}
    order = ranked(table, method=method, minimum_sheets=minimum_sheets, panel_size=panel_size)
    for each in order:
        if each.tied:
            equals.setdefault(each.rank, []).append(each.entry)
    return {
        frozenset(tie): {entry: data.draw(st.integers(1, len(tie))) for entry in tie}
        for tie in equals.values()
    }


@settings(max_examples=300, deadline=None)
@given(
    world=tables(),
    method=st.sampled_from(METHODS),
    minimum_sheets=st.integers(1, 3),
    minimum_mean=st.sampled_from([0, 60, 70, 90]),
    mentions=st.integers(0, 3),
    data=st.data(),
)
def test_what_the_ranking_says_follows_from_the_stored_inputs(
    world, method, minimum_sheets, minimum_mean, mentions, data
):
    table, judges = world
    rules = {"method": method, "minimum_sheets": minimum_sheets, "panel_size": judges}
    settlements = settled(table, data, **rules)

    payload = payload_of(
        table, **rules, minimum_mean=minimum_mean, mentions=mentions, settlements=settlements
    )

    assert differences(payload) == []


@pytest.fixture
def payload():
    table = {
        "A1": [(40, 30, 20, 5)] * 3,
        "A2": [(30, 30, 20, 5)] * 3,
        "A3": [(30, 30, 20, 5)] * 3,
        "A4": [(10, 10, 10, 5), None, None],
    }
    return payload_of(
        table,
        method="mean",
        minimum_sheets=3,
        panel_size=3,
        minimum_mean=70,
        mentions=1,
        settlements={frozenset({"A2", "A3"}): {"A2": 2, "A3": 1}},
    )


@pytest.mark.parametrize(
    ("line", "key", "value", "problem"),
    [
        (0, "score", "96.000000", "A1的成績應為 95.000000，所存為 96.000000。"),
        (0, "mean", "96.000000", "A1的平均應為 95.000000，所存為 96.000000。"),
        (0, "spread", "1.000000", "A1的差距應為 0.000000，所存為 1.000000。"),
        (1, "rank", 3, "A3的名次應為 2，所存為 3。"),
        (2, "tied", True, "A2的並列應為 False，所存為 True。"),
        (1, "award", None, "A3的獎項應為 第二名，所存為 None。"),
        (3, "sheets", 3, "A4的評分表數應為 1，所存為 3。"),
    ],
)
def test_each_stated_fact_is_compared(payload, line, key, value, problem):
    payload["ranking"][line][key] = value

    assert differences(payload) == [problem]


def test_a_work_left_out_or_slipped_in_is_told(payload):
    payload["ranking"][3]["receipt"] = "A9"

    assert differences(payload) == ["A4的名次缺漏。", "A9的名次不在作品之中。"]


def test_another_winner_at_a_place_is_told(payload):
    payload["places"][0]["winners"] = ["A2"]

    assert differences(payload) == ["獎項名單與名次不符。"]


def test_a_judge_called_for_one_work_is_no_part_of_the_panel(payload):
    payload["rules"]["method"] = "rank_sum"
    payload["judges"] += [{"key": 9, "extra": True}]
    payload["sheets"] = [sheet for sheet in payload["sheets"] if sheet != payload["sheets"][0]]
    payload["rules"]["minimum_sheets"] = 2

    scores = [line for line in differences(payload) if line.startswith("A1的成績")]

    # Two ranks of 1 for A1 and three of the others: the mean rank times the panel of three.
    assert scores == ["A1的成績應為 3.000000，所存為 95.000000。"]
