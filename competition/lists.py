"""The works as a list prints them: plain values, in a fixed number of queries."""

from collections import defaultdict
from typing import TypedDict

from django.utils.safestring import SafeString

from agencies.models import CompetitionGroup
from foundation.templatetags.portal import piece, roc_dt, row_url

from .models import Author, Entry

GROUPS, AXES, MEDIA = (dict(one.choices) for one in (CompetitionGroup, Entry.Axis, Entry.Medium))


class EntryLine(TypedDict):
    """One work, as text and as drawn cells of two lines. (Templates look keys up faster than attributes.)"""

    url: str
    receipt: str
    title: str
    authors: str
    unit: str
    topic: str
    submitted: str
    unit_and_code: SafeString
    group_and_topic: SafeString
    submitted_how: SafeString
    chip: SafeString


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


def _two_lines(first, second):
    return piece("components/two_lines.html", first=first, second=second, css="mut")


def entry_lines(entries):
    """The lines of these `line_values`."""
    authors = defaultdict(list)
    named = Author.objects.filter(entry__in=[entry["pk"] for entry in entries]).order_by("entry", "position")
    for pk, name in named.values_list("entry", "name"):
        authors[pk].append(name)
    return [_line(entry, "、".join(authors[entry["pk"]])) for entry in entries]


def _line(entry, authors):
    unit, submitted = entry["unit__name"], roc_dt(entry["submitted_at"])
    topic = " · ".join(filter(None, (entry["topic__name"], AXES.get(entry["axis"]))))
    return EntryLine(
        url=row_url("competition:entry_detail", entry["pk"]),
        receipt=entry["receipt"],
        title=entry["title"],
        authors=authors,
        unit=unit,
        topic=topic,
        submitted=submitted,
        unit_and_code=_two_lines(unit, entry["unit__unit__code"]),
        group_and_topic=_two_lines(GROUPS[entry["topic__group__key"]], topic),
        submitted_how=_two_lines(submitted, MEDIA[entry["medium"]]),
        chip=piece("competition/_state.html", state=entry["state"], is_late=entry["is_late"]),
    )
