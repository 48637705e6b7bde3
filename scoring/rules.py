"""The four indicators, the completion rate and the order of the board. Pure: facts in, exact figures out.

Source: programme document 府人考字第1050049859號 六、一、(二) (the four items, scored by completion alone)
and design §3.2 (what counts, what does not apply, how the mean is taken).
"""

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import lru_cache, partial
from math import lcm
from typing import NamedTuple

UPDATES, WORKSHOP, COMPETITION, FORUM = KEYS = ("updates", "workshop", "competition", "forum")

ZERO, ONE = Fraction(0), Fraction(1)


class Rules(NamedTuple):
    """The targets and weights of one year."""

    update_multiplier: int = 2
    update_target: Fraction = Fraction(1, 5)
    work_target: int = 1
    topic_target: int = 5
    weight_updates: int = 25
    weight_workshop: int = 25
    weight_competition: int = 25
    weight_forum: int = 25


class SessionSeats(NamedTuple):
    """One session in which a unit has a quota: the seats first allotted, and the people sent."""

    number: int
    seats: int
    sent: int

    @property
    def counted(self) -> int:
        """More people than seats never make up for another session."""
        return min(self.sent, self.seats)


class UnitFacts(NamedTuple):
    """What is known of one unit in one year. Everything shown is worked out from this."""

    headcount: int | None = None
    updates: int = 0
    sessions: tuple[SessionSeats, ...] = ()
    works: int = 0
    in_group: bool = True
    topics: int = 0

    @property
    def sent(self) -> int:
        return sum(session.sent for session in self.sessions)

    @property
    def quota(self) -> int:
        return sum(session.seats for session in self.sessions)


class Indicator(NamedTuple):
    """One of the four for one unit.

    `completion` is what enters the mean, 0 to 1; `actual` the same without the cap, so it may exceed 1.
    Both are None when the indicator does not apply, and `why_not` says why. `needed` is the whole amount
    at which it is done, `missing` what is still to come.
    """

    key: str
    weight: int
    amount: int
    needed: int = 0
    missing: int = 0
    completion: Fraction | None = None
    actual: Fraction | None = None
    why_not: str = ""

    @property
    def is_applicable(self) -> bool:
        return self.completion is not None

    @property
    def is_done(self) -> bool:
        return self.completion == 1

    @property
    def is_over(self) -> bool:
        """Done and more: the true figure stands beside the capped one."""
        return self.is_done and self.actual > 1

    @property
    def enters_mean(self) -> bool:
        return self.completion is not None and self.weight > 0


def updates(facts: UnitFacts, rules: Rules) -> Indicator:
    """經驗傳承更新: n accepted updates ÷ (2 × headcount) reaches 20 % (document 六、一、(二)1)."""
    if not facts.headcount:
        why_not = "未填單位人數" if facts.headcount is None else "單位人數為 0"
        return Indicator(UPDATES, rules.weight_updates, facts.updates, why_not=why_not)
    target = rules.update_target
    base = target.numerator * rules.update_multiplier * facts.headcount
    # The threshold is base / target.denominator; done at the first whole number not below it.
    needed = -(-base // target.denominator)
    actual = Fraction(facts.updates * target.denominator, base)
    return _towards(UPDATES, rules.weight_updates, facts.updates, needed, actual)


def update_rate(facts: UnitFacts, rules: Rules) -> Fraction | None:
    """資料更新率: updates ÷ (2 × headcount), not capped; None without a headcount."""
    if not facts.headcount:
        return None
    return Fraction(facts.updates, rules.update_multiplier * facts.headcount)


def workshop(facts: UnitFacts, rules: Rules) -> Indicator:
    """薦送研習: people sent by the allotted seats, session by session (document 六、一、(二)2)."""
    quota = facts.quota
    if not quota:
        why_not = "分配名額為 0" if facts.sessions else "未分配名額"
        return Indicator(WORKSHOP, rules.weight_workshop, facts.sent, why_not=why_not)
    counted = sum(session.counted for session in facts.sessions)
    return Indicator(
        WORKSHOP,
        rules.weight_workshop,
        facts.sent,
        needed=quota,
        missing=quota - counted,
        completion=Fraction(counted, quota),
        actual=Fraction(facts.sent, quota),
    )


def competition(facts: UnitFacts, rules: Rules) -> Indicator:
    """教材參賽: at least one work handed in and entered (document 六、一、(二)3)."""
    if not facts.in_group:
        return Indicator(COMPETITION, rules.weight_competition, facts.works, why_not="未列入競賽組別")
    return _towards(
        COMPETITION,
        rules.weight_competition,
        facts.works,
        rules.work_target,
        Fraction(facts.works, rules.work_target),
    )


def forum(facts: UnitFacts, rules: Rules) -> Indicator:
    """論壇主題: five topics with ten replies each (document 六、一、(二)4); applies to every unit."""
    return _towards(
        FORUM,
        rules.weight_forum,
        facts.topics,
        rules.topic_target,
        Fraction(facts.topics, rules.topic_target),
    )


def _towards(key, weight, amount, needed, actual):
    missing = max(needed - amount, 0)
    return Indicator(key, weight, amount, needed, missing, actual if missing else ONE, actual)


class Completion(NamedTuple):
    """One unit's four indicators and the mean over those that apply."""

    updates: Indicator
    workshop: Indicator
    competition: Indicator
    forum: Indicator
    overall: Fraction | None

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        return self[:4]

    @property
    def total_weight(self) -> int:
        return sum(one.weight for one in self.indicators if one.enters_mean)

    @property
    def is_done(self) -> bool:
        """Everything that applies and counts is done."""
        return self.overall == 1

    @property
    def has_not_applicable(self) -> bool:
        return any(not one.is_applicable for one in self.indicators)

    def gain(self, indicator: Indicator) -> Fraction:
        """How much the overall completion grows when this indicator is done and nothing else changes."""
        if not indicator.enters_mean:
            return ZERO
        return indicator.weight * (1 - indicator.completion) / self.total_weight


@lru_cache(maxsize=16)
def scorer(rules: Rules) -> Callable[[UnitFacts], Completion]:
    """`completion` under these rules, remembered: between two views most units' facts stay the same."""
    return lru_cache(maxsize=1024)(partial(completion, rules=rules))


def completion(facts: UnitFacts, rules: Rules) -> Completion:
    four = (
        updates(facts, rules),
        workshop(facts, rules),
        competition(facts, rules),
        forum(facts, rules),
    )
    return Completion(*four, overall=weighted_mean(four))


def weighted_mean(indicators: Iterable[Indicator]) -> Fraction | None:
    """The mean over the applicable ones; None when nothing applicable carries any weight."""
    counted = [one for one in indicators if one.enters_mean]
    weight = sum(one.weight for one in counted)
    if not weight:
        return None
    numerators, denominator = on_one_denominator([one.completion for one in counted])
    total = sum(one.weight * part for one, part in zip(counted, numerators, strict=True))
    return Fraction(total, weight * denominator)


def mean(values: Iterable[Fraction]) -> Fraction | None:
    """The plain mean, exact; None of nothing."""
    numerators, denominator = on_one_denominator(list(values))
    return Fraction(sum(numerators), len(numerators) * denominator) if numerators else None


def on_one_denominator(values: list[Fraction]) -> tuple[list[int], int]:
    """The same values as whole numbers over one denominator: exact, and quick to add and to compare."""
    denominator = lcm(*(value.denominator for value in values))
    return [value.numerator * (denominator // value.denominator) for value in values], denominator


def in_board_order(overall_by_code: dict[str, Fraction | None]) -> list[tuple[int | None, str]]:
    """(rank, code) as the board lists them: exact completion down, equal ones share a rank, then code.

    Ranks are 1, 2, 2, 4. A unit without an overall figure comes last and has no rank.
    """
    known = {code: overall for code, overall in overall_by_code.items() if overall is not None}
    numerators, _ = on_one_denominator(list(known.values()))
    order, rank, previous = [], 0, None
    downwards = sorted((-numerator, code) for numerator, code in zip(numerators, known, strict=True))
    for position, (below, code) in enumerate(downwards, start=1):
        if below != previous:
            rank, previous = position, below
        order.append((rank, code))
    return order + [(None, code) for code in sorted(overall_by_code.keys() - known.keys())]
