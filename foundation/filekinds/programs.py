"""Programs of others that look into a file, within the limits of the process that starts them."""

import resource
import subprocess

from . import Quarantined


def _widen():
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def run(arguments, *, seconds, cwd, is_wide=False):
    """(exit status, what was written on both outputs, in text) of a program that gets no input.

    `is_wide`: it may map as much memory as any process here, as LibreOffice needs.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments; file names are ours
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            timeout=seconds,
            check=False,
            preexec_fn=_widen if is_wide else None,
        )
    except subprocess.TimeoutExpired:
        raise Quarantined(
            "這個檔案在時限內讀不完，可能損壞或有害。請用原來的軟體重新匯出後再上傳。"
        ) from None
    return done.returncode, done.stdout[-64 * 1024 :].decode(errors="replace")
