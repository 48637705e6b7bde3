"""Who learns of what happens to a seat, each once."""

from django.urls import reverse

from agencies.models import Contact
from agencies.notices import tell_and_mail, tell_many
from foundation import outbox
from foundation.rocdate import format_date, taipei_date


def _address_of(session):
    return f"{reverse('workshops:session_detail', args=[session.number])}?year={session.programme.year}"


def _contacts(unit, at):
    """The accounts that stand for the unit that day."""
    contacts = Contact.objects.in_force(taipei_date(at)).filter(unit=unit.unit_id, user__is_active=True)
    return {contact.user_id: contact.user for contact in contacts.select_related("user")}.values()


def tell_contacts(enrolment, text, *, at):
    tell_many(users=_contacts(enrolment.unit, at), text=text, at=at, url=_address_of(enrolment.session))


def tell_promoted(enrolment, *, at):
    """The unit's contacts and the person learn of it once: the key names the enrolment, and it moves up once."""
    session, person = enrolment.session, enrolment.person
    text = (
        f"{person}已由候補遞補為「{session.title}」{session}錄取，"
        f"研習日期{format_date(session.held_on)}，地點{session.place or '另行通知'}。"
    )
    subject = f"候補遞補通知：{person}（{session}）"
    key = f"enrolment-promoted-{enrolment.pk}"
    told = set()
    for user in _contacts(enrolment.unit, at):
        tell_and_mail(
            user=user, key=f"{key}-{user.pk}", subject=subject, text=text, at=at, url=_address_of(session)
        )
        told.add(user.email.lower())
    if person.email and person.email.lower() not in told:
        outbox.queue(
            key=f"{key}-person",
            recipient=person.email,
            subject=subject,
            body=f"{person}您好：\n\n{text}\n\n嘉義縣政府人事處",
            at=at,
        )
