"""The permission table: who gets what answer from each route, by method.

Each app lists its rows in `tests/<app>/permissions.py` as `ROWS`. `test_permissions.py` asks every
route as every kind of person, fails when a route or a method of it has no row, and keeps
`docs/permissions.md` equal to these rows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

# In the order of the columns. `contact` stands for the unit that the row is about,
# `other_contact` for another unit; `civil` is a civil servant without any hat.
PERSONAS = {
    "anonymous": "未登入",
    "civil": "同仁",
    "contact": "聯絡人（本機關）",
    "other_contact": "聯絡人（他機關）",
    "judge": "評審",
    "tutor": "輔導教師",
    "curator": "策展人",
    "staff": "承辦人",
    "administrator": "系統管理者",
}


@dataclass(frozen=True)
class Row:
    """One route and method; `answers` holds a status per persona, in the order of PERSONAS."""

    route: str
    method: str
    answers: tuple[int, ...]
    args: Callable = field(default=lambda world: [])
    query: str = ""
    data: Callable = field(default=lambda world: {})
    note: str = ""

    def __post_init__(self):
        if len(self.answers) != len(PERSONAS):
            raise ValueError(f"{self.route} {self.method}: one answer for each of {list(PERSONAS)}")


def row(route, method, answers, *, args=None, query="", data=None, note=""):
    """`answers` as one string: "302 403 200 404 403 403 403 200 200"."""
    return Row(
        route=route,
        method=method,
        answers=tuple(int(answer) for answer in answers.split()),
        args=args or (lambda world: []),
        query=query,
        data=data or (lambda world: {}),
        note=note,
    )


EVERYONE = "200 200 200 200 200 200 200 200 200"
LOGGED_IN = "302 200 200 200 200 200 200 200 200"
STAFF = "302 403 403 403 403 403 403 200 200"
ADMINISTRATOR = "302 403 403 403 403 403 403 403 200"
CONTACTS_AND_STAFF = "302 403 200 200 403 403 403 200 200"
OWN_UNIT = "302 404 200 404 404 404 404 200 200"
