"""Work that the clock asks for: reminders, seats to release, what has expired.

Every worker calls each function that is registered here once a minute. Several workers may do so at the
same moment, and none of them may have run for a day: a function therefore looks in the stored facts for
what is due and does it once, in transactions of its own.
"""

import logging
from importlib import import_module

from django.conf import settings

log = logging.getLogger("portal.periodic")
_functions = []


def periodic(function):
    """Register a function that takes `at`, the time; it lives in a module that `settings.JOB_MODULES` lists."""
    _functions.append(function)
    return function


def run_all(*, at):
    """Call each; one that fails does not keep the others from their turn. Returns how many did not fail."""
    for module in settings.JOB_MODULES:
        import_module(module)
    return sum(_run(function, at) for function in _functions)


def _run(function, at):
    try:
        function(at=at)
    except Exception:
        log.exception("periodic work %s failed", function.__name__)
        return False
    return True
