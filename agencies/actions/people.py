"""Colleagues known to the portal, with or without an account."""

from django.db import IntegrityError, transaction

from foundation import events
from foundation.errors import Refused

from ..models import Person


class PersonRefused(Refused):
    """Another person is already known by these words."""


@transaction.atomic
def add_person(*, name, title, email, unit, by, at):
    person = Person(name=name, title=title, email=email, unit=unit)
    _require_distinct(person)
    _save(person)
    events.record(
        action="person.added", by=by, target=person, at=at, summary=f"新增同仁：{name}（{unit or '無機關'}）"
    )
    return person


@transaction.atomic
def change_person(*, person, name, title, email, unit, by, at):
    """Name, title, address, or a transfer to another unit; what was done before stays with the old unit."""
    person = Person.objects.select_for_update(of=("self",)).select_related("unit").get(pk=person.pk)
    wanted = {"name": name, "title": title, "email": email, "unit": unit}
    changed = {
        field: [str(getattr(person, field) or ""), str(value or "")]
        for field, value in wanted.items()
        if getattr(person, field) != value
    }
    if not changed:
        raise PersonRefused("沒有任何變更。")
    for field in changed:
        setattr(person, field, wanted[field])
    _require_distinct(person)
    _save(person, update_fields=list(changed))
    events.record(
        action="person.changed",
        by=by,
        target=person,
        at=at,
        summary=f"變更同仁{person}的資料",
        changed=changed,
    )


def _save(person, **options):
    """Somebody else may have entered the same person since we looked."""
    try:
        with transaction.atomic():
            person.save(**options)
    except IntegrityError:
        raise PersonRefused("這位同仁剛由別人新增，請重新查詢。") from None


def _require_distinct(person):
    others = Person.objects.exclude(pk=person.pk)
    if person.email:
        if others.filter(email__iexact=person.email).exists():
            raise PersonRefused("這個電子郵件已屬於另一位同仁。")
    elif others.filter(email="", unit=person.unit, name=person.name, title=person.title).exists():
        raise PersonRefused("同一機關已有同名同職稱的同仁；請填電子郵件以資區別。")
