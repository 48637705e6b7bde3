"""The append-only record of who did what: written inside the action's own transaction."""

import hashlib
import json

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.utils import timezone

from .models import Event, EventSeal

SEAL_BATCH = 1000


def record(*, action, by, target, summary, scope="", at=None, **data):
    """Append one event. `target` is the row acted on, `scope` the programme year it belongs to."""
    return Event.objects.create(
        **_fields(action=action, by=by, target=target, summary=summary, scope=scope, at=at, data=data)
    )


def record_many(events):
    """Append many events in one insert; each item holds the arguments of `record`."""
    Event.objects.bulk_create(
        [Event(**_fields(**{"scope": "", "at": None, "data": {}, **event})) for event in events],
        batch_size=500,
    )


def _fields(*, action, by, target, summary, scope, at, data):
    return {
        "action": action,
        "actor": by,
        "actor_name": str(by) if by else "系統",
        "target_type": target._meta.label_lower,
        "target_id": str(target.pk),
        "summary": summary,
        "scope": str(scope),
        "at": at or timezone.now(),
        "data": data,
    }


def digest(previous, event):
    """SHA-256 over the former link and everything the event says (protection baseline: 日誌完整性)."""
    facts = [
        event.pk,
        event.at.isoformat(),
        event.action,
        event.actor_id,
        event.actor_name,
        event.target_type,
        event.target_id,
        event.scope,
        event.summary,
        event.data,
    ]
    text = json.dumps(facts, cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def seal_all():
    """Seal what is there, batch by batch; returns how many events were linked."""
    total = 0
    while sealed := seal():
        total += sealed
    return total


def seal():
    """Link the next events not yet linked into the hash chain; returns how many.

    Writers never wait for each other: only this job holds the chain's end. When two workers seal at
    the same moment the second writes nothing and comes again.
    """
    if not Event.objects.filter(seal=None).exists():
        return 0
    try:
        return _link()
    except IntegrityError:
        return 0


@transaction.atomic
def _link():
    last = EventSeal.objects.select_for_update().order_by("-position").first()
    position, previous = (last.position, last.digest) if last else (0, "")
    links = []
    for event in Event.objects.filter(seal=None).order_by("pk")[:SEAL_BATCH]:
        position += 1
        previous = digest(previous, event)
        links.append(EventSeal(position=position, event=event, digest=previous))
    EventSeal.objects.bulk_create(links)
    return len(links)


def head():
    """The last link, or None. Kept on another system it proves that the chain was not written anew."""
    return EventSeal.objects.order_by("-position").first()


def is_in_chain(value):
    return EventSeal.objects.filter(digest=value).exists()


def sealed_count():
    return EventSeal.objects.count()


def broken_links():
    """Positions at which the stored chain does not follow from the events: altered or removed ones."""
    previous, expected = "", 0
    # An inner join: a link whose event was removed behind our back is missing here.
    for link in EventSeal.objects.select_related("event").order_by("position").iterator(chunk_size=1000):
        expected += 1
        if link.position != expected or link.digest != digest(previous, link.event):
            yield link.position
        previous, expected = link.digest, link.position
    last = head()
    if last and last.position != expected:
        yield last.position
