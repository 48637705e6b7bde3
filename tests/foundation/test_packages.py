"""Checked files shown to who may see them: addresses, tokens, members of packages, headers, ranges."""

import json
import logging
from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.utils import timezone

from foundation import files, packages
from foundation.logs import JSONFormatter, LineFormatter
from foundation.models import FileCheck, Viewing
from tests import factories as make
from tests.factories import taipei

pytestmark = pytest.mark.django_db
AT = taipei(2016, 6, 1)
Kind = FileCheck.Kind
PAGE = b"<!DOCTYPE html><html><head><title>x</title></head><body>page</body></html>"
FILM = bytes(range(256)) * 4000


def make_shown(content=FILM, *, name="影片.mp4", kind=Kind.VIDEO, **fields):
    stored = files.store(content, name=name, by=None, at=AT)
    return make.make_file_check(stored=stored, neutral=stored, kind=kind, **fields)


@pytest.fixture
def user(client):
    user = make.make_user()
    client.force_login(user)
    return user


@pytest.fixture
def open_package(client, user):
    """Open a package as `user`; returns the address of its start page."""

    def opened(check):
        return client.get(packages.shown(check, user=user, title="教材").url)["Location"]

    return opened


def body(response):
    return response.getvalue()


# How a file is shown -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "kind"),
    (
        ({"kind": Kind.VIDEO}, "video"),
        ({"kind": Kind.PDF}, "pdf"),
        ({"kind": Kind.IMAGE}, "image"),
        ({"kind": Kind.PACKAGE_SCORM12}, "package"),
        ({"kind": Kind.PACKAGE_SCORM2004}, "package"),
        ({"kind": Kind.PACKAGE_HTML5}, "package"),
        ({"kind": Kind.SLIDES}, "download"),
        ({"kind": Kind.DOCUMENT}, "download"),
        ({"state": "waiting"}, "waiting"),
        ({"state": "quarantined"}, "refused"),
        ({"state": "failed"}, "refused"),
    ),
)
def test_ways_to_show(user, fields, kind):
    shown = packages.shown(make.make_file_check(**fields), user=user, title="檔案一")

    assert (shown.title, shown.kind) == ("檔案一", kind)
    assert bool(shown.url) == (kind in ("video", "pdf", "image", "package"))


def test_slides_are_shown_as_their_rendition(client, user):
    paper = files.store(b"%PDF-1.7 pages", name="瀏覽版.pdf", by=None, at=AT)
    shown = packages.shown(
        make_shown(name="簡報.pptx", kind=Kind.SLIDES, rendition=paper), user=user, title="簡報"
    )

    response = client.get(shown.url)

    assert (shown.kind, body(response), response["Content-Type"]) == (
        "pdf",
        b"%PDF-1.7 pages",
        "application/pdf",
    )


@pytest.mark.parametrize(
    ("name", "kind", "content_type"),
    (
        ("影片.mp4", Kind.VIDEO, "video/mp4"),
        ("影片.webm", Kind.VIDEO, "video/webm"),
        ("圖.JPG", Kind.IMAGE, "image/jpeg"),
        ("圖.png", Kind.IMAGE, "image/png"),
        ("講義.pdf", Kind.PDF, "application/pdf"),
    ),
)
def test_headers_of_a_file(client, user, name, kind, content_type):
    response = client.get(packages.shown(make_shown(name=name, kind=kind), user=user, title="檔案").url)

    assert response["Content-Type"] == content_type
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("default-src 'none'")
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert ("sandbox" in response["Content-Security-Policy"]) == (kind != Kind.PDF)


def test_a_cover(client, user):
    cover = files.store(b"\xff\xd8cover", name="封面.jpg", by=None, at=AT)

    response = client.get(packages.shown(make_shown(cover=cover), user=user, title="影片").cover)

    assert (body(response), response["Content-Type"]) == (b"\xff\xd8cover", "image/jpeg")


def test_an_address_is_one_persons(client, user):
    """T12: nobody else's session, no other copy, nothing of a file that no longer passes."""
    check = make_shown()
    url = packages.shown(check, user=user, title="影片").url
    assert client.get(url).status_code == 200

    FileCheck.objects.update(state="quarantined", reason="測試")
    assert client.get(url).status_code == 404
    FileCheck.objects.update(state="passed", reason="")

    client.force_login(make.make_administrator())
    refused = client.get(url)
    assert (refused.status_code, "X-Frame-Options" in refused) == (404, False)
    assert "請回到作品頁重新開啟" in refused.text
    client.logout()
    assert client.get(url).status_code == 302


def test_an_address_that_was_changed_or_is_old(client, user):
    url = packages.shown(make_shown(), user=user, title="影片").url
    assert client.get(url.replace("/show/", "/show/x")).status_code == 404
    forged = signing.dumps([1, "neutral", user.pk], salt="another")
    assert client.get(f"/materials/show/{forged}/").status_code == 404

    with time_machine.travel(timezone.now() + timedelta(hours=12, minutes=1)):
        client.force_login(user)
        assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    ("header", "status", "part", "shown"),
    (
        ("", 200, slice(None), None),
        ("bytes=0-9", 206, slice(0, 10), "bytes 0-9/1024000"),
        ("bytes=1023990-", 206, slice(1_023_990, None), "bytes 1023990-1023999/1024000"),
        ("bytes=-5", 206, slice(-5, None), "bytes 1023995-1023999/1024000"),
        ("bytes=300000-800000", 206, slice(300_000, 800_001), "bytes 300000-800000/1024000"),
        ("bytes=1000000-9999999", 206, slice(1_000_000, None), "bytes 1000000-1023999/1024000"),
        ("bytes=0-0,5-9", 200, slice(None), None),
        ("bytes=-", 200, slice(None), None),
        ("lines=1-2", 200, slice(None), None),
        ("bytes=1024000-", 416, slice(0, 0), "bytes */1024000"),
        ("bytes=9-2", 416, slice(0, 0), "bytes */1024000"),
        ("bytes=-0", 416, slice(0, 0), "bytes */1024000"),
    ),
)
@pytest.mark.parametrize("where", ("file", "stored", "packed"))
def test_ranges(client, user, open_package, where, header, status, part, shown):
    """T35, and a film seeks: alone, lying in a package, packed in a package."""
    if where == "file":
        url = packages.shown(make_shown(), user=user, title="影片").url
    else:
        name = {"stored": "film.mp4", "packed": "packed.mp4"}[where]
        check = make.make_package_check(
            members={"index.html": PAGE, "film.mp4": FILM}, packed={"packed.mp4": FILM}
        )
        url = open_package(check).replace("index.html", name)

    response = client.get(url, headers={"Range": header})
    head = client.head(url, headers={"Range": header})

    assert (response.status_code, body(response)) == (status, FILM[part])
    assert response.headers.get("Content-Range") == shown
    assert (head.status_code, body(head)) == (status, b"")
    if status != 416:
        assert int(head["Content-Length"]) == len(FILM[part])


# Packages ------------------------------------------------------------------------------------------


def test_a_package_opens_at_its_start_page(client, open_package):
    check = make.make_package_check(members={"課/開始 頁.html": PAGE}, start="課/開始 頁.html?lang=zh")
    url = open_package(check)

    assert url.endswith("/%E8%AA%B2/%E9%96%8B%E5%A7%8B%20%E9%A0%81.html?lang=zh")
    page = body(client.get(url))
    assert page.startswith(b"<!DOCTYPE html><html><head><script>")
    assert page.endswith(b"</script><title>x</title></head><body>page</body></html>")


def test_headers_of_a_package(client, open_package):
    url = open_package(make.make_package_check(members={"index.html": PAGE, "a.js": b"1", "a.exe": b"MZ"}))
    token = Viewing.objects.get().token
    own = f"http://testserver/materials/view/{token}/"

    page, script, other = (
        client.get(url.replace("index.html", name)) for name in ("index.html", "a.js", "a.exe")
    )

    rest = (
        f"default-src {own} 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src {own} data: blob:; "
        f"base-uri {own}; form-action {own}; object-src 'none'"
    )
    sandbox = "sandbox allow-scripts allow-forms allow-modals; "
    assert page["Content-Security-Policy"] == (
        f"{sandbox}{rest}; frame-ancestors http://localhost:8000 'self'"
    )
    assert script["Content-Security-Policy"] == sandbox + rest
    assert [
        (answer["Content-Type"], answer.headers.get("Content-Disposition"))
        for answer in (page, script, other)
    ] == [
        ("text/html", None),
        ("text/javascript", None),
        ("application/octet-stream", "attachment"),
    ]
    for answer in (page, script, other):
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "camera=()" in answer["Permissions-Policy"]
        assert answer["Cache-Control"] == "private, no-store"
        assert answer["Cross-Origin-Resource-Policy"] == "same-site"


@pytest.mark.parametrize("name", ("gone.html", "../index.html", "INDEX.html", "index.html/"))
def test_a_member_that_is_not_there(client, open_package, name):
    url = open_package(make.make_package_check())

    assert client.get(url.replace("index.html", name)).status_code == 404


def test_pages_in_any_encoding_stay_what_they_are():
    utf16 = "<html></html>".encode("utf-16")
    assert packages.with_api(utf16) == utf16
    big5 = "<p>中文</p>".encode("cp950")
    assert packages.with_api(big5).endswith(b"</script>" + big5)
    assert packages.with_api(b"<!doctype html>\n<p>").startswith(b"<!doctype html><script>")
    assert packages.API.isascii()


def test_a_token_is_good_for_its_package_and_person_alone(client, user, open_package):
    """T44: of another package, of another person, made up: 404; without a cookie the token is the key."""
    first = open_package(make.make_package_check(members={"index.html": PAGE, "one.txt": b"1"}))
    second = open_package(make.make_package_check(members={"index.html": PAGE, "two.txt": b"2"}))
    assert client.get(first.replace("index.html", "one.txt")).status_code == 200
    assert client.get(second.replace("index.html", "one.txt")).status_code == 404
    assert client.get("/materials/view/made-up/index.html").status_code == 404

    client.force_login(make.make_administrator())
    assert client.get(first).status_code == 404


def test_what_a_package_loads_needs_no_cookie_but_the_session_must_live(client, user, open_package, settings):
    url = open_package(make.make_package_check())
    cookie = client.cookies.pop("sessionid")
    assert client.get(url).status_code == 200

    client.cookies["sessionid"] = cookie.value
    client.logout()
    assert client.get(url).status_code == 404


def test_a_package_in_a_window_of_its_own_is_not_shown(client, open_package):
    url = open_package(make.make_package_check())

    assert client.get(url, headers={"Sec-Fetch-Dest": "document"}).status_code == 404
    assert client.get(url, headers={"Sec-Fetch-Dest": "iframe"}).status_code == 200


def test_a_token_ends_after_fifteen_idle_minutes_or_twelve_hours(client, user, settings):
    settings.SESSION_COOKIE_AGE = 24 * 3600
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        client.force_login(user)
        url = client.get(packages.shown(make.make_package_check(), user=user, title="教材").url)["Location"]
        client.cookies.clear()
        statuses = []
        for minutes in (14, 28, 42, 58):
            clock.move_to(start + timedelta(minutes=minutes))
            statuses.append(client.get(url).status_code)
        assert statuses == [200, 200, 200, 404]

        Viewing.objects.update(used_at=start + timedelta(hours=12), opened_at=start)
        clock.move_to(start + timedelta(hours=12, minutes=1))
        assert client.get(url).status_code == 404


def test_of_a_disabled_account_nothing_stays_open(client, user, open_package):
    url = open_package(make.make_package_check())
    client.cookies.clear()
    user.is_active = False
    user.save()

    assert client.get(url).status_code == 404


def test_only_packages_are_opened(client, user):
    url = packages.shown(make_shown(), user=user, title="影片").url

    assert client.get(url.replace("/show/", "/open/")).status_code == 404


def test_old_viewings_are_forgotten(open_package):
    open_package(make.make_package_check())
    packages.forget_viewings(at=timezone.now() + timedelta(hours=11))
    assert Viewing.objects.count() == 1

    packages.forget_viewings(at=timezone.now() + timedelta(hours=13))
    assert not Viewing.objects.exists()


@pytest.mark.parametrize("members", (3, 300))
def test_queries_of_a_member(client, open_package, django_assert_num_queries, members):
    url = open_package(
        make.make_package_check(members={"index.html": PAGE} | {f"{n}.txt": b"x" for n in range(members)})
    )
    client.cookies.clear()

    with django_assert_num_queries(2):  # the viewing, the session
        client.get(url)


def test_a_host_of_its_own(client, user, settings):
    settings.SITE_URL, settings.MATERIALS_URL = "http://portal.test", "http://materials.test:81"
    settings.ALLOWED_HOSTS = ["portal.test", "materials.test"]
    own, portal = {"Host": "materials.test:81"}, {"Host": "portal.test"}
    shown = packages.shown(make.make_package_check(), user=user, title="教材")
    url = client.get(shown.url, headers=portal)["Location"]
    assert url.startswith("http://materials.test:81/materials/view/")
    path = url.removeprefix("http://materials.test:81")

    client.cookies.clear()
    assert client.get(path, headers=own).status_code == 200
    assert "sandbox" in client.get(path, headers=own)["Content-Security-Policy"]
    assert client.get(path, headers=portal).status_code == 404
    for other in ("/", "/accounts/login/", "/health/", shown.url):
        assert client.get(other, headers=own).status_code == 404


@pytest.mark.parametrize("formatter", (LineFormatter, JSONFormatter))
def test_tokens_stay_out_of_the_log(formatter):
    record = logging.makeLogRecord(
        {
            "name": "django.request",
            "levelname": "WARNING",
            "msg": "Not Found: %s",
            "args": ("/materials/view/s3cr-et_/a.js",),
        }
    )

    line = formatter().format(record)

    assert "s3cr" not in line
    assert "a.js" in json.dumps(line, ensure_ascii=False)
