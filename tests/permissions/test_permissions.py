"""Every route × method × kind of person answers as the table says; a route without a row fails."""

import importlib
import re
from pathlib import Path

import pytest
from django.db import transaction
from django.urls import URLPattern, get_resolver, reverse

from .table import PERSONAS
from .world import build_world

DOCUMENT = Path(__file__).parents[2] / "docs" / "permissions.md"
APPS = (
    "foundation",
    "agencies",
    "workshops",
    "competition",
    "platform_updates",
    "scoring",
    "portal",
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def all_rows():
    return [row for app in APPS for row in importlib.import_module(f"tests.{app}.permissions").ROWS]


def routes():
    """(name, view) of every route of the portal."""

    def walk(patterns, prefix=""):
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                yield f"{prefix}{pattern.name}", pattern.callback
            else:
                namespace = f"{pattern.namespace}:" if pattern.namespace else ""
                yield from walk(pattern.url_patterns, prefix + namespace)

    return dict(walk(get_resolver().url_patterns))


FORM = re.compile(r'<form\b[^>]*\bmethod="post".*?</form>', re.DOTALL)


def ask(client, method, url, data):
    if method not in ("GET", "POST"):
        return client.generic(method, url).status_code
    answer = getattr(client, method.lower())(url, data)
    if not answer.streaming and answer.get("Content-Type", "").startswith("text/html"):
        dead = [form for form in FORM.findall(answer.content.decode()) if "csrfmiddlewaretoken" not in form]
        assert not dead, f"{url} has a form that nobody can send"
    return answer.status_code


@pytest.fixture
def world(db):
    return build_world()


def test_every_route_has_a_row():
    assert sorted({row.route for row in all_rows()}) == sorted(routes())


@pytest.mark.parametrize("row", all_rows(), ids=lambda row: f"{row.method} {row.route}{row.query}")
def test_answers(client, world, row):
    answers = {}
    url = reverse(row.route, args=row.args(world)) + row.query
    for persona, user in world.users.items():
        # Each asks in the same world: what the one before changed is rolled back.
        before = transaction.savepoint()
        client.logout()
        if user:
            client.force_login(user)
        answers[persona] = ask(client, row.method, url, row.data(world))
        transaction.savepoint_rollback(before)

    assert answers == dict(zip(PERSONAS, row.answers, strict=True))


@pytest.mark.parametrize("route", sorted(routes()))
def test_methods_without_a_row_are_not_allowed(client, world, route):
    mine = [row for row in all_rows() if row.route == route]
    client.force_login(world.users["administrator"])
    url = reverse(route, args=mine[0].args(world))

    answers = {
        method: ask(client, method, url, {})
        for method in METHODS
        if method not in {row.method for row in mine}
    }

    assert answers == dict.fromkeys(answers, 405)


def as_document(rows):
    """The table as docs/permissions.md prints it."""
    lines = [
        "# 權限表",
        "",
        "每一條路徑、方法與身分得到的回應；由 `tests/*/permissions.py` 產生並逐格測試。",
        "200 可用，302 轉址（未登入者轉往登入頁，或處理完成後轉頁），403 身分不符，404 看不到這筆資料，405 不接受此方法。",
        "",
        "| 路徑 | 方法 | " + " | ".join(PERSONAS.values()) + " |",
        "| --- | --- | " + " | ".join("---" for _ in PERSONAS) + " |",
    ]
    for row in sorted(rows, key=lambda row: (row.route, row.method, row.query)):
        name = f"{row.route}{row.query}" + (f"（{row.note}）" if row.note else "")
        lines.append(f"| {name} | {row.method} | " + " | ".join(map(str, row.answers)) + " |")
    return "\n".join(lines) + "\n"


def test_the_document_is_the_table():
    """Write it anew with `python -m tests.permissions.write`."""
    assert DOCUMENT.read_text(encoding="utf-8") == as_document(all_rows())
