"""Letters about consultations: each of the two once, with the calendar entry."""

from django.urls import reverse

from agencies.notices import tell_and_mail
from foundation import calendars

from ..calendars import consultation_item


def _moment(slot):
    return f"{slot.full_words}（臺北時間）"


def _how(consultation):
    how = f"方式：{consultation.get_way_display()}。"
    return f"{how}\n會議連結：{consultation.link}" if consultation.link else how


def tell_booked(consultation, *, at):
    text = (
        f"{consultation.unit}的{consultation.asker}預約了{consultation.tutor}的輔導："
        f"{_moment(consultation.slot)}。主題：{consultation.subject}。{_how(consultation)}"
    )
    _tell(consultation, "輔導預約", text, at=at)


def tell_rescheduled(consultation, before, *, by, at):
    text = (
        f"{by}將「{consultation.subject}」的輔導由{_moment(before)}改到"
        f"{_moment(consultation.slot)}。{_how(consultation)}"
    )
    _tell(consultation, "輔導改期", text, at=at)


def tell_link(consultation, *, at):
    text = f"{_moment(consultation.slot)}「{consultation.subject}」的輔導換了會議連結。{_how(consultation)}"
    _tell(consultation, "輔導會議連結", text, at=at)


def tell_cancelled(consultation, *, by, at):
    text = (
        f"{by}取消了{_moment(consultation.slot)}「{consultation.subject}」的輔導。"
        f"理由：{consultation.cancel_reason}"
    )
    _tell(consultation, "輔導取消", text, at=at, method=calendars.CANCEL)


def tell_coming(consultation, *, user, at):
    """The day before. The key names the slot: a consultation that moves is reminded of anew."""
    text = (
        f"明天{_moment(consultation.slot)}有輔導：{consultation.asker}請教{consultation.tutor}"
        f"「{consultation.subject}」。{_how(consultation)}"
    )
    _write_to(user, consultation, "輔導提醒", text, at=at, occasion=reminder_key(consultation))


def reminder_key(consultation):
    return f"consultation-reminder-{consultation.pk}-{consultation.slot_id}"


def _tell(consultation, what, text, *, at, method=calendars.REQUEST):
    """Both of them; `sequence` grows with every change, so it names the occasion."""
    occasion = f"consultation-{consultation.pk}-{consultation.sequence}"
    for user in (consultation.asker, consultation.tutor.user):
        _write_to(user, consultation, what, text, at=at, occasion=occasion, method=method)


def _write_to(user, consultation, what, text, *, at, occasion, method=calendars.REQUEST):
    tell_and_mail(
        user=user,
        key=f"{occasion}-{user.pk}",
        subject=f"{what}：{consultation.slot.words}　{consultation.subject}",
        text=text,
        at=at,
        url=reverse("workshops:consultation_detail", args=[consultation.pk]),
        calendar=calendars.write([consultation_item(consultation)], at=at, method=method),
    )
