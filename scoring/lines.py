"""The board as its page shows it: words and figures ready for the template."""

from fractions import Fraction
from functools import lru_cache, partial
from typing import NamedTuple

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from agencies.models import Category
from foundation.numbers import percent
from foundation.templatetags import portal

from . import rules
from .board import Board, BoardRow
from .rules import Indicator, Rules, UnitFacts

TITLES = {
    rules.UPDATES: "經驗傳承更新",
    rules.WORKSHOP: "薦送研習",
    rules.COMPETITION: "教材參賽",
    rules.FORUM: "論壇主題",
}
SHORT_TITLES = {
    rules.UPDATES: "經驗",
    rules.WORKSHOP: "薦送",
    rules.COMPETITION: "教材",
    rules.FORUM: "論壇",
}


class Cell(NamedTuple):
    """One indicator of one unit. Without `href` (another unit's, seen by a contact) it leads nowhere."""

    css: str
    short_title: str
    figure: str
    under: str
    href: str
    is_done: bool
    why_not: str


class Line(NamedTuple):
    """One unit's row on the board."""

    rank: str
    is_tied: bool
    code: str
    name: str
    category: str
    href: str
    overall: str
    bar: SafeString
    cells: tuple[Cell, ...]
    trend: SafeString | None


def drawn(lines: list[Line]) -> SafeString:
    """The rows of the table."""
    return SafeString("".join(map(_drawn, lines)))


@lru_cache(maxsize=1024)
def _drawn(line):
    """A row is drawn once for what it says: between two views of the board most rows say the same."""
    return render_to_string("scoring/_board_row.html", {"line": line})


def percent_shown(value: Fraction | None) -> str:
    return portal.NOT_APPLICABLE if value is None else percent(value)


def amount_shown(indicator: Indicator, facts: UnitFacts, the_rules: Rules) -> str:
    """The raw input beneath the figure: 21 筆／136, 4／5 人, 2 件, 6／5 題."""
    if indicator.key == rules.UPDATES:
        return f"{facts.updates} 筆／{the_rules.update_multiplier * (facts.headcount or 0)}"
    if indicator.key == rules.WORKSHOP:
        # People beyond one session's seats do not fill another's, so they show only once all is filled.
        counted = facts.sent if indicator.is_done else indicator.needed - indicator.missing
        return f"{counted}／{indicator.needed} 人"
    if indicator.key == rules.COMPETITION:
        return f"{facts.works} 件"
    return f"{facts.topics}／{the_rules.topic_target} 題"


def targets(the_rules: Rules) -> list[tuple[str, str]]:
    """(title, target) of the four columns."""
    return [
        (TITLES[rules.UPDATES], f"目標 {target_percent(the_rules)}%"),
        (TITLES[rules.WORKSHOP], "依分配名額"),
        (TITLES[rules.COMPETITION], f"目標 {the_rules.work_target} 件"),
        (TITLES[rules.FORUM], f"目標 {the_rules.topic_target} 題"),
    ]


def target_percent(the_rules: Rules) -> str:
    """The update target without needless zeros: 20, 12.5."""
    hundredths = the_rules.update_target * 100
    if hundredths.denominator == 1:
        return str(hundredths.numerator)
    return f"{float(hundredths):g}"


def board_lines(board: Board, rows: list[BoardRow], *, own, query="", trends=None) -> list[Line]:
    """`own` holds the codes of the units whose records this person may open, None for all of them.

    `query` is appended to every link; `trends` maps codes to small drawings.
    """
    base = reverse("scoring:board")
    line = _liner(board.rules, base, query)
    trend_of = (lambda code: None) if trends is None else (lambda code: trends.get(code, ""))
    return [line(row[:-1], may_open=own is None or row.code in own, trend=trend_of(row.code)) for row in rows]


@lru_cache(maxsize=16)
def _liner(the_rules, base, query):
    """`_line` for these rules and links, remembered like `drawn`."""
    return lru_cache(maxsize=1024)(partial(_line, the_rules=the_rules, base=base, query=query))


def _line(row, *, may_open, trend, the_rules, base, query):
    rank, is_tied, code, name, category, facts = row
    # The completion follows from the facts, so it need not be compared.
    completion = rules.scorer(the_rules)(facts)
    href = f"{base}{code}/" if may_open else ""
    return Line(
        rank="－" if rank is None else str(rank),
        is_tied=is_tied,
        code=code,
        name=name,
        category=Category(category).label,
        href=href and f"{href}{query}",
        overall=percent_shown(completion.overall),
        bar=portal.bar(completion.overall),
        cells=tuple(
            _cell(one, facts, the_rules, href and f"{href}{one.key}/{query}") for one in completion.indicators
        ),
        trend=trend,
    )


def _cell(one, facts, the_rules, href):
    return Cell(
        css=portal.heat_class(one.completion),
        short_title=SHORT_TITLES[one.key],
        figure=percent_shown(one.completion),
        under=one.why_not or amount_shown(one, facts, the_rules),
        href=href,
        is_done=one.is_done,
        why_not=one.why_not,
    )
