"""What must always hold: of seats, never more than room and quota and nobody waiting beside a free one; of slots,
none overlapping and each booking in one that stands.
"""

from django.db.models import Exists, F, OuterRef

from agencies.models import Programme

from .models import Consultation, Enrolment, Session, Slot, UnitQuota
from .seats import count_seats


def breaches():
    """Each breach as a Chinese sentence."""
    for enrolment in Enrolment.objects.exclude(unit__programme=F("session__programme")):
        yield f"研習：薦送 {enrolment.pk} 的機關與梯次不在同一年度。"
    for quota in UnitQuota.objects.exclude(unit__programme=F("session__programme")):
        yield f"研習：名額 {quota.pk} 的機關與梯次不在同一年度。"
    for session in Session.objects.select_related("programme"):
        yield from _seat_breaches(session)
    yield from _tutoring_breaches()


def _seat_breaches(session):
    """Quotas and room; once the unused seats are released, all quotas together instead of each."""
    seats, where = count_seats(session), f"{session.programme}{session}"
    names = dict(session.programme.units.filter(pk__in=seats.taken).values_list("pk", "name"))
    if session.is_released:
        if seats.all_taken > seats.allotted:
            yield f"研習：{where}釋出後錄取 {seats.all_taken} 人，超過名額合計 {seats.allotted} 人。"
    else:
        for unit in seats.over_quota():
            yield (
                f"研習：{where}「{names.get(unit, unit)}」錄取 {seats.taken[unit]} 人，"
                f"超過名額 {seats.quotas.get(unit, 0)} 人。"
            )
    if session.capacity is not None and seats.all_taken > session.capacity:
        yield f"研習：{where}錄取 {seats.all_taken} 人，超過場地容量 {session.capacity} 人。"
    if session.is_attendance_closed or session.programme.state == Programme.State.FROZEN:
        return
    for enrolment in session.enrolments.waiting().select_related("unit", "person"):
        if seats.fits(enrolment.unit_id):
            yield f"研習：{where}還有空位，{enrolment.unit}的{enrolment.person}卻仍在候補。"


def _tutoring_breaches():
    consultations = Consultation.objects.all()
    for consultation in consultations.exclude(unit__programme=F("slot__tutor__programme")):
        yield f"輔導：預約 {consultation.pk} 的機關與輔導教師不在同一年度。"
    for consultation in consultations.active().filter(slot__withdrawn_at__isnull=False):
        yield f"輔導：預約 {consultation.pk} 的時段已經撤回。"
    others = Slot.objects.published().exclude(pk=OuterRef("pk")).filter(tutor=OuterRef("tutor"))
    overlapping = Slot.objects.published().filter(
        Exists(others.filter(starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at")))
    )
    for slot in overlapping.select_related("tutor__user").order_by("pk"):
        yield f"輔導：{slot.tutor}的時段{slot.full_words}與自己的另一個時段重疊。"
