"""Jobs: asked for, claimed, done, cancelled, rescued."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from foundation import jobs
from foundation.errors import Refused
from foundation.files import open_stored
from foundation.models import Event, Job, Mail
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def sample_jobs(settings, monkeypatch):
    settings.JOB_MODULES = ["tests.foundation.sample_jobs"]
    monkeypatch.setattr(jobs, "PROGRESS_EVERY", 0)


@pytest.fixture
def staff():
    return make.make_staff()


def enqueue(kind, by=None, **fields):
    return jobs.enqueue(kind, title="測試工作", by=by, at=timezone.now(), **fields)


def work():
    call_command("run_worker", "--once")


def expire(job):
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_job_is_done_and_keeps_its_result(staff):
    job = enqueue("sample.count", staff, steps=4)

    work()

    job.refresh_from_db()
    assert (job.state, job.result, job.done_steps, job.all_steps, job.message) == (
        "done",
        {"步數": 4},
        4,
        4,
        "完成",
    )
    assert job.finished_at
    assert job.lease_until is None
    assert Event.objects.filter(action="job.queued", actor=staff).count() == 1


def test_a_job_may_result_in_a_file(staff):
    job = enqueue("sample.file", staff)

    work()

    job.refresh_from_db()
    assert (job.result_file.name, open_stored(job.result_file).read()) == ("結果.txt", b"result")


def test_a_refusal_ends_the_job_with_its_words_and_tells_who_asked(staff):
    job = enqueue("sample.refuse", staff)

    work()

    job.refresh_from_db()
    assert (job.state, job.message, job.attempts) == ("failed", "本年度沒有可打包的資料。", 1)
    mail = Mail.objects.get()
    assert mail.recipient == staff.email
    assert "本年度沒有可打包的資料。" in mail.body


def test_a_breakdown_shows_a_reference_and_no_detail(staff):
    job = enqueue("sample.break", staff)

    work()

    job.refresh_from_db()
    assert job.state == "failed"
    assert "代號" in job.message
    assert "secret" not in job.message


def test_a_breakdown_after_the_effect_leaves_none_of_it():
    job = enqueue("sample.effect_then_break")

    work()

    job.refresh_from_db()
    assert job.state == "failed"
    assert not Event.objects.filter(action="sample.effect").exists()


def test_an_unknown_kind_is_found_when_asking():
    with pytest.raises(KeyError):
        enqueue("sample.unknown")


def test_the_same_key_finds_the_unfinished_job(staff):
    first = enqueue("sample.count", staff, key="count-105")
    again = enqueue("sample.count", staff, key="count-105")
    work()
    later = enqueue("sample.count", staff, key="count-105")

    assert again == first
    assert later != first


def test_jobs_are_done_in_the_order_in_which_they_were_asked_for():
    first, second = enqueue("sample.count"), enqueue("sample.count")
    later = jobs.enqueue("sample.count", title="以後", by=None, at=timezone.now() + timedelta(hours=1))

    assert [jobs.claim("w"), jobs.claim("w"), jobs.claim("w")] == [first, second, None]
    later.refresh_from_db()
    assert later.state == "queued"


def test_the_lease_is_the_databases_clock():
    enqueue("sample.count")
    job = jobs.claim("w")

    job.refresh_from_db()
    assert timedelta(seconds=55) < job.lease_until - timezone.now() <= timedelta(seconds=61)


# Cancel and retry ----------------------------------------------------------------------------------


def test_a_waiting_job_is_cancelled_at_once(staff):
    job = enqueue("sample.count", staff)

    jobs.cancel(job, by=staff, at=timezone.now())
    work()

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("cancelled", 0)


def test_a_running_job_stops_at_its_next_step(staff):
    enqueue("sample.count", staff)
    job = jobs.claim("w")

    jobs.cancel(job, by=staff, at=timezone.now())
    jobs.run(job, at=timezone.now)

    job.refresh_from_db()
    assert (job.state, job.result) == ("cancelled", None)


def test_a_finished_job_cannot_be_cancelled(staff):
    job = enqueue("sample.count", staff)
    work()

    with pytest.raises(Refused, match="已經結束"):
        jobs.cancel(job, by=staff, at=timezone.now())


def test_retry_starts_a_failed_job_from_the_beginning(staff):
    job = enqueue("sample.refuse", staff)
    work()

    jobs.retry(job, by=staff, at=timezone.now())

    job.refresh_from_db()
    assert (job.state, job.attempts, job.message, job.finished_at) == ("queued", 0, "", None)


def test_retry_refusals(staff):
    waiting = enqueue("sample.refuse", staff, key="once")
    with pytest.raises(Refused, match="只有未完成或已取消"):
        jobs.retry(make.make_job(state="done"), by=staff, at=timezone.now())
    work()
    enqueue("sample.refuse", staff, key="once")
    waiting.refresh_from_db()

    with pytest.raises(Refused, match="已在等候或進行中"):
        jobs.retry(waiting, by=staff, at=timezone.now())


# When a worker dies --------------------------------------------------------------------------------


def test_a_job_whose_lease_ran_out_is_queued_again():
    enqueue("sample.count")
    job = jobs.claim("dead")
    expire(job)

    work()

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("done", 2)


def test_a_job_whose_lease_holds_is_left_alone():
    enqueue("sample.count")
    job = jobs.claim("alive")

    assert jobs.rescue(at=timezone.now()) == 0
    assert jobs.claim("other") is None
    job.refresh_from_db()
    assert job.worker == "alive"


def test_the_third_time_a_job_is_given_up_and_who_asked_is_told(staff):
    enqueue("sample.count", staff)
    for _ in range(3):
        job = jobs.claim("dead")
        expire(job)
        jobs.rescue(at=timezone.now())

    job.refresh_from_db()
    assert job.state == "failed"
    assert "執行了 3 次都中斷" in job.message
    assert Mail.objects.get().recipient == staff.email
    assert Event.objects.filter(action="job.failed").count() == 1


def test_a_cancelled_job_is_not_started_anew(staff):
    enqueue("sample.count", staff)
    job = jobs.claim("dead")
    jobs.cancel(job, by=staff, at=timezone.now())
    expire(job)

    work()

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("cancelled", 1)


def test_a_worker_thought_dead_writes_nothing_any_more():
    enqueue("sample.effect", folder="/", hang=False)
    first = jobs.claim("slow")
    expire(first)
    jobs.rescue(at=timezone.now())
    second = jobs.claim("quick")

    jobs.run(first, at=timezone.now)
    first.refresh_from_db()
    assert (first.state, first.worker) == ("running", "quick")
    assert not Event.objects.filter(action="sample.effect").exists()

    jobs.run(second, at=timezone.now)
    assert Event.objects.filter(action="sample.effect").count() == 1


def test_progress_and_the_heartbeat_renew_the_lease():
    enqueue("sample.count")
    job = jobs.claim("w")
    progress = jobs.Progress(job, at=timezone.now)

    for renew in (progress.renew, lambda: progress(1, 2)):
        expire(job)
        renew()
        assert jobs.rescue(at=timezone.now()) == 0


def test_the_heartbeat_beats_while_the_function_computes(monkeypatch):
    monkeypatch.setattr(jobs, "HEARTBEAT", 0.01)
    beats = []

    class Heard(jobs.Progress):
        def renew(self):
            beats.append(1)

    enqueue("sample.count")
    progress = Heard(jobs.claim("w"), at=timezone.now)
    heartbeat = jobs._heartbeat(progress)
    with heartbeat:
        while len(beats) < 3:
            pass
    count = len(beats)

    assert not heartbeat.thread.is_alive()
    assert len(beats) == count
    assert connection.is_usable()


def test_a_silent_job_loses_its_heartbeat(monkeypatch):
    monkeypatch.setattr(jobs, "HEARTBEAT", 0.01)
    monkeypatch.setattr(jobs, "SILENCE", -1)
    enqueue("sample.count")
    progress = jobs.Progress(jobs.claim("w"), at=timezone.now)
    heartbeat = jobs._heartbeat(progress)

    with heartbeat:
        heartbeat.thread.join(5)
        assert not heartbeat.thread.is_alive()
