"""The works as a list prints them: plain values, in a fixed number of queries."""

from collections import Counter, defaultdict
from typing import TypedDict

from django.utils.safestring import SafeString

from agencies.models import CompetitionGroup
from foundation.models import FileCheck
from foundation.templatetags.portal import piece, row_url

from .completeness import gaps
from .models import Author, Entry, EntryFile
from .models.entries import arrival_text

GROUPS, AXES, MEDIA = (dict(one.choices) for one in (CompetitionGroup, Entry.Axis, Entry.Medium))

URGENCY = (
    FileCheck.State.QUARANTINED,
    FileCheck.State.FAILED,
    FileCheck.State.WAITING,
    FileCheck.State.PASSED,
)


class EntryLine(TypedDict):
    """One work, as text and as drawn cells of two lines. (Templates look keys up faster than attributes.)"""

    url: str
    receipt: str
    title: str
    authors: str
    unit: str
    topic: str
    unit_and_code: SafeString
    group_and_topic: SafeString
    submitted_how: SafeString
    files: SafeString
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
    counted = _file_states([entry["pk"] for entry in entries])
    return [_line(entry, "、".join(authors[entry["pk"]]), counted[entry["pk"]]) for entry in entries]


def own_lines(entries):
    """The lines as their unit sees them, with when each `arrived` and how many things it `lacks` (None: it is finished)."""
    works = Entry.objects.filter(pk__in=[entry["pk"] for entry in entries]).select_related("topic")
    works = works.prefetch_related("authors", "files", "materials")
    lacks = {work.pk: len(gaps(work)) for work in works if work.is_unfinished}
    return [
        line
        | {
            "lacks": lacks.get(entry["pk"]),
            "arrived": arrival_text(entry["medium"], entry["submitted_at"]),
        }
        for entry, line in zip(entries, entry_lines(entries), strict=True)
    ]


def _file_states(keys):
    """{work: {state of a check: number of files}}; a file without a check waits for one."""
    counted = defaultdict(Counter)
    found = EntryFile.objects.filter(entry__in=keys).values_list("entry", "stored__file_check__state")
    for pk, state in found:
        counted[pk][state or FileCheck.State.WAITING] += 1
    return counted


def _files(counted):
    """How many there are, and the state that asks for most attention."""
    worst = next((state for state in URGENCY if counted[state]), "")
    return piece("competition/_files_cell.html", count=counted.total(), state=worst)


def _line(entry, authors, counted):
    unit, arrived = entry["unit__name"], arrival_text(entry["medium"], entry["submitted_at"])
    topic = " · ".join(filter(None, (entry["topic__name"], AXES.get(entry["axis"]))))
    return EntryLine(
        url=row_url("competition:entry_detail", entry["pk"]),
        receipt=entry["receipt"],
        title=entry["title"] or "未命名作品",
        authors=authors,
        unit=unit,
        topic=topic,
        unit_and_code=_two_lines(unit, entry["unit__unit__code"]),
        group_and_topic=_two_lines(GROUPS[entry["topic__group__key"]], topic),
        submitted_how=_two_lines(arrived, MEDIA[entry["medium"]]),
        files=_files(counted),
        chip=piece("competition/_state.html", state=entry["state"], is_late=entry["is_late"]),
    )
