"""Programs of others that look into a file, within the limits of the process that starts them."""

import resource
import subprocess

from . import Quarantined

OFFICE_MEMORY = 6 * 1024 * 1024 * 1024  # of addresses; LibreOffice maps far more than it uses


def run(arguments, *, seconds, cwd, memory=None):
    """(exit status, what was written on both outputs, in text) of a program that gets no input."""

    def widen():
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    try:
        done = subprocess.run(  # noqa: S603 - our own arguments; file names are ours
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            timeout=seconds,
            check=False,
            preexec_fn=widen if memory else None,
        )
    except subprocess.TimeoutExpired:
        raise Quarantined(
            "這個檔案在時限內讀不完，可能損壞或有害。請用原來的軟體重新匯出後再上傳。"
        ) from None
    return done.returncode, done.stdout[-64 * 1024 :].decode(errors="replace")
