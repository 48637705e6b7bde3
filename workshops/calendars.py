"""What the workshop and the tutors put into calendars."""

from datetime import datetime

from django.urls import reverse

from agencies.models import Programme, ProgrammeUnit
from foundation.calendars import Item, address, deadline
from foundation.rocdate import TAIPEI

from .models import Consultation, Enrolment, Session


def calendar_items(programme):
    """The year's sessions and until when their enrolment is open; nobody's name."""
    for session in programme.sessions.all():
        session.programme = programme
        yield session_item(session)
        if session.enrolment_closes_at:
            yield closing_item(session)


def own_calendar_items(user):
    """A person's own: sessions as a participant, closing dates as a contact, consultations as either of the two."""
    if not user.is_staff:
        yield from _closing_items(user)
    enrolments = Enrolment.objects.active().filter(person__user=user)
    for enrolment in enrolments.select_related("session__programme"):
        waiting = enrolment.state == Enrolment.State.WAITING
        yield session_item(enrolment.session, prefix="（候補）" if waiting else "")
    for consultation in Consultation.objects.active().of_person(user).with_facts():
        yield consultation_item(consultation)


def _closing_items(user):
    """Of the sessions in which the person's units have seats."""
    units = ProgrammeUnit.objects.visible_to(user).exclude(programme__state=Programme.State.DRAFT)
    sessions = Session.objects.filter(quotas__unit__in=units, quotas__seats__gt=0).distinct()
    for session in sessions.exclude(enrolment_closes_at=None).select_related("programme"):
        yield closing_item(session)


def session_item(session, *, prefix=""):
    """A session without hours is the whole day."""
    starts = ends = session.held_on
    if session.starts_at:
        starts = datetime.combine(session.held_on, session.starts_at, tzinfo=TAIPEI)
        ends = session.ends_at and datetime.combine(session.held_on, session.ends_at, tzinfo=TAIPEI)
    return Item(
        key=session.calendar_key,
        title=f"{prefix}{session.title}{session}{'（日期暫定）' if session.is_provisional else ''}",
        starts=starts,
        ends=ends,
        place=session.place,
        text=f"研習時數 {session.hours.normalize():f} 小時",
        url=address(session.get_absolute_url()),
        sequence=session.sequence,
    )


def closing_item(session):
    return deadline(
        key=f"session-closing-{session.pk}",
        title=f"{session.title}{session}薦送截止",
        at=session.enrolment_closes_at,
        url=address(session.get_absolute_url()),
        sequence=session.sequence,
    )


def consultation_item(consultation):
    """For the two only: it holds the meeting link and what is asked."""
    tutor = consultation.tutor
    lines = [
        f"輔導教師：{tutor}" + (f"（{tutor.telephone}）" if tutor.telephone else ""),
        f"提問：{consultation.unit}　{consultation.asker}",
        consultation.question,
    ]
    if consultation.link:
        lines.insert(0, f"會議連結：{consultation.link}")
    people = [(user.name, user.email) for user in (tutor.user, consultation.asker) if user.email]
    return Item(
        key=f"consultation-{consultation.pk}",
        title=f"輔導：{consultation.subject}",
        starts=consultation.slot.starts_at,
        ends=consultation.slot.ends_at,
        place=consultation.link or consultation.get_way_display(),
        text="\n".join(lines),
        url=address(reverse("workshops:consultation_detail", args=[consultation.pk])),
        sequence=consultation.sequence,
        people=tuple(people),
    )
