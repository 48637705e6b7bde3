"""What of the board is shown, and in which order, by the query string."""

from dataclasses import dataclass

from agencies.models import Category
from foundation.text import search_key

from . import rules
from .board import BoardRow
from .lines import TITLES

STATES = {
    "": "全部",
    "open": "有未達成項目",
    "done": "全部適用項皆達成",
    "na": "含不適用",
}
SORTS = {
    "": "整體完成度，高到低",
    "up": "整體完成度，低到高",
    "code": "機關代碼",
    **{key: f"{TITLES[key]}，低到高" for key in rules.KEYS},
}


@dataclass(frozen=True)
class BoardFilter:
    """Ranks are those within the category; searching or sorting does not change them."""

    category: str | None = None
    q: str = ""
    state: str = ""
    sort: str = ""

    @classmethod
    def of(cls, query):
        """Read from the query string; what is not understood is left out."""
        category, state, sort = (query.get(name, "") for name in ("category", "state", "sort"))
        return cls(
            category=category if category in Category.values else None,
            q=query.get("q", "").strip()[:100],
            state=state if state in STATES else "",
            sort=sort if sort in SORTS else "",
        )

    def rows(self, board_rows: list[BoardRow]) -> list[BoardRow]:
        found = [row for row in board_rows if self._wants(row)] if self.q or self.state else list(board_rows)
        if self.sort == "up":
            # Those without a figure stay last.
            found.sort(key=lambda row: (row.overall is None, row.overall or 0, row.code))
        elif self.sort == "code":
            found.sort(key=lambda row: row.code)
        elif self.sort:
            found.sort(key=self._behind_first)
        return found

    def _wants(self, row):
        if self.q:
            sought = search_key(self.q)
            if sought not in search_key(row.name) and sought not in search_key(row.code):
                return False
        if self.state == "open":
            return not row.completion.is_done
        if self.state == "done":
            return row.completion.is_done
        if self.state == "na":
            return row.completion.has_not_applicable
        return True

    def _behind_first(self, row):
        completion = getattr(row.completion, self.sort).completion
        return completion is None, completion or 0, row.code
