"""The workshop's part of opening a year."""

from datetime import date

from agencies.models.programme import ROC_EPOCH
from agencies.opening import moved

from .models import FIRST_AUDIENCE, SECOND_AUDIENCE, Lecturer, Session

PLACE = "本府電腦教室"

# What a session of the new year takes over as it stands; dates move, attendance starts afresh.
_COPIED = ("number", "title", "starts_at", "ends_at", "place", "audience", "capacity", "hours")

_MOVED = ("enrolment_opens_at", "enrolment_closes_at", "substitution_ends_at", "release_at")


def open_year(programme, *, like=None):
    """The document's two sessions, or those of another year; never quotas, which follow from headcounts."""
    if like is None:
        sessions = [
            Session(
                programme=programme,
                number=number,
                held_on=date(programme.year + ROC_EPOCH, 4, day),
                is_provisional=True,
                place=PLACE,
                audience=[category.value for category in audience],
            )
            for number, day, audience in ((1, 11, FIRST_AUDIENCE), (2, 18, SECOND_AUDIENCE))
        ]
    else:
        years = programme.year - like.year
        sessions = [
            Session(
                programme=programme,
                held_on=moved(session.held_on, years),
                is_provisional=True,
                **{name: moved(getattr(session, name), years) for name in _MOVED},
                **{name: getattr(session, name) for name in _COPIED},
            )
            for session in like.sessions.all()
        ]
    Session.objects.bulk_create(sessions)
    if like is not None:
        _copy_lecturers(sessions, like)


def _copy_lecturers(sessions, like):
    """Who taught teaches again, until the office says otherwise; what they handed out stays with its year."""
    of_number = {session.number: session for session in sessions}
    before = Lecturer.objects.filter(session__programme=like).select_related("session")
    Lecturer.objects.bulk_create(
        Lecturer(
            session=of_number[lecturer.session.number],
            **{
                name: getattr(lecturer, name)
                for name in ("person", "name", "title", "unit_name", "topic", "position")
            },
        )
        for lecturer in before
    )
