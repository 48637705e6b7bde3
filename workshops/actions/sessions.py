"""What a session says of itself, and the seats allotted in it."""

from django.db import transaction

from ..models import Session, UnitQuota
from ..seats import count_seats
from .line import fill_free_seats
from .locks import SessionRefused, lock, plain, record
from .session_letters import tell_moved

EDITABLE = (
    "title",
    "held_on",
    "starts_at",
    "ends_at",
    "is_provisional",
    "place",
    "lecturers",
    "audience",
    "capacity",
    "hours",
    "enrolment_opens_at",
    "enrolment_closes_at",
)
# A change of these is told to everybody who has a seat.
MOVES = {"held_on", "starts_at", "ends_at", "place"}


@transaction.atomic
def set_quotas(*, session, seats, by, at):
    """Allot seats to units: `seats` gives a number for each `ProgrammeUnit`; returns how many changed.

    Refused below the people the unit has confirmed; a raise moves up those who wait.
    """
    session = lock(session)
    counted = count_seats(session)
    changed = 0
    for unit, number in seats.items():
        if unit.programme_id != session.programme_id:
            raise SessionRefused(f"{unit}不在{session.programme.year}年度。")
        if number < 0:
            raise SessionRefused(f"{unit}的名額不得為負數。")
        before = counted.quotas.get(unit.pk)
        if number == before:
            continue
        taken = counted.taken[unit.pk]
        if number < taken:
            raise SessionRefused(
                f"{unit}已錄取 {taken} 人，名額不能少於 {taken} 人；要再減少，請先取消其中的薦送。"
            )
        quota, _ = UnitQuota.objects.update_or_create(session=session, unit=unit, defaults={"seats": number})
        record(
            "quota.set",
            quota,
            by=by,
            at=at,
            summary=f"{session}{unit}名額{'訂為' if before is None else f'由 {before} 人改為'} {number} 人",
            before=before,
            after=number,
        )
        changed += 1
    fill_free_seats(session, by=by, at=at)
    return changed


def set_quota(*, session, unit, seats, by, at):
    return set_quotas(session=session, seats={unit: seats}, by=by, at=at)


@transaction.atomic
def edit_session(*, session, by, at, **facts):
    """Change what the session says of itself; `facts` are fields of EDITABLE. Returns the changed fields' names."""
    session = lock(session)
    if unknown := facts.keys() - set(EDITABLE):
        raise TypeError(f"not editable: {', '.join(sorted(unknown))}")
    before = {name: getattr(session, name) for name in facts}
    changed = [name for name in facts if facts[name] != before[name]]
    if not changed:
        return []
    capacity, taken = facts.get("capacity", session.capacity), count_seats(session).all_taken
    if capacity is not None and capacity < taken:
        raise SessionRefused(
            f"本梯次已錄取 {taken} 人，場地容量不能少於 {taken} 人；要再減少，請先取消其中的薦送。"
        )
    for name in changed:
        setattr(session, name, facts[name])
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
