"""The virus scanner beside the portal: ClamAV's daemon, spoken to over its socket (threat T38)."""

import re
import socket
import zipfile
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from urllib.parse import urlsplit

from django.conf import settings

from foundation.files import CHUNK
from foundation.models import FileCheck

PATIENCE = 300  # seconds for one answer; clamd looks into archives before it gives one
SOON = 10  # seconds for what it knows at once
LEVELS = 50  # of archives within one another; clamd looks into 17, unless told otherwise
OK = "stream: OK"
_FOUND = re.compile(r"stream: (.+) FOUND")
# What clamd "finds" with AlertExceedsMax in a file that it did not look through to the end; without, it says OK.
_NOT_ALL = "Heuristics.Limits.Exceeded"


class ScannerAway(Exception):
    """The scanner does not answer, or not as a scanner would: nothing is known about the file."""


def is_away():
    """Whether a scanner is wanted and does not answer."""
    if not settings.SCANNER_URL:
        return False
    try:
        with _connected(SOON) as line:
            line.sendall(b"zPING\0")
            return _answer(line) != "PONG"
    except ScannerAway:
        return True


def hides_its_limits():
    """Whether the scanner says OK of what it did not look through, as clamd does unless AlertExceedsMax is on."""
    with _connected(SOON) as line:
        return _streamed(line, BytesIO(_deep_archive())) == OK


@cache
def _deep_archive():
    """A small archive that is deeper than the scanner looks, and of no harm."""
    content = b""
    for _ in range(LEVELS):
        target = BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("a", content)
        content = target.getvalue()
    return content


def scan(content):
    """(FileCheck.Scan, the virus's name or "") of a binary file, read to its end in pieces.

    Raises ScannerAway when a scanner is wanted and does not answer; a file never passes for that.
    """
    if not settings.SCANNER_URL:
        return FileCheck.Scan.UNSCANNED, ""
    with _connected() as line:
        answer = _streamed(line, content)
    if answer == OK:
        # Or else a virus behind some hundred megabytes of nothing would be certified as none.
        return FileCheck.Scan.UNSCANNED if hides_its_limits() else FileCheck.Scan.CLEAN, ""
    if "size limit exceeded" in answer or _NOT_ALL in answer:
        return FileCheck.Scan.UNSCANNED, ""
    if found := _FOUND.fullmatch(answer):
        return FileCheck.Scan.INFECTED, found[1]
    raise ScannerAway(answer)


def _streamed(line, content):
    """The answer to INSTREAM; clamd gives it and hangs up in the middle when the file is over its limit."""
    try:
        line.sendall(b"zINSTREAM\0")
        while chunk := content.read(CHUNK):
            line.sendall(len(chunk).to_bytes(4) + chunk)
        line.sendall(bytes(4))
    except (BrokenPipeError, ConnectionResetError):
        pass  # the answer, if any, says why
    return _answer(line)


def _answer(line):
    answer = b""
    try:
        while not answer.endswith(b"\0"):
            piece = line.recv(4096)
            if not piece or len(answer) > 4096:
                raise ScannerAway("no whole answer")
            answer += piece
    except OSError as error:
        raise ScannerAway(str(error)) from None
    return answer.rstrip(b"\0").decode(errors="replace").strip()


@contextmanager
def _connected(patience=PATIENCE):
    place = urlsplit(settings.SCANNER_URL)
    try:
        if place.path:
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.settimeout(patience)
            line.connect(place.path)
        else:
            line = socket.create_connection((place.hostname, place.port), timeout=patience)
    except OSError as error:
        raise ScannerAway(str(error)) from None
    with line:
        try:
            yield line
        except OSError as error:
            raise ScannerAway(str(error)) from None
