"""From signed score sheets to ranks and awards: exact, and free of Django (design §3.4).

Entries and judges are any hashable keys. Every amount is a `Fraction`.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

MEAN, TRIMMED, RANK_SUM = "mean", "trimmed", "rank_sum"
METHODS = (MEAN, TRIMMED, RANK_SUM)
SHEETS_TO_TRIM = 5
PLACES = ("第一名", "第二名", "第三名")
MENTION = "佳作"
BELOW_MINIMUM = "作品平均未達得獎最低平均。"
NOBODY_ELSE = "沒有其他可排名的作品。"


@dataclass(frozen=True)
class Criterion:
    """A criterion in its listed order."""

    key: Hashable
    full_marks: int


@dataclass(frozen=True)
class Sheet:
    """What one judge gave one entry; a criterion that is missing or None was not scored."""

    entry: Hashable
    judge: Hashable
    points: Mapping[Hashable, Fraction | None]


@dataclass(frozen=True)
class Ranked:
    """Where an entry stands, and why. `rank` and `figure` are None when it cannot be ranked."""

    entry: Hashable
    sheets: int
    figure: Fraction | None = None
    mean: Fraction | None = None
    spread: Fraction | None = None
    criterion_means: tuple[Fraction, ...] = ()
    rank: int | None = None
    tied: bool = False
    settled: bool = False

    @property
    def is_open_tie(self):
        """Equal to another, and the chair has not decided."""
        return self.tied and not self.settled


@dataclass(frozen=True)
class Place:
    """An award place: who gets it, or why it is vacant (從缺) or still open."""

    rank: int
    award: str
    winners: tuple[Ranked, ...] = ()
    vacant: str = ""
    open_tie: bool = False


def total(points, criteria):
    """A sheet's total out of 100, or None when it does not count as a sheet."""
    marks = _marks(points, criteria)
    return None if marks is None else _total(marks, criteria)


def _marks(points, criteria):
    """The points in the order of the criteria, or None when one was not scored."""
    given = tuple(points.get(criterion.key) for criterion in criteria)
    return None if not given or None in given else given


def _total(marks, criteria):
    return 100 * Fraction(sum(marks)) / sum(criterion.full_marks for criterion in criteria)


def mean(values):
    return Fraction(sum(values)) / len(values)


def trimmed_mean(totals):
    """Without one highest and one lowest where there are at least five, else the mean."""
    if len(totals) < SHEETS_TO_TRIM:
        return mean(totals)
    return mean(sorted(totals)[1:-1])


def shared_ranks(totals):
    """Ranks from the highest down, equal ones sharing the average of theirs: {key: Fraction}."""
    ranks, above = {}, 0
    for value, count in sorted(Counter(totals.values()).items(), reverse=True):
        ranks[value] = above + Fraction(count + 1, 2)
        above += count
    return {key: ranks[value] for key, value in totals.items()}


def rank_sums(totals, panel_size):
    """序位法 over the rankable entries: the sum of the ranks that each judge gives.

    Where entries differ in how many sheets they have, sums cannot be compared: the mean rank times
    the panel's size stands in their place.
    """
    by_judge = defaultdict(dict)
    for entry, given in totals.items():
        for judge, value in given.items():
            by_judge[judge][entry] = value
    ranks = defaultdict(list)
    for given in by_judge.values():
        for entry, rank in shared_ranks(given).items():
            ranks[entry].append(rank)
    if len({len(given) for given in ranks.values()}) <= 1:
        return {entry: Fraction(sum(given)) for entry, given in ranks.items()}
    return {entry: mean(given) * panel_size for entry, given in ranks.items()}


def rank(
    *,
    entries: Sequence[Hashable],
    sheets: Sequence[Sheet],
    criteria: Sequence[Criterion],
    method: str,
    minimum_sheets: int,
    panel_size: int,
    settlements: Mapping[frozenset, Mapping[Hashable, int]] | None = None,
) -> list[Ranked]:
    """All entries of one group, best first; those that cannot be ranked last, as given.

    `settlements` maps a set of equal entries to the places that the chair gave them.
    """
    counted = defaultdict(dict)
    for sheet in sheets:
        marks = _marks(sheet.points, criteria)
        if marks is not None:
            counted[sheet.entry][sheet.judge] = marks
    rankable = [entry for entry in entries if len(counted[entry]) >= max(minimum_sheets, 1)]
    totals = {
        entry: {judge: _total(marks, criteria) for judge, marks in counted[entry].items()}
        for entry in rankable
    }
    figures = _figures(totals, method, panel_size)
    judged = [
        Ranked(
            entry=entry,
            sheets=len(totals[entry]),
            figure=figures[entry],
            mean=mean(totals[entry].values()),
            spread=max(totals[entry].values()) - min(totals[entry].values()),
            criterion_means=tuple(mean(marks) for marks in zip(*counted[entry].values(), strict=True)),
        )
        for entry in rankable
    ]
    placed = _place(judged, _tie_rule(criteria), method, settlements or {})
    unranked = [Ranked(entry=entry, sheets=len(counted[entry])) for entry in entries if entry not in totals]
    return placed + unranked


def _figures(totals, method, panel_size):
    if method == RANK_SUM:
        return rank_sums(totals, panel_size)
    if method not in METHODS:
        raise ValueError(f"unknown ranking method: {method}")
    figure = trimmed_mean if method == TRIMMED else mean
    return {entry: figure(list(given.values())) for entry, given in totals.items()}


def _tie_rule(criteria):
    """The criteria's positions in the order in which they decide: by falling full marks, then as listed."""
    return sorted(range(len(criteria)), key=lambda position: -criteria[position].full_marks)


def _place(judged, tie_rule, method, settlements):
    better = 1 if method == RANK_SUM else -1  # a low rank sum is good

    def key(ranked):
        return (better * ranked.figure, *(-ranked.criterion_means[position] for position in tie_rule))

    placed = []
    for equals in _runs(sorted(judged, key=key), key):
        first = len(placed) + 1
        settled = settlements.get(frozenset(ranked.entry for ranked in equals))
        if len(equals) == 1 or not settled:
            tied = len(equals) > 1
            placed += [replace(ranked, rank=first, tied=tied) for ranked in equals]
            continue

        def decided(ranked, settled=settled):
            return settled[ranked.entry]

        for shared in _runs(sorted(equals, key=decided), decided):
            place = len(placed) + 1
            placed += [replace(ranked, rank=place, tied=len(shared) > 1, settled=True) for ranked in shared]
    return placed


def _runs(ordered, key):
    """Neighbours with the same key, together."""
    runs = []
    for item in ordered:
        if runs and key(runs[-1][0]) == key(item):
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def award_of(ranked, *, minimum_mean, mentions):
    """The award that an entry's rank brings now, or None."""
    name = award_name(ranked.rank, mentions)
    if name is None or ranked.is_open_tie or ranked.mean < minimum_mean:
        return None
    return name


def award_name(rank, mentions):
    if rank is None or rank > len(PLACES) + mentions:
        return None
    return PLACES[rank - 1] if rank <= len(PLACES) else MENTION


def open_ties(ranking, *, minimum_mean, mentions):
    """Equal entries at an award place that would get an award: finalising waits for the chair."""
    at_stake = [
        ranked
        for ranked in ranking
        if ranked.is_open_tie
        and award_name(ranked.rank, mentions) is not None
        and ranked.mean >= minimum_mean
    ]
    return _runs(at_stake, lambda ranked: ranked.rank)


def places(ranking, *, minimum_mean, mentions):
    """Every award place of the group, first to last, with who gets it or why nobody does."""
    by_rank = defaultdict(list)
    for ranked in ranking:
        if ranked.rank is not None:
            by_rank[ranked.rank].append(ranked)
    found, sharing = [], ()
    for number in range(1, len(PLACES) + mentions + 1):
        award = award_name(number, mentions)
        here = tuple(by_rank.get(number, ()))
        if not here and sharing and number < sharing[0].rank + len(sharing):
            if sharing[0].mean < minimum_mean:
                found.append(Place(number, award, vacant=BELOW_MINIMUM))
            continue  # else taken up by the shared rank above
        sharing = here
        if not here:
            found.append(Place(number, award, vacant=NOBODY_ELSE))
        elif here[0].mean < minimum_mean:
            found.append(Place(number, award, vacant=BELOW_MINIMUM))
        elif here[0].is_open_tie:
            found.append(Place(number, award, open_tie=True))
        else:
            found.append(Place(number, award, winners=here))
    return found
