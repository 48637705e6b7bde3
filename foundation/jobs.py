"""Long work beside the web server: one `Job` row is the queue, the lease, the progress and the result.

A job function is found by name (`@job`), in the modules that `settings.JOB_MODULES` lists. It gets a
`Progress` and its arguments, and returns None, something for JSON, or a `StoredFile`. A worker may die
at any moment and another then starts the function anew, so what must happen once is written in one
transaction together with the end of the job:

    with transaction.atomic():
        ...
        progress.finish({"rows": 3})
"""

import logging
import threading
import time
from datetime import timedelta
from importlib import import_module
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Now

from . import events, outbox
from .errors import Refused
from .models import Job, StoredFile

LEASE = timedelta(seconds=60)
HEARTBEAT = 15  # seconds between renewals
SILENCE = 30 * 60  # a job that says nothing for so long hangs: its lease is left to run out
PROGRESS_EVERY = 0.5  # seconds between two writes of the progress

# The database's clock decides, not that of each machine.
LEASE_FROM_NOW = Now() + Value(LEASE)

log = logging.getLogger("portal.jobs")
_functions = {}


class Cancelled(Exception):
    """Somebody asked to stop; raised by the progress handle inside the job function."""


class LeaseLost(Exception):
    """Another worker has taken the job; nothing of this run may be written any more."""


def job(kind):
    """Register a function as the work of this kind."""

    def register(function):
        if kind in _functions:
            raise ValueError(f"two jobs of kind {kind!r}")
        _functions[kind] = function
        return function

    return register


def function_of(kind):
    """The function of a kind; KeyError when none of the listed modules has it."""
    for module in settings.JOB_MODULES:
        import_module(module)
    return _functions[kind]


def enqueue(kind, *, title, by, at, key="", **arguments):
    """Ask for work within the caller's transaction; an unfinished job of the same key is returned instead."""
    function_of(kind)
    fields = {
        "kind": kind,
        "title": title,
        "arguments": arguments,
        "key": key,
        "created_by": by,
        "created_at": at,
        "due_at": at,
    }
    unfinished = Job.objects.unfinished().filter(key=key)
    with transaction.atomic():
        if key and (found := unfinished.first()):
            return found
        try:
            with transaction.atomic():
                new = Job.objects.create(**fields)
        except IntegrityError:
            # Somebody asked for the same at the same moment.
            return unfinished.get()
        events.record(action="job.queued", by=by, target=new, at=at, summary=f"排入工作：{title}", kind=kind)
    return new


@transaction.atomic
def cancel(job, *, by, at):
    """Stop a job: at once when it waits, at its next sign of progress when it runs."""
    if Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(
        state=Job.State.CANCELLED, finished_at=at, message=""
    ):
        summary = f"取消工作：{job.title}"
    elif Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_requested=True):
        summary = f"要求停止進行中的工作：{job.title}"
    else:
        raise Refused("這項工作已經結束，不能取消。")
    events.record(action="job.cancelled", by=by, target=job, at=at, summary=summary)


@transaction.atomic
def retry(job, *, by, at):
    """Queue a job that ended without a result once more."""
    if job.key and Job.objects.unfinished().filter(key=job.key).exists():
        raise Refused("同一項工作已在等候或進行中。")
    if not Job.objects.filter(pk=job.pk, state__in=(Job.State.FAILED, Job.State.CANCELLED)).update(
        state=Job.State.QUEUED,
        attempts=0,
        due_at=at,
        message="",
        cancel_requested=False,
        done_steps=0,
        all_steps=0,
        finished_at=None,
    ):
        raise Refused("只有未完成或已取消的工作能重新執行。")
    events.record(action="job.retried", by=by, target=job, at=at, summary=f"重新執行工作：{job.title}")


# The worker's side ---------------------------------------------------------------------------------


def claim(worker):
    """Take the job that has waited longest, or None. Two workers never take the same one."""
    waiting = Job.objects.filter(state=Job.State.QUEUED, due_at__lte=Now()).order_by("due_at", "pk")
    if not waiting.exists():
        return None  # without asking SQLite for its only writing lock
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            waiting = waiting.select_for_update(skip_locked=True)
        job = waiting.first()
        taken = job and Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(
            state=Job.State.RUNNING,
            worker=worker,
            attempts=F("attempts") + 1,
            lease_until=LEASE_FROM_NOW,
            done_steps=0,
            all_steps=0,
            message="",
        )
    return Job.objects.select_related("created_by").get(pk=job.pk) if taken else None


def rescue(*, at):
    """Take back the jobs whose worker is gone: queued again, the last time failed. Returns how many."""
    expired = Job.objects.filter(state=Job.State.RUNNING, lease_until__lt=Now())
    return sum(_rescue(job, at=at) for job in expired.select_related("created_by"))


@transaction.atomic
def _rescue(job, *, at):
    held = Job.objects.filter(
        pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts, lease_until__lt=Now()
    )
    if job.cancel_requested:
        return held.update(state=Job.State.CANCELLED, finished_at=at, lease_until=None)
    if job.attempts < Job.MAX_ATTEMPTS:
        return held.update(state=Job.State.QUEUED, lease_until=None, message="執行中斷，等候重新執行。")
    reason = f"執行了 {job.attempts} 次都中斷，已停止。請通知系統管理者查明原因後再重新執行。"
    failed = held.update(state=Job.State.FAILED, finished_at=at, lease_until=None, message=reason)
    if failed:
        _tell_failed(job, reason, at=at)
    return failed


def run(job, *, at):
    """Do a claimed job to its end, whatever that is. `at` gives the time (a function)."""
    progress = Progress(job, at=at)
    with _heartbeat(progress):
        try:
            result = function_of(job.kind)(progress, **job.arguments)
            if not progress.finished:
                progress.finish(result)
        except Cancelled:
            progress.end(Job.State.CANCELLED)
        except LeaseLost:
            log.warning("job %s was taken over by another worker", job.pk)
        except Refused as refusal:
            _fail(progress, str(refusal))
        except Exception:
            reference = uuid4().hex[:8]
            log.exception("job %s (%s) failed, reference %s", job.pk, job.kind, reference)
            _fail(progress, f"系統發生問題，工作沒有完成。請把代號 {reference} 告訴系統管理者。")


def _fail(progress, reason):
    with transaction.atomic():
        if progress.end(Job.State.FAILED, message=reason):
            _tell_failed(progress.job, reason, at=progress.at())


def _tell_failed(job, reason, *, at):
    events.record(
        action="job.failed", by=None, target=job, at=at, summary=f"工作未完成：{job.title}", reason=reason
    )
    if job.created_by and job.created_by.email:
        outbox.queue(
            key=f"job-failed-{job.pk}-{at.isoformat()}",
            recipient=job.created_by.email,
            subject=f"工作未完成：{job.title}",
            body=f"{job.created_by}您好：\n\n您交辦的「{job.title}」沒有完成。\n{reason}\n\n嘉義縣政府人事處",
            at=at,
        )


class Progress:
    """What a running job holds: it reports, keeps the lease, and hears that it should stop."""

    def __init__(self, job, *, at):
        self.job = job
        self.at = at
        self.finished = False
        self.heard_at = time.monotonic()
        self._written_at = 0.0

    def __call__(self, done, total, message=""):
        """Say how far the job is. Raises Cancelled when asked to stop, LeaseLost when another has it."""
        self.heard_at = time.monotonic()
        if done < total and self.heard_at - self._written_at < PROGRESS_EVERY:
            return
        self._written_at = self.heard_at
        if not self._mine().update(
            done_steps=done, all_steps=total, message=message, lease_until=LEASE_FROM_NOW
        ):
            raise LeaseLost
        if self._mine().filter(cancel_requested=True).exists():
            raise Cancelled

    def finish(self, result=None):
        """End the job with its result, in the transaction that writes what the job is for."""
        kept = {"result_file": result} if isinstance(result, StoredFile) else {"result": result}
        if not self.end(Job.State.DONE, **kept):
            raise LeaseLost
        self.finished = True

    def end(self, state, **fields):
        """Let go of the job in this state; False when another worker has taken it meanwhile."""
        return self._mine().update(state=state, finished_at=self.at(), lease_until=None, **fields)

    def renew(self):
        """Keep the lease; called from the heartbeat's thread."""
        return self._mine().update(lease_until=LEASE_FROM_NOW)

    def _mine(self):
        # `attempts` grows with every claim: a worker that was thought dead holds an older number.
        return Job.objects.filter(
            pk=self.job.pk,
            state=Job.State.RUNNING,
            worker=self.job.worker,
            attempts=self.job.attempts,
        )


class _heartbeat:
    """Renews the lease from a thread of its own while the function computes."""

    def __init__(self, progress):
        self.progress = progress
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *exception):
        self.stop.set()
        self.thread.join()

    def _beat(self):
        try:
            while not self.stop.wait(HEARTBEAT):
                if time.monotonic() - self.progress.heard_at > SILENCE:
                    log.error("job %s says nothing; its lease is left to run out", self.progress.job.pk)
                    return
                self._renew()
        finally:
            connection.close()

    def _renew(self):
        try:
            self.progress.renew()
        except Exception:
            # A busy database is not the end of the job: the lease outlasts several heartbeats.
            log.exception("could not renew the lease of job %s", self.progress.job.pk)
            connection.close()
