"""Who the tutors of the year are, what they say of themselves, and the video tool's manual."""

from django.db import transaction

from foundation import events

from ..models import Expertise, Manual, Tutor
from ..tutoring import coming_of
from .consultations import cancel_consultation
from .tutoring import TutoringRefused, lock, record, require_serving

PROFILE = ("phone", "extension", "video_id", "meeting_url", "availability", "introduction")
MOST_FIELDS = 10


@transaction.atomic
def add_tutor(*, programme, user, by, at):
    """Put a colleague on the year's list; who left it may come back."""
    programme.require_open()
    if Tutor.objects.serving().filter(programme=programme, user=user).exists():
        raise TutoringRefused(f"{user}已是本年度的輔導教師。")
    tutor = Tutor.objects.create(programme=programme, user=user)
    record("tutor.added", tutor, tutor, by=by, at=at, summary=f"{user}加入輔導教師名單")
    return tutor


@transaction.atomic
def edit_tutor(*, tutor, fields, by, at, **profile):
    """What a tutor's line of the contact sheet says: `fields` in their order, and attributes of PROFILE.

    Returns the names of what changed.
    """
    tutor = lock(tutor)
    require_serving(tutor)
    if unknown := profile.keys() - set(PROFILE):
        raise TypeError(f"not editable: {', '.join(sorted(unknown))}")
    names = list(dict.fromkeys(fields))
    if len(names) > MOST_FIELDS:
        raise TutoringRefused(f"專長最多填 {MOST_FIELDS} 項。")
    changed = [name for name, value in profile.items() if getattr(tutor, name) != value]
    for name in changed:
        setattr(tutor, name, profile[name])
    tutor.save(update_fields=changed)
    if names != [expertise.name for expertise in tutor.expertises.all()]:
        tutor.expertises.all().delete()
        Expertise.objects.bulk_create(
            Expertise(tutor=tutor, name=name, position=position) for position, name in enumerate(names, 1)
        )
        changed.append("fields")
    if changed:
        words = {name: str(Tutor._meta.get_field(name).verbose_name) for name in PROFILE} | {"fields": "專長"}
        summary = f"更新輔導教師{tutor}的{'、'.join(words[name] for name in changed)}"
        record("tutor.edited", tutor, tutor, by=by, at=at, summary=summary)
    return changed


@transaction.atomic
def remove_tutor(*, tutor, reason, by, at):
    """Take a tutor off the list: what was booked is cancelled and told, free slots go, the past stays."""
    tutor = lock(tutor)
    require_serving(tutor)
    coming = list(coming_of(tutor, at))
    for consultation in coming:
        cancel_consultation(consultation=consultation, reason=reason, by=by, at=at)
    tutor.slots.published().filter(starts_at__gt=at).update(withdrawn_at=at)
    tutor.left_at = at
    tutor.save(update_fields=["left_at"])
    summary = f"{tutor}移出輔導教師名單：{reason}"
    record("tutor.removed", tutor, tutor, by=by, at=at, summary=summary, cancelled=len(coming))
    return len(coming)


@transaction.atomic
def add_manual(*, programme, stored, by, at):
    programme.require_open()
    manual = Manual.objects.create(programme=programme, stored=stored, added_by=by, added_at=at)
    _record_manual("manual.added", manual, by=by, at=at, summary=f"加入操作手冊「{stored.name}」")
    return manual


@transaction.atomic
def remove_manual(*, manual, by, at):
    """Off the page; the stored file stays for who comes to ask what was handed out."""
    manual.programme.require_open()
    _record_manual("manual.removed", manual, by=by, at=at, summary=f"移除操作手冊「{manual.stored.name}」")
    manual.delete()


def _record_manual(action, manual, *, by, at, summary):
    events.record(action=action, by=by, target=manual, scope=manual.programme.year, at=at, summary=summary)
