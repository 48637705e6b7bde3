"""Seats apportioned over headcounts by largest remainder (最大餘數法). Pure: no database, exact fractions."""

from fractions import Fraction


class ProposalRefused(ValueError):
    """The total does not go round. The message is Chinese and is shown as it stands."""


def exact_shares(headcounts, total):
    """What each would get if seats could be divided."""
    people = sum(headcounts.values())
    return {key: Fraction(total * count, people) for key, count in headcounts.items()}


def propose(headcounts, total, *, minimum=0):
    """`total` seats over the headcounts (all above 0, by a key that sorts), each at least `minimum`.

    Whose share lies below the minimum gets the minimum; the others share what is left. Each gets the whole
    part of its share, and the seats left go to the largest remainders, equal ones to the larger headcount,
    then to the first key.
    """
    if minimum * len(headcounts) > total:
        raise ProposalRefused(
            f"{len(headcounts)} 個機關每個至少 {minimum} 人，共要 {minimum * len(headcounts)} 人，多於總名額 {total} 人。"
        )
    sharing, left, seats = dict(headcounts), total, {}
    while below := [key for key, share in exact_shares(sharing, left).items() if share < minimum]:
        for key in below:
            seats[key] = minimum
            left -= minimum
            del sharing[key]
    shares = exact_shares(sharing, left)
    seats |= {key: int(share) for key, share in shares.items()}
    by_remainder = sorted(shares, key=lambda key: (-(shares[key] % 1), -sharing[key], key))
    for key in by_remainder[: left - sum(seats[key] for key in shares)]:
        seats[key] += 1
    return seats
