"""Seats by largest remainder: the document's arithmetic, and what must hold of every proposal."""

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshops.apportionment import ProposalRefused, exact_shares, propose

HEADCOUNTS = st.dictionaries(st.text("ABCDEF", min_size=1, max_size=4), st.integers(1, 400), min_size=1)


def test_the_largest_remainders_get_the_seats_left():
    assert propose({"A": 47, "B": 16, "C": 16, "D": 21}, 10) == {"A": 5, "B": 2, "C": 1, "D": 2}


def test_equal_remainders_go_to_the_larger_headcount_then_the_first_code():
    assert propose({"B": 1, "A": 1, "C": 2}, 2) == {"C": 1, "A": 1, "B": 0}
    assert propose({"A": 15, "B": 5}, 2) == {"A": 2, "B": 0}


def test_a_minimum_is_given_first_and_the_others_share_the_rest():
    assert propose({"A": 90, "B": 9, "C": 1}, 10, minimum=1) == {"A": 8, "B": 1, "C": 1}
    assert propose({"A": 90, "B": 9, "C": 1}, 10, minimum=2) == {"A": 6, "B": 2, "C": 2}


def test_a_total_below_the_minimum_is_refused_with_the_numbers():
    with pytest.raises(ProposalRefused) as refused:
        propose({"A": 1, "B": 1, "C": 1}, 5, minimum=2)

    assert str(refused.value) == "3 個機關每個至少 2 人，共要 6 人，多於總名額 5 人。"


def test_exact_shares_are_fractions():
    assert exact_shares({"A": 1, "B": 2}, 10) == {"A": Fraction(10, 3), "B": Fraction(20, 3)}


@given(HEADCOUNTS, st.integers(0, 500))
def test_the_sum_is_exact_and_each_is_next_to_its_share(headcounts, total):
    seats = propose(headcounts, total)

    assert sum(seats.values()) == total
    for key, share in exact_shares(headcounts, total).items():
        assert math.floor(share) <= seats[key] <= math.ceil(share)


@given(HEADCOUNTS, st.integers(0, 500), st.integers(0, 2))
def test_more_people_never_get_fewer_seats(headcounts, extra, minimum):
    total = extra + minimum * len(headcounts)

    seats = propose(headcounts, total, minimum=minimum)

    assert sum(seats.values()) == total
    assert min(seats.values()) >= minimum
    by_headcount = sorted(headcounts, key=headcounts.get)
    for fewer, more in itertools.pairwise(by_headcount):
        assert headcounts[fewer] == headcounts[more] or seats[fewer] <= seats[more]


@given(HEADCOUNTS, st.integers(0, 500))
def test_the_order_of_the_units_does_not_matter(headcounts, total):
    backwards = dict(reversed(headcounts.items()))

    assert propose(headcounts, total) == propose(backwards, total)
