"""What one unit's scorecard says beyond the board's figures, in a fixed number of queries."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import Count, Max, Q

from competition.models import Competition, Entry
from platform_updates.models import ForumTopic, Review, Update
from workshops.models import Enrolment, UnitQuota


@dataclass
class Details:
    """How many updates do not count and why, the quotas with their people, the works, the topics with few replies."""

    updates: Counter = field(default_factory=Counter)
    quotas: list = field(default_factory=list)
    people: dict = field(default_factory=dict)
    competition: Competition | None = None
    due_on: object = None
    entries: list = field(default_factory=list)
    topics: list = field(default_factory=list)


def load_details(programme, unit) -> Details:
    details = Details(
        updates=Counter(
            Update.objects.of(programme)
            .filter(unit=unit)
            .aggregate(
                pending=Count("pk", filter=Q(review=Review.PENDING)),
                rejected=Count("pk", filter=Q(review=Review.REJECTED)),
                outside=Count(
                    "pk",
                    filter=Q(review=Review.ACCEPTED)
                    & ~Q(updated_on__range=(programme.starts_on, programme.ends_on)),
                ),
            )
        ),
        quotas=list(
            UnitQuota.objects.filter(session__programme=programme, unit=unit)
            .select_related("session")
            .order_by("session__number")
        ),
        competition=Competition.objects.filter(programme=programme)
        .annotate(extended_to=Max("extensions__due_on", filter=Q(extensions__unit=unit)))
        .first(),
        entries=list(
            Entry.objects.filter(unit=unit, competition__programme=programme).with_due().order_by("pk")
        ),
        # What counts says the query of the rule; the rest is listed with its replies.
        topics=list(
            ForumTopic.objects.of(programme)
            .filter(unit=unit, replies__lt=programme.reply_target)
            .exclude(review=Review.REJECTED)
            .order_by("-replies", "pk")
            .values_list("replies", flat=True)
        ),
    )
    people = defaultdict(Counter)
    for number, state, attendance, count in (
        Enrolment.objects.filter(session__programme=programme, unit=unit)
        .order_by()
        .values_list("session__number", "state", "attendance")
        .annotate(Count("pk"))
    ):
        people[number][attendance or state] += count
    details.people = people
    if details.competition:
        extended_to = details.competition.extended_to
        details.due_on = max(filter(None, (details.competition.due_on, extended_to)))
    return details
