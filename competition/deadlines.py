"""Until when a unit may hand in: the competition's deadline, or the later one that it was granted."""

from agencies.models import ProgrammeUnit
from foundation.rocdate import end_of_day

from .models import Entry


def own_deadlines(competition, units):
    """Of each unit, by its key: (the last day, the first moment too late), its extensions counted in."""
    days = {unit.pk: competition.due_on for unit in units}
    for unit, granted in competition.extensions.filter(unit__in=days).values_list("unit", "due_on"):
        days[unit] = max(days[unit], granted)
    return {unit: (last_day, end_of_day(last_day)) for unit, last_day in days.items()}


def own_due_at(competition, unit):
    """(the last day, the first moment too late) for this unit."""
    return own_deadlines(competition, [unit])[unit.pk]


def last_due_at(group):
    """(the last day, the first moment too late) for the last of the group's units: nobody hands in after it."""
    competition = group.competition
    extensions = competition.extensions.filter(
        unit__competition_group=group.key, due_on__gt=competition.due_on
    )
    latest = extensions.order_by("-due_on").first()
    return (latest.due_on, latest.due_at) if latest else (competition.due_on, competition.due_at)


def missing_units(competition):
    """Units of the year in a group and on the board that have handed in nothing that counts."""
    handed_in = Entry.objects.filter(competition=competition).submitted().in_time().values("unit")
    return (
        ProgrammeUnit.objects.filter(programme=competition.programme_id, on_board=True)
        .exclude(competition_group="")
        .exclude(pk__in=handed_in)
        .order_by("competition_group", "unit__code")
    )
