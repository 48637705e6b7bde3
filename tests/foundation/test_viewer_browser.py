"""What people hand in, looked at in a real browser: films seek, papers open, and a hostile package gets nowhere."""

import json
from pathlib import Path

import pytest
from django.test import Client

from foundation import files, material_views
from foundation.models import FileCheck, Viewing
from tests import factories as make
from tests.conftest import DESKTOP, PHONE
from tests.factories import taipei

from . import hostile_package, materials

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.foundation.viewer_urls")]
AT = taipei(2016, 6, 1)
OUTSIDE = "http://127.0.0.1:9"
Kind = FileCheck.Kind


@pytest.fixture(autouse=True)
def _viewer_page(settings):
    (templates,) = settings.TEMPLATES
    here = Path(__file__).parent / "templates"
    settings.TEMPLATES = [{**templates, "DIRS": [*templates["DIRS"], here]}]


def make_shown(content, name, kind, **fields):
    stored = files.store(content, name=name, by=None, at=AT)
    return make.make_file_check(stored=stored, neutral=stored, kind=kind, **fields)


def open_hostile(page):
    """The frame in which the package did its worst."""
    page.goto("/viewer/")
    page.get_by_text("開啟教材").click()
    frame = page.frame_locator("iframe.viewer-lesson")
    frame.locator("body[data-done=yes]").wait_for(timeout=30_000)
    return frame


@pytest.fixture
def open_hostile_page(browser, live_server):
    """(page, its requests) of a window whose complaints are none of the test's: hostile packages cause many."""
    contexts = []

    def opened():
        client = Client()
        client.force_login(make.make_user(), backend="django.contrib.auth.backends.ModelBackend")
        context = browser.new_context(base_url=live_server.url)
        contexts.append(context)
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        requests = []
        context.on("request", lambda request: requests.append(request))
        return context.new_page(), requests

    yield opened
    for context in contexts:
        context.close()


def reached(requests):
    """The addresses that were really asked, and not stopped by the browser before."""
    return {request.url for request in requests if "csp" not in (request.failure or "")}


def test_a_hostile_package_gets_nowhere(open_hostile_page, live_server):
    """T1, T3, T4: cookie, storage, parent, requests, top navigation, popup, service worker, messages."""
    make.make_package_check(members=hostile_package.members(OUTSIDE))
    page, requests = open_hostile_page()

    frame = open_hostile(page)
    told = json.loads(frame.locator("#out").inner_text())
    page.wait_for_timeout(500)

    assert {name: told[name] for name in hostile_package.REFUSED} == dict.fromkeys(
        hostile_package.REFUSED, "refused"
    )
    assert {name: told[name] for name in hostile_package.ALLOWED} == hostile_package.ALLOWED
    assert page.url == f"{live_server.url}/viewer/"
    assert len(page.context.pages) == 1
    own = f"{live_server.url}/materials/view/{Viewing.objects.get().token}/"
    asked = reached(request for request in requests if request.frame.parent_frame)
    opened = {url for url in asked if "/materials/open/" in url}
    assert len(opened) == 1
    assert asked - opened == {own + name for name in ("index.html", "own.js", "own.json")}


def test_a_hostile_package_in_a_window_of_its_own(open_hostile_page, live_server, monkeypatch):
    """Its address pasted elsewhere shows nothing; and were it shown, its origin would still not be the portal's."""
    make.make_package_check(members=hostile_package.members(OUTSIDE))
    page, requests = open_hostile_page()
    open_hostile(page)
    address = f"{live_server.url}/materials/view/{Viewing.objects.get().token}/index.html"

    direct = page.context.new_page()
    assert direct.goto(address).status == 404

    # As if a browser did not say where the page goes: the sandbox holds all the same.
    monkeypatch.setattr(material_views, "_may", lambda request, viewing: True)
    held = page.context.new_page()
    held.goto(address)
    held.locator("body[data-done=yes]").wait_for(timeout=30_000)
    told = json.loads(held.locator("#out").inner_text())
    # Alone in its window it is its own parent; nothing else is different.
    refused = set(hostile_package.REFUSED) - {"parent", "top", "top navigation"}
    assert {name: told[name] for name in refused} == dict.fromkeys(refused, "refused")
    assert all(url.startswith(live_server.url) for url in reached(requests))


def test_a_package_cannot_leave_its_frame_for_another_host(open_hostile_page, live_server):
    make.make_package_check(members={"index.html": f"<script>location = '{OUTSIDE}/away?data'</script>"})
    page, requests = open_hostile_page()
    page.goto("/viewer/")
    page.get_by_text("開啟教材").click()
    page.wait_for_timeout(1500)

    assert all(url.startswith(live_server.url) for url in reached(requests))


def test_pages_within_pages_of_a_package(open_page):
    """A course of frames: each finds the interface it looks for in its own window."""
    make.make_package_check(
        members={
            "index.html": "<!doctype html><html><body><iframe src='sub/lesson.html'></iframe></body></html>",
            "sub/lesson.html": "<!doctype html><html><head></head><body><p id='said'></p><script>"
            "document.getElementById('said').textContent = API.LMSInitialize('') + ' ' + typeof localStorage"
            "</script></body></html>",
        }
    )
    page = open_page(make.make_user())
    page.goto("/viewer/")
    page.get_by_text("開啟教材").click()

    lesson = page.frame_locator("iframe.viewer-lesson").frame_locator("iframe")
    assert lesson.locator("#said").inner_text() == "true object"


@pytest.mark.parametrize(("size", "name"), ((DESKTOP, "viewer"), (PHONE, "viewer-phone")))
def test_every_kind_on_a_page(open_page, assert_accessible, screenshot, size, name):
    film = materials.video(seconds=20)
    cover = files.store(materials.picture(), name="封面.jpg", by=None, at=AT)
    make_shown(film, "影片一.mp4", Kind.VIDEO, scan="clean")
    make_shown(materials.picture("PNG"), "圖二.png", Kind.IMAGE, facts={"warnings": []})
    make_shown(
        materials.pdf(), "講義三.pdf", Kind.PDF, facts={"warnings": ["評審用的副本已移除檔案內的附加檔案。"]}
    )
    make.make_package_check(
        members={"index.html": "<!doctype html><meta charset=utf-8><h1>認識嘉義（範例）</h1>"}
    )
    make_shown(
        b"x",
        "簡報五.pptx",
        Kind.SLIDES,
        cover=cover,
        facts={"warnings": ["這台主機無法把檔案轉成瀏覽版，只能下載後開啟。"]},
    )
    make.make_file_check(stored=files.store(b"w", name="影片六.mp4", by=None, at=AT), state="waiting")
    make.make_file_check(
        stored=files.store(b"q", name="網頁.mp4", by=None, at=AT),
        state="quarantined",
        reason="檔名是 .mp4，內容卻是網頁（HTML）。請用原來的軟體另存成真正的 .mp4 再上傳，不要只改副檔名。",
    )
    page = open_page(make.make_user(), size=size)
    page.goto("/viewer/")
    page.get_by_text("開啟教材").click()
    page.frame_locator("iframe.viewer-lesson").get_by_role("heading", name="認識嘉義（範例）").wait_for()

    video = page.locator("video")
    video.evaluate("video => new Promise(done => { video.onseeked = done; video.currentTime = 15; })")
    assert video.evaluate("video => [Math.round(video.currentTime), Math.round(video.duration)]") == [15, 20]
    assert page.locator("iframe.viewer-paper").count() == 1
    assert_accessible(page)
    screenshot(page, name)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
