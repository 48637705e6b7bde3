"""A real clamd, where the machine has one: what the portal says to it, and what it hears when it dies (F36)."""

import os
import random
import shutil
import subprocess
import tempfile
import threading
import time
import zipfile
from hashlib import md5
from io import BytesIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from foundation import files, inspection
from foundation.inspection import checking, scanner
from foundation.models import FileCheck
from tests import factories as make

from . import materials
from .fake_clamd import EICAR
from .hostile import make_zip

PROGRAM = shutil.which("clamd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
pytestmark = [pytest.mark.django_db, pytest.mark.skipif(PROGRAM is None, reason="clamd is not installed")]
MB = 1024 * 1024
Scan = FileCheck.Scan
CONFIG = """
LocalSocket {folder}/clamd.ctl
DatabaseDirectory {folder}
Foreground yes
AlertExceedsMax yes
StreamMaxLength 20M
MaxFileSize 20M
MaxScanSize 40M
"""


class Clamd:
    """It knows one virus: no data base of real ones is needed to see how it is spoken to."""

    def __init__(self, folder):
        self.folder = folder
        digest = md5(EICAR, usedforsecurity=False).hexdigest()
        (folder / "test.hdb").write_text(f"{digest}:{len(EICAR)}:Eicar-Test\n")
        self.start()

    def start(self, config=CONFIG):
        (self.folder / "clamd.conf").write_text(config.format(folder=self.folder))
        self.process = subprocess.Popen(
            [PROGRAM, "-c", self.folder / "clamd.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 60
        while scanner.is_away():
            assert time.monotonic() < until, "clamd does not answer"
            time.sleep(0.05)

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def place():
    # Not the test's own folder: the name of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def clamd(place, settings):
    settings.SCANNER_URL = f"clamd://{place}/clamd.ctl"
    clamd = Clamd(place)
    yield clamd
    clamd.stop()


def behind(size):
    """A small zip that unpacks to so many bytes of text, and then to a virus."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(size // (10 * MB)):
            archive.writestr(f"{number}.txt", bytes([65 + number]) * 10 * MB)
        archive.writestr("a.com", EICAR)
    return target.getvalue()


def test_what_it_says_of_files(clamd):
    clean = random.Random(1).randbytes(20 * MB)
    found = {
        "as it is": EICAR,
        "in a zip": make_zip({"index.html": "教材", "a.com": EICAR}),
        "in a zip in a zip": make_zip({"inner.zip": make_zip({"a.com": EICAR})}),
        "in slides": make_zip({**materials.pptx_parts(), "ppt/media/a.bin": EICAR}),
        "nothing": materials.pdf(),
        "20 MB": clean,
        "over its limit": clean + b"x",
        "far over": clean * 4,
        "unpacked within its limit": behind(30 * MB),
        "unpacked over its limit": behind(60 * MB),
    }

    assert {name: scanner.scan(BytesIO(content))[0] for name, content in found.items()} == {
        "as it is": Scan.INFECTED,
        "in a zip": Scan.INFECTED,
        "in a zip in a zip": Scan.INFECTED,
        "in slides": Scan.INFECTED,
        "nothing": Scan.CLEAN,
        "20 MB": Scan.CLEAN,
        "over its limit": Scan.UNSCANNED,
        "far over": Scan.UNSCANNED,
        "unpacked within its limit": Scan.INFECTED,
        "unpacked over its limit": Scan.UNSCANNED,
    }
    assert scanner.scan(BytesIO(EICAR))[1].startswith("Eicar-Test")


def test_as_debian_configures_it_it_hides_its_limits(clamd):
    """It says OK of a virus behind more than it unpacks; the portal finds out and certifies nothing."""
    assert not scanner.hides_its_limits()
    clamd.stop()
    clamd.start(CONFIG.replace("AlertExceedsMax yes\n", ""))

    assert scanner.hides_its_limits()
    assert scanner.scan(BytesIO(behind(60 * MB))) == (Scan.UNSCANNED, "")
    assert scanner.scan(BytesIO(materials.pdf())) == (Scan.UNSCANNED, "")
    assert scanner.scan(BytesIO(EICAR))[0] == Scan.INFECTED


class Slow(BytesIO):
    """A file that stops in the middle until somebody says go."""

    def __init__(self, content):
        super().__init__(content)
        self.half, self.go = threading.Event(), threading.Event()

    def read(self, size=-1):
        if self.tell() > len(self.getvalue()) // 2:
            self.half.set()
            self.go.wait(60)
        return super().read(size)


def test_killed_in_the_middle_of_a_file_it_has_said_nothing(clamd):
    content = Slow(random.Random(1).randbytes(15 * MB))
    killer = threading.Thread(target=lambda: (content.half.wait(60), clamd.stop(), content.go.set()))
    killer.start()

    with pytest.raises(scanner.ScannerAway):
        scanner.scan(content)
    killer.join()
    assert scanner.is_away()


def test_a_file_waits_while_it_is_stopped_and_goes_on_when_it_is_back(clamd, client):
    clamd.stop()
    at = timezone.now()
    stored = files.store(materials.pdf(), name="講義.pdf", by=None, at=at)
    check = inspection.request(stored, by=None, at=at)
    call_command("run_worker", "--once")
    check.refresh_from_db()
    assert (check.state, check.attempts) == ("waiting", 0)
    client.force_login(make.make_staff())
    assert "掃毒程式沒有回應" in client.get("/system/checks/").content.decode()

    clamd.start()
    checking.go_on(at=timezone.now())
    call_command("run_worker", "--once")

    check.refresh_from_db()
    assert (check.state, check.scan) == ("passed", "clean")
