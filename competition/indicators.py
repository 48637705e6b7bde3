"""What this floor counts for the board: indicator 3 for every unit of a year."""

from django.db.models import Count, Value

from .models import Entry


def works_by_unit(programme):
    """Works handed in by the unit's own deadline, neither withdrawn nor disqualified.

    One grouped query; rows are (unit id, what, session number, amount), with no session meant.
    """
    counted = Entry.objects.of(programme).submitted().in_time().order_by()
    return counted.values_list("unit_id", Value("works"), Value(0), Count("pk"))
