"""Pages that belong to no app: the statements, the help, the site map, and what is shown when something is refused."""

import logging
import re
import secrets

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseServerError
from django.shortcuts import render
from django.template.loader import get_template
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_safe

logger = logging.getLogger("portal.errors")


@login_not_required
@require_safe
def accessibility(request):
    return render(request, "pages/accessibility.html")


@login_not_required
@require_safe
def privacy(request):
    return render(request, "pages/privacy.html")


@login_not_required
@require_safe
def help(request):
    return render(request, "pages/help.html")


@login_not_required
@require_safe
def sitemap(request):
    return render(request, "pages/sitemap.html")


# Refusals and failures ------------------------------------------------------------------------


@requires_csrf_token
def bad_request(request, exception):
    return error_page(request, 400)


@requires_csrf_token
def permission_denied(request, exception):
    return error_page(request, 403, reason=_sentence(exception))


@requires_csrf_token
def csrf_failure(request, reason=""):
    return error_page(request, 403, cause="csrf")


@requires_csrf_token
def page_not_found(request, exception):
    return error_page(request, 404, reason=_sentence(exception))


def server_error(request):
    """Neither the database nor a context processor is asked: either may be what failed."""
    context = {"status": 500, "reference": _reference(request, 500), "frame": "errors/frame.html"}
    return HttpResponseServerError(get_template("errors/error.html").render(context))


def error_page(request, status, *, reason="", cause=""):
    """Say in words what the rule or the way out is, with a reference that the log has too."""
    context = {
        "status": status,
        "reason": reason,
        "cause": cause,
        "reference": _reference(request, status),
    }
    return render(request, "errors/error.html", context, status=status)


def _reference(request, status):
    reference = getattr(request, "reference", None) or secrets.token_hex(4)
    logger.warning("%s %s %r reference=%s", status, request.method, request.path, reference)
    return reference


def _sentence(exception):
    """Our own messages are Chinese sentences for the reader; the framework's are English, for developers."""
    message = str(exception)
    return message if re.search(r"[\u4e00-\u9fff]", message) and "{" not in message else ""
