"""The hours that a tutor offers: published, moved, taken back."""

from datetime import datetime, timedelta

from django.db import transaction

from foundation.rocdate import TAIPEI, format_short

from ..models import Consultation, Slot
from .tutoring import TutoringRefused, lock, record, require_serving

MOST_AT_ONCE = 200
WEEK = timedelta(days=7)


@transaction.atomic
def publish_slots(*, tutor, on, starts, ends, minutes, by, at, until=None):
    """Offer the time between two hours of a day in slots of some minutes, each week until a last day.

    All of them or none: refused when one overlaps what the tutor offers already. What is left at the end
    and too short for a slot is not offered.
    """
    tutor = lock(tutor)
    require_serving(tutor)
    slots = [
        Slot(tutor=tutor, starts_at=begin, ends_at=begin + timedelta(minutes=minutes))
        for begin in _beginnings(on, starts, ends, minutes, until or on)
    ]
    if not slots:
        raise TutoringRefused(f"從開始到結束不足 {minutes} 分鐘，放不下一個時段。")
    if len(slots) > MOST_AT_ONCE:
        raise TutoringRefused(
            f"這樣會有 {len(slots)} 個時段；一次最多公布 {MOST_AT_ONCE} 個，請縮短重複的期間。"
        )
    _require_room(tutor, slots, at)
    Slot.objects.bulk_create(slots)
    first, last = slots[0], slots[-1]
    span = (
        first.words if first.day == last.day else f"{format_short(first.day)}至{format_short(last.day)}每週"
    )
    record(
        "slot.published",
        tutor,
        tutor,
        by=by,
        at=at,
        summary=f"輔導教師{tutor}公布 {len(slots)} 個時段（{span}）",
        slots=[slot.starts_at.isoformat() for slot in slots],
    )
    return slots


def _beginnings(first, starts, ends, minutes, last):
    """The moments at which slots begin; empty when the hours hold none."""
    step, day = timedelta(minutes=minutes), first
    while day <= last:
        begin, end = (datetime.combine(day, hour, tzinfo=TAIPEI) for hour in (starts, ends))
        while begin + step <= end:
            yield begin
            begin += step
        day += WEEK


@transaction.atomic
def move_slot(*, slot, on, starts, ends, by, at):
    """Give a free slot another day or other hours."""
    tutor = lock(slot.tutor)
    slot = _free(tutor, [slot.pk], at)[0]
    before = slot.words
    slot.starts_at, slot.ends_at = (datetime.combine(on, hour, tzinfo=TAIPEI) for hour in (starts, ends))
    if slot.ends_at <= slot.starts_at:
        raise TutoringRefused("結束時間須晚於開始時間。")
    _require_room(tutor, [slot], at)
    slot.save(update_fields=["starts_at", "ends_at"])
    summary = f"輔導教師{tutor}的時段由{before}改為{slot.words}"
    record("slot.moved", slot, tutor, by=by, at=at, summary=summary)
    return slot


@transaction.atomic
def withdraw_slots(*, tutor, slots, by, at):
    """Take back free slots, given by their pks; one that is booked is cancelled or moved first."""
    tutor = lock(tutor)
    free = _free(tutor, slots, at)
    Slot.objects.filter(pk__in=[slot.pk for slot in free]).update(withdrawn_at=at)
    summary = f"輔導教師{tutor}撤回 {len(free)} 個時段（{free[0].words}{'等' if len(free) > 1 else ''}）"
    record("slot.withdrawn", tutor, tutor, by=by, at=at, summary=summary, slots=[slot.pk for slot in free])
    return len(free)


def _free(tutor, pks, at):
    """These slots of the tutor, each of them still free, in order."""
    slots = list(tutor.slots.published().filter(pk__in=pks).order_by("starts_at"))
    if not pks or len(slots) < len(set(pks)):
        raise TutoringRefused("所選的時段已經撤回，請重新整理這一頁。")
    taken = Consultation.objects.active().filter(slot__in=slots).select_related("slot", "asker")
    for consultation in taken.order_by("slot__starts_at")[:1]:
        raise TutoringRefused(
            f"{consultation.slot.words}已由{consultation.asker}預約；要收回，請先改期或取消這筆預約。"
        )
    if slots[0].starts_at <= at:
        raise TutoringRefused(f"{slots[0].words}已經開始，不能再變更。")
    return slots


def _require_room(tutor, slots, at):
    """Each lies ahead and within the year, and overlaps no other slot of the tutor."""
    programme = tutor.programme
    for slot in slots:
        if slot.starts_at <= at:
            raise TutoringRefused(f"{slot.words}已經過去，只能公布以後的時段。")
        if not programme.covers(slot.day):
            raise TutoringRefused(
                f"{slot.words}不在{programme}的計畫期間（{format_short(programme.starts_on)}至"
                f"{format_short(programme.ends_on)}）內。"
            )
    others = tutor.slots.published().exclude(pk__in=[slot.pk for slot in slots if slot.pk])
    first, last = min(slot.starts_at for slot in slots), max(slot.ends_at for slot in slots)
    known = list(others.overlapping(first, last))
    for slot in slots:
        for other in known:
            if other.starts_at < slot.ends_at and slot.starts_at < other.ends_at:
                raise TutoringRefused(f"{slot.words}與已公布的{other.words}重疊，沒有公布任何時段。")
