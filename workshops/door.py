"""The door on the day: who is expected, unit by unit, and how many have come."""

from django.db.models import Count, Q

from .models import Enrolment

State, Attendance = Enrolment.State, Enrolment.Attendance

SHOWN = {"": "全部", "unmarked": "還沒到", "came": "已到"}


def people_at(session):
    """Everybody on the list or in line, by unit: as one looks for them at the door and on the sheet."""
    return (
        session.enrolments.active()
        .select_related("unit__unit", "person")
        .order_by("unit__unit__code", "unit", "pk")
    )


def looked_for(session, asked):
    """Of those the ones whom `q` and `show` of the query string mean."""
    rows = people_at(session)
    if asked.get("show") == "unmarked":
        rows = rows.filter(attendance=Attendance.UNMARKED)
    elif asked.get("show") == "came":
        rows = rows.filter(state=State.CONFIRMED, attendance__in=Enrolment.CAME)
    for word in asked.get("q", "").split():
        rows = rows.filter(
            Q(person__name__icontains=word)
            | Q(person__title__icontains=word)
            | Q(unit__name__icontains=word)
            | Q(unit__unit__code__iexact=word)
        )
    return rows


def counts(session):
    """expected, came, walked_in, excused, absent, unmarked, waiting; walk-ins came but were not expected."""
    confirmed = Q(state=State.CONFIRMED)

    def marked(*attendances):
        return Count("pk", filter=confirmed & Q(attendance__in=attendances))

    return session.enrolments.active().aggregate(
        expected=Count("pk", filter=confirmed & ~Q(attendance=Attendance.WALK_IN)),
        came=marked(*Enrolment.CAME),
        walked_in=marked(Attendance.WALK_IN),
        excused=marked(Attendance.EXCUSED),
        absent=marked(Attendance.ABSENT),
        unmarked=marked(Attendance.UNMARKED),
        waiting=Count("pk", filter=Q(state=State.WAITING)),
    )
