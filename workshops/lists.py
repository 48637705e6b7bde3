"""What the pages show of sessions and enrolments: rows put together in a fixed number of queries."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from agencies.models import Contact, ProgrammeUnit
from foundation.rocdate import format_datetime, taipei_date
from foundation.templatetags.portal import status

from . import feedback
from .models import Enrolment
from .seats import Place, Seats, WaitingLists, seats_of

State, Attendance = Enrolment.State, Enrolment.Attendance
LONGEST_SEAT_PLAN = 120


@dataclass
class QuotaRow:
    """One unit's line of a session's quotas; `seats` is None where nothing is allotted."""

    unit: ProgrammeUnit
    seats: int | None
    taken: int
    over: int
    waiting: int
    left: int
    may_nominate: bool

    @property
    def confirmed(self):
        return self.taken + self.over


@dataclass
class SessionRow:
    """One session with its seats, its line and what is allotted to the units the reader stands for."""

    session: object
    seats: Seats
    waiting: int
    own: list[QuotaRow]
    status: tuple[str, str, str]


@dataclass
class EnrolmentRow:
    """One line of a list of names, ready to print: `link`, `standing`, `mark` and `created` are drawn already."""

    pk: int
    name: str
    title: str
    unit: str
    link: SafeString
    standing: SafeString
    is_confirmed: bool
    attendance: str
    mark: SafeString
    created: SafeString
    may_change: bool

    @property
    def has_come(self):
        return self.is_confirmed and self.attendance in Enrolment.CAME

    def __getitem__(self, name):
        """Templates ask by key before they ask for an attribute; an answer saves an exception in every cell."""
        return getattr(self, name)


@dataclass
class OwnRow:
    """One nomination as the person nominated sees it; `contacts` of the unit are whom to ask."""

    enrolment: Enrolment
    place: Place | None
    contacts: list[Contact]
    status: tuple[str, str, str]

    @property
    def is_coming(self):
        """Still ahead, with a seat or in line."""
        return self.enrolment.state != State.CANCELLED and not self.enrolment.session.is_attendance_closed

    @property
    def feedback_link(self):
        """Where they may say how it was; empty before it is settled, and once they have."""
        session = self.enrolment.session
        asked = self.enrolment.has_come and session.is_attendance_closed and session.programme.is_open
        return (
            feedback.link(self.enrolment) if asked and not hasattr(self.enrolment, "feedback_return") else ""
        )


def own_rows(user):
    """A person's nominations, the cancelled ones too: they must learn that they need not come."""
    enrolments = list(
        Enrolment.objects.filter(person__user=user)
        .select_related("session__programme", "unit", "replaced_by__person", "feedback_return")
        .order_by("-session__held_on", "-pk")
    )
    waited_for = [row.session for row in enrolments if row.state == State.WAITING]
    places = WaitingLists(seats_of(waited_for)).places if waited_for else {}
    contacts = Contact.objects.in_force().filter(
        unit__in={row.unit.unit_id for row in enrolments}, user__is_active=True
    )
    by_unit = defaultdict(list)
    for contact in contacts.select_related("user").order_by("deputy_for", "pk"):
        by_unit[contact.unit_id].append(contact)
    return [
        OwnRow(row, places.get(row.pk), by_unit[row.unit.unit_id], _own_status(row, places))
        for row in enrolments
    ]


def _own_status(enrolment, places):
    """(kind, words, icon) of the chip."""
    if enrolment.state == State.WAITING:
        return "wait", f"候補第 {places[enrolment.pk].position} 位", ""
    if enrolment.state == State.CONFIRMED:
        return "ok", "已錄取", ""
    return "plain", "已取消", "circle-x"


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
        left=seats.unit_left(unit.pk),
        may_nominate=seats.may_nominate(unit.pk),
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


def units_to_nominate_for(session, seats):
    """Whom staff may nominate for: the units with seats of their own, every unit once the seats are released."""
    units = session.programme.units.select_related("unit").order_by("unit__code")
    return [unit for unit in units if seats.may_nominate(unit.pk)]


def enrolments(programme, user):
    """The year's enrolments this person may see: by session and unit, those with a seat before those who wait."""
    return (
        Enrolment.objects.visible_to(user)
        .filter(session__programme=programme)
        .order_by("session__number", "unit__unit__code", "state", "pk")
    )


def filtered(rows, asked):
    """What the query string asks for, without the cancelled unless they are asked for.

    A value that is none of ours is as if it were not there.
    """
    if unit := asked.get("unit", "").strip():
        rows = rows.filter(Q(unit__unit__code=unit) | Q(unit__name__icontains=unit))
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


# What a line of names is made of. Long lists would spend most of their time on making model objects.
LINE = (
    "pk",
    "person__name",
    "person__title",
    "unit",
    "unit__name",
    "session",
    "state",
    "attendance",
    "over_limit_reason",
    "created_at",
    "cancelled_at",
    "replaced_by__person__name",
)


def anybody_waits(lines):
    """Whether the places in line are needed to show these lines."""
    return any(line[LINE.index("state")] == State.WAITING for line in lines)


def enrolment_rows(lines, sessions, places, user, own_units, *, year=""):
    """The lines (values of LINE) as they are shown; `sessions` are those they belong to, `year` the query string."""
    context = {
        "sessions": {session.pk: session for session in sessions},
        "links": {session.pk: _link(session, year) for session in sessions},
        "places": places,
        "is_staff": user.is_staff,
        "own": {unit.pk for unit in own_units},
    }
    return [_row(*line, **context) for line in lines]


def _link(session, year):
    url = reverse("workshops:session_detail", args=[session.number])
    return format_html('<a href="{}{}">{}</a>', url, year, session)


def _row(
    pk, name, title, unit, unit_name, session, state, attendance, over, created_at, cancelled_at, successor,
    *, sessions, links, places, is_staff, own,
):  # fmt: skip
    if state == State.CONFIRMED:
        standing = _standing("ok", "已錄取", f"超額：{over}" if over else "")
    elif state == State.WAITING:
        standing = _standing("wait", f"候補第 {places[pk].position} 位", places[pk].reason)
    else:
        standing = _standing("plain", "已取消", _left(cancelled_at, successor), "circle-x")
    is_settled = state == State.CANCELLED or attendance or sessions[session].is_attendance_closed
    return EnrolmentRow(
        pk=pk,
        name=name,
        title=title,
        unit=unit_name,
        link=links[session],
        standing=standing,
        is_confirmed=state == State.CONFIRMED,
        attendance=attendance,
        mark=_mark(attendance) if state == State.CONFIRMED else "",
        created=SafeString(format_datetime(created_at)),
        may_change=not is_settled and (is_staff or unit in own),
    )


def _left(cancelled_at, successor):
    return f"{format_datetime(cancelled_at)}{f'，由{successor}接替' if successor else ''}"


@lru_cache(maxsize=4096)
def _standing(kind, words, note, icon=""):
    """Where somebody stands, as a chip with a note below it."""
    chip = status(kind, words, icon)
    return format_html('{}<span class="sm mut d-block">{}</span>', chip, note) if note else chip


def mark_words(state, attendance):
    """Somebody's attendance in words; empty while nobody expects them."""
    return Attendance(attendance).label if state == State.CONFIRMED else ""


@cache
def _mark(attendance):
    """Somebody's attendance as a chip."""
    label = Attendance(attendance).label
    if attendance == Attendance.UNMARKED:
        return format_html("{}", label)
    if attendance == Attendance.ABSENT:
        return status("no", label)
    return status("plain", label, "circle-x") if attendance == Attendance.EXCUSED else status("ok", label)


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
    seats.give_back(unit)
    return next((enrolment for enrolment in line if seats.fits(enrolment.unit_id)), None)
