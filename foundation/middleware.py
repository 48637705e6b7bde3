"""What happens to every request: a reference code, a limit on its body, idle logout, a plain answer
when the database is busy."""

import logging
import re
import secrets
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone

from . import packages
from .inspection.limits import most_bytes

logger = logging.getLogger("portal.errors")

KIB = 1024
ANONYMOUS_LIMIT = 64 * KIB
MULTIPART_LIMIT = 12 * KIB * KIB
RETRY_AFTER = 5  # seconds
SESSION_STEP = timedelta(minutes=1)
# SQLite tells apart what passes by itself, or with room on the disk, only in words.
SQLITE_PASSES = re.compile("locked|busy|disk is full|disk I/O")


class ReferenceMiddleware:
    """Gives each request a code that its error page, its log line and its answer share."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.reference = secrets.token_hex(4)
        response = self.get_response(request)
        response["X-Reference"] = request.reference
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        return response

    def process_exception(self, request, exception):
        return database_away(request, exception)


class MaterialsHostMiddleware:
    """On the host that teaching packages have for themselves there is nothing but what a package loads."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        apart = packages.is_apart() and request.get_host() == packages.host()
        if apart and not request.path.startswith(packages.VIEW_PATH):
            return HttpResponse("Not Found", status=404, content_type="text/plain")
        return self.get_response(request)


class IdleLogoutMiddleware:
    """Moves the end of a session on with use, at most once a minute: a session idle for longer is over."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        expires_at = request.session.row_expires_at
        if expires_at is not None:
            fresh = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
            if fresh - expires_at >= SESSION_STEP:
                request.session.modified = True
        return response


class BodyLimitMiddleware:
    """Refuses a large body by its announced length, before anything reads it.

    CSRF protection parses a multipart body before it knows whose it is; so this stands in front of
    it: an anonymous visitor may send a form's worth, a person who is logged in one small file.
    Larger files go part by part through the upload endpoint, as raw bodies. The server drops what
    was not read and closes the connection.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        announced = announced_length(request)
        # Few requests are that long; only for those is it worth asking who sends them.
        if announced > ANONYMOUS_LIMIT:
            limit = self.limit(request)
            if announced > limit:
                reason = f"一次最多可送 {limit // KIB:,} KB，這次超過上限，因此沒有收下。"
                log_refusal(request, 413)
                context = {"status": 413, "reason": reason, "reference": request.reference}
                return render(request, "errors/error.html", context, status=413)
        return self.get_response(request)

    def limit(self, request):
        if not request.user.is_authenticated:
            return ANONYMOUS_LIMIT
        if request.path.startswith("/uploads/") and request.content_type == "application/offset+octet-stream":
            return most_bytes()
        if request.content_type == "multipart/form-data":
            return MULTIPART_LIMIT
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE


class NotAllowedMiddleware:
    """A page instead of nothing where somebody opens an address that only a button sends to.

    It stays in the address bar after a refused form, and is where a login in between would lead back.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET":
            context = {"status": response.status_code, "reference": request.reference}
            response.content = render_to_string("errors/error.html", context, request)
        return response


def announced_length(request):
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def client_address(request):
    """Where a request comes from; of X-Forwarded-For only what our own proxies wrote."""
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if settings.PROXIES and len(forwarded) >= settings.PROXIES and forwarded[-settings.PROXIES]:
        return forwarded[-settings.PROXIES]
    return request.META.get("REMOTE_ADDR", "")


def database_away(request, exception):
    """503 when the database is busy, full or gone: nothing was written and another try may do. Else None.

    The page asks the database nothing.
    """
    if not isinstance(exception, OperationalError):
        return None
    if connection.vendor == "sqlite" and not SQLITE_PASSES.search(str(exception)):
        return None
    log_refusal(request, 503, exception)
    context = {
        "status": 503,
        "reason": "系統正忙，這次沒有寫入任何資料。",
        "reference": getattr(request, "reference", ""),
        "frame": "errors/frame.html",
    }
    return HttpResponse(
        render_to_string("errors/error.html", context), status=503, headers={"Retry-After": RETRY_AFTER}
    )


def log_refusal(request, status, exception=""):
    reference = getattr(request, "reference", "")
    logger.warning("%s %s %r reference=%s %s", status, request.method, request.path, reference, exception)
