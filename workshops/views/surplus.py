"""Asking what becomes of the people for whom a lowered limit leaves no seat (decision 008)."""

from .. import actions
from .common import page_in_section

# What the question itself adds to the form it was asked about.
_OWN = {"csrfmiddlewaretoken", "surplus", "affected", "reason"}


def answer_of(request):
    """What was answered, for `set_quotas` and `edit_session`; None before the question."""
    if "surplus" not in request.POST:
        return None
    affected = request.POST.getlist("affected")
    return actions.Answer(
        shown=frozenset(int(pk) for pk in affected if pk.isascii() and pk.isdigit()),
        keeps=request.POST["surplus"] == "keep",
        reason=request.POST.get("reason", ""),
    )


def ask(request, session, refusal):
    """The page that lists them, with what was typed before carried along."""
    context = {
        "session": session,
        "refusal": str(refusal),
        "enrolments": refusal.enrolments,
        "carried": [
            (name, value) for name, values in request.POST.lists() if name not in _OWN for value in values
        ],
        "chosen": request.POST.get("surplus", "line"),
        "reason": request.POST.get("reason", ""),
        "longest": actions.LONGEST_REASON,
    }
    return page_in_section(request, "workshops/surplus.html", context, programme=session.programme)
