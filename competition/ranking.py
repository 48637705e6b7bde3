"""From signed score sheets to ranks and awards: exact, and free of Django (design §3.4).

Entries and judges are any hashable keys. Every amount given or told is a `Fraction`; in between, marks are
whole numbers of a common unit, and figures are compared as whole numbers over a common denominator: as
exact, and thousands of works are ranked while one waits for the page.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from math import lcm
from operator import itemgetter

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


@dataclass(frozen=True, slots=True)
class Marks:
    """What the counted sheets of one entry come to, in whole units; `full` units are the full mark."""

    sheets: int
    total: int
    lowest: int
    highest: int
    by_criterion: tuple[int, ...]
    unit: int
    full: int

    @property
    def mean(self):
        return Fraction(100 * self.total, self.full * self.sheets)

    @property
    def spread(self):
        return Fraction(100 * (self.highest - self.lowest), self.full)

    @property
    def criterion_means(self):
        return tuple(Fraction(given, self.unit * self.sheets) for given in self.by_criterion)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Where an entry stands, and why. `rank` and the figures are None when it cannot be ranked."""

    entry: Hashable
    sheets: int
    marks: Marks | None = None
    figure_over: tuple[int, int] | None = None
    rank: int | None = None
    tied: bool = False
    settled: bool = False

    @property
    def figure(self):
        """What the method makes of the sheets: a mean out of 100, or a sum of ranks."""
        return None if self.figure_over is None else Fraction(*self.figure_over)

    @property
    def mean(self):
        return None if self.marks is None else self.marks.mean

    @property
    def spread(self):
        return None if self.marks is None else self.marks.spread

    @property
    def criterion_means(self):
        return () if self.marks is None else self.marks.criterion_means

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
    return None if marks is None else 100 * Fraction(sum(marks)) / sum(c.full_marks for c in criteria)


def _marks(points, criteria):
    """The points in the order of the criteria, or None when one was not scored."""
    given = tuple(points.get(criterion.key) for criterion in criteria)
    return None if not given or None in given else given


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
    given = [(sheet, _marks(sheet.points, criteria)) for sheet in sheets]
    unit = lcm(*(mark.denominator for _, marks in given if marks for mark in marks))
    counted = defaultdict(dict)
    for sheet, marks in given:
        if marks is not None:
            counted[sheet.entry][sheet.judge] = tuple(int(mark * unit) for mark in marks)
    return rank_counted(
        entries=entries,
        counted=counted,
        unit=unit,
        criteria=criteria,
        method=method,
        minimum_sheets=minimum_sheets,
        panel_size=panel_size,
        settlements=settlements,
    )


def rank_counted(*, entries, counted, settlements=None, **rules) -> list[Ranked]:
    """`rank` on complete sheets: {entry: {judge: marks in the order of the criteria, as whole units}}."""
    sums, figures, places = _order(entries, counted, settlements or {}, **rules)
    placed = [
        Ranked(entry, sums[entry].sheets, sums[entry], figures[entry], place, len(shared) > 1, settled)
        for place, shared, settled in places
        for entry in shared
    ]
    return placed + [Ranked(entry, len(counted.get(entry, ()))) for entry in entries if entry not in sums]


def ranks_counted(*, entries, counted, **rules) -> dict[Hashable, int]:
    """Only the ranks of `rank_counted`, for comparing methods."""
    _, _, places = _order(entries, counted, {}, **rules)
    return {entry: place for place, shared, _ in places for entry in shared}


def sums_counted(*, entries, counted, unit, criteria, minimum_sheets) -> dict[Hashable, Marks]:
    """What the sheets of each rankable entry come to: the same for every method on the same sheets."""
    full = unit * sum(criterion.full_marks for criterion in criteria)
    enough = max(minimum_sheets, 1)
    return {
        entry: _summed(given.values(), unit, full)
        for entry in entries
        if (given := counted.get(entry)) and len(given) >= enough
    }


def _summed(sheets, unit, full):
    totals = list(map(sum, sheets))
    by_criterion = tuple(map(sum, zip(*sheets, strict=True)))
    return Marks(len(totals), sum(totals), min(totals), max(totals), by_criterion, unit, full)


def _order(entries, counted, settlements, *, method, panel_size, sums=None, **rules):
    """(what each rankable entry's sheets come to, its figure, the places from the best down)."""
    if method not in METHODS:
        raise ValueError(f"unknown ranking method: {method}")
    if sums is None:
        sums = sums_counted(entries=entries, counted=counted, **rules)
    figures = _FIGURES[method](counted, sums, panel_size)
    better = 1 if method == RANK_SUM else -1  # a low rank sum is good
    return sums, figures, _places(sums, figures, tie_rule(rules["criteria"]), better, settlements)


# Each method gives every entry its figure as (numerator, denominator).


def _means(counted, sums, panel_size):
    return {entry: (100 * marks.total, marks.full * marks.sheets) for entry, marks in sums.items()}


def _trimmed_means(counted, sums, panel_size):
    """Without one highest and one lowest where there are at least five, else the mean."""
    return {
        entry: (100 * marks.total, marks.full * marks.sheets)
        if marks.sheets < SHEETS_TO_TRIM
        else (100 * (marks.total - marks.lowest - marks.highest), marks.full * (marks.sheets - 2))
        for entry, marks in sums.items()
    }


def _rank_sums(counted, sums, panel_size):
    """序位法 over the rankable entries: the sum of the ranks that each judge gives.

    Where entries differ in how many sheets they have, sums cannot be compared: the mean rank times
    the panel's size stands in their place.
    """
    by_judge = defaultdict(dict)
    for entry in sums:
        for judge, marks in counted[entry].items():
            by_judge[judge][entry] = sum(marks)
    doubled = dict.fromkeys(sums, 0)
    for given in by_judge.values():
        for entry, twice in _twice_the_ranks(given).items():
            doubled[entry] += twice
    if len({marks.sheets for marks in sums.values()}) <= 1:
        return {entry: (twice, 2) for entry, twice in doubled.items()}
    return {entry: (twice * panel_size, 2 * sums[entry].sheets) for entry, twice in doubled.items()}


_FIGURES = {MEAN: _means, TRIMMED: _trimmed_means, RANK_SUM: _rank_sums}


def _twice_the_ranks(totals):
    """From the highest down, equal ones share the average of theirs: doubled, as that may be half a one."""
    ranks, above = {}, 0
    for value, count in sorted(Counter(totals.values()).items(), reverse=True):
        ranks[value] = 2 * above + count + 1
        above += count
    return {key: ranks[value] for key, value in totals.items()}


def same_figure(one, other):
    """Whether two ranked entries have the same figure, without making fractions of thousands."""
    (mine, over), (theirs, under) = one.figure_over, other.figure_over
    return mine * under == theirs * over


def tie_rule(criteria):
    """The criteria's positions in the order in which they decide: by falling full marks, then as listed."""
    return sorted(range(len(criteria)), key=lambda position: -criteria[position].full_marks)


def _places(sums, figures, tie_rule, better, settlements):
    """(place, the entries that share it, whether the chair decided), best first."""
    parts = lcm(*{denominator for _, denominator in figures.values()})
    sheets = lcm(*{marks.sheets for marks in sums.values()})
    keyed = []
    for entry, marks in sums.items():
        numerator, denominator = figures[entry]
        share = -(sheets // marks.sheets)  # of the criterion means: high is good
        key = (
            better * numerator * (parts // denominator),
            *[share * marks.by_criterion[position] for position in tie_rule],
        )
        keyed.append((key, entry))
    keyed.sort(key=itemgetter(0))
    place = 1
    for _, run in groupby(keyed, key=itemgetter(0)):
        equals = [entry for _, entry in run]
        chosen = settlements.get(frozenset(equals)) if settlements and len(equals) > 1 else None
        for shared in _runs(sorted(equals, key=chosen.get), chosen.get) if chosen else [equals]:
            yield place, shared, bool(chosen)
            place += len(shared)


def _runs(ordered, key):
    """Neighbours with the same key, together."""
    return [list(run) for _, run in groupby(ordered, key=key)]


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


def may_change(now, lowest, highest, *, missing, minimum_mean, mentions):
    """Whether anybody's award may hang on the `missing` entries' sheets, whatever they say and however many come in.

    `lowest` and `highest` are the rankings with all of those at 0 and at full marks. For figures that rest on an
    entry's own sheets, as means do; a sum of ranks does not. Never wrongly no: what cannot be ruled out is a yes.
    """
    counts = {each.entry for each in now if each.rank is not None}
    low = {each.entry: each for each in lowest if each.rank is not None}
    high = {each.entry: each for each in highest if each.rank is not None}
    fixed = [each for each in now if each.rank is not None and each.entry not in missing]
    moving = [entry for entry in high if entry in missing]

    def award(rank, mean):
        return award_name(rank, mentions) if mean >= minimum_mean else None

    sure = sorted(low[entry].figure for entry in moving if entry in counts)
    possible = sorted(high[entry].figure for entry in moving)
    ahead = {}  # how many of the fixed ones stand before a fixed one
    for _rank, run in groupby(enumerate(fixed), key=lambda numbered: numbered[1].rank):
        run = list(run)
        ahead |= {each.entry: run[0][0] for _, each in run}
    for each in fixed:
        best = ahead[each.entry] + 1 + len(sure) - bisect_right(sure, each.figure)
        worst = ahead[each.entry] + 1 + len(possible) - bisect_left(possible, each.figure)
        if award(best, each.mean) != award(worst, each.mean):
            return True
    figures = sorted(each.figure for each in fixed)
    for entry in moving:
        top, bottom = high[entry], low[entry]
        best = (
            1 + len(figures) - bisect_right(figures, top.figure) + len(sure) - bisect_right(sure, top.figure)
        )
        # Of `possible` it is one itself: in the place of the 1 above.
        worst = len(figures) - bisect_left(figures, bottom.figure) + len(possible)
        worst -= bisect_left(possible, bottom.figure)
        reached = {award(best, top.mean), award(worst, bottom.mean)} | (set() if entry in counts else {None})
        if len(reached) > 1:
            return True
    return False
