"""What the clock does on this floor."""

from agencies.models import Programme
from foundation.periodic import periodic

from .actions.pool import is_release_due, release_when_due
from .models import Session


@periodic
def release_unused_seats(*, at):
    """Release the seats of each session whose date for it has come."""
    waiting = Session.objects.filter(
        release_at__lte=at, released_at=None, programme__state=Programme.State.ACTIVE
    )
    for session in waiting.select_related("programme").order_by("pk"):
        if is_release_due(session, at):
            release_when_due(session=session, at=at)
