"""What the pages about tutoring show: whose units, a tutor's week, who helped how much."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Count, OuterRef, Prefetch, Q, Subquery, Sum

from agencies.models import Contact, ProgrammeUnit
from foundation.rocdate import end_of_day, format_range, start_of_day, taipei_date

from .models import Consultation, Slot, Tutor

WORKDAYS = 5
State = Consultation.State


def units_to_ask_for(user, programme):
    """The units of the year that a person belongs to or stands for; all of them when nothing is known."""
    units = programme.units.select_related("unit").order_by("unit__code")
    today = Contact.objects.in_force().filter(user=user).values("unit")
    own = list(units.filter(Q(unit__people__user=user) | Q(unit__in=today)).distinct())
    return own or list(units)


def with_next_slot(tutors, at):
    """Annotates `next_at`: when the tutor's next free slot begins, or None."""
    free = Slot.objects.free(at).filter(tutor=OuterRef("pk")).order_by("starts_at").values("starts_at")
    return tutors.annotate(next_at=Subquery(free[:1]))


def free_slots(programme, at):
    """What can be booked in the year, with whose it is."""
    slots = Slot.objects.free(at).filter(tutor__programme=programme)
    slots = slots.select_related("tutor__user").prefetch_related("tutor__expertises")
    return slots.order_by("starts_at", "tutor__user__name", "pk")


def coming_of(tutor, at):
    """What is booked with a tutor and has not begun."""
    coming = Consultation.objects.booked().filter(slot__tutor=tutor, slot__starts_at__gt=at)
    return coming.with_facts().order_by("slot__starts_at")


def to_note_of(tutor, at):
    """What has begun with a tutor and waits for a word on what came of it, the oldest first."""
    begun = Consultation.objects.to_note(at).filter(slot__tutor=tutor)
    return begun.with_facts().order_by("slot__starts_at")


# A tutor's week -----------------------------------------------------------------------------------------


@dataclass
class Day:
    day: date
    is_today: bool
    slots: list = field(default_factory=list)


@dataclass
class Week:
    """The days from a Monday on; Saturday and Sunday only where something is offered."""

    monday: date
    days: list[Day]
    free: int
    booked: int

    @property
    def words(self):
        return format_range(self.monday, self.monday + timedelta(days=6)).removeprefix("民國")

    @property
    def key(self):
        """What `?week=` holds for it."""
        return self.monday.isoformat()

    @property
    def before(self):
        return (self.monday - timedelta(days=7)).isoformat()

    @property
    def after(self):
        return (self.monday + timedelta(days=7)).isoformat()


@dataclass
class OfferedSlot:
    """A slot of the week with who booked it, if anybody."""

    slot: Slot
    consultation: Consultation | None
    is_past: bool

    @property
    def is_free(self):
        return self.consultation is None and not self.is_past

    @property
    def status(self):
        """(kind, words) of the chip."""
        if self.consultation is None:
            return ("na", "無人預約") if self.is_past else ("plain", "可預約")
        if self.consultation.state == State.BOOKED:
            return ("due", "待登錄結果") if self.is_past else ("wait", "已預約")
        return ("ok", "已完成") if self.consultation.state == State.DONE else ("no", "未到")


def week_of(tutor, day, at):
    """The week in which a day lies, of one tutor."""
    monday = day - timedelta(days=day.weekday())
    slots = tutor.slots.published().filter(
        starts_at__gte=start_of_day(monday), starts_at__lt=end_of_day(monday + timedelta(days=6))
    )
    active = Consultation.objects.active().select_related("asker", "unit")
    slots = slots.prefetch_related(Prefetch("consultations", active, to_attr="taken")).order_by("starts_at")
    today = taipei_date(at)
    days = {monday + timedelta(days=n): [] for n in range(7)}
    for slot in slots:
        offered = OfferedSlot(slot, slot.taken[0] if slot.taken else None, slot.starts_at <= at)
        days[slot.day].append(offered)
    offered = [one for slots in days.values() for one in slots]
    return Week(
        monday=monday,
        days=[
            Day(day, day == today, slots)
            for place, (day, slots) in enumerate(days.items())
            if slots or place < WORKDAYS
        ],
        free=sum(one.is_free for one in offered),
        booked=sum(one.consultation is not None for one in offered),
    )


# The office's overview ------------------------------------------------------------------------------------

COUNTS = {
    "booked": Count("pk", filter=Q(state=State.BOOKED)),
    "done": Count("pk", filter=Q(state=State.DONE)),
    "solved": Count("pk", filter=Q(outcome=Consultation.Outcome.SOLVED)),
    "no_show": Count("pk", filter=Q(state=State.NO_SHOW)),
    "cancelled": Count("pk", filter=Q(state=State.CANCELLED)),
    "minutes": Sum("minutes", default=0),
}


@dataclass
class HelpRow:
    """A tutor or a unit, with the consultations in each state; `offered` slots are a tutor's."""

    name: str
    booked: int = 0
    done: int = 0
    solved: int = 0
    no_show: int = 0
    cancelled: int = 0
    minutes: int = 0
    offered: int | None = None

    @property
    def time(self):
        hours, minutes = divmod(self.minutes, 60)
        return f"{hours} 小時 {minutes} 分" if hours else f"{minutes} 分"


def help_by_tutor(programme):
    """Every tutor of the year, who left too, in order of name."""
    offered = Slot.objects.published().filter(tutor__programme=programme).order_by()
    offered = dict(offered.values_list("tutor").annotate(Count("pk")))
    counted = _counted(programme, "slot__tutor")
    tutors = Tutor.objects.filter(programme=programme).select_related("user").order_by("user__name", "pk")
    for tutor in tutors:
        name = f"{tutor}（已移出名單）" if tutor.left_at else str(tutor)
        yield HelpRow(name=name, offered=offered.get(tutor.pk, 0), **counted.get(tutor.pk, {}))


def help_by_unit(programme):
    """The units whose people asked, in order of code."""
    counted = _counted(programme, "unit")
    units = ProgrammeUnit.objects.filter(pk__in=list(counted)).order_by("unit__code")
    for pk, name in units.values_list("pk", "name"):
        yield HelpRow(name=name, **counted[pk])


def help_in_all(rows):
    """The sum of all rows."""
    total = HelpRow(name="合計")
    for row in rows:
        for name in COUNTS:
            setattr(total, name, getattr(total, name) + getattr(row, name))
        if row.offered is not None:
            total.offered = (total.offered or 0) + row.offered
    return total


def _counted(programme, by):
    rows = Consultation.objects.filter(slot__tutor__programme=programme).order_by().values(by)
    return {row.pop(by): row for row in rows.annotate(**COUNTS)}
