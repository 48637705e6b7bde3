"""What the competition puts into calendars."""

from django.urls import reverse

from agencies.models import Programme, ProgrammeUnit
from foundation.calendars import Item, address, deadline

from .models import Competition, Extension, Judge


def calendar_items(programme):
    """Until when works are handed in."""
    for competition in Competition.objects.filter(programme=programme):
        yield deadline(
            key=f"competition-due-{competition.pk}",
            title=f"{competition.title}繳交截止",
            at=competition.due_at,
            url=_address("competition:entry_list", programme),
        )


def own_calendar_items(user):
    """Of the units that a person stands for, the last day of each; of a judge, the days of judging."""
    if not user.is_staff:
        yield from _due_items(user)
    judgeships = Judge.objects.serving().filter(user=user).select_related("group__competition__programme")
    for competition in {judge.group.competition: None for judge in judgeships}:
        if competition.judging_ends_on:
            yield Item(
                key=f"competition-judging-{competition.pk}",
                title=f"{competition.title}評審期間",
                starts=competition.judging_starts_at.date(),
                ends=competition.judging_ends_on,
                url=_address("competition:judging_list", competition.programme),
            )


def _due_items(user):
    units = ProgrammeUnit.objects.visible_to(user).exclude(competition_group="")
    units = units.exclude(programme__state=Programme.State.DRAFT)
    units = units.filter(programme__competition__isnull=False).select_related("programme__competition")
    extended = {}
    for extension in Extension.objects.filter(unit__in=units).order_by("due_on"):
        extended[extension.unit_id] = extension
    for unit in units:
        competition = unit.programme.competition
        extension = extended.get(unit.pk)
        later = extension and extension.due_at > competition.due_at
        yield deadline(
            key=f"competition-due-{competition.pk}-{unit.pk}",
            title=f"{unit}：{competition.title}繳交截止{'（已延長）' if later else ''}",
            at=extension.due_at if later else competition.due_at,
            url=_address("competition:entry_list", unit.programme),
        )


def _address(name, programme):
    return address(f"{reverse(name)}?year={programme.year}")
