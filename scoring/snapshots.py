"""Stored boards: their hash, whether they still hold, and the line they make over the months."""

import hashlib
import json
from collections import OrderedDict
from fractions import Fraction
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from foundation.rocdate import taipei_date
from foundation.templatetags import portal

from .models import BoardSnapshot

# What stored boards said, by their hash: they never change, and reading one costs more than the board itself.
_read = OrderedDict()
_REMEMBERED = 48


def canonical(board: dict) -> str:
    """The one way to write a board down, so that its hash can be checked by anybody."""
    return json.dumps(board, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(board: dict) -> str:
    return hashlib.sha256(canonical(board).encode()).hexdigest()


def monthly(programme) -> list[tuple[object, dict]]:
    """(date, {code: overall}) of the last stored board of each month, oldest first."""
    last = {}
    for pk, sha256, computed_at in (
        BoardSnapshot.objects.filter(programme=programme)
        .order_by("computed_at", "pk")
        .values_list("pk", "sha256", "computed_at")
    ):
        day = taipei_date(computed_at)
        last[day.year, day.month] = (pk, sha256, day)
    known = {sha256: _read.get(sha256) for _, sha256, _ in last.values()}
    unread = [pk for pk, sha256, _ in last.values() if known[sha256] is None]
    for snapshot in BoardSnapshot.objects.filter(pk__in=unread) if unread else ():
        known[snapshot.sha256] = _read[snapshot.sha256] = {
            unit["code"]: None if unit["overall"] is None else Fraction(unit["overall"])
            for unit in snapshot.board["units"]
        }
    while len(_read) > _REMEMBERED:
        _read.popitem(last=False)
    return [(day, known[sha256]) for _, sha256, day in last.values()]


def trends(programme) -> dict[str, SafeString] | None:
    """Each unit's line over the months; None while fewer than two boards are stored."""
    months = monthly(programme)
    if len(months) < 2:
        return None
    codes = dict.fromkeys(code for _, figures in months for code in figures)
    return {code: drawn(tuple(figures.get(code) for _, figures in months)) for code in codes}


@lru_cache(maxsize=1024)
def drawn(values: tuple[Fraction | None, ...], *, wide: bool = False) -> SafeString:
    """A line of stored figures; a month without a figure is passed over."""
    line = portal.spark(values, wide=wide)
    known = [value for value in values if value is not None]
    if known:
        line["label"] = (
            f"{len(known)} 次月底快照由 {portal.percentage(known[0])} 到 {portal.percentage(known[-1])}"
        )
    return SafeString(render_to_string("components/spark.html", line).strip())


def final(programme) -> BoardSnapshot | None:
    return BoardSnapshot.objects.filter(programme=programme, kind=BoardSnapshot.Kind.FINAL).first()


def agrees(snapshot, board) -> bool:
    """Whether the facts of now still give the stored board."""
    return board.as_json()["units"] == snapshot.board["units"]
