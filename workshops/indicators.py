"""What this floor counts for the board: indicator 2 for every unit of a year.

Seats and people are two grouped queries: in one join they would multiply each other.
"""

from django.db.models import Count, F, Sum

from agencies.amounts import amounts

from .models import Enrolment, UnitQuota


def seats_by_unit(programme):
    """q of indicator 2: the seats first allotted, for each session in which a unit has a quota."""
    quotas = UnitQuota.objects.filter(session__programme=programme)
    return amounts(quotas, what="seats", session=F("session__number"), amount=Sum("seats"))


def sent_by_unit(programme):
    """People really sent, for each session; also where the unit has no quota."""
    sent = Enrolment.objects.sent().filter(session__programme=programme)
    return amounts(sent, what="sent", session=F("session__number"), amount=Count("pk"))
