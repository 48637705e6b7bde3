"""What must always hold of seats: never more than room and quota, and nobody waits while a seat is free."""

from django.db.models import Count, F

from agencies.models import Programme

from .models import Enrolment, Session, UnitQuota


def breaches():
    """Each breach as a Chinese sentence."""
    for enrolment in Enrolment.objects.exclude(unit__programme=F("session__programme")):
        yield f"研習：薦送 {enrolment.pk} 的機關與梯次不在同一年度。"
    for quota in UnitQuota.objects.exclude(unit__programme=F("session__programme")):
        yield f"研習：名額 {quota.pk} 的機關與梯次不在同一年度。"
    for session in Session.objects.select_related("programme"):
        yield from _seat_breaches(session)


def _seat_breaches(session):
    within = session.enrolments.confirmed().filter(over_limit_reason="").order_by()
    taken = dict(within.values_list("unit").annotate(Count("pk")))
    quotas = dict(session.quotas.values_list("unit", "seats"))
    names = dict(session.programme.units.filter(pk__in=taken).values_list("pk", "name"))
    for unit, count in taken.items():
        if count > quotas.get(unit, 0):
            yield (
                f"研習：{session.programme}{session}「{names.get(unit, unit)}」錄取 {count} 人，"
                f"超過名額 {quotas.get(unit, 0)} 人。"
            )
    room = session.capacity
    total = sum(taken.values())
    if room is not None and total > room:
        yield f"研習：{session.programme}{session}錄取 {total} 人，超過場地容量 {room} 人。"
    is_settled = session.attendance_closed_at or session.programme.state == Programme.State.FROZEN
    if is_settled or (room is not None and total >= room):
        return
    for enrolment in session.enrolments.waiting().select_related("unit", "person"):
        if taken.get(enrolment.unit_id, 0) < quotas.get(enrolment.unit_id, 0):
            yield f"研習：{session.programme}{session}還有空位，{enrolment.unit}的{enrolment.person}卻仍在候補。"
