"""What a session says of itself."""

from django.core.exceptions import ValidationError
from django.db import transaction

from ..models import Session
from ..seats import count_seats
from .line import fill_free_seats
from .locks import SessionRefused, lock, plain, record
from .session_letters import tell_moved
from .surplus import settle_surplus

EDITABLE = (
    "title",
    "held_on",
    "starts_at",
    "ends_at",
    "is_provisional",
    "place",
    "audience",
    "capacity",
    "hours",
    "enrolment_opens_at",
    "enrolment_closes_at",
    "substitution_ends_at",
    "release_at",
)
# A change of these is told to everybody who has a seat.
MOVES = {"held_on", "starts_at", "ends_at", "place"}

# What is set for the day and for the learner's passport, on a page of its own.
OF_THE_DAY = (
    "check_in_from",
    "check_in_until",
    "grace_minutes",
    "course_category",
    "course_term",
    "course_code",
    "course_county",
    "learning_kind",
    "online_hours",
)


@transaction.atomic
def edit_session(*, session, by, at, surplus=None, **facts):
    """Change what the session says of itself; `facts` are fields of EDITABLE or OF_THE_DAY. Returns the changed fields' names.

    A room smaller than the people seated raises `TooManySeated`, unless `surplus` says what becomes of them.
    """
    session = lock(session)
    if unknown := facts.keys() - {*EDITABLE, *OF_THE_DAY}:
        raise TypeError(f"not editable: {', '.join(sorted(unknown))}")
    before = {name: getattr(session, name) for name in facts}
    changed = [name for name in facts if facts[name] != before[name]]
    if not changed:
        return []
    if "capacity" in changed:
        _change_room(session, facts["capacity"], surplus=surplus, by=by, at=at)
    for name in changed:
        setattr(session, name, facts[name])
    try:
        # What one page sets has to go with what another page has set.
        session.validate_constraints()
    except ValidationError as error:
        raise SessionRefused("".join(error.messages)) from None
    session.sequence += 1
    session.save(update_fields=[*changed, "sequence"])
    titles = "、".join(str(Session._meta.get_field(name).verbose_name) for name in changed)
    record(
        "session.edited",
        session,
        by=by,
        at=at,
        summary=f"變更{session}的{titles}",
        before={name: plain(before[name]) for name in changed},
        after={name: plain(facts[name]) for name in changed},
    )
    if MOVES & set(changed):
        tell_moved(session, at=at)
    fill_free_seats(session, by=by, at=at)
    return changed


def _change_room(session, capacity, *, surplus, by, at):
    counted = count_seats(session)
    taken, counted.capacity = counted.all_taken, capacity
    refusal = f"本梯次已錄取 {taken} 人，場地容量不能少於 {taken} 人；要再減少，請選擇如何處理超出的人。"
    settle_surplus(session, counted, refusal=refusal, answer=surplus, by=by, at=at)
