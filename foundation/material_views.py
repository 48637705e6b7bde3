"""Answers that carry what people uploaded, within what a browser lets it do."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_GET, require_safe

from . import packages
from .http import SANDBOXED, file_response, part_response
from .inspection.limits import ending_of

GONE = "這個連結已經過期，或不是開給您的。請回到作品頁重新開啟。"
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
# What is shown of slides and documents is a PDF, of anything its cover a JPEG.
_ENDINGS = {"rendition": ".pdf", "cover": ".jpg"}


@require_safe
@xframe_options_exempt
def file_show(request, signed):
    """A video, picture, PDF or cover, in the place of the page where it is looked at."""
    found = packages.opened(signed, user=request.user)
    if found is None:
        return _gone()
    check, copy = found
    # A name that tells only the kind: what was uploaded may be called after its author.
    ending = _ENDINGS.get(copy) or ending_of(check.stored.name)
    response = file_response(getattr(check, copy), name=f"檔案{ending}", request=request, inline=True)
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
        response = _member_response(request, stored, entry)
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
    response["Content-Security-Policy"] = SANDBOXED
    return _guarded(response)


def _guarded(response):
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    response["Permissions-Policy"] = PERMISSIONS
    response["X-DNS-Prefetch-Control"] = "off"
    response["Cache-Control"] = "private, no-store"
    return response


def _member_response(request, stored, entry):
    """A member or the part of it that is asked for; what is packed is inflated up to there."""

    def answer(start, end, status):
        body = packages.pieces(stored, entry, start, end - start) if request.method == "GET" else ()
        return StreamingHttpResponse(body, status=status)

    response = part_response(request.headers.get("Range", ""), entry.size, answer)
    response["Accept-Ranges"] = "bytes"
    return response
