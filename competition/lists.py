"""The works as a list prints them: plain values, in a fixed number of queries."""

from collections import defaultdict
from typing import TypedDict

from agencies.models import CompetitionGroup
from foundation.templatetags.portal import piece, roc_dt, row_url

from .models import Author, Entry

GROUPS, AXES, MEDIA = (dict(one.choices) for one in (CompetitionGroup, Entry.Axis, Entry.Medium))


class EntryLine(TypedDict):
    """One work; `chip` is drawn, the rest is text. (Templates look keys up faster than attributes.)"""

    url: str
    receipt: str
    title: str
    authors: str
    unit: str
    code: str
    group: str
    topic: str
    submitted: str
    medium: str
    chip: str


def line_values(entries):
    """What `entry_lines` needs of them."""
    return entries.with_due().values(
        "pk",
        "receipt",
        "title",
        "axis",
        "medium",
        "state",
        "submitted_at",
        "is_late",
        "unit__name",
        "unit__unit__code",
        "topic__name",
        "topic__group__key",
    )


def entry_lines(entries):
    """The lines of these `line_values`."""
    authors = defaultdict(list)
    named = Author.objects.filter(entry__in=[entry["pk"] for entry in entries]).order_by("entry", "position")
    for pk, name in named.values_list("entry", "name"):
        authors[pk].append(name)
    return [
        EntryLine(
            url=row_url("competition:entry_detail", entry["pk"]),
            receipt=entry["receipt"],
            title=entry["title"],
            authors="、".join(authors[entry["pk"]]),
            unit=entry["unit__name"],
            code=entry["unit__unit__code"],
            group=GROUPS[entry["topic__group__key"]],
            topic=" · ".join(filter(None, (entry["topic__name"], AXES.get(entry["axis"])))),
            submitted=roc_dt(entry["submitted_at"]),
            medium=MEDIA[entry["medium"]],
            chip=piece("competition/_state.html", state=entry["state"], is_late=entry["is_late"]),
        )
        for entry in entries
    ]
