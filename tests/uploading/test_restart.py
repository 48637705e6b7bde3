"""gunicorn reloaded (SIGHUP) and stopped for a restart (SIGTERM) while people work: what was acknowledged is there."""

import contextlib
import hashlib
import http.client
import random
import signal
import threading
import time

import psutil
import pytest

from tests import factories as make
from tests.foundation.test_worker import PATIENCE

from .portal import Portal

pytestmark = pytest.mark.django_db(transaction=True)
MIB = 1024 * 1024
SIZE = 12 * MIB
PACE = 4 * MIB  # bytes a second of each upload
LOST = (OSError, http.client.HTTPException)


@pytest.fixture
def portal(tmp_path):
    portal = Portal(tmp_path, make.make_user(name="測試聯絡人"))
    portal.environment |= {"UPLOADS_PER_PERSON": "1000", "UPLOAD_MB_PER_PERSON": "100000"}
    portal.open()
    yield portal
    portal.close()


class Load:
    """Two people upload, one begins upload after upload, one looks at pages; each notes what was acknowledged."""

    def __init__(self, portal):
        self.portal = portal
        self.stop = threading.Event()
        self.reached, self.announced, self.pages, self.failed = {}, [], 0, []
        self.contents = [random.Random(seed).randbytes(SIZE) for seed in (105, 106)]
        self.urls = [portal.announce("教材.mp4", SIZE) for _ in self.contents]
        self.uploads = [
            threading.Thread(target=self.upload, args=pair)
            for pair in zip(self.urls, self.contents, strict=True)
        ]
        self.others = [threading.Thread(target=each) for each in (self.begin, self.look)]

    def __enter__(self):
        for thread in (*self.uploads, *self.others):
            thread.start()
        return self

    def __exit__(self, *exception):
        for thread in self.uploads:
            thread.join(PATIENCE)
        self.stop.set()
        for thread in self.others:
            thread.join(PATIENCE)

    def upload(self, url, content):
        """As the page's client: part by part, after a failure from where the server is."""
        until = time.monotonic() + PATIENCE
        offset = 0
        while offset < SIZE and time.monotonic() < until:
            try:
                part = content[offset : offset + 2 * MIB]
                if self.portal.send(url, offset, self.paced(part), len(part))[0] == 204:
                    self.reached[url] = offset = offset + len(part)
                else:
                    offset = self.portal.offset(url)
            except LOST:
                time.sleep(0.1)
                with contextlib.suppress(*LOST):
                    offset = self.portal.offset(url)
            assert offset >= self.reached.get(url, 0), "an acknowledged part is gone"

    @staticmethod
    def paced(part):
        for start in range(0, len(part), MIB // 4):
            yield part[start : start + MIB // 4]
            time.sleep(MIB / 4 / PACE)

    def begin(self):
        while not self.stop.is_set():
            with contextlib.suppress(*LOST):
                self.announced.append(self.portal.announce("另一個.pdf", 9))
            time.sleep(0.05)

    def look(self):
        while not self.stop.is_set():
            try:
                self.pages += self.portal.ask("GET", "/accounts/password/")[0] == 200
            except LOST as lost:
                self.failed.append(lost)
            time.sleep(0.05)


def workers(server):
    return {process.pid for process in psutil.Process(server.pid).children()}


@pytest.mark.parametrize("number", (signal.SIGHUP, signal.SIGTERM))
def test_what_was_acknowledged_is_there_after_a_restart(portal, number):
    server = portal.serve(workers=2)
    before = workers(server)
    with Load(portal) as load:
        portal.wait_for(lambda: len(load.reached) == 2 and load.announced and load.pages, "the load")
        server.send_signal(number)
        if number == signal.SIGTERM:
            assert server.wait(PATIENCE) == 0
            server = portal.serve(workers=2)
        else:
            portal.wait_for(lambda: not workers(server) & before, "the old workers to end")

    assert [load.reached[url] for url in load.urls] == [SIZE, SIZE]
    known = {f"/uploads/{token}/" for (token,) in portal.execute("SELECT token FROM foundation_upload")}
    assert {url.replace("-", "") for url in load.announced} <= {url.replace("-", "") for url in known}
    if number == signal.SIGHUP:
        assert load.failed == []
    assert portal.work() == 0
    assert {digest for _, _, digest in portal.stored()} == {
        hashlib.sha256(content).hexdigest() for content in load.contents
    }
    assert portal.manage("check_invariants").returncode == 0
