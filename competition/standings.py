"""The groups' rankings on the signed sheets as they stand, read in a fixed number of queries.

Nothing of a work is read but what the ranking and its pages show: a group may have thousands.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from django.db.models import Case, F, IntegerField, Max, When
from django.db.models.functions import Cast

from agencies.models import ProgrammeUnit

from . import ranking
from .deadlines import last_due_at
from .eligibility import Eligibility
from .models import Entry, Judge, ScoreSheet, TieSettlement, Topic

UNIT = 2  # points are given in steps of a half


@dataclass(slots=True, eq=False)
class Work:
    """A submitted work as the office's pages show it."""

    pk: int
    receipt: str
    work_code: str
    title: str
    unit: ProgrammeUnit
    topic: Topic
    is_late: bool

    def __str__(self):
        return self.title


@dataclass
class Standing:
    """One group: its entries, ranked, and what the ranking rests on.

    `given` is {entry pk: {judge pk: marks}} of the signed sheets that count as far as the judge goes: marks
    in the order of the criteria as halves of a point, None where the judge abstained. `uncounted` are the
    others, as (entry pk, judge pk, marks, why).
    """

    group: object
    competition: object
    method: str
    entries: dict
    judges: list
    criteria: list
    eligibility: object
    given: dict = field(default_factory=dict)
    uncounted: list = field(default_factory=list)
    settlements: dict = field(default_factory=dict)
    _told_apart: dict = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def ranking(self):
        places = {entries: places for entries, (places, _) in self.settlements.items()}
        return self._rank(self.method, places)

    def ranks_by(self, method):
        """{entry pk: rank} by another method on the same sheets; settlements belong to their own method."""
        if method == self.method:
            return {ranked.entry: ranked.rank for ranked in self.ranking if ranked.rank}
        return ranking.ranks_counted(**self._rules(method))

    def ranking_with(self, missing, share):
        """What further sheets would make of it, each with this share of the full marks: {entry pk: its judges}.

        The chair's settlements hold where the ties stay.
        """
        marks = tuple(UNIT * criterion.full_marks * share for criterion in self.criteria)
        places = {entries: places for entries, (places, _) in self.settlements.items()}
        counted = dict(self._counted(self.method))
        for entry, judges in missing.items():
            counted[entry] = {**counted.get(entry, {}), **{judge.pk: marks for judge in judges}}
        return self._rank(self.method, places, counted)

    def _rank(self, method, settlements, counted=None):
        return ranking.rank_counted(settlements=settlements, **self._rules(method, counted))

    def _rules(self, method, counted=None):
        counted = counted or self._counted(method)
        return {
            "entries": list(self.entries),
            "counted": counted,
            "sums": self._sums if counted is self._complete else None,
            "method": method,
            "panel_size": len(self.panel),
            **self._scale,
        }

    @property
    def _scale(self):
        return {
            "unit": UNIT,
            "criteria": self.marks,
            "minimum_sheets": self.competition.minimum_sheets,
        }

    @cached_property
    def _sums(self):
        """Worked out once for the methods that count the same sheets: three of them stand side by side."""
        return ranking.sums_counted(entries=list(self.entries), counted=self._complete, **self._scale)

    def _counted(self, method):
        """The complete sheets that a method counts: 序位法 cannot place a judge who saw a single work."""
        if method != ranking.RANK_SUM or len(self.panel) == len(self.judges):
            return self._complete
        panel = {judge.pk for judge in self.panel}
        return {
            entry: {judge: marks for judge, marks in given.items() if judge in panel}
            for entry, given in self._complete.items()
        }

    @cached_property
    def _complete(self):
        return {
            entry: {judge: marks for judge, marks in given.items() if marks and None not in marks}
            for entry, given in self.given.items()
        }

    @property
    def sheets(self):
        """How many signed sheets the ranking takes, those with an abstention included."""
        return sum(map(len, self.given.values()))

    def sheets_for(self, method):
        """(entry pk, judge pk, marks) of the sheets that a method takes, in their order."""
        panel = {judge.pk for judge in (self.panel if method == ranking.RANK_SUM else self.judges)}
        return [
            (entry, judge, marks)
            for entry, given in sorted(self.given.items())
            for judge, marks in sorted(given.items())
            if judge in panel
        ]

    def total(self, entry, judge):
        """A signed sheet's total out of 100; None where the judge abstained from a criterion."""
        marks = self.given[entry][judge]
        full = sum(criterion.full_marks for criterion in self.criteria)
        return None if None in marks else Fraction(100 * sum(marks), UNIT * full)

    @cached_property
    def marks(self):
        """The criteria as the ranking knows them."""
        return [ranking.Criterion(c.pk, c.full_marks) for c in self.criteria]

    @property
    def panel(self):
        """The judges of all the group's works: without those called for single ones (加評)."""
        return [judge for judge in self.judges if not judge.is_extra]

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

    def compared(self, ranked):
        """[(criterion, mean), …] of a work that the tie rule told from others of the same figure: as many of the
        criteria, in the order in which they decide, as it took; empty for others."""
        run = self._equals.get(ranked.entry, ())
        if run and ranked.entry not in self._told_apart:
            self._told_apart |= self._tell_apart(run)
        return self._told_apart.get(ranked.entry, [])

    def _tell_apart(self, run):
        rule = ranking.tie_rule(self.marks)
        means = {each.entry: tuple(each.criterion_means[place] for place in rule) for each in run}
        parts = len(set(means.values()))
        needed = next(
            count for count in range(len(rule) + 1) if len({m[:count] for m in means.values()}) == parts
        )
        criteria = [self.criteria[place] for place in rule[:needed]]
        return {entry: list(zip(criteria, given, strict=False)) for entry, given in means.items()}

    @cached_property
    def _equals(self):
        """{entry pk: all the ranked works of its figure} where there is more than one."""
        runs = []
        for each in self.ranking:
            if each.rank is None:
                break
            if runs and ranking.same_figure(runs[-1][0], each):
                runs[-1].append(each)
            else:
                runs.append([each])
        return {each.entry: run for run in runs if len(run) > 1 for each in run}

    @property
    def unranked(self):
        return [ranked for ranked in self.ranking if ranked.rank is None]

    @cached_property
    def last_due(self):
        """(the last day, the first moment too late) for the last unit that may still hand in."""
        return last_due_at(self.group)

    @property
    def missing_sheets(self):
        """How many sheets the serving judges have still to sign, those barred or called elsewhere aside."""
        signed = Counter(judge for given in self.given.values() for judge in given)
        serving = [judge for judge in self.judges if not judge.resigned_at]
        restricted = self.eligibility.restricted
        works = list(self.entries.values())
        wanted = sum(
            sum(not self.eligibility.refusal(judge, work) for work in works)
            if judge.pk in restricted
            else len(works)
            for judge in serving
        )
        return wanted - sum(signed[judge.pk] for judge in serving)

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
    entries = _entries(competition, groups)
    judges = list(Judge.objects.filter(group__in=groups).select_related("user"))
    eligibility = Eligibility(judges)
    given, uncounted = _sheets(judges, criteria, entries, eligibility)
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
            given=given[group.pk],
            uncounted=uncounted[group.pk],
            settlements=settlements[group.pk],
        )
        for group in groups
    ]


def _entries(competition, groups):
    """{group: {entry pk: work}} of the submitted works, by receipt."""
    submitted = Entry.objects.submitted().filter(topic__group__in=groups)
    # Few works come after the common deadline; whether their unit had a later one is asked of those alone.
    after = submitted.filter(submitted_at__gte=competition.due_at)
    late = set(after.with_due().filter(is_late=True).values_list("pk", flat=True))
    topics = {topic.pk: topic for topic in Topic.objects.filter(group__in=groups).select_related("group")}
    units = ProgrammeUnit.objects.filter(pk__in=submitted.values("unit")).select_related("unit")
    units = {unit.pk: unit for unit in units}
    found = defaultdict(dict)
    rows = submitted.order_by("receipt", "pk").values_list(
        "pk", "receipt", "work_code", "title", "unit", "topic"
    )
    for pk, receipt, work_code, title, unit, topic in rows:
        topic = topics[topic]
        found[topic.group_id][pk] = Work(pk, receipt, work_code, title, units[unit], topic, pk in late)
    return found


def points_of(marks):
    """Marks in halves of a point as points."""
    return [None if mark is None else Fraction(mark, UNIT) for mark in marks]


def grouped_sheets(judges, criteria):
    """(entry, judge, marks by criterion in halves of a point …) of the signed sheets, one row each."""
    halves = Cast(F("scores__points") * UNIT, IntegerField())
    columns = {
        f"criterion_{criterion.pk}": Max(Case(When(scores__criterion=criterion.pk, then=halves)))
        for criterion in criteria
    }
    signed = ScoreSheet.objects.filter(judge__in=judges, signed_at__isnull=False)
    return signed.order_by().values_list("entry", "judge").annotate(**columns)


def _sheets(judges, criteria, entries, eligibility):
    """The signed sheets by group: those that count as {entry: {judge: marks}}, and those that do not.

    A sheet does not count when its judge has, since or all along, nothing to do with the work.
    """
    by_pk = {judge.pk: judge for judge in judges}
    careful = eligibility.restricted
    given, uncounted = defaultdict(lambda: defaultdict(dict)), defaultdict(list)
    for entry_pk, judge_pk, *marks in grouped_sheets(judges, criteria):
        judge = by_pk[judge_pk]
        entry = entries[judge.group_id].get(entry_pk)
        if entry is None:
            continue
        if judge_pk in careful and (refusal := eligibility.refusal(judge, entry)):
            uncounted[judge.group_id].append((entry_pk, judge_pk, marks, refusal))
        else:
            given[judge.group_id][entry_pk][judge_pk] = marks
    return given, uncounted


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
