"""The groups' rankings on the signed sheets as they stand, read in a fixed number of queries."""

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, cached_property

from . import ranking
from .eligibility import Eligibility
from .models import Entry, Judge, Score, ScoreSheet, TieSettlement


@dataclass
class Standing:
    """One group: its entries, ranked, and what the ranking rests on."""

    group: object
    competition: object
    method: str
    entries: dict
    judges: list
    criteria: list
    eligibility: object
    sheets: list = field(default_factory=list)
    uncounted: list = field(default_factory=list)
    settlements: dict = field(default_factory=dict)

    @cached_property
    def ranking(self):
        places = {entries: places for entries, (places, _) in self.settlements.items()}
        return self._rank(self.method, places)

    def ranking_by(self, method):
        """The same sheets by another method, for comparison; settlements belong to their own method."""
        return self.ranking if method == self.method else self._rank(method, {})

    def ranking_with(self, added):
        """What these further sheets would make of it; the chair's settlements hold where the ties stay."""
        places = {entries: places for entries, (places, _) in self.settlements.items()}
        return self._rank(self.method, places, added)

    def _rank(self, method, settlements, added=()):
        return ranking.rank(
            entries=list(self.entries),
            sheets=[*self.sheets_for(method), *added],
            criteria=self.marks,
            method=method,
            minimum_sheets=self.competition.minimum_sheets,
            panel_size=len(self.panel),
            settlements=settlements,
        )

    @cached_property
    def marks(self):
        """The criteria as the ranking knows them."""
        return [ranking.Criterion(c.pk, c.full_marks) for c in self.criteria]

    @property
    def panel(self):
        """The judges of all the group's works: without those called for single ones (加評)."""
        return [judge for judge in self.judges if not judge.is_extra]

    def sheets_for(self, method):
        """The sheets that a method counts: 序位法 cannot place a judge who saw a single work."""
        if method != ranking.RANK_SUM:
            return self.sheets
        panel = {judge.pk for judge in self.panel}
        return [sheet for sheet in self.sheets if sheet.judge in panel]

    @property
    def limits(self):
        return {
            "minimum_mean": Fraction(self.competition.minimum_mean),
            "mentions": self.competition.honourable_mentions,
        }

    def award_of(self, ranked):
        return ranking.award_of(ranked, **self.limits)

    @cached_property
    def open_ties(self):
        return ranking.open_ties(self.ranking, **self.limits)

    @cached_property
    def places(self):
        return ranking.places(self.ranking, **self.limits)

    @property
    def unranked(self):
        return [ranked for ranked in self.ranking if ranked.rank is None]

    @property
    def late(self):
        """Works handed in after their deadline that nobody has decided on."""
        return [entry for entry in self.entries.values() if entry.is_late]

    def settlement_of(self, ranked):
        """The chair's decision that placed this entry, or None."""
        for entries, (_, settlement) in self.settlements.items():
            if ranked.settled and ranked.entry in entries:
                return settlement
        return None


def standings(competition, *, method=None, groups=None):
    """A `Standing` for each group of the competition, in their order."""
    method = method or competition.method
    groups = list(competition.groups.all() if groups is None else groups)
    criteria = list(competition.criteria.all())
    entries = _entries(groups)
    judges = list(Judge.objects.filter(group__in=groups).select_related("user"))
    eligibility = Eligibility(judges)
    sheets, uncounted = _sheets(groups, judges, entries, eligibility)
    settlements = _settlements(groups, method)
    return [
        Standing(
            group=group,
            competition=competition,
            method=method,
            entries=entries[group.pk],
            judges=[judge for judge in judges if judge.group_id == group.pk],
            criteria=criteria,
            eligibility=eligibility,
            sheets=sheets[group.pk],
            uncounted=uncounted[group.pk],
            settlements=settlements[group.pk],
        )
        for group in groups
    ]


def _entries(groups):
    """{group: {entry pk: entry}} of the submitted works, by receipt."""
    found = defaultdict(dict)
    submitted = (
        Entry.objects.submitted()
        .filter(topic__group__in=groups)
        .with_due()
        .select_related("unit__unit", "topic")
        .order_by("receipt", "pk")
    )
    for entry in submitted:
        found[entry.topic.group_id][entry.pk] = entry
    return found


def _sheets(groups, judges, entries, eligibility):
    """The signed sheets by group: those that count, and those that do not as (sheet, why).

    A sheet does not count when its judge has, since or all along, nothing to do with the work.
    """
    by_pk = {judge.pk: judge for judge in judges}
    points = defaultdict(dict)
    rows = Score.objects.filter(sheet__judge__group__in=groups, sheet__signed_at__isnull=False).values_list(
        "sheet__entry", "sheet__judge", "criterion", "points"
    )
    exact = cache(Fraction)  # few different marks, many scores
    for entry, judge, criterion, given in rows.order_by():
        points[entry, judge][criterion] = None if given is None else exact(given)
    counted, uncounted = defaultdict(list), defaultdict(list)
    for (entry_pk, judge_pk), given in sorted(points.items()):
        judge = by_pk[judge_pk]
        entry = entries[judge.group_id].get(entry_pk)
        if entry is None:
            continue
        sheet = ranking.Sheet(entry_pk, judge_pk, given)
        if refusal := eligibility.refusal(judge, entry):
            uncounted[judge.group_id].append((sheet, refusal))
        else:
            counted[judge.group_id].append(sheet)
    return counted, uncounted


def _settlements(groups, method):
    """{group: {equal entries: ({entry: place}, settlement)}}; the newer of two holds."""
    found = defaultdict(dict)
    settlements = (
        TieSettlement.objects.filter(group__in=groups, method=method)
        .select_related("settled_by")
        .prefetch_related("places")
        .order_by("settled_at", "pk")
    )
    for settlement in settlements:
        places = {place.entry_id: place.place for place in settlement.places.all()}
        found[settlement.group_id][frozenset(places)] = (places, settlement)
    return found


def sheet_counts(competition):
    """(signed, not yet signed) sheets of the year's panels."""
    sheets = ScoreSheet.objects.filter(entry__competition=competition)
    signed = sheets.filter(signed_at__isnull=False).count()
    return signed, sheets.count() - signed
