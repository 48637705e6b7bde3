"""Until when a unit may hand in: the competition's deadline, or the later one that it was granted."""


def own_due_at(competition, unit):
    """(the last day, the first moment too late) for this unit, its extensions counted in."""
    latest = unit.extensions.filter(competition=competition).order_by("-due_on").first()
    if latest and latest.due_on > competition.due_on:
        return latest.due_on, latest.due_at
    return competition.due_on, competition.due_at
