"""A scanner that speaks ClamAV's protocol and knows one virus, the harmless one made for tests."""

import io
import socketserver
import threading
import zipfile
from contextlib import contextmanager

# In two halves, so that this file itself is not taken for one.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@contextmanager
def clamd(*, most=1 << 30, answer=None, hides=False):
    """Its address as SCANNER_URL; `most` is its stream limit, `answer` what it says whatever it gets.

    It looks into 17 archives within one another, and of what is deeper it says that, unless it `hides` it.
    """

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self):
            command = self._until_zero()
            if command == b"zPING":
                self.wfile.write(b"PONG\0")
            elif command == b"zINSTREAM":
                self.wfile.write((answer or self._verdict()) + b"\0")

        def _until_zero(self):
            text = b""
            while not text.endswith(b"\0"):
                text += self.rfile.read(1)
            return text[:-1]

        def _verdict(self):
            content = b""
            while length := int.from_bytes(self.rfile.read(4)):
                content += self.rfile.read(length)
                if len(content) > most:
                    return b"INSTREAM size limit exceeded. ERROR"
            try:
                return b"stream: Eicar-Test-Signature FOUND" if _is_infected(content) else b"stream: OK"
            except TooDeep:
                return b"stream: OK" if hides else b"stream: Heuristics.Limits.Exceeded.MaxRecursion FOUND"

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Conversation) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"clamd://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class TooDeep(Exception):
    pass


def _is_infected(content, level=0):
    if level > 17:
        raise TooDeep
    if EICAR in content:
        return True
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(_is_infected(archive.read(name), level + 1) for name in archive.namelist())
    return False
