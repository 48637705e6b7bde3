"""Looks into a file in a process of its own, which a hostile file may only take down with itself."""

import json
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from os import killpg

from django.conf import settings

LONGEST = 30 * 60  # seconds on the clock; a busy machine may need a multiple of the processor time
TOO_COSTLY = "讀取這個檔案需要的時間或記憶體超過上限，可能損壞或有害。請用原來的軟體開啟後重新存檔或匯出。"
BROKE_DOWN = "檢查程式讀到這個檔案就中斷，檔案可能損壞或有害。請用原來的軟體開啟後重新存檔或匯出。"
# How a process ends that its own reading brought down; a kill from outside says nothing about the file.
_BY_ITSELF = {
    -signal.SIGSEGV,
    -signal.SIGABRT,
    -signal.SIGBUS,
    -signal.SIGFPE,
    -signal.SIGILL,
    -signal.SIGTRAP,
}


class Unfinished(Exception):
    """The process ended or was ended without a verdict on the file."""


def examine(path, *, name, folder, on_step):
    """What `foundation.filekinds.examine` finds; it writes what it makes into `folder`.

    `on_step` is called with (number, of how many, words) whenever the process says how far it is.
    """
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "foundation.filekinds", str(path), name, str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        cwd=settings.BASE_DIR,
        text=True,
        start_new_session=True,
    )
    timer = threading.Timer(LONGEST, _end, [process])
    timer.start()
    try:
        found = None
        for line in process.stdout:
            told = json.loads(line)
            if "step" in told:
                on_step(*told["step"])
            else:
                found = told
        process.wait()
    finally:
        timer.cancel()
        _end(process)
    if found is not None:
        return found
    if process.returncode == -signal.SIGXCPU:
        return {"reason": TOO_COSTLY}
    if process.returncode in _BY_ITSELF:
        return {"reason": BROKE_DOWN}
    raise Unfinished(f"ended with {process.returncode}")


def _end(process):
    """Whatever is left of the process and of those it started."""
    with suppress(ProcessLookupError):
        killpg(process.pid, signal.SIGKILL)
    process.wait()
