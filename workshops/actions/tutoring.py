"""What every action on tutors, their slots and consultations begins and ends with.

Whatever offers, takes or frees a slot passes `lock`: the year, then the tutor. Nobody else then looks at or
changes the slots of that tutor until the transaction ends.
"""

from foundation import events
from foundation.errors import Refused

from ..models import Tutor


class TutoringRefused(Refused):
    """The tutor, the slot or the consultation cannot be changed so."""


def lock(tutor):
    """The tutor read anew and locked; refuses a closed year."""
    tutor.programme.require_open()
    return Tutor.objects.select_for_update(of=("self",)).select_related("programme", "user").get(pk=tutor.pk)


def require_serving(tutor):
    if tutor.left_at:
        raise TutoringRefused(f"{tutor}已不在輔導教師名單。")


def record(action, target, tutor, *, by, at, summary, **data):
    """The event of something about a tutor of one year."""
    events.record(
        action=action, by=by, target=target, scope=tutor.programme.year, at=at, summary=summary, **data
    )
