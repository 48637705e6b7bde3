"""Changing a year and starting it. Opening one is `chiayi_elearn.programmes.open_programme`."""

from django.db import transaction

from foundation import events

from ..models import Programme, ScheduleItem
from ..opening import ProgrammeRefused

CHANGEABLE = (
    "title",
    "competition_edition",
    "document_number",
    "document_date",
    "legal_basis",
    "objectives",
    "starts_on",
    "ends_on",
    "reference_date",
    "update_multiplier",
    "update_target",
    "work_target",
    "topic_target",
    "reply_target",
    "weight_updates",
    "weight_workshop",
    "weight_competition",
    "weight_forum",
)


@transaction.atomic
def change_programme(*, programme, by, at, schedule=None, **values):
    """Change fields of an open year; `schedule` holds ScheduleItem rows to save.

    Returns the verbose names of what changed.
    """
    stored = Programme.objects.select_for_update().get(pk=programme.pk)
    stored.require_open()
    changed = {}
    for name, value in values.items():
        if name not in CHANGEABLE:
            raise TypeError(f"{name} is not a field of the year that people change")
        if getattr(stored, name) != value:
            changed[name] = [str(getattr(stored, name)), str(value)]
            setattr(stored, name, value)
    if stored.ends_on < stored.starts_on:
        raise ProgrammeRefused("結束日期不得早於開始日期。")
    items = _changed_items(stored, schedule or ())
    if not changed and not items:
        raise ProgrammeRefused("沒有任何變更。")
    stored.save(update_fields=list(changed))
    for item in items:
        item.save()
    titles = [Programme._meta.get_field(name).verbose_name for name in changed]
    if items:
        titles.append("時程表")
    events.record(
        action="programme.changed",
        by=by,
        target=stored,
        scope=stored.year,
        at=at,
        summary=f"變更{stored}：{'、'.join(titles)}",
        changed=changed,
    )
    return titles


def _changed_items(programme, schedule):
    fields = ("title", "first_month", "last_month", "is_provisional")
    stored = {item.pk: item for item in ScheduleItem.objects.filter(programme=programme)}
    return [
        item
        for item in schedule
        if item.pk in stored and any(getattr(item, name) != getattr(stored[item.pk], name) for name in fields)
    ]


@transaction.atomic
def activate(*, programme, by, at):
    """籌備中 → 進行中: the year becomes the one that people see by default."""
    stored = Programme.objects.select_for_update().get(pk=programme.pk)
    if stored.state != Programme.State.DRAFT:
        raise ProgrammeRefused(f"{stored}{stored.get_state_display()}，只有籌備中的年度可以開始。")
    if not stored.units.filter(on_board=True).exists():
        raise ProgrammeRefused(f"{stored}還沒有任何列入完成度的機關，請先匯入或新增機關。")
    stored.state = Programme.State.ACTIVE
    stored.save(update_fields=["state"])
    events.record(
        action="programme.activated",
        by=by,
        target=stored,
        scope=stored.year,
        at=at,
        summary=f"開始{stored}",
    )
    return stored
