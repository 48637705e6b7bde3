"""Seats that units left unused, released to all on a set date; and taken back (decision 008)."""

from django.db import transaction
from django.db.models import Q

from agencies.notices import tell_and_mail
from foundation.rocdate import taipei_date
from foundation.templatetags.portal import roc_deadline

from ..seats import count_seats
from .line import fill_free_seats
from .locks import SessionRefused, lock, record, require_list_open
from .telling import contacts_of, occasion


def is_release_due(session, at):
    """Whether the date set has come; after the session's day there is nothing left to release."""
    return (
        session.released_at is None
        and session.release_at is not None
        and session.release_at <= at
        and taipei_date(at) <= session.held_on
        and not session.is_attendance_closed
    )


@transaction.atomic
def release(*, session, by, at):
    """Make the unused seats one pool, move up who waits for them, tell the contacts once; returns who moved up."""
    session = lock(session)
    require_list_open(session)
    if session.is_released:
        raise SessionRefused(f"{session}的名額已經釋出，不必再釋出一次。")
    return _release(session, by=by, at=at)


@transaction.atomic
def release_when_due(*, session, at):
    """What the clock does: as `release`, unless somebody was faster or the date was changed meanwhile."""
    session = lock(session)
    if is_release_due(session, at):
        _release(session, by=None, at=at)


def _release(session, *, by, at):
    unused = count_seats(session).unused
    session.released_at = at
    session.save(update_fields=["released_at"])
    record(
        "session.released",
        session,
        by=by,
        at=at,
        summary=f"{session}釋出未使用的名額 {unused} 人",
        unused=unused,
    )
    promoted = fill_free_seats(session, by=by, at=at)
    _tell(session, unused, promoted, at=at)
    return promoted


def _tell(session, unused, promoted, *, at):
    """The contacts of every unit that had or may now take a seat."""
    left = count_seats(session).released_left
    closes = session.enrolment_closes_at
    until = f"（{roc_deadline(closes)}截止，臺北時間）" if closes and closes > at else ""
    rest = f"尚餘 {left} 人，各機關都可以薦送{until}，先報先錄取" if left else "目前沒有剩餘"
    text = (
        f"研習班{session}未使用的名額 {unused} 人已釋出，候補遞補 {len(promoted)} 人，{rest}。"
        "原分配名額與達成率的計算不變。"
    )
    concerned = Q(category__in=session.audience) | Q(quotas__session=session)
    units = list(session.programme.units.filter(concerned).distinct())
    for user in dict.fromkeys(user for user, _ in contacts_of(units, at)):
        tell_and_mail(
            user=user,
            key=f"seats-released-{session.pk}-{occasion(at)}-{user.pk}",
            subject=f"研習名額釋出：{session}",
            text=text,
            at=at,
            url=session.get_absolute_url(),
        )


@transaction.atomic
def take_back_release(*, session, by, at):
    """Each unit has its own seats again. Not while a unit sits on seats of another: nobody loses a seat by this."""
    session = lock(session)
    require_list_open(session)
    if not session.is_released:
        raise SessionRefused(f"{session}的名額沒有釋出。")
    if over := count_seats(session).over_quota():
        names = session.programme.units.filter(pk__in=over).order_by("unit__code")
        raise SessionRefused(
            f"{'、'.join(names.values_list('name', flat=True))}已使用釋出的名額，不能收回；"
            "要收回，請先取消這些機關超出名額的薦送，或調高其名額。"
        )
    # Else the clock would release them again within the minute.
    session.released_at = session.release_at = None
    session.save(update_fields=["released_at", "release_at"])
    record("session.release_taken_back", session, by=by, at=at, summary=f"收回{session}釋出的名額")
    fill_free_seats(session, by=by, at=at)
