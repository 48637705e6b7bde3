"""The seats allotted to units: setting them, and telling the units."""

from collections import defaultdict

from django.db import transaction
from django.db.models import F

from agencies.notices import tell_and_mail
from foundation.rocdate import format_date

from ..models import UnitQuota
from ..seats import count_seats
from .line import fill_free_seats
from .locks import SessionRefused, lock, record
from .surplus import settle_surplus
from .telling import contacts_of, occasion


@transaction.atomic
def set_quotas(*, session, seats, by, at, surplus=None):
    """Allot seats to units: `seats` gives a number for each `ProgrammeUnit`; returns how many changed.

    A raise moves up those who wait. Below the people seated it raises `TooManySeated`, unless `surplus`
    (an `Answer`) says what becomes of them.
    """
    session = lock(session)
    counted = count_seats(session)
    changed = []
    for unit, number in seats.items():
        if unit.programme_id != session.programme_id:
            raise SessionRefused(f"{unit}不在{session.programme.year}年度。")
        if number < 0:
            raise SessionRefused(f"{unit}的名額不得為負數。")
        before = counted.quotas.get(unit.pk)
        if number != before:
            counted.quotas[unit.pk] = number
            changed.append((unit, before, number))
    if changed:
        refusal = _too_few(counted, [unit for unit, _, _ in changed])
        settle_surplus(session, counted, refusal=refusal, answer=surplus, by=by, at=at)
    for unit, before, number in changed:
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
    fill_free_seats(session, by=by, at=at)
    return len(changed)


def set_quota(*, session, unit, seats, by, at, surplus=None):
    return set_quotas(session=session, seats={unit: seats}, by=by, at=at, surplus=surplus)


def _too_few(counted, units):
    """Why these numbers are too low as they stand; empty when they are not."""
    if counted.is_released:
        taken = counted.all_taken
        return (
            f"本梯次的名額已釋出，各機關共錄取 {taken} 人，名額合計不能少於 {taken} 人；"
            "要再減少，請選擇如何處理超出的人。"
        )
    unit = next((unit for unit in units if counted.holds_too_many(unit.pk)), None)
    taken = counted.taken[unit.pk] if unit else 0
    return f"{unit}已錄取 {taken} 人，名額不能少於 {taken} 人；要再減少，請選擇如何處理超出的人。"


@transaction.atomic
def publish_quotas(*, session, by, at):
    """Tell the contacts of each unit its seats in this year's sessions; returns how many units were told.

    A unit is told when its number differs from what it was last told, so publishing twice tells nobody twice.
    """
    session = lock(session)
    news = list(session.quotas.news().select_related("unit__unit").order_by("unit__unit__code"))
    if not news:
        raise SessionRefused(f"{session}的名額與上次公布的相同，沒有要通知的機關。")
    units = {quota.unit_id: quota.unit for quota in news}
    session.quotas.filter(pk__in=[quota.pk for quota in news]).update(published_seats=F("seats"))
    session.quotas_published_at = at
    session.save(update_fields=["quotas_published_at"])
    record(
        "session.quotas_published",
        session,
        by=by,
        at=at,
        summary=f"公布{session}名額，通知 {len(units)} 個機關",
        seats={quota.unit.code: quota.seats for quota in news},
    )
    lines = _lines(session, units)
    for user, unit in contacts_of(list(units.values()), at):
        tell_and_mail(
            user=user,
            key=f"quotas-published-{session.pk}-{unit}-{user.pk}-{occasion(at)}",
            subject=f"研習名額通知：{units[unit]}（{session}）",
            text=f"{units[unit]}的研習名額：{'；'.join(lines[unit])}。請於薦送期間內薦送同仁。",
            at=at,
            url=session.get_absolute_url(),
        )
    return len(units)


def _lines(session, units):
    """What each unit is told: its seats in every session of the year that has been published."""
    found = defaultdict(list)
    published = UnitQuota.objects.filter(
        session__programme=session.programme_id, unit__in=units, published_seats__isnull=False
    )
    for quota in published.select_related("session").order_by("session__number"):
        held = format_date(quota.session.held_on).removeprefix("民國")
        found[quota.unit_id].append(f"{quota.session}（{held}）{quota.published_seats} 人")
    return found
