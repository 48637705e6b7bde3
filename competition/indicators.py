"""What this floor counts for the board: indicator 3 for every unit of a year."""

from django.db.models import Count, F, Q

from agencies.amounts import amounts

from .models import Entry


def works_by_unit(programme):
    """Works handed in by the unit's own deadline, neither withdrawn nor disqualified. One grouped query."""
    # 00:00 UTC of the due day is 08:00 in Taipei, so in time for every unit: this settles nearly all works
    # without working out the date in Taipei and the unit's extension for each.
    surely = Q(submitted_at__lt=F("competition__due_on"))
    counted = Entry.objects.of(programme).submitted().with_due().filter(surely | Q(is_late=False))
    return amounts(counted, what="works", amount=Count("pk"))
