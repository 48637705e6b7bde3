"""Checks of stored files: asked for once, done by a worker, told to who waits, scanned or waiting for the scanner."""

import logging
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from foundation import files, inspection, jobs
from foundation.errors import Refused
from foundation.inspection import apart, checking, limits
from foundation.models import Event, FileCheck, Job, StoredFile
from tests import factories as make
from tests.factories import taipei

from .fake_clamd import EICAR, clamd
from .hostile import make_zip

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
AT = taipei(2016, 6, 1)
State, Scan = FileCheck.State, FileCheck.Scan


@pytest.fixture
def passing(monkeypatch):
    """Whatever the file is, its examination finds a PDF and makes a neutral copy."""

    def examine(path, *, name, folder, on_step):
        (folder / "neutral").write_bytes(b"neutral " + path.read_bytes())
        return {"kind": "pdf", "facts": {"pages": 3}, "made": ["neutral"]}

    monkeypatch.setattr(apart, "examine", examine)


@pytest.fixture
def told(monkeypatch):
    """What a registered function was told."""
    heard = []
    monkeypatch.setattr(checking, "_told", [lambda check, *, at: heard.append((check.pk, check.state))])
    return heard


def ask(content=b"content", *, name="教材.pdf", by=None):
    stored = files.store(content, name=name, by=by, at=AT)
    return inspection.request(stored, by=by, at=timezone.now())


def work():
    call_command("run_worker", "--once")


def ended(check):
    check.refresh_from_db()
    return check.state, check.scan


def left_on_disk():
    return [path.name for path in Path(default_storage.path("incoming")).iterdir()]


def test_a_file_is_asked_for_once():
    staff = make.make_staff()
    check = ask(by=staff)

    again = inspection.request(check.stored, by=staff, at=timezone.now())

    assert again == check
    assert (check.state, check.job.title) == ("waiting", "檢查檔案：教材.pdf")
    assert Job.objects.count() == 1


def test_what_was_found_is_kept_and_told(passing, told):
    check = ask()

    work()

    check.refresh_from_db()
    assert (check.state, check.kind, check.facts, check.scan) == ("passed", "pdf", {"pages": 3}, "unscanned")
    assert files.open_stored(check.neutral).read() == b"neutral content"
    assert check.checked_at
    assert told == [(check.pk, "passed")]
    assert Event.objects.get(action="file_check.ended").summary == "檢查檔案：教材.pdf，可送件"
    assert left_on_disk() == []


def test_a_refused_file_keeps_its_reason_and_nothing_made_of_it(monkeypatch, told):
    def examine(path, *, name, folder, on_step):
        (folder / "cover").write_bytes(b"half a cover")
        return {"reason": "檔案加了密碼。", "made": ["cover"]}

    monkeypatch.setattr(apart, "examine", examine)
    check = ask()

    work()

    check.refresh_from_db()
    assert (check.state, check.reason, check.cover) == ("quarantined", "檔案加了密碼。", None)
    assert told == [(check.pk, "quarantined")]
    assert StoredFile.objects.count() == 1
    assert left_on_disk() == []


def test_one_bad_file_does_not_lose_the_others(monkeypatch):
    def examine(path, *, name, folder, on_step):
        if name == "壞.pdf":
            raise apart.Unfinished("killed")
        (folder / "neutral").write_bytes(b"neutral")
        return {"kind": "pdf", "made": ["neutral"]}

    monkeypatch.setattr(apart, "examine", examine)
    checks = [ask(name="一.pdf"), ask(name="壞.pdf"), ask(name="二.pdf")]

    work()

    assert [ended(check)[0] for check in checks] == ["passed", "waiting", "passed"]


def test_what_a_told_function_refuses_undoes_the_end_of_the_check(passing, monkeypatch):
    def refuse(check, *, at):
        raise ZeroDivisionError

    monkeypatch.setattr(checking, "_told", [refuse])
    check = ask()

    work()

    assert ended(check)[0] == "waiting"
    assert not Event.objects.filter(action="file_check.ended").exists()


# No verdict ----------------------------------------------------------------------------------------


def test_after_three_attempts_a_check_is_given_up_and_may_be_asked_for_again(monkeypatch, told):
    def examine(path, **options):
        raise apart.Unfinished("killed")

    monkeypatch.setattr(apart, "examine", examine)
    check = ask()
    for attempt in range(3):
        work()
        assert ended(check)[0] == ("failed" if attempt == 2 else "waiting")
        checking.go_on(at=timezone.now())

    assert "不是檔案不合規定" in check.reason
    assert told == [(check.pk, "failed")]
    inspection.retry(check, by=make.make_staff(), at=timezone.now())
    assert (check.state, check.attempts, check.reason, check.job.state) == ("waiting", 0, "", "queued")


def test_a_check_whose_worker_died_three_times_is_given_up():
    check = ask()
    for _ in range(3):
        job = jobs.claim("dead")
        Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        jobs.rescue(at=timezone.now())

    checking.go_on(at=timezone.now())

    assert ended(check)[0] == "failed"


def test_a_check_in_the_hands_of_a_worker_is_left_to_it():
    check = ask()
    jobs.claim("busy")

    checking.go_on(at=timezone.now())

    assert ended(check)[0] == "waiting"
    assert Job.objects.count() == 1


def test_a_check_done_again_does_nothing(passing, told):
    check = ask()
    work()
    first = FileCheck.objects.values().get()
    jobs.enqueue(checking.KIND, title="再一次", by=None, at=timezone.now(), check=check.pk)

    work()

    assert FileCheck.objects.values().get() == first
    assert len(told) == 1
    assert StoredFile.objects.count() == 2


def test_only_failed_checks_are_retried():
    staff = make.make_staff()
    for state in (State.WAITING, State.PASSED, State.QUARANTINED):
        check = make.make_file_check(state=state)
        with pytest.raises(Refused, match="只有檢查未完成"):
            inspection.retry(check, by=staff, at=timezone.now())


# The scanner ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name"),
    (
        (EICAR, "病毒.pdf"),
        (make_zip({"素材/eicar.com": EICAR}), "教材.zip"),
        (make_zip({"ppt/media/image1.png": EICAR}), "簡報.pptx"),
    ),
    ids=("plain", "in a zip", "in a pptx"),
)
def test_a_virus_is_quarantined_before_anything_looks_into_the_file(settings, monkeypatch, content, name):
    monkeypatch.setattr(apart, "examine", None)
    with clamd() as settings.SCANNER_URL:
        check = ask(content, name=name)
        work()

    assert ended(check) == ("quarantined", "infected")
    assert "Eicar-Test-Signature" in check.reason


def test_a_clean_file_says_so(settings, passing):
    with clamd() as settings.SCANNER_URL:
        check = ask()
        work()

    assert ended(check) == ("passed", "clean")


def test_a_scanner_that_hides_its_limits_certifies_nothing(settings, passing):
    with clamd(hides=True) as settings.SCANNER_URL:
        clean, infected = ask(), ask(EICAR)
        work()

    assert (ended(clean), ended(infected)) == (("passed", "unscanned"), ("quarantined", "infected"))


def test_over_the_scanners_limit_is_not_scanned(settings, passing):
    with clamd(most=1000) as settings.SCANNER_URL:
        check = ask(b"x" * 5_000_000)
        work()

    assert ended(check) == ("passed", "unscanned")


def test_a_file_that_the_scanner_did_not_look_through_is_not_clean_nor_infected(settings, passing):
    with clamd(answer=b"stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND") as settings.SCANNER_URL:
        check = ask()
        work()

    assert ended(check) == ("passed", "unscanned")


@pytest.mark.parametrize("answer", (b"stream: Access denied. ERROR", b"COMMAND READ TIMED OUT", b"?" * 9000))
def test_an_answer_that_is_no_verdict_is_not_a_pass(settings, passing, answer):
    with clamd(answer=answer) as settings.SCANNER_URL:
        check = ask()
        work()
        states = [ended(check)]
        for _ in range(2):
            checking.go_on(at=timezone.now())
            work()
            states.append(ended(check))

    assert states == [("waiting", "unscanned"), ("waiting", "unscanned"), ("failed", "unscanned")]


def test_a_scanner_that_is_down_keeps_files_waiting_until_it_is_back(settings, passing, caplog):
    """F36: not playable, not lost, never passed for it."""
    settings.SCANNER_URL = "clamd://127.0.0.1:1"
    caplog.set_level(logging.CRITICAL, "portal.inspection")
    check = ask()
    work()
    for _ in range(5):
        checking.go_on(at=timezone.now())
        work()
    assert ended(check) == ("waiting", "unscanned")
    assert (check.attempts, Job.objects.count()) == (0, 1)

    with clamd() as settings.SCANNER_URL:
        checking.go_on(at=timezone.now())
        work()

    assert ended(check) == ("passed", "clean")


def test_a_scanner_on_a_socket(settings, tmp_path):
    settings.SCANNER_URL = f"clamd://{tmp_path}/clamd.ctl"

    with pytest.raises(checking.scanner.ScannerAway, match="No such file"):
        checking.scanner.scan(BytesIO(b"content"))


# Limits and constraints ----------------------------------------------------------------------------


def test_limits_of_a_name(settings):
    settings.FILE_LIMITS_MB = {**settings.FILE_LIMITS_MB, "slides": 200, "video": 2048}

    assert (limits.limit_for("一.PPTX").shown, limits.limit_for("一.PPTX").most_bytes) == (
        "200 MB",
        209_715_200,
    )
    assert limits.limit_for("一.mp4").shown == "2 GB"
    assert limits.limit_for("一.exe") is None
    assert limits.limit_for("mp4") is None


@pytest.mark.parametrize(
    ("constraint", "fields"),
    (
        ("file_check_at_matches_state", {"state": "waiting", "checked_at": AT}),
        ("file_check_at_matches_state", {"state": "quarantined", "checked_at": None, "reason": "理由"}),
        ("file_check_refused_with_reason", {"state": "quarantined", "reason": ""}),
        ("file_check_refused_with_reason", {"state": "failed", "reason": ""}),
        ("file_check_passed_has_kind_and_neutral", {"state": "passed", "kind": ""}),
        ("file_check_passed_has_kind_and_neutral", {"state": "passed", "neutral": None}),
        ("file_check_infected_is_quarantined", {"state": "passed", "scan": "infected"}),
    ),
)
def test_constraints(constraint, fields):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make.make_file_check(**fields)
