"""How many seats a session has, who holds them, and who stands in line: counted once, from the rows."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Case, CharField, Count, F, Value, When

from .models import Enrolment, UnitQuota

UNIT_FULL = "本機關名額已滿"
ROOM_FULL = "場地已滿"
POOL_FULL = "釋出的名額已用完"
# How much of a waiting list its page shows.
HEAD = 30


@dataclass
class Seats:
    """The seats of one session. Units are named by their pk.

    `taken` counts the confirmed within the limits; what staff overbooked stands beside it in `over`.
    Once released, the seats that units left unused are one pool: all quotas together are then the limit.
    """

    capacity: int | None
    is_released: bool = False
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

    @property
    def allotted(self):
        return sum(self.quotas.values())

    @property
    def unused(self):
        """Seats allotted and not taken, whoever may take them."""
        return max(self.allotted - self.all_taken, 0)

    @property
    def released_left(self):
        """How many more people would have a seat once the unused ones are for all."""
        return self.unused if self.room_left is None else min(self.unused, self.room_left)

    def unit_left(self, unit):
        """Seats within reach of the unit, apart from the room."""
        if self.is_released:
            return self.unused
        return max(self.quotas.get(unit, 0) - self.taken[unit], 0)

    def left(self, unit):
        """How many more people of the unit would have a seat now."""
        within = self.unit_left(unit)
        return within if self.room_left is None else min(within, self.room_left)

    def may_nominate(self, unit):
        """Whether the unit has anything to nominate for: seats of its own, or the released ones."""
        return self.is_released or bool(self.quotas.get(unit))

    def full(self, unit):
        """Which limits keep the unit's next person out, in words; empty when a seat fits."""
        limits = []
        if not self.unit_left(unit):
            limits.append(POOL_FULL if self.is_released else UNIT_FULL)
        if self.room_left == 0:
            limits.append(ROOM_FULL)
        return limits

    def fits(self, unit):
        return not self.full(unit)

    def take(self, unit):
        self.taken[unit] += 1

    def give_back(self, unit):
        self.taken[unit] -= 1

    def over_quota(self):
        """The units with more people seated than were allotted to them, whether released seats or not."""
        return [unit for unit, count in self.taken.items() if count > self.quotas.get(unit, 0)]

    def holds_too_many(self, unit):
        """Whether a limit is passed that is met by taking a seat from this unit."""
        if self.capacity is not None and self.all_taken > self.capacity:
            return True
        beyond_quota = self.taken[unit] > self.quotas.get(unit, 0)
        return beyond_quota and not (self.is_released and self.all_taken <= self.allotted)


def seats_of(sessions):
    """The seats of each of these sessions by pk, in one query."""
    found = {session.pk: Seats(session.capacity, session.is_released) for session in sessions}
    allotted = UnitQuota.objects.filter(session__in=found).annotate(kind=_word("quotas"), number=F("seats"))
    confirmed = (
        Enrolment.objects.filter(session__in=found)
        .confirmed()
        .annotate(kind=Case(When(over_limit_reason="", then=_word("taken")), default=_word("over")))
        .values("session", "unit", "kind")
        .annotate(number=Count("pk"))
    )
    columns = ("session", "unit", "kind", "number")
    rows = (
        allotted.order_by().values_list(*columns).union(confirmed.order_by().values_list(*columns), all=True)
    )
    for session, unit, kind, number in rows:
        getattr(found[session], kind)[unit] = number
    return found


def _word(text):
    return Value(text, output_field=CharField())


def count_seats(session):
    """The seats of one session."""
    return seats_of([session])[session.pk]


@dataclass
class Place:
    """Somebody's place in line: the position over the whole session, what is full, and which unit waits."""

    position: int
    reasons: list[str]
    unit: int
    unit_name: str
    queued_at: datetime

    @property
    def reason(self):
        return "、".join(self.reasons)


class WaitingLists:
    """The waiting lists of some sessions, in one query."""

    def __init__(self, seats):
        """`seats` by session pk, as `seats_of` gives them."""
        self.places, self.counts, self.heads = {}, defaultdict(Counter), defaultdict(list)
        lengths = Counter()
        waiting = Enrolment.objects.filter(session__in=seats).waiting()
        for pk, session, unit, name, queued_at in waiting.values_list(
            "pk", "session", "unit", "unit__name", "queued_at"
        ):
            lengths[session] += 1
            self.counts[session][unit] += 1
            place = Place(lengths[session], seats[session].full(unit), unit, name, queued_at)
            self.places[pk] = place
            if place.position <= HEAD:
                self.heads[session].append(place)
