"""Answers that carry what people uploaded, within what a browser lets it do."""

import re
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_GET, require_safe

from . import files, packages
from .models import FileCheck

GONE = "這個連結已經過期，或不是開給您的。請回到作品頁重新開啟。"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
# Nothing of the machine a package runs on; full screen and sound alone are of use to a lesson.
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        *("accelerometer", "bluetooth", "browsing-topics", "camera", "clipboard-read", "clipboard-write"),
        *("display-capture", "gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts"),
        *("magnetometer", "microphone", "midi", "payment", "publickey-credentials-get", "screen-wake-lock"),
        *("serial", "storage-access", "usb", "web-share", "xr-spatial-tracking"),
    )
)
# A browser's own viewer draws a PDF, and not within a sandbox; scripts and requests it has none.
PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
STILL_POLICY = "default-src 'none'; sandbox; frame-ancestors 'self'"
_TYPES = {
    FileCheck.Kind.PDF: "application/pdf",
    FileCheck.Kind.SLIDES: "application/pdf",
    FileCheck.Kind.DOCUMENT: "application/pdf",
}


@require_safe
@xframe_options_exempt
def file_show(request, signed):
    """A video, picture, PDF or cover, in the place of the page where it is looked at."""
    found = packages.opened(signed, user=request.user)
    if found is None:
        return _gone()
    check, copy = found
    stored = getattr(check, copy)
    kind = (
        "image/jpeg"
        if copy == "cover"
        else _TYPES.get(check.kind) or packages.content_type(check.stored.name)
    )
    response = _partial(request, stored.size, lambda start, length: _pieces(stored, start, length))
    response["Content-Type"] = kind
    response["Content-Security-Policy"] = PDF_POLICY if kind == "application/pdf" else STILL_POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return _guarded(response)


@require_GET
@xframe_options_exempt
def package_open(request, signed):
    """Give a package its token and go to its start page."""
    found = packages.opened(signed, user=request.user)
    if found is None or found[0].kind not in packages.PLAYED:
        return _gone()
    address = packages.open_package(
        found[0], user=request.user, session_key=request.session.session_key, at=timezone.now()
    )
    return _guarded(HttpResponseRedirect(address))


@require_safe
@login_not_required
@xframe_options_exempt
def package_member(request, token, member):
    """One file of a package. The token in the path is the key: in its own origin a package sends no cookie."""
    viewing = packages.viewing_of(token, at=timezone.now())
    if viewing is None or not _may(request, viewing):
        return _gone()
    stored = viewing.file_check.neutral
    entry = packages.members(stored).get(member)
    if entry is None:
        raise Http404("教材套件裡沒有這個檔案。")
    kind = packages.content_type(member)
    if kind in packages.PAGES and entry.size <= packages.MOST_PAGE:
        page = b"".join(packages.pieces(stored, entry, 0, entry.size))
        response = HttpResponse(packages.with_api(page))
    else:
        response = _partial(
            request, entry.size, lambda start, length: packages.pieces(stored, entry, start, length)
        )
    response["Content-Type"] = kind
    if kind == "application/octet-stream":
        response["Content-Disposition"] = "attachment"
    is_start = member == viewing.file_check.facts["start_page"].partition("?")[0]
    response["Content-Security-Policy"] = _policy(request, token, is_start)
    response["Cross-Origin-Resource-Policy"] = "cross-origin" if packages.is_apart() else "same-site"
    # Fonts and modules ask as "null"; who knows the token may read.
    response["Access-Control-Allow-Origin"] = "*"
    return _guarded(response)


def _may(request, viewing):
    """On the portal's own host a page is opened by who got the token, within a page of the portal."""
    if packages.is_apart():
        return request.get_host() == packages.host()
    if request.headers.get("Sec-Fetch-Dest") == "document":
        return False  # in a window of its own a package could go elsewhere and take its token along
    return not request.user.is_authenticated or request.user == viewing.user


def _policy(request, token, is_start):
    """An origin of its own that reaches nothing but the package's own files."""
    own = request.build_absolute_uri(f"{packages.VIEW_PATH}{token}/")
    parent = f"; frame-ancestors {settings.SITE_URL} 'self'" if is_start else ""
    return (
        "sandbox allow-scripts allow-forms allow-modals; "
        f"default-src {own} 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src {own} data: blob:; "
        f"base-uri {own}; form-action {own}; object-src 'none'{parent}"
    )


def _gone():
    """Words that show within the frame where the file would have been; the portal's own page may not stand there."""
    page = f'<!doctype html><html lang="zh-Hant-TW"><meta charset="utf-8"><title>已過期</title><p>{GONE}</p></html>'
    response = HttpResponse(page, status=404)
    response["Content-Security-Policy"] = STILL_POLICY
    return _guarded(response)


def _guarded(response):
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    response["Permissions-Policy"] = PERMISSIONS
    response["X-DNS-Prefetch-Control"] = "off"
    response["Cache-Control"] = "private, no-store"
    return response


# Parts of a file -----------------------------------------------------------------------------------


def _partial(request, size, pieces):
    """The whole, or the one range that is asked for; several ranges get the whole."""
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    start, end, status = 0, size - 1, HTTPStatus.OK
    if asked and any(asked.groups()):
        first, last = asked.groups()
        if first:
            start, end = int(first), min(int(last or size), size - 1)
        else:
            start = max(0, size - int(last))
        if start > end:
            return HttpResponse(
                status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                headers={"Content-Range": f"bytes */{size}"},
            )
        status = HTTPStatus.PARTIAL_CONTENT
    length = end - start + 1
    body = pieces(start, length) if request.method == "GET" else ()
    response = StreamingHttpResponse(body, status=status)
    response["Content-Length"] = length
    response["Accept-Ranges"] = "bytes"
    if status == HTTPStatus.PARTIAL_CONTENT:
        response["Content-Range"] = f"bytes {start}-{end}/{size}"
    return response


def _pieces(stored, start, length):
    with files.open_stored(stored) as file:
        file.seek(start)
        while length and (piece := file.read(min(files.CHUNK, length))):
            length -= len(piece)
            yield piece
