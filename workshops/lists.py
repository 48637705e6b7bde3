"""What the pages show of sessions and enrolments: rows put together in a fixed number of queries."""

from dataclasses import dataclass

from django.db.models import Case, Q, When

from agencies.models import ProgrammeUnit
from foundation.rocdate import taipei_date

from .models import Enrolment
from .seats import Place, Seats, WaitingLists, seats_of

State, Attendance = Enrolment.State, Enrolment.Attendance
LONGEST_SEAT_PLAN = 120
# Within a unit: those who have a seat, those who wait, those who left.
IN_LINE = Case(When(state=State.CONFIRMED, then=0), When(state=State.WAITING, then=1), default=2)


@dataclass
class QuotaRow:
    """One unit's line of a session's quotas; `seats` is None where nothing is allotted."""

    unit: ProgrammeUnit
    seats: int | None
    taken: int
    over: int
    waiting: int

    @property
    def confirmed(self):
        return self.taken + self.over

    @property
    def left(self):
        return max((self.seats or 0) - self.taken, 0)


@dataclass
class SessionRow:
    """One session with its seats, its line and what is allotted to the units the reader stands for."""

    session: object
    seats: Seats
    waiting: int
    own: list[QuotaRow]
    status: tuple[str, str, str]

    @property
    def quota_total(self):
        return sum(self.seats.quotas.values())


@dataclass
class EnrolmentRow:
    """One line of a list of names."""

    enrolment: Enrolment
    place: Place | None
    may_change: bool


def session_status(session, programme, at):
    """(kind, words, icon) of the chip beside a session's name; icon "" for the kind's own."""
    if session.is_attendance_closed:
        return "plain", "出席已結算", "lock"
    if not programme.is_open:
        return "plain", "年度已凍結", "lock"
    if taipei_date(at) > session.held_on:
        return "due", "已舉行，出席未結算", ""
    if session.enrolment_opens_at and at < session.enrolment_opens_at:
        return "wait", "尚未受理薦送", ""
    if session.is_enrolment_open(at):
        return "ok", "受理薦送中", ""
    return "plain", "薦送已截止", "lock"


def quota_row(unit, seats, waiting):
    return QuotaRow(
        unit=unit,
        seats=seats.quotas.get(unit.pk),
        taken=seats.taken[unit.pk],
        over=seats.over[unit.pk],
        waiting=waiting[unit.pk],
    )


def session_rows(programme, at, *, own_units=()):
    """The year's sessions in order."""
    sessions = list(programme.sessions.order_by("number"))
    seats = seats_of(sessions)
    lines = WaitingLists(seats)
    return [
        SessionRow(
            session=session,
            seats=seats[session.pk],
            waiting=lines.counts[session.pk].total(),
            own=[quota_row(unit, seats[session.pk], lines.counts[session.pk]) for unit in own_units],
            status=session_status(session, programme, at),
        )
        for session in sessions
    ]


def quota_rows(session, seats, waiting, *, units=None, everyone=False):
    """A line for each of the units.

    By default those with a quota or with people in the session, in order of code; `everyone`: also its audience.
    """
    if units is not None:
        return [quota_row(unit, seats, waiting) for unit in units]
    units = session.programme.units.select_related("unit").order_by("unit__code")
    concerned = set(seats.quotas) | set(seats.taken) | set(seats.over) | set(waiting)
    return [
        quota_row(unit, seats, waiting)
        for unit in units
        if unit.pk in concerned or (everyone and session.invites(unit.category))
    ]


def enrolments(programme, user):
    """The year's enrolments this person may see, with what a line of them shows."""
    return (
        Enrolment.objects.visible_to(user)
        .filter(session__programme=programme)
        .select_related("session", "unit__unit", "person")
        .order_by("session__number", "unit__unit__code", IN_LINE, "pk")
    )


def filtered(rows, asked):
    """What the query string asks for, without the cancelled unless they are asked for.

    A value that is none of ours is as if it were not there.
    """
    if unit := asked.get("unit"):
        rows = rows.filter(unit__unit__code=unit)
    session = asked.get("session", "")
    if session.isascii() and session.isdigit():
        rows = rows.filter(session__number=int(session))
    if asked.get("state") in State.values:
        rows = rows.filter(state=asked["state"])
        if asked["state"] == State.WAITING:
            rows = rows.order_by("session__number", "queued_at", "pk")
    else:
        rows = rows.active()
    attendance = asked.get("attendance")
    if attendance == "unmarked":
        rows = rows.filter(state=State.CONFIRMED, attendance=Attendance.UNMARKED)
    elif attendance in Attendance.values and attendance:
        rows = rows.filter(attendance=attendance)
    if q := asked.get("q", "").strip():
        rows = rows.filter(
            Q(person__name__icontains=q) | Q(person__title__icontains=q) | Q(person__email__icontains=q)
        )
    return rows


def enrolment_rows(page, places, user, own_units):
    own = {unit.pk for unit in own_units}
    return [
        EnrolmentRow(
            enrolment=enrolment,
            place=places.get(enrolment.pk),
            may_change=enrolment.state != State.CANCELLED
            and not enrolment.session.is_attendance_closed
            and not enrolment.attendance
            and (user.is_staff or enrolment.unit_id in own),
        )
        for enrolment in page
    ]


def seat_plan(seats, own_units):
    """The squares of the room: own, other and free; None when the room has no limit or too many to draw.

    Those beyond the limits have no square: the page gives their number.
    """
    if seats.capacity is None or seats.capacity > LONGEST_SEAT_PLAN:
        return None
    own = sum(seats.taken[unit.pk] for unit in own_units)
    other = seats.all_taken - own
    return {"own": range(own), "other": range(other), "free": range(seats.room_left)}


def next_after(seats, unit, line):
    """Who moves up when a confirmed person of the unit leaves: the first of the line who then fits, or None.

    `line`: enrolments waiting, first come first.
    """
    seats.taken[unit] -= 1
    return next((enrolment for enrolment in line if seats.fits(enrolment.unit_id)), None)
