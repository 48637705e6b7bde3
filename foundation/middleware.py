"""What happens to every request: a reference code, a limit on its body, a plain answer when the database is busy."""

import secrets

from django.conf import settings
from django.db import OperationalError
from django.shortcuts import render

KIB = 1024
ANONYMOUS_LIMIT = 64 * KIB
MULTIPART_LIMIT = 12 * KIB * KIB
RETRY_AFTER_SECONDS = 5


class ReferenceMiddleware:
    """Gives each request a code that its error page, its log line and its answer share."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.reference = secrets.token_hex(4)
        response = self.get_response(request)
        response["X-Reference"] = request.reference
        return response

    def process_exception(self, request, exception):
        """A database that stays locked past its timeout is busy, not broken: nothing was written."""
        if isinstance(exception, OperationalError) and "locked" in str(exception):
            reason = "系統正忙，這次沒有寫入任何資料。"
            response = refuse(request, 503, reason)
            response["Retry-After"] = RETRY_AFTER_SECONDS
            return response
        return None


class BodyLimitMiddleware:
    """Refuses a large body by its announced length, before anything reads it.

    CSRF protection parses a multipart body before it knows whose it is; so this stands in front of
    it: an anonymous visitor may send a form's worth, a person who is logged in one small file.
    Larger files go part by part through the upload endpoint, as raw bodies.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        limit = self.limit(request)
        if limit is not None and announced_length(request) > limit:
            response = refuse(
                request, 413, f"一次最多可送 {limit // KIB:,} KB，這次超過上限，因此沒有收下。"
            )
            # The body was not read: a further request on this connection would start inside it.
            response["Connection"] = "close"
            return response
        return self.get_response(request)

    def limit(self, request):
        if not request.user.is_authenticated:
            return ANONYMOUS_LIMIT
        if request.content_type == "multipart/form-data":
            return MULTIPART_LIMIT
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def announced_length(request):
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def refuse(request, status, reason):
    context = {"status": status, "reason": reason, "reference": request.reference}
    return render(request, "errors/error.html", context, status=status)
