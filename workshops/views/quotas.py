"""The seats allotted to units."""

from django.contrib import messages
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from agencies.permissions import staff_required
from foundation.errors import Refused

from .. import actions, lists
from ..forms import QuotaForm
from ..seats import WaitingLists, count_seats
from .common import back, page_in_section, posted, session_of


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
            changed = actions.set_quotas(
                session=session, seats=form.changed, by=request.user, at=timezone.now()
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已儲存 {changed} 個機關的名額。" if changed else "名額沒有變更。")
            return back(request, session)
    context = {"session": session, "quotas": form, "seats": seats}
    return page_in_section(request, "workshops/quota_list.html", context, programme=session.programme)
