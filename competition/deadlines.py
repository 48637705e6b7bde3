"""Until when a unit may hand in: the competition's deadline, or the later one that it was granted."""

from agencies.models import ProgrammeUnit

from .models import Entry


def own_due_at(competition, unit):
    """(the last day, the first moment too late) for this unit, its extensions counted in."""
    latest = unit.extensions.filter(competition=competition).order_by("-due_on").first()
    if latest and latest.due_on > competition.due_on:
        return latest.due_on, latest.due_at
    return competition.due_on, competition.due_at


def missing_units(competition):
    """Units of the year in a group and on the board that have handed in nothing that counts."""
    handed_in = Entry.objects.filter(competition=competition).submitted().in_time().values("unit")
    return (
        ProgrammeUnit.objects.filter(programme=competition.programme_id, on_board=True)
        .exclude(competition_group="")
        .exclude(pk__in=handed_in)
        .order_by("competition_group", "unit__code")
    )
