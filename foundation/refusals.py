"""Saying what an action refused: on the next page, or on the form that asked for it."""

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


@contextmanager
def refusals_on(form, field=None):
    """Within it a refusal ends the block and becomes an error of the form, or of one of its fields."""
    try:
        yield
    except Refused as refusal:
        form.add_error(field, str(refusal))


def cleaned(form):
    """What the form says; one that does not hold is refused in the words of its fields."""
    if not form.is_valid():
        raise Refused("".join(error for errors in form.errors.values() for error in errors))
    return form.cleaned_data
