"""The worker beside the web server: does the jobs and what the clock asks for, sends the letters, seals the events.

Several may run at once, on one machine or many. SIGTERM lets the current job finish.
"""

import logging
import os
import signal
import socket
import threading
import time
from uuid import uuid4

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from foundation import events, jobs, outbox, periodic

SEAL_EVERY = 60  # seconds
PERIODIC_EVERY = 60  # seconds
AFTER_TROUBLE = 5  # seconds until a database that does not answer is asked again

log = logging.getLogger("portal.worker")


class Command(BaseCommand):
    help = "背景程式：執行工作、寄送信件、封存事件。可同時執行數個；收到 SIGTERM 時做完手上的工作再結束。"

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="處理完目前到期的工作與信件後結束。")
        parser.add_argument(
            "--poll", type=float, default=1.0, metavar="秒", help="無事可做時，隔幾秒再看一次。"
        )

    def handle(self, *, once, poll, **options):
        self.worker = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self.stop = threading.Event()
        self.sealed_at = self.periodic_at = None
        if once:
            while self.work():
                pass
            events.seal_all()
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop.set())
        while not self.stop.is_set():
            if not self.try_to_work():
                self.stop.wait(poll)

    def try_to_work(self):
        """One round; a database that is away for a moment does not end the worker."""
        close_old_connections()
        try:
            return self.work()
        except DatabaseError:
            log.exception("the database does not answer")
            self.stop.wait(AFTER_TROUBLE)
            return False

    def work(self):
        """Rescue, do what the clock asks for, send, do one job, seal; True when there may be more to do."""
        jobs.rescue(at=timezone.now())
        self.periodic()
        sent = outbox.send_due(at=timezone.now)
        job = None if self.stop.is_set() else jobs.claim(self.worker)
        if job:
            jobs.run(job, at=timezone.now)
        self.seal()
        return bool(sent or job)

    def periodic(self):
        now = time.monotonic()
        if self.periodic_at is None or now - self.periodic_at >= PERIODIC_EVERY:
            self.periodic_at = now
            periodic.run_all(at=timezone.now())

    def seal(self):
        now = time.monotonic()
        if self.sealed_at is None or now - self.sealed_at >= SEAL_EVERY:
            self.sealed_at = now
            events.seal_all()
