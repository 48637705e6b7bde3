"""The worker as a process of its own, on a database of its own: killed, stopped, several at once."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from foundation import jobs
from foundation.models import Event, Job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

ROOT = Path(__file__).parents[2]
PATIENCE = 180  # seconds; two cores may be busy with other tests


class Place:
    """The database that the workers share with this test, and a folder for markers.

    On SQLite the test's own database is in memory: the workers get a copy in a file.
    """

    def __init__(self, folder):
        self.folder = folder
        self.environment = {**os.environ, "DATA_DIR": str(folder / "data")}
        self.file = None
        if connection.vendor == "sqlite":
            self.file = folder / "copy.sqlite3"
            self.environment["DATABASE_URL"] = f"sqlite:///{self.file}"
        else:
            name = connection.settings_dict["NAME"]
            self.environment["DATABASE_URL"] = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
        self.workers = []

    def open(self):
        if self.file:
            with connection.cursor() as cursor:
                cursor.execute(f"VACUUM INTO '{self.file}'")

    def worker(self, *arguments):
        started = subprocess.Popen(
            [sys.executable, "-m", "tests.foundation.sample_worker", "--poll", "0.1", *arguments],
            cwd=ROOT,
            env=self.environment,
            stderr=subprocess.DEVNULL,
        )
        self.workers.append(started)
        return started

    def execute(self, sql, *parameters):
        """Rows of a statement on the workers' database."""
        if self.file is None:
            with connection.cursor() as cursor:
                cursor.execute(sql.replace("?", "%s"), parameters)
                return cursor.fetchall() if cursor.description else []
        import sqlite3

        with closing(sqlite3.connect(self.file, timeout=30, isolation_level=None)) as database:
            return database.execute(sql, parameters).fetchall()

    def states(self):
        return self.execute("SELECT state, attempts FROM foundation_job ORDER BY id")

    def effects(self):
        return self.execute("SELECT count(*) FROM foundation_event WHERE action = 'sample.effect'")[0][0]

    def wait_for(self, condition, what):
        until = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < until, f"waited in vain for {what}"
            time.sleep(0.05)


@pytest.fixture
def place(tmp_path, settings):
    settings.JOB_MODULES = ["tests.foundation.sample_jobs"]
    place = Place(tmp_path)
    yield place
    for worker in place.workers:
        worker.kill()
        worker.wait()


def enqueue(kind, **arguments):
    return jobs.enqueue(kind, title="測試工作", by=None, at=timezone.now(), **arguments)


def test_a_job_survives_kill_9_and_has_its_effect_once(place):
    enqueue("sample.effect", folder=str(place.folder), hang=True)
    place.open()
    first = place.worker()
    place.wait_for((place.folder / "inside").exists, "the worker to stand inside its transaction")

    first.send_signal(signal.SIGKILL)
    first.wait()

    assert place.states() == [("running", 1)]
    assert place.effects() == 0
    (place.folder / "go").touch()
    assert place.worker("--once").wait(PATIENCE) == 0
    assert place.states() == [("running", 1)], "the lease of the dead worker has not run out yet"

    place.execute("UPDATE foundation_job SET lease_until = '2016-01-01 00:00:00+00:00'")
    assert place.worker("--once").wait(PATIENCE) == 0
    assert place.states() == [("done", 2)]
    assert place.effects() == 1


def test_sigterm_lets_the_current_job_finish(place):
    enqueue("sample.slow", folder=str(place.folder), seconds=2)
    enqueue("sample.count")
    place.open()
    worker = place.worker()
    place.wait_for((place.folder / "inside").exists, "the job to run")

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(PATIENCE) == 0
    assert place.states() == [("done", 1), ("queued", 0)]
    assert place.effects() == 1


def test_several_workers_share_the_queue_and_do_each_job_once(place):
    for _ in range(20):
        enqueue("sample.effect", folder=str(place.folder), hang=False)
    place.open()

    workers = [place.worker("--once") for _ in range(3)]

    assert [worker.wait(PATIENCE) for worker in workers] == [0, 0, 0]
    assert place.states() == [("done", 1)] * 20
    assert place.effects() == 20


def test_the_copy_is_what_the_workers_use(place):
    """The proof above is worth nothing when the workers look at another database."""
    enqueue("sample.count")
    place.open()

    assert place.states() == [("queued", 0)]
    assert Job.objects.count() == 1
    assert Event.objects.count() == 1
    assert django_settings.JOB_MODULES == ["tests.foundation.sample_jobs"]
