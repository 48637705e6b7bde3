"""`python -m foundation.filekinds FILE NAME FOLDER`: lines of JSON on standard output, the last one the verdict."""

import ctypes
import json
import resource
import signal
import sys
from pathlib import Path

GIB = 1024 * 1024 * 1024
MOST_MEMORY = 2 * GIB  # of addresses; what is really used stays far below
MOST_MAPPED = 6 * GIB  # by a program that maps far more than it uses, as LibreOffice does
MOST_SECONDS = 15 * 60  # of the processor
MOST_WRITTEN = 20 * GIB
PR_SET_PDEATHSIG = 1


def confine():
    """Limits that the programs started from here inherit; and an end together with the worker's."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # Nobody may pass the hard limit; `programs.run` goes up to it for the one that needs it.
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MAPPED))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def say(**told):
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def main(path, name, folder):
    confine()
    # After the limits: what is imported reads files too.
    from . import Quarantined
    from .examining import TOO_COSTLY, examine

    def on_step(number, total, words):
        say(step=[number, total, words])

    try:
        say(**examine(Path(path), name=name, folder=Path(folder), on_step=on_step))
    except Quarantined as refusal:
        say(reason=str(refusal))
    except (MemoryError, RecursionError):
        say(reason=TOO_COSTLY)


if __name__ == "__main__":
    main(*sys.argv[1:])
