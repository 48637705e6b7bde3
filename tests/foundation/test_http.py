"""Files out: whole, in part, not again, never sniffed."""

import hashlib

import pytest
from django.test import RequestFactory

from foundation import files
from foundation.http import file_response
from tests.factories import taipei

pytestmark = pytest.mark.django_db

CONTENT = bytes(range(256)) * 5000
SIZE = len(CONTENT)
ETAG = f'"{hashlib.sha256(CONTENT).hexdigest()}"'


@pytest.fixture
def stored():
    return files.store(CONTENT, name="影片.mp4", by=None, at=taipei(2016, 6, 1))


def ask(stored, *, name="影片.mp4", inline=False, **headers):
    request = RequestFactory().get(
        "/", headers={key.replace("_", "-"): value for key, value in headers.items()}
    )
    return file_response(stored, name=name, request=request, inline=inline)


def told(response):
    return (response.status_code, response.get("Content-Range"), response.get("Content-Length"))


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    (
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, SIZE),
        ("bytes=1000-1999", 1000, 2000),
        ("bytes=-500", SIZE - 500, SIZE),
        (f"bytes=-{SIZE * 2}", 0, SIZE),
        (f"bytes={SIZE - 1}-{SIZE * 9}", SIZE - 1, SIZE),
    ),
)
def test_one_range_is_that_part(stored, asked, start, end):
    response = ask(stored, range=asked)

    assert told(response) == (206, f"bytes {start}-{end - 1}/{SIZE}", str(end - start))
    assert response.getvalue() == CONTENT[start:end]


@pytest.mark.parametrize("asked", (f"bytes={SIZE}-", "bytes=9-3", "bytes=-0", f"bytes={'9' * 40}-"))
def test_a_range_outside_the_file_is_416(stored, asked):
    assert told(ask(stored, range=asked)) == (416, f"bytes */{SIZE}", None)


@pytest.mark.parametrize(
    "asked",
    ("", "bytes=-", "items=0-1", "bytes=a-b", "bytes=0-0,5-9", "bytes=" + ",".join(["0-0", "1-1"] * 500)),
)
def test_all_else_gets_the_whole_once(stored, asked):
    response = ask(stored, range=asked)

    assert told(response) == (200, None, str(SIZE))
    assert response.getvalue() == CONTENT


def test_a_part_is_of_the_file_that_the_other_parts_came_from(stored):
    assert ask(stored, range="bytes=5-9", if_range=ETAG).getvalue() == CONTENT[5:10]
    assert told(ask(stored, range="bytes=5-9", if_range='"another"'))[0] == 200


def test_what_the_browser_has_is_not_sent_again(stored):
    response = ask(stored, if_none_match=f'"other", {ETAG}')

    assert (response.status_code, response.content, response["ETag"]) == (304, b"", ETAG)
    assert ask(stored, if_none_match='"other"').status_code == 200


def test_the_proxy_sends_the_bytes_where_there_is_one(stored, settings):
    settings.X_ACCEL_PREFIX = "/stored/"

    response = ask(stored, range="bytes=0-9", inline=True)

    assert (
        response.status_code,
        response.content,
        response["X-Accel-Redirect"],
        response["Content-Type"],
    ) == (
        200,
        b"",
        f"/stored/{stored.path}",
        "video/mp4",
    )


@pytest.mark.parametrize(
    ("name", "inline", "kind", "disposition", "policy"),
    (
        ("影片.mp4", True, "video/mp4", "inline", "default-src 'none'; frame-ancestors 'self'; sandbox"),
        ("影片.MP4", True, "video/mp4", "inline", "default-src 'none'; frame-ancestors 'self'; sandbox"),
        ("文件.pdf", True, "application/pdf", "inline", "default-src 'none'; frame-ancestors 'self'"),
        (
            "影片.mp4",
            False,
            "application/octet-stream",
            "attachment",
            "default-src 'none'; frame-ancestors 'self'; sandbox",
        ),
        (
            "頁.html",
            True,
            "application/octet-stream",
            "attachment",
            "default-src 'none'; frame-ancestors 'self'; sandbox",
        ),
        (
            "圖.svg",
            True,
            "application/octet-stream",
            "attachment",
            "default-src 'none'; frame-ancestors 'self'; sandbox",
        ),
        (
            "資料.xml",
            True,
            "application/octet-stream",
            "attachment",
            "default-src 'none'; frame-ancestors 'self'; sandbox",
        ),
    ),
)
def test_only_a_fixed_list_is_shown_in_the_page(stored, name, inline, kind, disposition, policy):
    response = ask(stored, name=name, inline=inline)

    assert response["Content-Type"] == kind
    assert response["Content-Disposition"].startswith(f"{disposition}; filename")
    assert response["Content-Security-Policy"] == policy
    assert response["X-Content-Type-Options"] == "nosniff"
    response.close()
