"""What all tests share: plain static files, a browser that fails on what users would not see."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from django.db import connections
from django.test import Client

# Playwright keeps an event loop in the thread that the tests use the database from.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


def pytest_ignore_collect(collection_path, config):
    """Speed and size are measured alone, by `make bench`."""
    asked_for = any("bench" in argument for argument in config.invocation_params.args)
    return True if collection_path.name == "bench" and not asked_for else None


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """SQLite in a file, as people have it: in memory, two requests at once do not wait for each other."""
    database = connections.databases["default"]
    if "sqlite3" in database["ENGINE"]:
        folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # no disk to wait for
        with tempfile.TemporaryDirectory(dir=folder, prefix="portal-tests-") as place:
            database["TEST"]["NAME"] = str(Path(place) / "portal.sqlite3")
            yield
    else:
        yield


@pytest.fixture(autouse=True)
def _plain_surroundings(settings, tmp_path):
    """Static files without hashes in their names, stored files thrown away, passwords hashed fast."""
    settings.STORAGES = {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "files"},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.fail("no Chromium on this machine: run bin/system-packages")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=BROWSER_FLAGS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser, live_server):
    """`open_page(user, size=PHONE)`: a new window on the portal, logged in as that user (None: nobody).

    At the end the test fails for every console error, script error, broken CSP rule or request to
    another host that any of its windows had. A test that provokes an answer of 400 or more lists it in
    `page.expected_statuses`.
    """
    contexts, complaints = [], []

    def opened(user=None, *, size=DESKTOP):
        context = browser.new_context(
            base_url=live_server.url, viewport=size, locale="zh-TW", timezone_id="Asia/Taipei"
        )
        contexts.append(context)
        if user is not None:
            # A client of its own: logging in again would end the session of the window before.
            client = Client()
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            cookie = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.expected_statuses = set()
        watch(page, complaints, live_server.url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def watch(page, complaints, own_address):
    """Note what went wrong in a window."""

    def on_console(message):
        # The browser repeats a failed answer on the console; on_response judges those.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            complaints.append(f"console: {message.text}")

    def on_response(response):
        if response.status >= 400 and response.status not in page.expected_statuses:
            complaints.append(f"{response.status}: {response.url}")

    def on_request(request):
        # The browser draws a PDF with pages of its own.
        if not request.url.startswith((own_address, "data:", "blob:", "chrome-extension:", "chrome:")):
            complaints.append(f"another host: {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on("response", on_response)
    page.on("request", on_request)


@pytest.fixture
def assert_accessible():
    """`assert_accessible(page)`: no breach of WCAG 2.1 A or AA that axe can see."""
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    rules = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}

    def check(page):
        page.wait_for_load_state()  # A click comes back as soon as the next page begins.
        breaches = [
            f"{breach['id']}: {node['html']}"
            for breach in axe.run(page, options=rules).response["violations"]
            for node in breach["nodes"]
        ]
        assert breaches == []

    return check


@pytest.fixture
def screenshot(request):
    """`screenshot(page, "name")` keeps a picture in test-results/."""
    folder = Path(__file__).parent.parent / "test-results"

    def keep(page, name):
        folder.mkdir(exist_ok=True)
        page.wait_for_load_state()
        page.screenshot(path=folder / f"{name}.png", full_page=True)

    return keep
