"""A large file in a real browser on a real server: line lost, server killed, page closed, and it goes on."""

import hashlib
import random
import subprocess

import pytest
from playwright.sync_api import expect

from tests import factories as make

from ..conftest import DESKTOP
from ..foundation.test_worker import ROOT
from .portal import Portal

pytestmark = pytest.mark.django_db(transaction=True)

MIB = 1024 * 1024
SIZE = 200 * MIB
LINE = 20 * MIB  # bytes a second
PATIENCE = 120_000  # milliseconds


@pytest.fixture
def portal(tmp_path):
    subprocess.run([ROOT / "bin/collect-static"], check=True, cwd=ROOT)
    portal = Portal(tmp_path, make.make_user(name="測試聯絡人"))
    portal.open()
    yield portal
    portal.close()


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "簡易自來水_報修一次看懂.mp4"
    source = random.Random(105)
    with path.open("wb") as file:
        for _ in range(SIZE // MIB):
            file.write(source.randbytes(MIB))
    return path


def percent(page):
    return int(page.locator("[role=progressbar]").get_attribute("aria-valuenow") or 0)


def wait_until(page, least):
    page.wait_for_function(
        "least => Number(document.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow')) >= least",
        arg=least,
        timeout=PATIENCE,
    )


def test_200_mb_arrive_through_a_lost_line_a_dead_server_and_a_closed_page(browser, portal, film, screenshot):
    server = portal.serve()
    address = f"http://127.0.0.1:{portal.port}"
    context = browser.new_context(viewport=DESKTOP, locale="zh-TW")
    context.add_cookies([{"name": "sessionid", "value": portal.session, "url": address}])
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    devtools = context.new_cdp_session(page)

    def line(*, offline):
        conditions = {"offline": offline, "latency": 5, "downloadThroughput": -1, "uploadThroughput": LINE}
        devtools.send("Network.emulateNetworkConditions", conditions)

    line(offline=False)
    row = page.locator("li.up")
    page.goto(f"{address}/page/")
    page.locator("[data-drop]:not([hidden]) [data-choose]").set_input_files(film)

    wait_until(page, 15)
    screenshot(page, "uploader-sending")
    line(offline=True)
    expect(row).to_contain_text("已暫停", timeout=PATIENCE)
    expect(row).to_contain_text("恢復後會自動接續")
    screenshot(page, "uploader-offline")
    line(offline=False)

    wait_until(page, 35)
    portal.kill(server)
    page.wait_for_timeout(2000)
    portal.let_leases_run_out()
    server = portal.serve()

    wait_until(page, 60)
    page.reload()
    expect(row).to_contain_text("上次送達", timeout=PATIENCE)
    assert percent(page) >= 40  # the server notes every 32 MB of what the page has sent
    screenshot(page, "uploader-recalled")
    page.locator("[data-again]").set_input_files(film)
    expect(row).to_contain_text("已上傳", timeout=PATIENCE)
    page.get_by_role("button", name="儲存檔案").click()
    token = page.locator("body").inner_text().strip()
    context.close()

    assert portal.work() == 0
    assert portal.execute("SELECT count(*) FROM foundation_upload") == [(1,)]
    digest = hashlib.sha256(film.read_bytes()).hexdigest()
    assert portal.stored() == [(film.name, SIZE, digest)]
    assert token.replace("-", "") in str(portal.execute("SELECT token FROM foundation_upload")).replace(
        "-", ""
    )
