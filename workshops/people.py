"""Who a nominee is: known by e-mail, else by unit, name and title (design §3.3)."""

from operator import attrgetter

from django.db import IntegrityError, transaction

from agencies.models import Person
from foundation.errors import Refused


class PersonUnclear(Refused):
    """The words given do not say which person is meant."""


OTHER_NAME = "這個電子郵件登記在另一個姓名之下，請核對姓名或電子郵件。"


def same_person(known, alike, *, name, email, email_of=attrgetter("email")):
    """The person whom the words mean, or None when it is somebody new.

    `known` has the e-mail given, `alike` are of the unit, name and title given. The e-mail decides; else
    who has none is meant, and without an e-mail in the words one who has one when there is no other. So
    it does not matter which of two lists was read first.
    """
    if known:
        if known.name != name:
            raise PersonUnclear(OTHER_NAME)
        return known
    without = [person for person in alike if not email_of(person)]
    if without or email:
        return without[0] if without else None
    if len(alike) > 1:
        raise PersonUnclear(f"本機關有 {len(alike)} 位同姓名、同職稱的同仁，請填電子郵件以資區別。")
    return alike[0] if alike else None


def find_or_create(*, unit, name, title, email):
    """The person the words mean; a new row when nobody is known by them.

    An e-mail that was not known before is taken over, and so is a new title of somebody known by e-mail
    in the same unit. A transfer is not: the enrolment says for whom the seat counts, and the office moves
    people.
    """
    person = _find(unit=unit, name=name, title=title, email=email)
    if person is None:
        try:
            with transaction.atomic():
                return Person.objects.create(unit=unit, name=name, title=title, email=email)
        except IntegrityError:  # made by somebody else since we looked
            person = _find(unit=unit, name=name, title=title, email=email)
            if person is None:
                raise
    if email and not person.email:
        person.email = email
        person.save(update_fields=["email"])
    if title and person.title != title and (person.unit_id == unit.pk or not person.title):
        person.title = title
        person.save(update_fields=["title"])
    return person


def _find(*, unit, name, title, email):
    known = Person.objects.filter(email__iexact=email).first() if email else None
    namesakes = list(Person.objects.filter(unit=unit, name=name, title__in=(title, "")))
    # Who came in by the people file has no title yet.
    alike = [person for person in namesakes if person.title == title] or namesakes
    return same_person(known, alike, name=name, email=email)
