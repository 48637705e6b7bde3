"""Reminders, by the clock: of a session, of its closing enrolment, of a consultation.

A reminder belongs to one day, from eight in the morning on: a worker that was off the whole day does not
send it late. The outbox knows by its key which were sent; what moves to another day is reminded of anew.
"""

from datetime import timedelta
from functools import partial

from django.db import transaction

from agencies.models import Programme
from foundation.models import Mail
from foundation.periodic import periodic
from foundation.rocdate import TAIPEI, end_of_day, start_of_day, taipei_date
from foundation.templatetags.portal import roc_deadline

from .actions import invitations, session_letters
from .models import Consultation, Session
from .seats import count_seats

FIRST_HOUR = 8
SESSION_DAYS = (3, 1)
CLOSING_DAYS = 3


def _is_time(at):
    return at.astimezone(TAIPEI).hour >= FIRST_HOUR


def _send_once(letters, *, lock):
    """`letters` gives a function that sends for each key; of two workers at the same moment one waits at `lock`."""
    if not _unsent(letters):
        return
    with transaction.atomic():
        list(lock.select_for_update(of=("self",)))
        for key in _unsent(letters):
            letters[key]()


def _unsent(letters):
    sent = set(Mail.objects.filter(key__in=list(letters)).values_list("key", flat=True))
    return [key for key in letters if key not in sent]


def _sessions():
    """Of years in progress, not over yet."""
    active = Session.objects.filter(programme__state=Programme.State.ACTIVE, attendance_closed_at=None)
    return active.select_related("programme").order_by("pk")


# A session ------------------------------------------------------------------------------------------


@periodic
def remind_of_sessions(*, at):
    """Three days and one day before: each who has a seat and an address, and the contacts of their units."""
    if not _is_time(at):
        return
    today = taipei_date(at)
    for days in SESSION_DAYS:
        for session in _sessions().filter(held_on=today + timedelta(days=days)):
            key = f"session-reminder-{session.pk}-{session.held_on}"
            letters = _session_letters(session, f"{key}-{days}", days, at)
            _send_once(letters, lock=Session.objects.filter(pk=session.pk))


def _session_letters(session, key, days, at):
    when = "明天" if days == 1 else f"{days} 天後"
    return session_letters.letters_to_seated(
        session,
        key=key,
        subject=f"研習提醒：{session.title}{session}（{when}）",
        text=f"提醒您：{when}是「{session.title}」{session}，{session_letters.when_and_where(session)}。",
        at=at,
    )


# Its closing enrolment --------------------------------------------------------------------------------


@periodic
def remind_of_closing(*, at):
    """Three days before enrolment closes: the contacts of units that can still send somebody."""
    if not _is_time(at):
        return
    last_day = taipei_date(at) + timedelta(days=CLOSING_DAYS)
    closing = _sessions().filter(
        enrolment_closes_at__gt=start_of_day(last_day), enrolment_closes_at__lte=end_of_day(last_day)
    )
    for session in closing:
        if session.is_enrolment_open(at):
            key = f"enrolment-closing-{session.pk}-{last_day}"
            _send_once(_closing_letters(session, key, at), lock=Session.objects.filter(pk=session.pk))


def _closing_letters(session, key, at):
    seats = count_seats(session)
    until = f"薦送至{roc_deadline(session.enrolment_closes_at)}截止（臺北時間）。"
    words = {
        unit: f"{unit}在「{session.title}」{session}還可以薦送 {seats.left(unit.pk)} 人，{until}"
        for unit in session.programme.units.filter(pk__in=list(seats.quotas))
        if seats.left(unit.pk)
    }
    subject = f"薦送即將截止：{session.title}{session}"
    return session_letters.letters_to_contacts(session, words, key=key, subject=subject, at=at)


# A consultation ---------------------------------------------------------------------------------------


@periodic
def remind_of_consultations(*, at):
    """The day before, to both; who booked or moved it only today has just been told."""
    if not _is_time(at):
        return
    today = taipei_date(at)
    tomorrow = today + timedelta(days=1)
    coming = Consultation.objects.booked().filter(
        slot__starts_at__gte=start_of_day(tomorrow),
        slot__starts_at__lt=end_of_day(tomorrow),
        slot__tutor__programme__state=Programme.State.ACTIVE,
        settled_at__lt=start_of_day(today),
    )
    for consultation in coming.with_facts():
        key = invitations.reminder_key(consultation)
        letters = {
            f"{key}-{user.pk}": partial(invitations.tell_coming, consultation, user=user, at=at)
            for user in (consultation.asker, consultation.tutor.user)
            if user.email
        }
        _send_once(letters, lock=Consultation.objects.filter(pk=consultation.pk))
