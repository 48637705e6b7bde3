"""Which process does something, so that another one on the same machine can tell for certain that it is no more.

A number alone is used again; with the tick at which the process began it is not. Only the kernel that runs both,
asked from the same namespace and as the same user, knows of the other: elsewhere nothing is ever called gone.
"""

import hashlib
import os
from functools import cache
from pathlib import Path

PROC = Path("/proc")


def this_process():
    """A name of this process, 25 characters at most; empty where the system does not tell."""
    return _name(os.getpid())


@cache
def _name(pid):
    try:
        if os.readlink(PROC / "self") != str(pid):
            return ""  # the /proc of another namespace
        _, began = _seen(pid)
        return f"{_place()}-{pid:x}-{began:x}"
    except (OSError, ValueError, IndexError):
        return ""


def is_gone(name):
    """Whether the process of that name has ended, all its threads with it. False when in doubt."""
    place, _, rest = name.partition("-")
    number, _, began = rest.partition("-")
    if not began or place != this_process().partition("-")[0]:
        return False
    try:
        pid = int(number, 16)
        state, began_now = _seen(pid)
        if began_now != int(began, 16):
            return True
        # Ended and not yet fetched by its parent: other threads of it may still be in the middle of a write.
        return state in "ZX" and len(os.listdir(PROC / str(pid) / "task")) == 1
    except (FileNotFoundError, ProcessLookupError):
        return True
    except (OSError, ValueError, IndexError):
        return False


@cache
def _place():
    """This start of this machine, this namespace of process numbers, this user."""
    parts = (
        (PROC / "sys/kernel/random/boot_id").read_text(),
        os.stat(PROC / "self/ns/pid").st_ino,
        os.getuid(),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]


def _seen(pid):
    """(state, tick at which it began), from /proc/<pid>/stat; the name in brackets may hold anything."""
    fields = (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    return fields[0], int(fields[19])
