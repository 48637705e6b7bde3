"""機關聯絡人: who stands for a unit, from when to when; deputies and hand-over."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from foundation import events
from foundation.errors import Refused
from foundation.rocdate import format_date, format_range

from ..models import Contact, Unit
from ..notices import tell_and_mail


class ContactRefused(Refused):
    """The person cannot stand for the unit so."""


@transaction.atomic
def add_contact(*, unit, user, starts_on, by, at, ends_on=None, phone=""):
    """Make an account a contact of a unit; a unit may have several."""
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    contact = _create(unit=unit, user=user, starts_on=starts_on, ends_on=ends_on, phone=phone)
    _record("contact.added", contact, by=by, at=at, summary=f"{user}為{unit}聯絡人（{period(contact)}）")
    _tell(contact, f"您已是{unit}的聯絡人（{period(contact)}）。", at=at, occasion="added")
    return contact


@transaction.atomic
def appoint_deputy(*, contact, user, starts_on, ends_on, by, at, phone=""):
    """職務代理: another account stands for the unit between two days of the contact's own time."""
    unit, contact = _lock(contact)
    if contact.deputy_for_id:
        raise ContactRefused("職務代理人不能再指定代理人。")
    if user.pk == contact.user_id:
        raise ContactRefused("代理人不能是本人。")
    if starts_on < contact.starts_on or (contact.ends_on and ends_on > contact.ends_on):
        raise ContactRefused(f"代理期間須在{contact.user}的聯絡人期間內（{period(contact)}）。")
    deputy = _create(
        unit=unit, user=user, starts_on=starts_on, ends_on=ends_on, phone=phone, deputy_for=contact
    )
    _record(
        "contact.deputy_appointed",
        deputy,
        by=by,
        at=at,
        summary=f"{user}代理{contact.user}為{unit}聯絡人（{period(deputy)}）",
    )
    _tell(
        deputy,
        f"您在{period(deputy)}代理{contact.user}，擔任{unit}的聯絡人。",
        at=at,
        occasion="deputy",
    )
    _tell(
        contact, f"{user}在{period(deputy)}代理您擔任{unit}的聯絡人。", at=at, occasion=f"deputy-{deputy.pk}"
    )
    return deputy


@transaction.atomic
def end_contact(*, contact, on, by, at):
    """The contact's last day; deputies end with it."""
    unit, contact = _lock(contact)
    if on < contact.starts_on:
        raise ContactRefused(f"最後一天不得早於開始日期（{format_date(contact.starts_on)}）。")
    if contact.ends_on and contact.ends_on <= on:
        raise ContactRefused(f"{contact.user}的聯絡人期間到{format_date(contact.ends_on)}為止，不必再結束。")
    _end(contact, on)
    _record(
        "contact.ended",
        contact,
        by=by,
        at=at,
        summary=f"{contact.user}擔任{unit}聯絡人到{format_date(on)}為止",
        ends_on=str(on),
    )
    _tell(contact, f"您擔任{unit}的聯絡人到{format_date(on)}為止。", at=at, occasion=f"ended-{on}")


@transaction.atomic
def remove_contact(*, contact, by, at, today):
    """Take back a contact who has not begun yet."""
    unit, contact = _lock(contact)
    if contact.starts_on <= today:
        raise ContactRefused("已經開始的聯絡人不能刪除，請改為結束。")
    _record("contact.removed", contact, by=by, at=at, summary=f"取消{contact.user}為{unit}聯絡人")
    _tell(contact, f"原定{period(contact)}由您擔任{unit}的聯絡人，已取消。", at=at, occasion="removed")
    contact.deputies.all().delete()
    contact.delete()


@transaction.atomic
def hand_over(*, contact, to, on, by, at, phone=""):
    """交接: one ends the day before, the other starts that day, together; both are told."""
    unit, contact = _lock(contact)
    if contact.deputy_for_id:
        raise ContactRefused("職務代理到期即止，交接請由本人的聯絡人列辦理。")
    if to.pk == contact.user_id:
        raise ContactRefused("接任的人不能是本人。")
    last_day = on - timedelta(days=1)
    if last_day < contact.starts_on:
        raise ContactRefused(
            f"交接日期須晚於{contact.user}開始擔任的日期（{format_date(contact.starts_on)}）。"
        )
    if contact.ends_on:
        raise ContactRefused(
            f"{contact.user}的聯絡人期間已定到{format_date(contact.ends_on)}為止，請直接新增聯絡人。"
        )
    # A deputy of the one who leaves may take over: the deputy's own time ends the day before.
    _end(contact, last_day)
    successor = _create(unit=unit, user=to, starts_on=on, ends_on=None, phone=phone)
    _record(
        "contact.handed_over",
        successor,
        by=by,
        at=at,
        summary=f"{unit}聯絡人自{format_date(on)}起由{contact.user}交接給{to}",
        from_user=contact.user_id,
    )
    _tell(
        contact,
        f"{unit}的聯絡人自{format_date(on)}起由{to}接任；您的權限到前一天為止。",
        at=at,
        occasion=f"handed-over-{successor.pk}",
    )
    _tell(
        successor,
        f"您自{format_date(on)}起接任{unit}的聯絡人（前任：{contact.user}）。",
        at=at,
        occasion="took-over",
    )
    return successor


def period(contact):
    """民國105年3月1日起, or both ends."""
    if contact.ends_on is None:
        return f"{format_date(contact.starts_on)}起"
    return format_range(contact.starts_on, contact.ends_on)


def _lock(contact):
    unit = Unit.objects.select_for_update().get(pk=contact.unit_id)
    try:
        return unit, Contact.objects.select_related("user").get(pk=contact.pk)
    except Contact.DoesNotExist:
        raise ContactRefused("這筆聯絡人已經刪除。") from None


def _create(*, unit, user, starts_on, ends_on, phone, deputy_for=None):
    if not user.is_active:
        raise ContactRefused(f"{user}的帳號已停用，請先啟用帳號。")
    if ends_on is not None and ends_on < starts_on:
        raise ContactRefused("結束日期不得早於開始日期。")
    if unit.closed_on and (starts_on >= unit.closed_on or ends_on is None or ends_on >= unit.closed_on):
        raise ContactRefused(f"{unit}自{format_date(unit.closed_on)}起裁撤，聯絡人期間須在這一天以前。")
    overlapping = unit.contacts.filter(user=user).filter(Q(ends_on=None) | Q(ends_on__gte=starts_on))
    if ends_on is not None:
        overlapping = overlapping.filter(starts_on__lte=ends_on)
    other = overlapping.first()
    if other:
        raise ContactRefused(f"{user}在{period(other)}已是{unit}的聯絡人，期間不能重疊。")
    return Contact.objects.create(
        unit=unit, user=user, starts_on=starts_on, ends_on=ends_on, phone=phone, deputy_for=deputy_for
    )


def _end(contact, last_day):
    contact.ends_on = last_day
    contact.save(update_fields=["ends_on"])
    contact.deputies.filter(starts_on__gt=last_day).delete()
    contact.deputies.filter(ends_on__gt=last_day).update(ends_on=last_day)


def _record(action, contact, *, by, at, summary, **data):
    events.record(
        action=action,
        by=by,
        target=contact,
        at=at,
        summary=summary,
        unit=contact.unit.code,
        user=contact.user_id,
        **data,
    )


def _tell(contact, text, *, at, occasion):
    tell_and_mail(
        user=contact.user,
        key=f"contact:{contact.pk}:{occasion}",
        subject=f"{contact.unit}聯絡人",
        text=text,
        url=reverse("agencies:unit_detail", args=[contact.unit.code]),
        at=at,
    )
