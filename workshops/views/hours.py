"""Hours: the certificate of each, all of them in one file."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from agencies.permissions import staff_required
from foundation.http import file_response
from foundation.pdf import CONTENT_TYPE, PdfRefused
from foundation.sheets import Written

from .. import hours, papers
from ..models import Enrolment
from .common import page_in_section, session_of


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
    session = session_of(request, number)
    context = {
        "session": session,
        "came": session.enrolments.came().count(),
        "issued": len(hours.issued(session)),
    }
    return page_in_section(request, "workshops/hours_detail.html", context, programme=session.programme)


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
