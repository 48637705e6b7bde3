"""The event of an act on the competition: in the act's transaction, under the year it belongs to."""

from foundation import events


def record(competition, action, target, summary, *, by, at, **data):
    events.record(
        action=action,
        by=by,
        target=target,
        summary=summary,
        scope=competition.programme.year,
        at=at,
        **data,
    )
