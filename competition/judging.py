"""What a judge may see: the works of the panel's group, without unit, authors, receipt or file names.

Every page, search, count and download for judges goes through `Queue`, so that one place decides.
"""

from fractions import Fraction
from functools import cached_property

from django.db.models import Case, CharField, Count, FilteredRelation, Max, Min, Q, Sum, Value, When

from foundation import packages
from foundation.numbers import half_up

from .eligibility import works_of
from .models import Conflict, Criterion, Entry, EntryFile, Score, ScoreSheet

OPEN, BEGUN, PROXY, SIGNED = "open", "begun", "proxy", "signed"
STATES = {OPEN: "未開始", BEGUN: "評分中", PROXY: "代登待確認", SIGNED: "已簽名"}
STRIP = 40
NEAR = 5  # own totals shown above and below the work looked at


class Slot:
    """A place in the queue: the work's code and how far this judge is with it."""

    def __init__(self, code, state):
        self.code = code
        self.state = state

    @property
    def label(self):
        return STATES[self.state]


class Work(Slot):
    """A work as judges see it: these fields and no others."""

    def __init__(self, entry, state):
        super().__init__(entry.work_code, state)
        self.title = entry.title
        self.topic = entry.topic.name
        self.axis = entry.get_axis_display()
        self.synopsis = entry.synopsis
        self.is_online = entry.is_online


def shown_files(entry, *, user, address):
    """The work's files for the viewer as judges see them: `neutral_name` is all of their names.

    `address` gives where one is downloaded. What was noticed about a file may name a part of it: not shown.
    """
    shown = []
    for each in EntryFile.objects.for_judges(entry):
        each.file_check.facts = {**each.file_check.facts, "warnings": []}
        title = f"{each.kind}　{each.neutral_name}"
        shown.append(packages.shown(each.file_check, user=user, title=title, download=address(each)))
    return shown


class Queue:
    """The works before one judge at one moment, by their random code; empty until judging starts."""

    def __init__(self, judge, at):
        self.judge = judge
        self.competition = judge.group.competition
        self.at = at

    @property
    def has_started(self):
        return self.at >= self.competition.judging_starts_at

    @cached_property
    def is_final(self):
        return self.judge.group.result_sets.final().exists()

    @property
    def refusal(self):
        """Why nothing can be scored now; empty when it can."""
        if not self.competition.programme.is_open:
            return "本年度已凍結，評分表不能再變更。"
        if self.is_final:
            return f"{self.judge.group}的結果已定案，評分表不能再變更。"
        return self.competition.judging_refusal(self.at)

    @cached_property
    def entries(self):
        """Submitted, of the group, not the own unit's, not in conflict; with `own_state`, by their code."""
        entries = works_of(self.judge) if self.has_started else Entry.objects.none()
        own = FilteredRelation("sheets", condition=Q(sheets__judge=self.judge))
        state = Case(
            When(own__pk=None, then=Value(OPEN)),
            When(own__signed_at=None, then=Value(BEGUN)),
            When(own__is_proxy=True, own__confirmed_at=None, then=Value(PROXY)),
            default=Value(SIGNED),
            output_field=CharField(),
        )
        return entries.annotate(own=own).annotate(own_state=state).order_by("work_code")

    @cached_property
    def works(self):
        """All of them, as codes and states: a long queue is walked without loading the works."""
        return [Slot(*row) for row in self.entries.values_list("work_code", "own_state")]

    def found(self, *, state="", text=""):
        """The works in a state whose code or title has the text: what judges see is all they can search."""
        entries = self.entries.select_related("topic")
        if state:
            entries = entries.filter(own_state=state)
        if text:
            entries = entries.filter(Q(work_code__iexact=text) | Q(title__icontains=text))
        return entries

    def entry(self, code):
        """The work of this code, None where this judge does not see it."""
        entries = self.entries.select_related("topic__group", "competition__programme")
        return entries.filter(work_code=code).first()

    def sheet(self, entry):
        """This judge's sheet for the work with its scores, or None."""
        sheets = ScoreSheet.objects.filter(judge=self.judge, entry=entry)
        return sheets.prefetch_related("scores").first()

    @cached_property
    def _standing_back(self):
        conflicts = Conflict.objects.filter(judge=self.judge, entry__state=Entry.State.SUBMITTED)
        return list(
            conflicts.order_by("entry__work_code").values_list("entry__work_code", "reason", "created_by")
        )

    @property
    def excused(self):
        """How many works this judge stands back from, pinned ones too."""
        return len(self._standing_back)

    @property
    def conflicts(self):
        """Where this judge stands back by own word. What staff wrote may name people: it is not shown."""
        return [(code, reason) for code, reason, by in self._standing_back if by == self.judge.user_id]

    @cached_property
    def criteria(self):
        return list(Criterion.objects.filter(competition=self.competition))

    @cached_property
    def counts(self):
        """[(state, label, how many works)], in the order in which a judge gets on."""
        states = [work.state for work in self.works]
        return [(state, label, states.count(state)) for state, label in STATES.items()]

    @property
    def signed(self):
        return sum(work.state == SIGNED for work in self.works)

    @property
    def following(self):
        """The first work that is not signed, None when all are: where a sitting begins, or goes on."""
        return next((work for work in self.works if work.state != SIGNED), None)

    def strip(self, code):
        """The works around one, for the strip above its sheet."""
        start = max(0, min(self._place(code) - STRIP // 2, len(self.works) - STRIP))
        return self.works[start : start + STRIP]

    def next_after(self, code):
        """The next work that is not signed, from this one on and round again; None when all are."""
        here = self._place(code)
        following = self.works[here + 1 :] + self.works[:here]
        return next((work for work in following if work.state != SIGNED), None)

    def neighbours(self, code):
        """(the work before, the work after), None at the ends."""
        here = self._place(code)
        before = self.works[here - 1].code if here else None
        after = self.works[here + 1].code if here + 1 < len(self.works) else None
        return before, after

    def _place(self, code):
        return next(place for place, work in enumerate(self.works) if work.code == code)

    # To calibrate: the judge's own marks, and nobody else's.

    @cached_property
    def own_totals(self):
        """[(rank, code, total out of 100)] of the works this judge has scored in full, best first."""
        full = sum(criterion.full_marks for criterion in self.criteria)
        sums = (
            Score.objects.filter(sheet__judge=self.judge)
            .values_list("sheet__entry__work_code")
            .annotate(sum=Sum("points"), given=Count("points"))
            .filter(given=len(self.criteria))
            .order_by("-sum", "sheet__entry__work_code")
        )
        before_me = {work.code for work in self.works}
        totals, rank, last = [], 0, None
        for code, points, _ in sums:
            if code not in before_me:
                continue
            if points != last:
                rank, last = len(totals) + 1, points
            totals.append((rank, code, half_up(100 * Fraction(points) / full, 1)))
        return totals

    def totals_near(self, code):
        """The own totals around this work's, or the first of them while it has none."""
        here = next((place for place, row in enumerate(self.own_totals) if row[1] == code), 0)
        start = max(0, min(here - NEAR, len(self.own_totals) - 2 * NEAR - 1))
        return self.own_totals[start : start + 2 * NEAR + 1]

    @cached_property
    def own_spread(self):
        """[(criterion, lowest, mean, highest)] of the marks this judge has given so far."""
        given = (
            Score.objects.filter(sheet__judge=self.judge, points__isnull=False)
            .values_list("criterion")
            .annotate(Min("points"), Max("points"), Sum("points"), Count("points"))
            .order_by()
        )
        figures = {pk: rest for pk, *rest in given}
        return [
            (criterion, low, half_up(Fraction(total) / count, 1), high)
            for criterion in self.criteria
            if criterion.pk in figures
            for low, high, total, count in [figures[criterion.pk]]
        ]
