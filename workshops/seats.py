"""How many seats a session has, who holds them, and who stands in line: counted once, from the rows."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import Count

from .models import Enrolment, UnitQuota

UNIT_FULL = "本單位名額已滿"
ROOM_FULL = "場地已滿"


@dataclass
class Seats:
    """The seats of one session. Units are named by their pk.

    `taken` counts the confirmed within the limits; what staff overbooked stands beside it in `over`.
    """

    capacity: int | None
    quotas: dict[int, int] = field(default_factory=dict)
    taken: Counter = field(default_factory=Counter)
    over: Counter = field(default_factory=Counter)

    @property
    def all_taken(self):
        return self.taken.total()

    @property
    def all_confirmed(self):
        return self.taken.total() + self.over.total()

    @property
    def room_left(self):
        """Seats left in the room; None without a limit."""
        return None if self.capacity is None else max(self.capacity - self.all_taken, 0)

    def unit_left(self, unit):
        return max(self.quotas.get(unit, 0) - self.taken[unit], 0)

    def confirmed_of(self, unit):
        return self.taken[unit] + self.over[unit]

    def full(self, unit):
        """Which limits keep the unit's next person out, in words; empty when a seat fits."""
        limits = []
        if not self.unit_left(unit):
            limits.append(UNIT_FULL)
        if self.room_left == 0:
            limits.append(ROOM_FULL)
        return limits

    def fits(self, unit):
        return not self.full(unit)

    def take(self, unit):
        self.taken[unit] += 1


def seats_of(sessions):
    """The seats of each of these sessions by pk, in two queries."""
    found = {session.pk: Seats(session.capacity) for session in sessions}
    for session, unit, seats in UnitQuota.objects.filter(session__in=found).values_list(
        "session", "unit", "seats"
    ):
        found[session].quotas[unit] = seats
    confirmed = Enrolment.objects.filter(session__in=found).confirmed()
    rows = confirmed.order_by().values_list("session", "unit", "over_limit_reason")
    for session, unit, reason, count in rows.annotate(Count("pk")):
        (found[session].over if reason else found[session].taken)[unit] += count
    return found


def count_seats(session):
    """The seats of one session."""
    return seats_of([session])[session.pk]


@dataclass
class Place:
    """Somebody's place in line: the position over the whole session, and what is full."""

    position: int
    reasons: list[str]

    @property
    def reason(self):
        return "、".join(self.reasons)


class WaitingLists:
    """The waiting lists of some sessions, in one query."""

    def __init__(self, seats):
        """`seats` by session pk, as `seats_of` gives them."""
        self.places = {}
        self.counts = defaultdict(Counter)
        rows = Enrolment.objects.filter(session__in=seats).waiting().values_list("pk", "session", "unit")
        positions = Counter()
        for pk, session, unit in rows:
            positions[session] += 1
            self.counts[session][unit] += 1
            self.places[pk] = Place(positions[session], seats[session].full(unit))
