"""The judges' meeting on record: when, where, who, and what was decided."""

from django.db import transaction

from competition.models import Meeting, MeetingItem
from foundation.errors import Refused
from foundation.rocdate import format_datetime

from .locks import locked_competition
from .recording import record


class MeetingRefused(Refused):
    """The meeting cannot be recorded so."""


@transaction.atomic
def record_meeting(*, group, values, present, by, at, meeting=None):
    """A new meeting, or another one corrected. `values`: held_at, place, chair, recorder, others."""
    competition = locked_competition(group.competition)
    others = group.meetings.exclude(pk=meeting.pk if meeting else None)
    if others.filter(held_at=values["held_at"]).exists():
        raise MeetingRefused(f"{group}在{format_datetime(values['held_at'])}已有一場評審會議。")
    meeting = meeting or Meeting(group=group)
    for name, value in values.items():
        setattr(meeting, name, value)
    meeting.updated_by, meeting.updated_at = by, at
    meeting.save()
    meeting.present.set(present)
    names = "、".join(str(judge) for judge in present) or "無"
    summary = f"{group}評審會議 {format_datetime(meeting.held_at)}，主席{meeting.chair}，出席：{names}"
    record(competition, "meeting.recorded", meeting, summary, by=by, at=at)
    return meeting


@transaction.atomic
def note_decision(*, meeting, subject, discussion, decision, by, at):
    """討論事項 with its 決議."""
    competition = locked_competition(meeting.group.competition)
    item = MeetingItem.objects.create(
        meeting=meeting, subject=subject, discussion=discussion, decision=decision, noted_by=by, noted_at=at
    )
    record(competition, "meeting.decided", item, f"{meeting}決議：{subject}；{decision}", by=by, at=at)
    return item


@transaction.atomic
def strike_decision(*, item, by, at):
    """Taken down wrongly; the record of events keeps what it said."""
    competition = locked_competition(item.meeting.group.competition)
    summary = f"刪去{item.meeting}決議：{item.subject}；{item.decision}"
    record(competition, "meeting.struck", item, summary, by=by, at=at)
    item.delete()
