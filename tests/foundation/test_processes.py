"""A process of this machine is known to be gone when it is, and never before."""

import os
import subprocess
import sys
import threading

import pytest

from foundation import processes

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def child():
    with subprocess.Popen(SLEEPS) as process:
        yield process
        process.kill()


def name_of(pid):
    """As that process names itself."""
    place = processes.this_process().partition("-")[0]
    _, began = processes._seen(pid)
    return f"{place}-{pid:x}-{began:x}"


def test_this_process_is_there():
    assert name_of(os.getpid()) == processes.this_process()
    assert len(processes.this_process()) <= 25
    assert not processes.is_gone(processes.this_process())


def test_a_killed_process_is_gone_before_and_after_its_parent_fetched_it(child):
    name = name_of(child.pid)
    assert not processes.is_gone(name)

    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and left as it is
    assert processes.is_gone(name)
    child.wait()
    assert processes.is_gone(name)


def test_a_process_whose_threads_still_end_is_not_gone(monkeypatch, child):
    name = name_of(child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    monkeypatch.setattr(os, "listdir", lambda folder: ["1", "2"])

    assert not processes.is_gone(name)


def test_a_number_used_again_is_another_process():
    place, pid, began = processes.this_process().split("-")

    assert processes.is_gone(f"{place}-{pid}-{int(began, 16) - 1:x}")


@pytest.mark.parametrize(
    "name", ("", "x", "0123456789abcdef0123456789abcdef", "ffffffff-7fffffff-1", "{here}-x-y")
)
def test_in_doubt_nothing_is_gone(name):
    here = processes.this_process().partition("-")[0]

    assert not processes.is_gone(name.replace("{here}", here))


def test_where_the_system_tells_nothing_nothing_has_a_name_and_nothing_is_gone(monkeypatch, tmp_path):
    name = processes.this_process()
    monkeypatch.setattr(processes, "PROC", tmp_path)
    processes._name.cache_clear()

    assert processes.this_process() == ""
    assert not processes.is_gone(name)
    processes._name.cache_clear()


def test_threads_share_the_name_of_their_process():
    names = []
    thread = threading.Thread(target=lambda: names.append(processes.this_process()))
    thread.start()
    thread.join()

    assert names == [processes.this_process()]
