"""How far the judging is, where the judges disagree, and what a missing sheet would change."""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from foundation.numbers import half_up

from . import ranking
from .models import JudgeReminder, ScoreSheet

OPEN, BEGUN, SIGNED, ABSTAINED = "open", "begun", "signed", "abstained"
EXCUSED, RESIGNED, ELSEWHERE = "excused", "resigned", ""


@dataclass(frozen=True)
class Cell:
    """One judge and one work: how far the sheet is, and its total where it counts."""

    state: str
    total: Fraction | None = None

    @property
    def text(self):
        return "" if self.total is None else str(half_up(self.total, 2))


class Progress:
    """The sheets of one group: judge by judge and work by work."""

    def __init__(self, standing):
        self.standing = standing
        self.judges = standing.judges
        self._begun = set(
            ScoreSheet.objects.filter(judge__in=self.judges, signed_at=None).values_list("entry", "judge")
        )

    def cell(self, entry, judge):
        if self.standing.eligibility.is_elsewhere(judge, entry):
            return Cell(ELSEWHERE)
        if self.standing.eligibility.refusal(judge, entry):
            return Cell(EXCUSED)
        if judge.pk in self.standing.given.get(entry.pk, ()):
            total = self.standing.total(entry.pk, judge.pk)
            return Cell(ABSTAINED) if total is None else Cell(SIGNED, total)
        if judge.resigned_at:
            return Cell(RESIGNED)
        return Cell(BEGUN if (entry.pk, judge.pk) in self._begun else OPEN)

    def row(self, entry):
        return [self.cell(entry, judge) for judge in self.judges]

    def missing(self, entry):
        """The judges whose sheet for this work is still to come."""
        return [judge for judge in self.judges if self.cell(entry, judge).state in (OPEN, BEGUN)]

    def by_judge(self):
        """Each judge with the works to score, the signed, the begun and the open ones."""
        lines = []
        last = _last_reminders(self.judges)
        for judge in self.judges:
            states = Counter(self.cell(entry, judge).state for entry in self.standing.entries.values())
            signed = states[SIGNED] + states[ABSTAINED]
            lines.append(
                {
                    "judge": judge,
                    "signed": signed,
                    "begun": states[BEGUN],
                    "open": states[OPEN],
                    "unsigned": states[BEGUN] + states[OPEN],
                    "to_score": signed + states[BEGUN] + states[OPEN],
                    "excused": states[EXCUSED],
                    "reminded_on": last.get(judge.pk),
                }
            )
        return lines


def _last_reminders(judges):
    found = JudgeReminder.objects.filter(judge__in=judges).order_by("sent_on")
    return dict(found.values_list("judge", "sent_on"))


def disputes(standing):
    """The ranked works, those first on which the judges' totals differ most."""
    ranked = [each for each in standing.ranking if each.spread is not None]
    return sorted(ranked, key=lambda each: (-each.spread, each.rank))


def totals(standing, entries):
    """{entry: {judge: total}} of the sheets that count."""
    found = {}
    for entry in entries:
        given = {judge: standing.total(entry, judge) for judge in standing.given.get(entry, ())}
        found[entry] = {judge: total for judge, total in given.items() if total is not None}
    return found


@dataclass(frozen=True)
class Outcome:
    """Where a work would stand, and how many other works' awards would change with it."""

    rank: int | None
    award: str | None
    others: int

    @property
    def text(self):
        if self.rank is None:
            return "尚無法排名"
        return f"第 {self.rank} 名（{self.award or '無獎項'}）"


@dataclass(frozen=True)
class WhatIf:
    """A work with sheets missing: as it stands, and with all of them at 0 or at full marks.

    `matters`: whether anybody's award may hang on these sheets.
    """

    entry: object
    judges: list
    now: Outcome
    lowest: Outcome
    highest: Outcome
    matters: bool


def what_if(standing, entry, judges):
    """Exact, by ranking the whole group again: the missing sheets all at 0, then all at full marks."""
    missing = {entry.pk: judges}
    lowest, highest = (standing.ranking_with(missing, share) for share in (0, 1))
    now = _awards(standing, standing.ranking)
    return WhatIf(
        entry=entry,
        judges=judges,
        now=_outcome(now, now, entry.pk),
        lowest=_outcome(_awards(standing, lowest), now, entry.pk),
        highest=_outcome(_awards(standing, highest), now, entry.pk),
        matters=_may_change(standing, missing, lowest, highest),
    )


def may_change(standing, missing):
    """Whether anybody's award may hang on all these sheets together: {entry pk: judges}."""
    return _may_change(standing, missing, *(standing.ranking_with(missing, share) for share in (0, 1)))


def _may_change(standing, missing, lowest, highest):
    # 序位法: a judge's further sheet moves that judge's ranks of others, and so can turn two works that it is not about.
    return standing.method == ranking.RANK_SUM or ranking.may_change(
        standing.ranking, lowest, highest, missing=missing, **standing.limits
    )


def _awards(standing, ranked):
    """{entry: (rank, award)}; an award place that is tied counts as the place's award."""
    return {
        each.entry: (
            each.rank,
            None
            if each.rank is None or each.mean < standing.limits["minimum_mean"]
            else ranking.award_name(each.rank, standing.limits["mentions"]),
        )
        for each in ranked
    }


def _outcome(then, now, entry):
    rank, award = then[entry]
    others = sum(then[other][1] != now[other][1] for other in then if other != entry)
    return Outcome(rank, award, others)
