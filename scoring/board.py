"""The board: every unit on it with its four indicators and its rank, from two queries."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from django.db import connection

from agencies.models import Category, Programme, ProgrammeUnit
from competition.indicators import works_by_unit
from foundation.numbers import six_places
from foundation.rocdate import TAIPEI
from platform_updates.indicators import topics_by_unit, updates_by_unit
from workshops.indicators import seats_by_unit, sent_by_unit

from . import rules
from .rules import Completion, Rules, SessionSeats, UnitFacts


class BoardRow(NamedTuple):
    """One unit on the board. The rank is that within the filter of the board it stands on."""

    rank: int | None
    is_tied: bool
    code: str
    name: str
    category: str
    facts: UnitFacts
    completion: Completion

    @property
    def overall(self) -> Fraction | None:
        return self.completion.overall

    @property
    def category_label(self) -> str:
        return Category(self.category).label


@dataclass(frozen=True)
class Board:
    """A year's completion as it stood at one moment: of all units, or of one category."""

    programme: Programme
    rules: Rules
    at: datetime
    rows: list[BoardRow]
    category: str | None = None
    # How many units each category has, whatever the filter.
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def mean(self) -> Fraction | None:
        return rules.mean(row.overall for row in self.rows if row.overall is not None)

    @property
    def done_count(self) -> int:
        return sum(row.completion.is_done for row in self.rows)

    def row_of(self, code: str) -> BoardRow | None:
        return next((row for row in self.rows if row.code == code), None)

    def within(self, category: str) -> "Board":
        """The board of one category, ranked anew."""
        rows = ranked(row for row in self.rows if row.category == category)
        return replace(self, category=category, rows=rows)

    def as_json(self) -> dict:
        """What `scoreboard --format json` prints (design §4)."""
        return {
            "year": self.programme.year,
            "computed_at": self.at.astimezone(TAIPEI).isoformat(timespec="seconds"),
            "units": [_unit_as_json(row, self.rules) for row in self.rows],
        }


def rules_of(programme: Programme) -> Rules:
    return Rules(
        update_multiplier=programme.update_multiplier,
        update_target=Fraction(programme.update_target),
        work_target=programme.work_target,
        topic_target=programme.topic_target,
        weight_updates=programme.weight_updates,
        weight_workshop=programme.weight_workshop,
        weight_competition=programme.weight_competition,
        weight_forum=programme.weight_forum,
    )


def compute_board(programme: Programme, *, at: datetime, category: str | None = None) -> Board:
    """The board of all units that take part in it, or of one category, computed from the facts.

    `at` is the time of computing that is printed with it; the facts are those stored now.
    """
    the_rules = rules_of(programme)
    score = rules.scorer(the_rules)
    rows = ranked(
        [
            BoardRow(None, False, code, name, key, facts, score(facts))
            for code, name, key, facts in _units(programme)
        ]
    )
    sizes = Counter(row.category for row in rows)
    board = Board(programme=programme, rules=the_rules, at=at, rows=rows, sizes=dict(sizes))
    return board.within(category) if category else board


def ranked(rows: Iterable[BoardRow]) -> list[BoardRow]:
    by_code = {row.code: row for row in rows}
    order = rules.in_board_order({code: row.completion.overall for code, row in by_code.items()})
    shared = Counter(rank for rank, _ in order)
    return [BoardRow(rank, rank is not None and shared[rank] > 1, *by_code[code][2:]) for rank, code in order]


def _units(programme):
    """(code, name, category, facts) of every unit on the board."""
    counted = {row[:3]: row[3] for row in _rows(_counted, programme)}
    sessions = sorted({session for _, what, session in counted if what == "seats"})
    for unit, code, name, category, group, headcount in _rows(_on_board, programme):
        quotas = [
            SessionSeats(number, seats, counted.get((unit, "sent", number), 0))
            for number in sessions
            if (seats := counted.get((unit, "seats", number))) is not None
        ]
        facts = UnitFacts(
            headcount=headcount,
            updates=counted.get((unit, "updates", 0), 0),
            sessions=tuple(quotas),
            works=counted.get((unit, "works", 0), 0),
            in_group=group != "",
            topics=counted.get((unit, "topics", 0), 0),
        )
        yield code, name, category, facts


def _counted(programme):
    """All that counts, (unit id, what, session number or 0, amount), in one round trip."""
    return updates_by_unit(programme).union(
        topics_by_unit(programme),
        works_by_unit(programme),
        seats_by_unit(programme),
        sent_by_unit(programme),
        all=True,
    )


def _on_board(programme):
    units = ProgrammeUnit.objects.filter(programme=programme).on_board().with_headcount()
    return units.order_by().values_list(
        "pk", "unit__code", "name", "category", "competition_group", "headcount"
    )


def _rows(select, programme):
    with connection.cursor() as cursor:
        cursor.execute(*_statement(select, programme.pk))
        return cursor.fetchall()


@lru_cache(maxsize=64)
def _statement(select, programme_pk):
    """The SQL of a queryset, written once: for the ORM that takes longer than the database needs to answer.

    The queryset is made for a programme of which nothing but the key is known, so that no value of a
    year can be kept in the statement by mistake. Columns are numbers and texts only, which come as they are.
    """
    return select(Programme(pk=programme_pk)).query.sql_with_params()


def _unit_as_json(row, the_rules):
    one, facts = row.completion, row.facts
    return {
        "code": row.code,
        "name": row.name,
        "category": row.category,
        "rank": row.rank,
        "overall": six_places(one.overall),
        "indicators": {
            "updates": {
                "completion": six_places(one.updates.completion),
                "count": facts.updates,
                "headcount": facts.headcount,
                "rate": six_places(rules.update_rate(facts, the_rules)),
            },
            "workshop": {
                "completion": six_places(one.workshop.completion),
                "sent": facts.sent,
                "quota": facts.quota,
            },
            "competition": {
                "completion": six_places(one.competition.completion),
                "works": facts.works,
            },
            "forum": {"completion": six_places(one.forum.completion), "topics": facts.topics},
        },
    }
