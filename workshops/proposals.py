"""What the page of a proposal shows: for each unit its share, its seats now and then, and the indicator's q."""

from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Sum

from agencies.models import ProgrammeUnit

from .apportionment import ProposalRefused, exact_shares, propose
from .models import UnitQuota
from .seats import count_seats

__all__ = ["ProposalRefused", "make"]


@dataclass
class ProposedRow:
    """One unit. `seats` is what the form starts from, `shown` what is stored now (None: nothing)."""

    unit: ProgrammeUnit
    share: Fraction
    seats: int
    shown: int | None
    taken: int
    elsewhere: int

    @property
    def share_words(self):
        """Two places, half up; the seats are worked out from the exact one."""
        hundredths = int(self.share * 100 + Fraction(1, 2))
        return f"{hundredths // 100}.{hundredths % 100:02d}"

    @property
    def q_before(self):
        return self.elsewhere + (self.shown or 0)

    @property
    def q_after(self):
        return self.elsewhere + self.seats

    @property
    def is_too_few(self):
        return self.seats < self.taken


@dataclass
class Proposal:
    """`without` are the chosen units that have no headcount; `others` the seats of units not chosen."""

    rows: list[ProposedRow]
    without: list[ProgrammeUnit]
    others: int

    @property
    def headcount(self):
        return sum(row.unit.headcount for row in self.rows)

    @property
    def total(self):
        return sum(row.seats for row in self.rows)

    @property
    def shown_total(self):
        return sum(row.shown or 0 for row in self.rows)

    @property
    def taken_total(self):
        return sum(row.taken for row in self.rows)

    @property
    def session_total(self):
        """All seats of the session once the proposal is saved as it stands."""
        return self.total + self.others


def make(session, *, total, minimum, categories):
    """Raises ProposalRefused when the total does not go round or nobody is there to share it."""
    chosen = session.programme.units.filter(category__in=categories).with_headcount()
    units = list(chosen.select_related("unit").order_by("unit__code"))
    sharing = {unit.pk: unit for unit in units if unit.headcount}
    if not sharing:
        raise ProposalRefused("所選類別中沒有填了人數的機關；請先匯入單位人數，或改選類別。")
    headcounts = {unit.unit.code: unit.headcount for unit in sharing.values()}
    proposed = propose(headcounts, total, minimum=minimum)
    shares = exact_shares(headcounts, total)
    counted = count_seats(session)
    elsewhere = dict(
        UnitQuota.objects.filter(session__programme=session.programme_id, unit__in=sharing)
        .exclude(session=session)
        .order_by()
        .values_list("unit")
        .annotate(Sum("seats"))
    )
    rows = [
        ProposedRow(
            unit=unit,
            share=shares[unit.unit.code],
            seats=proposed[unit.unit.code],
            shown=counted.quotas.get(pk),
            taken=counted.taken[pk],
            elsewhere=elsewhere.get(pk, 0),
        )
        for pk, unit in sharing.items()
    ]
    return Proposal(
        rows=rows,
        without=[unit for unit in units if not unit.headcount],
        others=sum(seats for pk, seats in counted.quotas.items() if pk not in sharing),
    )
