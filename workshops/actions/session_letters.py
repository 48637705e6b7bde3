"""Letters about a session to those who have a seat in it, and to the units that sent them."""

from collections import defaultdict

from agencies.notices import tell, tell_and_mail
from foundation import calendars, outbox
from foundation.rocdate import format_date, taipei_date

from ..calendars import session_item
from .telling import contacts_of


def when_and_where(session):
    """民國105年4月11日 09:00–16:00，地點本府電腦教室."""
    hours = "–".join(f"{hour:%H:%M}" for hour in (session.starts_at, session.ends_at) if hour)
    day = format_date(session.held_on)
    return f"{day}{f' {hours}' if hours else ''}，地點{session.place or '另行通知'}"


def tell_moved(session, *, at):
    """The session has another date, other hours or another place: `sequence` names the occasion."""
    if session.held_on < taipei_date(at):
        return  # a correction of what is over
    letters = letters_to_seated(
        session,
        key=f"session-moved-{session.pk}-{session.sequence}",
        subject=f"研習異動通知：{session.title}{session}",
        text=f"「{session.title}」{session}改為{when_and_where(session)}。",
        at=at,
    )
    for send in letters.values():
        send()


def letters_to_seated(session, *, key, subject, text, at):
    """A function that sends for the key of each letter: to each person, and to each contact with the names."""
    calendar = calendars.write([session_item(session)], at=at)
    letters, names = {}, defaultdict(list)
    for enrolment in session.enrolments.confirmed().select_related("unit", "person__user"):
        person = enrolment.person
        names[enrolment.unit].append(str(person))
        if address := person.email or (person.user.email if person.user else ""):
            letters[f"{key}-person-{person.pk}"] = _to_person(
                person, address, f"{key}-person-{person.pk}", subject, text, at, calendar
            )
    words = {unit: f"{text}{unit}參加的同仁：{'、'.join(people)}。請轉知。" for unit, people in names.items()}
    return letters | letters_to_contacts(session, words, key=key, subject=subject, at=at)


def letters_to_contacts(session, words, *, key, subject, at):
    """`words` gives the text for each unit; a function that sends for the key of each contact's letter."""
    texts = {unit.pk: text for unit, text in words.items()}
    return {
        f"{key}-unit-{unit}-{user.pk}": _to_contact(
            user, f"{key}-unit-{unit}-{user.pk}", subject, texts[unit], at, session.get_absolute_url()
        )
        for user, unit in contacts_of(list(words), at)
        if user.email
    }


def _to_person(person, address, key, subject, text, at, calendar):
    def send():
        if person.user:
            tell(user=person.user, text=text, at=at)
        body = f"{person}您好：\n\n{text}\n\n嘉義縣政府人事處"
        outbox.queue(key=key, recipient=address, subject=subject, body=body, at=at, calendar=calendar)

    return send


def _to_contact(user, key, subject, text, at, url):
    return lambda: tell_and_mail(user=user, key=key, subject=subject, text=text, at=at, url=url)
