"""gunicorn's worker with threads, as the portal runs it: `--worker-class chiayi_elearn.webserver.Worker`."""

import threading
from concurrent.futures import ThreadPoolExecutor

from gunicorn.workers.gthread import ThreadWorker

MOST_LINGERING = 64


class Worker(ThreadWorker):
    """Before it closes a line, gunicorn gives the client two seconds to read the answer and hang up.

    It waits for that in the one thread that takes in every new line: ten clients that do not hang up
    stop a web process for twenty seconds. Here that wait has threads of its own.
    """

    def init_process(self):
        self.closers = ThreadPoolExecutor(MOST_LINGERING)
        self.places = threading.BoundedSemaphore(MOST_LINGERING)
        super().init_process()

    def finish_request(self, conn, fs):
        close = conn.close

        def close_apart(graceful=False):
            if graceful and self.places.acquire(blocking=False):
                self.closers.submit(self._linger, close)
            else:
                close()

        conn.close = close_apart
        super().finish_request(conn, fs)
        del conn.close

    def _linger(self, close):
        try:
            close(graceful=True)
        finally:
            self.places.release()
