"""Who a nominee is: known by e-mail, else by unit, name and title (design §3.3)."""

from django.db import IntegrityError, transaction

from agencies.models import Person
from foundation.errors import Refused


class PersonUnclear(Refused):
    """The words given do not say which person is meant."""


OTHER_NAME = "這個電子郵件登記在另一個姓名之下，請核對姓名或電子郵件。"


def same_person(people, *, unit, name, title, email):
    """The one of these people whom the words mean, or None when it is somebody new.

    An e-mail decides alone. Without one, a person of this unit, name and title who has none either
    comes first; one who has one is meant when there is no other.
    """
    if email:
        found = next((person for person in people if person.email.lower() == email), None)
        if found and found.name != name:
            raise PersonUnclear(OTHER_NAME)
        return found
    alike = [
        person for person in people if (person.unit_id, person.name, person.title) == (unit.pk, name, title)
    ]
    without = [person for person in alike if not person.email]
    if without:
        return without[0]
    if len(alike) > 1:
        raise PersonUnclear(f"本機關有 {len(alike)} 位同姓名、同職稱的同仁，請填電子郵件以資區別。")
    return alike[0] if alike else None


def find_or_create(*, unit, name, title, email):
    """The person the words mean; a new row when nobody is known by them.

    A new title of somebody known by e-mail in the same unit is taken over. A transfer is not: the
    enrolment says for whom the seat counts, and the office moves people.
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
    if title and person.title != title and person.unit_id == unit.pk:
        person.title = title
        person.save(update_fields=["title"])
    return person


def _find(*, unit, name, title, email):
    people = Person.objects.all()
    if email:
        people = people.filter(email__iexact=email)
    else:
        people = people.filter(unit=unit, name=name, title=title)
    return same_person(people, unit=unit, name=name, title=title, email=email)
