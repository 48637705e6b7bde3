"""Who learns of what happens to a seat, each once."""

from datetime import UTC

from agencies.models import Contact
from agencies.notices import tell_and_mail, tell_many
from foundation import outbox
from foundation.rocdate import format_date, taipei_date


def occasion(at):
    """What tells one time from another in the key of a letter: the same thing may happen to somebody again."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")


def contacts_of(units, at):
    """(user, unit pk) of each account that stands for one of the units that day, by unit."""
    standing = Contact.objects.in_force(taipei_date(at)).filter(
        unit__in=[unit.unit_id for unit in units], user__is_active=True
    )
    by_unit = {unit.unit_id: unit.pk for unit in units}
    pairs = {(contact.user, by_unit[contact.unit_id]): None for contact in standing.select_related("user")}
    return sorted(pairs, key=lambda pair: (pair[1], pair[0].pk))


def tell_contacts(enrolment, text, *, at):
    users = [user for user, _ in contacts_of([enrolment.unit], at)]
    tell_many(users=users, text=text, at=at, url=enrolment.session.get_absolute_url())


def tell_everyone(enrolment, *, key, subject, text, at, but=None):
    """The unit's contacts, except who did it, and the person: a letter each, in the contacts' notices too."""
    session, told = enrolment.session, set()
    for user, _ in contacts_of([enrolment.unit], at):
        told.add(user.email.lower())
        if user != but:
            tell_and_mail(
                user=user,
                key=f"{key}-{user.pk}",
                subject=subject,
                text=text,
                at=at,
                url=session.get_absolute_url(),
            )
    if enrolment.person.email.lower() not in told:
        tell_person(enrolment, key=key, subject=subject, text=text, at=at)


def tell_person(enrolment, *, key, subject, text, at):
    person = enrolment.person
    if person.email:
        outbox.queue(
            key=f"{key}-person",
            recipient=person.email,
            subject=subject,
            body=f"{person}您好：\n\n{text}\n\n嘉義縣政府人事處",
            at=at,
        )


def described(session):
    """What a letter says of a session: which, when and where."""
    return (
        f"「{session.title}」{session}（研習日期{format_date(session.held_on)}，"
        f"地點{session.place or '另行通知'}）"
    )


def tell_promoted(enrolment, *, at):
    session, person = enrolment.session, enrolment.person
    tell_everyone(
        enrolment,
        key=f"enrolment-promoted-{enrolment.pk}-{occasion(at)}",
        subject=f"候補遞補通知：{person}（{session}）",
        text=(
            f"{person}已由候補遞補為「{session.title}」{session}錄取，"
            f"研習日期{format_date(session.held_on)}，地點{session.place or '另行通知'}。"
        ),
        at=at,
    )
