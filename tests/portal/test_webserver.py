"""The web server's worker: closing a line keeps nobody waiting."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from chiayi_elearn.webserver import Worker


class Line:
    """A client that does not hang up until it is let go."""

    def __init__(self):
        self.closed, self.go = [], threading.Event()

    def close(self, graceful=False):
        if graceful:
            self.go.wait(60)
        self.closed.append(graceful)


@pytest.fixture
def worker():
    worker = Worker.__new__(Worker)
    worker.closers, worker.places = ThreadPoolExecutor(1), threading.BoundedSemaphore(1)
    worker.nr_conns, worker.alive = 3, True
    yield worker
    worker.closers.shutdown()


def finish(worker, line):
    answered = Future()
    answered.set_result(False)
    worker.finish_request(line, answered)


def test_a_client_that_does_not_hang_up_is_waited_for_elsewhere(worker):
    lazy, next_one, after = Line(), Line(), Line()

    finish(worker, lazy)
    assert lazy.closed == []
    finish(worker, next_one)  # none waits any more: closed at once
    assert next_one.closed == [False]
    lazy.go.set()
    worker.closers.submit(int).result(60)
    after.go.set()
    finish(worker, after)
    worker.closers.submit(int).result(60)

    assert (lazy.closed, after.closed, worker.nr_conns) == ([True], [True], 0)
