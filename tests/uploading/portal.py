"""A real web server and real workers on a database of their own, to be killed and started again."""

import base64
import http.client
import os
import random
import signal
import socket
import subprocess
import sys
from contextlib import suppress

from django.conf import settings
from django.test import Client

from tests.foundation.test_worker import PATIENCE, ROOT, Place

TOKEN = "a" * 32


def free_port():
    """A port below those that the system hands out by itself: a server that comes back finds it still free."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


class Portal(Place):
    """The database and files, who is logged in, and the processes that serve them."""

    def __init__(self, folder, user):
        super().__init__(folder)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        self.session = client.cookies["sessionid"].value
        self.environment |= {
            "SITE_URL": "http://127.0.0.1",
            "SECRET_KEY": settings.SECRET_KEY,
            "UPLOAD_RESERVE_MB": "0",
        }
        self.files = folder / "data" / "files"
        self.port = free_port()

    def serve(self, *, app="tests.uploading.wsgi", failpoint="", workers=1, threads=8):
        """Start gunicorn and wait until it answers."""
        options = f"--bind=127.0.0.1:{self.port} --workers={workers} --threads={threads} --no-control-socket"
        options += " --worker-class=chiayi_elearn.webserver.Worker"
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                app,
                *options.split(),
                "--log-level=critical",
            ],
            cwd=ROOT,
            env={**self.environment, "FAILPOINT": failpoint},
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.workers.append(server)
        self.wait_for(lambda: self.answers() or server.poll() is not None, "the web server")
        assert server.poll() is None, "the web server ended by itself"
        return server

    def answers(self):
        try:
            return self.ask("GET", "/health/")[0] == 200
        except OSError:
            return False

    def kill(self, server):
        """kill -9: the server and all its processes."""
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()

    def close(self):
        for process in self.workers:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL) if os.getpgid(
                    process.pid
                ) == process.pid else process.kill()
                process.wait()

    def manage(self, *arguments, failpoint=""):
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self.environment, "FAILPOINT": failpoint},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def work(self, failpoint=""):
        return self.manage("run_worker", "--once", failpoint=failpoint).returncode

    def let_leases_run_out(self):
        """Without waiting for it."""
        past = "2016-01-01 00:00:00+00:00"
        self.execute("UPDATE foundation_upload SET writing_until = ? WHERE writing_until IS NOT NULL", past)
        self.execute("UPDATE foundation_job SET lease_until = ? WHERE lease_until IS NOT NULL", past)

    # What a client does ---------------------------------------------------------------------------

    def headers(self, **more):
        return {
            "Cookie": f"sessionid={self.session}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
            "Tus-Resumable": "1.0.0",
            **more,
        }

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, self.headers(**headers))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def announce(self, name, size):
        name = base64.b64encode(name.encode()).decode()
        status, headers, words = self.ask(
            "POST", "/uploads/", Upload_Length=str(size), Upload_Metadata=f"filename {name}"
        )
        assert status == 201, words.decode()
        return headers["Location"]

    def offset(self, url):
        return int(self.ask("HEAD", url)[1]["Upload-Offset"])

    def send(self, url, offset, content, length=None):
        """Send a part: bytes, or pieces of them of that length together."""
        return self.ask(
            "PATCH",
            url,
            content,
            Content_Length=str(len(content) if length is None else length),
            Upload_Offset=str(offset),
            Content_Type="application/offset+octet-stream",
        )

    def begin(self, url, offset, content, sent):
        """Announce a part and send no more than some of it; the open socket."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        headers = self.headers(
            **{
                "Host": "127.0.0.1",
                "Upload-Offset": str(offset),
                "Content-Type": "application/offset+octet-stream",
                "Content-Length": str(len(content)),
            }
        )
        lines = [f"PATCH {url} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        line.sendall("\r\n".join(lines).encode() + content[:sent])
        return line

    # What came of it ------------------------------------------------------------------------------

    def stored(self):
        return self.execute("SELECT name, size, sha256 FROM foundation_storedfile ORDER BY id")

    def on_disk(self):
        return sorted(str(path.relative_to(self.files)) for path in self.files.rglob("*") if path.is_file())
