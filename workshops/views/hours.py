"""Hours: the certificate of each, all of them in one file."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.permissions import staff_required
from foundation.errors import Refused
from foundation.http import file_response
from foundation.pdf import CONTENT_TYPE, PdfRefused
from foundation.refusals import refusals_on
from foundation.sheets import Written

from .. import actions, check_in, hours, papers, passport
from ..forms.sessions import DayForm
from ..forms.the_day import IdentitiesForm
from ..models import Enrolment
from .common import back, page_in_section, posted, session_of


@require_GET
def enrolment_certificate(request, pk):
    """The certificate of one person: for themselves, the contacts of their unit, the office."""
    enrolments = Enrolment.objects.visible_to(request.user).select_related("session__programme", "person")
    enrolment = get_object_or_404(enrolments, pk=pk)
    certificate = hours.certificate_of(enrolment)
    if certificate is None:
        raise PermissionDenied(_why_none(enrolment))
    try:
        content = hours.print_papers([hours.Paper(certificate)])
    except PdfRefused as refusal:
        raise PermissionDenied(f"未製作證明。{refusal}") from None
    name = f"{hours.TITLE}_{enrolment.session}_{certificate.holder}.pdf"
    return file_response(Written(CONTENT_TYPE, "pdf", content=content), name=name)


def _why_none(enrolment):
    if not enrolment.session.is_attendance_closed:
        return f"{enrolment.session}出席還沒有結算；結算後，到場的同仁才有{hours.TITLE}。"
    return f"{enrolment.person}沒有到場的登記，因此沒有{hours.TITLE}；登記有誤請洽人事處承辦人。"


@require_GET
@staff_required
def hours_detail(request, number):
    """What there is of hours in a session: certificates, and the file for the learner's passport."""
    return _hours_page(request, session_of(request, number), IdentitiesForm())


def _hours_page(request, session, form):
    try:
        passport.require_ready(session)
        unready = ""
    except Refused as refusal:
        unready = str(refusal)
    context = {
        "session": session,
        "came": session.enrolments.came().count(),
        "issued": len(hours.issued(session)),
        "form": form,
        "unready": unready,
        "columns": [column.title for column in passport.IDENTIFIER_COLUMNS],
    }
    return page_in_section(request, "workshops/hours_detail.html", context, programme=session.programme)


@csrf_exempt
@require_POST
@staff_required
def hours_file(request, number):
    """時數檔 as a ZIP, with the identifiers that come along.

    What is uploaded stays in memory: the handler that writes to the disk is taken away before anything reads the
    body, which is why CSRF protection comes after.
    """
    request.upload_handlers = [MemoryFileUploadHandler(request)]
    return _hours_file(request, number)


@csrf_protect
@sensitive_variables()
def _hours_file(request, number):
    session = session_of(request, number)
    form = IdentitiesForm(request.POST, request.FILES)
    if form.is_valid():
        brought = form.cleaned_data["file"]
        with refusals_on(form, "file"):
            identities = passport.read_identities(brought.read(), brought.name, today=timezone.localdate())
            written, known, left_out = actions.export_hours(
                session=session, identities=identities, by=request.user, at=timezone.now()
            )
            name = f"{session.programme.year}年度{session}學習時數_{known}人_未列入{left_out}人.zip"
            return file_response(written, name=name)
    return _hours_page(request, session, form)


@require_http_methods(["GET", "POST"])
@staff_required
def session_day(request, number):
    """The hours of self check-in and the codes of the learner's passport."""
    session = session_of(request, number)
    form = DayForm(posted(request), instance=session)
    if form.is_bound and form.is_valid():
        with refusals_on(form):
            changed = actions.edit_session(
                session=session, by=request.user, at=timezone.now(), **form.facts()
            )
            messages.success(request, "已儲存報到與時數設定。" if changed else "設定沒有變更。")
            return back(request, session)
    window = check_in.window(session) if form.is_valid() or not form.is_bound else None
    context = {"form": form, "session": session, "window": window}
    return page_in_section(request, "workshops/session_day.html", context, programme=session.programme)


@require_POST
@staff_required
def hours_certificates(request, number):
    """All certificates in one file, made beside the web server."""
    session = session_of(request, number)
    if not session.is_attendance_closed:
        messages.error(request, f"未製作。{session}出席還沒有結算；結算後才有{hours.TITLE}。")
        return redirect(reverse("workshops:hours_detail", args=[number]) + f"?year={session.programme.year}")
    job = papers.ask_for_certificates(session, by=request.user, at=timezone.now())
    return redirect("foundation:job_detail", pk=job.pk)
