"""Anybody may verify a certificate whose code they hold."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from .certificates import clean_code
from .models import Certificate


@require_GET
@login_not_required
def certificate_lookup(request):
    """Where a code is typed."""
    if typed := request.GET.get("code", "").strip():
        return redirect("certificates:certificate_detail", code=clean_code(typed) or "-")
    return render(request, "foundation/certificate_lookup.html")


@require_GET
@login_not_required
def certificate_detail(request, code):
    """What was stated under the code; 404 with the way to try again for a code that is none of ours.

    What is not out yet is not ours either: a printed code must not tell a result before its time.
    """
    certificate = Certificate.objects.filter(code=clean_code(code)).first()
    if certificate and not certificate.is_public(timezone.now()):
        certificate = None
    context = {"certificate": certificate, "code": code}
    status = 200 if certificate else 404
    return render(request, "foundation/certificate_detail.html", context, status=status)
