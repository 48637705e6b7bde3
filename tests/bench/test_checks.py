"""Hostile files checked one after another while people look at pages (F32)."""

import itertools
import subprocess
import sys
import threading

import psutil
import pytest

from foundation import files, inspection
from foundation.models import FileCheck
from tests import factories as make
from tests.factories import taipei
from tests.foundation.test_filekinds import BAD
from tests.foundation.test_worker import ROOT
from tests.uploading.portal import Portal

from .test_uploads import MIB, pages

pytestmark = pytest.mark.django_db(transaction=True)
HOSTILE = ("bomb", "overlapping bomb", "many entries", "size that hides", "pixel flood")
FILES = 150
AT = taipei(2016, 6, 1)


@pytest.fixture
def portal(tmp_path, settings):
    """With the files in its storage, their checks asked for."""
    portal = Portal(tmp_path, make.make_user(name="測試聯絡人"))
    settings.STORAGES["default"]["OPTIONS"]["location"] = portal.files
    settings.STORAGES = {**settings.STORAGES}
    made = [(BAD[case][0], BAD[case][1]()) for case in HOSTILE]
    for name, content in itertools.islice(itertools.cycle(made), FILES):
        inspection.request(files.store(content, name=name, by=None, at=AT), by=None, at=AT)
    portal.open()
    yield portal
    portal.close()


class Memory:
    """The most that the worker and the processes it examines files in have held, sampled."""

    def __init__(self, process):
        self.worker, self.examined, self.over = psutil.Process(process.pid), 0, threading.Event()
        self.first = self.last = 0
        self.thread = threading.Thread(target=self.sample)

    def sample(self):
        while not self.over.wait(0.05):
            self.last = self.worker.memory_info().rss
            self.first = self.first or (self.last if self.worker.children() else 0)
            for child in self.worker.children(recursive=True):
                try:
                    self.examined = max(self.examined, child.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.over.set()
        self.thread.join()


def test_hostile_files_in_a_row_leave_pages_and_memory_alone(portal):
    portal.serve(workers=2, threads=64)
    pages(portal)
    idle = pages(portal)
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "run_worker"],
        cwd=ROOT,
        env=portal.environment,
        stderr=subprocess.DEVNULL,
    )
    portal.workers.append(worker)
    portal.wait_for(lambda: ended(portal), "the first check")

    with Memory(worker) as memory:
        loaded = max(pages(portal) for _ in range(2))
        during = ended(portal)

    print(
        f"\nsmall page p95: idle {idle * 1000:.1f} ms, among {during} hostile files {loaded * 1000:.1f} ms, "
        f"ratio {loaded / idle:.2f}; the worker held {memory.last / MIB:.0f} MB "
        f"({(memory.last - memory.first) / MIB:+.0f}), the examining processes at most {memory.examined / MIB:.0f} MB"
    )
    assert len(HOSTILE) < during < FILES
    assert loaded <= 3 * idle
    assert memory.last - memory.first < 32 * MIB
    assert memory.examined < 300 * MIB


def ended(portal):
    quarantined = FileCheck.State.QUARANTINED
    sql = "SELECT count(*) FROM foundation_filecheck WHERE state = ?"
    return portal.execute(sql, quarantined)[0][0]
