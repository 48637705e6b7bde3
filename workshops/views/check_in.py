"""Self check-in: the code on the screen, and the pages that everybody in the room may open."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from agencies.current import year_query
from agencies.permissions import staff_required
from foundation.errors import Refused
from foundation.qr import qr_svg

from .. import actions, door
from .. import check_in as rules
from ..forms.the_day import CheckInForm
from ..models import Enrolment
from .common import page_in_section, session_of


@require_GET
@staff_required
def door_code(request, number):
    """The page to project: it asks for the next code when this one is over."""
    session, now = session_of(request, number), timezone.now()
    opens, closes = rules.window(session) or (None, None)
    context = {
        "session": session,
        "counts": door.counts(session),
        "opens": opens,
        "closes": closes,
        "is_open": opens is not None and opens <= now < closes and not session.is_attendance_closed,
        "is_over": session.is_attendance_closed or (closes is not None and now >= closes),
        "seconds": rules.seconds_left(now),
    }
    if context["is_open"]:
        code = rules.code_of(session, rules.step_at(now))
        address = settings.SITE_URL + reverse("workshops:check_in_scan", args=[code])
        context |= {
            "code": code,
            "qr": qr_svg(address, label="掃描後開啟報到頁", css="door-qr"),
            "address": settings.SITE_URL + reverse("workshops:check_in"),
        }
    if request.htmx:
        return render(request, "workshops/_door_code.html", {**context, "year_query": year_query(request)})
    return page_in_section(request, "workshops/door_code.html", context, programme=session.programme)


@require_GET
@login_not_required
@never_cache
def check_in_scan(request, code):
    """Where the code leads: a form with a ticket in it. No name is shown but one's own."""
    try:
        session = rules.session_of(code, timezone.now())
    except Refused as refusal:
        return render(request, "workshops/check_in_code.html", {"refusal": refusal}, status=403)
    return _form_page(request, session, rules.new_ticket(session), CheckInForm(units=_units(session)))


@require_http_methods(["GET", "POST"])
@login_not_required
@never_cache
def check_in(request):
    """Where the code is typed; posting checks in with the ticket that the code gave."""
    if request.method == "GET":
        if typed := request.GET.get("code", "").strip():
            return redirect("workshops:check_in_scan", code=rules.clean_code(typed))
        return render(request, "workshops/check_in_code.html")
    ticket = request.POST.get("ticket", "")
    try:
        session, _ = rules.read_ticket(ticket)
    except Refused as refusal:
        return render(request, "workshops/check_in_code.html", {"refusal": refusal}, status=403)
    form = CheckInForm(request.POST, units=_units(session))
    if "own" in request.POST and (own := _own(request, session)):
        said = {"person": own.person}
    elif form.is_valid():
        said = form.cleaned_data
    else:
        return _form_page(request, session, ticket, form)
    try:
        enrolment = actions.check_in(ticket=ticket, at=timezone.now(), **said)
    except Refused as refusal:
        return _form_page(request, session, ticket, form, refusal=refusal)
    return render(request, "workshops/check_in_done.html", {"enrolment": enrolment, "session": session})


def _form_page(request, session, ticket, form, *, refusal=None):
    context = {
        "session": session,
        "ticket": ticket,
        "form": form,
        "refusal": refusal,
        "own": _own(request, session),
    }
    return render(request, "workshops/check_in_form.html", context)


def _own(request, session):
    if not request.user.is_authenticated:
        return None
    return session.enrolments.active().select_related("person").filter(person__user=request.user).first()


def _units(session):
    """The units with people on the list: which they are says nothing of whom."""
    sending = Enrolment.objects.active().filter(session=session).values("unit")
    return list(session.programme.units.filter(pk__in=sending).select_related("unit").order_by("unit__code"))
