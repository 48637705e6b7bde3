"""What a judge may see: the works of the panel's group, without unit, authors, receipt or file names.

Every page, search, count and download for judges goes through `Queue`, so that one place decides.
"""

from functools import cached_property

from .eligibility import Eligibility
from .models import Criterion, Entry, EntryFile, ScoreSheet

SCORED, BEGUN, OPEN = "signed", "begun", "open"
STRIP = 40
STATES = {SCORED: "已簽名", BEGUN: "評分中", OPEN: "未開始"}


class Work:
    """A work as judges see it: these fields and no others."""

    def __init__(self, entry, sheet):
        self.pk = entry.pk
        self.code = entry.work_code
        self.title = entry.title
        self.topic = entry.topic.name
        self.axis = entry.get_axis_display()
        self.synopsis = entry.synopsis
        self.state = OPEN if sheet is None else SCORED if sheet.is_signed else BEGUN

    @property
    def state_label(self):
        return STATES[self.state]


class Queue:
    """The works before one judge at one moment, by their random code; empty until judging starts."""

    def __init__(self, judge, at):
        self.judge = judge
        self.competition = judge.group.competition
        self.at = at

    @property
    def has_started(self):
        return self.at >= self.competition.judging_starts_at

    @property
    def refusal(self):
        """Why nothing can be scored now; empty when it can."""
        return self.competition.judging_refusal(self.at)

    @cached_property
    def entries(self):
        """{work code: entry}: submitted, of the group, not the own unit's, not in conflict."""
        if not self.has_started:
            return {}
        eligibility = Eligibility([self.judge])
        submitted = (
            Entry.objects.submitted()
            .filter(topic__group=self.judge.group_id)
            .select_related("unit", "topic__group", "competition__programme")
            .order_by("work_code")
        )
        self.excused = 0
        found = {}
        for entry in submitted:
            if eligibility.is_in_conflict(self.judge, entry):
                self.excused += 1
            elif not eligibility.refusal(self.judge, entry):
                found[entry.work_code] = entry
        return found

    @cached_property
    def sheets(self):
        """{entry pk: sheet} of this judge."""
        return {sheet.entry_id: sheet for sheet in ScoreSheet.objects.filter(judge=self.judge)}

    @cached_property
    def works(self):
        return [Work(entry, self.sheets.get(entry.pk)) for entry in self.entries.values()]

    @cached_property
    def criteria(self):
        return list(Criterion.objects.filter(competition=self.competition))

    @property
    def signed(self):
        return sum(work.state == SCORED for work in self.works)

    def strip(self, code):
        """The works around one, for the strip above its sheet."""
        here = next(n for n, work in enumerate(self.works) if work.code == code)
        start = max(0, min(here - STRIP // 2, len(self.works) - STRIP))
        return self.works[start : start + STRIP]

    def next_after(self, code):
        """The next work that is not signed, from this one on and round again; None when all are."""
        works = self.works
        here = next((n for n, work in enumerate(works) if work.code == code), -1)
        following = works[here + 1 :] + works[: here + 1]
        return next((work for work in following if work.state != SCORED and work.code != code), None)

    def neighbours(self, code):
        """(the work before, the work after), None at the ends."""
        codes = [work.code for work in self.works]
        here = codes.index(code)
        before = codes[here - 1] if here else None
        after = codes[here + 1] if here + 1 < len(codes) else None
        return before, after

    def files(self, entry):
        """The work's files that a judge may open; `neutral_name` is all of their names that a judge gets."""
        return EntryFile.objects.for_judges(entry)
