"""The uploader in a browser: what it says, what it keeps, what it refuses."""

import hashlib

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from foundation.models import StoredFile, Upload
from tests import factories as make

from ..conftest import DESKTOP, PHONE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.uploading.page")]

PDF = b"%PDF-1.7 " + b"x" * 300_000


@pytest.fixture
def owner():
    return make.make_user(name="測試聯絡人")


def choose(page, *files):
    page.locator("[data-drop]:not([hidden]) [data-choose]").set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in files]
    )


@pytest.mark.parametrize("size", (DESKTOP, PHONE), ids=("desktop", "phone"))
def test_files_arrive_and_the_form_names_them(open_page, owner, size, assert_accessible, screenshot):
    page = open_page(owner, size=size)
    page.goto("/page/")
    assert_accessible(page)

    choose(
        page, ("教學設計單.pdf", PDF), ("封面_竹崎火車站.png", b"png"), ("安裝.exe", b"MZ"), ("空.pdf", b"")
    )

    rows = page.locator("li.up")
    expect(rows.nth(0)).to_contain_text("已上傳")
    expect(rows.nth(1)).to_contain_text("已上傳")
    expect(rows.nth(2)).to_contain_text("不接受這種檔案；可上傳的有 mp4、webm")
    expect(rows.nth(3)).to_contain_text("這是空白檔案")
    assert_accessible(page)
    screenshot(page, f"uploader-{size['width']}")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    tokens = [str(upload.token) for upload in Upload.objects.order_by("name")]
    page.get_by_role("button", name="儲存檔案").click()
    page.wait_for_load_state()
    assert sorted(page.locator("body").inner_text().split()) == sorted(tokens)
    call_command("run_worker", "--once")
    stored = StoredFile.objects.get(name="教學設計單.pdf")
    assert stored.sha256 == hashlib.sha256(PDF).hexdigest()


def test_a_server_that_has_no_place_is_asked_again_without_anybody_s_doing(open_page, owner):
    def busy(route):
        if route.request.method == "PATCH":
            route.fulfill(status=503, content_type="text/plain; charset=utf-8", body="現在傳送檔案的人很多")
        else:
            route.continue_()

    page = open_page(owner)
    page.expected_statuses = {503}
    page.clock.install()
    page.goto("/page/")
    page.route("**/uploads/*/", busy)
    choose(page, ("教學設計單.pdf", PDF))
    row = page.locator("li.up")
    expect(row).to_contain_text("現在傳送檔案的人很多")
    for _ in range(60):
        if "已暫停" in row.inner_text():
            break
        page.clock.fast_forward(20_000)
        page.wait_for_timeout(250)
    expect(row).to_contain_text("現在傳送檔案的人很多")
    expect(row).to_contain_text("已暫停")

    page.unroute("**/uploads/*/")
    page.clock.fast_forward(60_000)

    expect(row).to_contain_text("已上傳")
    assert Upload.objects.get().size == len(PDF)
