"""Saying on the next page what an action refused."""

from contextlib import contextmanager

from django.contrib import messages

from .errors import Refused


@contextmanager
def refusals_told(request, lead=""):
    """Within it a refusal ends the block and becomes a message: `lead`, what did not happen, then the reason."""
    try:
        yield
    except Refused as refusal:
        messages.error(request, f"{lead}{refusal}")
