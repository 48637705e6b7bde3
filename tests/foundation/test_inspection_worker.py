"""F4: the worker is killed in the middle of a check; nothing half is kept, and another does it again."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from foundation import files, inspection
from tests.factories import taipei
from tests.foundation import materials
from tests.foundation.test_worker import PATIENCE, ROOT, Place

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(tmp_path, settings):
    """The workers' database, and the folder of files that they share with this test."""
    place = Place(tmp_path)
    folder = tmp_path / "data" / "files"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": folder},
        },
    }
    yield place
    for worker in place.workers:
        worker.kill()
        worker.wait()


def start_worker(place, *arguments):
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "run_worker", "--poll", "0.1", *arguments],
        cwd=ROOT,
        env=place.environment,
        stderr=subprocess.DEVNULL,
    )
    place.workers.append(worker)
    return worker


def until(happens):
    end = time.monotonic() + PATIENCE
    while not (found := happens()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


def kept(root):
    return sorted(path.name for path in root.rglob("*") if path.is_file() and len(path.name) == 64)


@pytest.mark.parametrize("seed", (1, 2, 3))
def test_a_worker_killed_in_a_check(place, seed):
    """The process apart dies with its worker; the next worker comes to the same end; done again it changes nothing."""
    stored = files.store(materials.video(seconds=20), name="影片.mp4", by=None, at=taipei(2016, 6, 1))
    inspection.request(stored, by=None, at=timezone.now())
    root = Path(default_storage.path(""))
    place.open()
    worker = start_worker(place)
    workplace = root / "incoming"
    until(lambda: workplace.exists() and any(workplace.iterdir()))
    process = until(lambda: psutil.Process(worker.pid).children())[0]
    time.sleep(random.Random(seed).uniform(0, 1))

    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()

    until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)
    place.execute("UPDATE foundation_job SET lease_until = '2016-01-01 00:00:00' WHERE state = 'running'")
    start_worker(place, "--once").wait(PATIENCE)
    assert place.execute("SELECT state FROM foundation_filecheck") == [("passed",)]
    assert list(workplace.iterdir()) == []
    done = place.execute("SELECT sha256 FROM foundation_storedfile ORDER BY sha256")
    assert [digest for (digest,) in done] == kept(root)

    place.execute("UPDATE foundation_job SET state = 'queued', lease_until = NULL, finished_at = NULL")
    start_worker(place, "--once").wait(PATIENCE)

    assert place.execute("SELECT sha256 FROM foundation_storedfile ORDER BY sha256") == done
    assert list(workplace.iterdir()) == []
