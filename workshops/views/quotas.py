"""The seats allotted to units."""

from django.contrib import messages
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from agencies.permissions import staff_required
from foundation.errors import Refused

from .. import actions, lists, proposals
from ..forms.quotas import ProposalForm, QuotaForm
from ..seats import WaitingLists, count_seats
from .common import back, page_in_section, posted, session_of, to_session
from .surplus import answer_of, ask


@require_http_methods(["GET", "POST"])
@staff_required
def quota_list(request, number):
    """The quotas of the session's audience and of whoever else has one, edited in the table."""
    session = session_of(request, number)
    seats = count_seats(session)
    line = WaitingLists({session.pk: seats})
    rows = lists.quota_rows(
        session, seats, line.counts[session.pk], everyone=request.POST.get("part") != "allotted"
    )
    form = QuotaForm(posted(request), rows=rows)
    if form.is_bound and form.is_valid():
        try:
            _save(request, session, form)
        except actions.TooManySeated as refusal:
            return ask(request, session, refusal)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return back(request, session)
    context = {
        "session": session,
        "quotas": form,
        "seats": seats,
        "news": session.quotas.news().count(),
    }
    return page_in_section(request, "workshops/quota_list.html", context, programme=session.programme)


@require_http_methods(["GET", "POST"])
@staff_required
def quota_propose(request, number):
    """Seats by largest remainder from headcounts, looked at, edited, saved or published."""
    session = session_of(request, number)
    if "total" in request.GET:
        wanted = request.GET
    else:
        wanted = ProposalForm.usual(session) if session.capacity and session.audience else None
    asked = ProposalForm(wanted, session=session)
    proposal, form = None, None
    if asked.is_bound and asked.is_valid():
        try:
            proposal = proposals.make(session, **asked.cleaned_data)
        except proposals.ProposalRefused as refusal:
            asked.add_error(None, str(refusal))
        else:
            form = QuotaForm(posted(request), rows=proposal.rows)
    if form is not None and form.is_bound and form.is_valid():
        try:
            _save(request, session, form)
        except actions.TooManySeated as refusal:
            return ask(request, session, refusal)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return to_session(request, session)
    context = {"session": session, "asked": asked, "proposal": proposal, "quotas": form}
    return page_in_section(request, "workshops/quota_propose.html", context, programme=session.programme)


def _save(request, session, form):
    """Save what was typed; with the other button tell the contacts too."""
    at = timezone.now()
    changed = actions.set_quotas(
        session=session, seats=form.changed, by=request.user, at=at, surplus=answer_of(request)
    )
    saved = f"已儲存 {changed} 個機關的名額。" if changed else "名額沒有變更。"
    if request.POST.get("act") != "publish":
        messages.success(request, saved)
        return
    try:
        told = actions.publish_quotas(session=session, by=request.user, at=at)
    except Refused as refusal:
        messages.error(request, f"{saved}未再通知。{refusal}")
    else:
        messages.success(request, f"{saved}已公布，並通知 {told} 個機關的聯絡人。")
