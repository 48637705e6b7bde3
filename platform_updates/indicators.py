"""What this floor counts for the board: indicators 1 and 4 for every unit of a year."""

from django.db.models import Count

from agencies.amounts import amounts

from .models import ForumTopic, Update


def updates_by_unit(programme):
    """n of indicator 1: accepted updates dated within the period. One grouped query."""
    return amounts(Update.objects.of(programme).counted(), what="updates", amount=Count("pk"))


def topics_by_unit(programme):
    """Indicator 4: topics within the period with enough replies, not rejected. One grouped query."""
    return amounts(ForumTopic.objects.of(programme).counted(), what="topics", amount=Count("pk"))
