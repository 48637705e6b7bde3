"""The board: every unit on it with its four indicators and its rank, from two queries."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction

from agencies.models import Category, Programme
from competition.indicators import works_by_unit
from foundation.numbers import six_places
from foundation.rocdate import TAIPEI
from platform_updates.indicators import topics_by_unit, updates_by_unit
from workshops.indicators import seats_by_unit, sent_by_unit

from . import rules
from .rules import Completion, Rules, SessionSeats, UnitFacts


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One unit on the board. The rank is that within the filter of the board it stands on."""

    unit_id: int
    code: str
    name: str
    category: str
    facts: UnitFacts
    completion: Completion
    rank: int | None = None
    is_tied: bool = False

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
    facts = _facts_by_unit(programme)
    rows = ranked(
        BoardRow(unit_id, code, name, category_key, known, rules.completion(known, the_rules))
        for unit_id, code, name, category_key, known in _units(programme, facts)
    )
    sizes = Counter(row.category for row in rows)
    board = Board(programme=programme, rules=the_rules, at=at, rows=rows, sizes=dict(sizes))
    return board.within(category) if category else board


def ranked(rows) -> list[BoardRow]:
    by_code = {row.code: row for row in rows}
    order = rules.in_board_order({code: row.overall for code, row in by_code.items()})
    shared = Counter(rank for rank, _ in order)
    return [
        replace(by_code[code], rank=rank, is_tied=rank is not None and shared[rank] > 1)
        for rank, code in order
    ]


def _units(programme, facts):
    units = programme.units.on_board().with_headcount().order_by("unit__code")
    for unit_id, code, name, category, group, headcount in units.values_list(
        "pk", "unit__code", "name", "category", "competition_group", "headcount"
    ):
        amounts = facts[unit_id]
        sessions = tuple(
            SessionSeats(number, seats, amounts["sent"].get(number, 0))
            for number, seats in sorted(amounts["seats"].items())
        )
        yield (
            unit_id,
            code,
            name,
            category,
            UnitFacts(
                headcount=headcount,
                updates=amounts["updates"].get(0, 0),
                sessions=sessions,
                works=amounts["works"].get(0, 0),
                in_group=bool(group),
                topics=amounts["topics"].get(0, 0),
            ),
        )


def _facts_by_unit(programme):
    """{unit id: {what: {session number, else 0: amount}}} of all that counts, in one round trip."""
    counted = updates_by_unit(programme).union(
        topics_by_unit(programme),
        works_by_unit(programme),
        seats_by_unit(programme),
        sent_by_unit(programme),
        all=True,
    )
    facts = defaultdict(lambda: defaultdict(dict))
    for unit_id, what, session, amount in counted:
        facts[unit_id][what][session] = amount
    return facts


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
