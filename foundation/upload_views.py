"""tus 1.0 (https://tus.io/protocols/resumable-upload): announce a file, send it part by part, ask how far it is, give it up.

The body is the file's bytes as they are, never a form. Person, CSRF token (in a header) and size are
judged from the headers; the body is read only after all of them.
"""

import base64
import binascii
import re
import threading
from contextlib import contextmanager
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseNotAllowed
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date

from . import uploads
from .inspection.limits import most_bytes
from .models import Upload
from .uploads import UploadRefused

VERSION = "1.0.0"
PART_TYPE = "application/offset+octet-stream"
NUMBER = re.compile("[0-9]{1,15}")
# A part holds a thread of its web process for as long as the line takes; pages must find some free.
places = threading.BoundedSemaphore(settings.UPLOADS_AT_ONCE)


def tus(*methods):
    """A resource of the protocol: OPTIONS answered, refusals as plain words that the page shows."""

    def decorate(view):
        @login_not_required  # a redirect to the login page would be followed unseen
        @wraps(view)
        def guarded(request, **kwargs):
            response = answer(request, **kwargs)
            response["Tus-Resumable"] = VERSION
            if response.status_code == HTTPStatus.PRECONDITION_FAILED:
                response["Tus-Version"] = VERSION
            response["Cache-Control"] = "no-store"
            return response

        def answer(request, **kwargs):
            if request.method == "OPTIONS":
                return _abilities()
            if request.method not in methods:
                return HttpResponseNotAllowed([*methods, "OPTIONS"])
            try:
                if not request.user.is_authenticated:
                    raise UploadRefused(
                        "登入已逾時；請在另一個分頁重新登入，再按「繼續」。", HTTPStatus.UNAUTHORIZED
                    )
                return view(request, **kwargs)
            except UploadRefused as refusal:
                return HttpResponse(
                    str(refusal), content_type="text/plain; charset=utf-8", status=refusal.status
                )

        return guarded

    return decorate


def _abilities():
    return HttpResponse(
        status=HTTPStatus.NO_CONTENT,
        headers={
            "Tus-Version": VERSION,
            "Tus-Extension": "creation,expiration,termination",
            "Tus-Max-Size": str(most_bytes()),
        },
    )


def _require_version(request):
    if request.headers.get("Tus-Resumable") != VERSION:
        raise UploadRefused(f"須以 tus {VERSION} 上傳。", HTTPStatus.PRECONDITION_FAILED)


@tus("POST")
def upload_list(request):
    """Announce a file: its size in Upload-Length, its name in Upload-Metadata."""
    _require_version(request)
    size = _number(request, "Upload-Length")
    name = _file_name(request.headers.get("Upload-Metadata", ""))
    upload = uploads.announce(name=name, size=size, by=request.user, at=timezone.now())
    response = HttpResponse(status=HTTPStatus.CREATED)
    response["Location"] = reverse("uploads:upload_detail", args=[upload.token])
    return _with_expiry(response, upload)


@tus("HEAD", "PATCH", "DELETE")
def upload_detail(request, token):
    """One's own upload, until a form has claimed it."""
    upload = Upload.objects.visible_to(request.user).unclaimed().filter(token=token).first()
    if upload is None or upload.expires_at <= timezone.now():
        raise UploadRefused("找不到這個上傳，可能已超過保留期限；請重新選檔。", HTTPStatus.NOT_FOUND)
    _require_version(request)
    answers = {"HEAD": _head, "PATCH": _patch, "DELETE": _delete}
    return answers[request.method](request, upload)


def _head(request, upload):
    response = HttpResponse()
    response["Upload-Offset"] = str(upload.offset())
    response["Upload-Length"] = str(upload.size)
    response["Upload-Metadata"] = f"filename {base64.b64encode(upload.name.encode()).decode()}"
    return _with_expiry(response, upload)


def _patch(request, upload):
    if request.content_type != PART_TYPE:
        raise UploadRefused(f"內容須為 {PART_TYPE}。", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    offset = _number(request, "Upload-Offset")
    if not NUMBER.fullmatch(request.headers.get("Content-Length", "")):
        raise UploadRefused("須先告知這次送來的長度（Content-Length）。", HTTPStatus.LENGTH_REQUIRED)
    length = _number(request, "Content-Length")
    if offset + length > upload.size:
        raise UploadRefused(
            f"「{upload.name}」登記為 {upload.size} 位元組，這次送來的會超過，因此沒有收下。",
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )
    with _place():
        reached = uploads.receive(upload, offset=offset, length=length, body=request, at=timezone.now)
    upload.refresh_from_db()
    response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    response["Upload-Offset"] = str(reached)
    return _with_expiry(response, upload)


@contextmanager
def _place():
    if not places.acquire(blocking=False):
        raise UploadRefused(
            "現在傳送檔案的人很多，稍候會自動接續；已收到的部分都還在。", HTTPStatus.SERVICE_UNAVAILABLE
        )
    try:
        yield
    finally:
        places.release()


def _delete(request, upload):
    uploads.discard(upload, by=request.user, at=timezone.now())
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _with_expiry(response, upload):
    response["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    return response


def _number(request, header):
    text = request.headers.get(header, "")
    if not NUMBER.fullmatch(text):
        raise UploadRefused(f"{header} 須為位元組數。")
    return int(text)


def _file_name(metadata):
    """The name among "key base64,key base64" as the protocol sends what goes with a file."""
    for pair in metadata.split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            try:
                return base64.b64decode(value, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                break
    raise UploadRefused("Upload-Metadata 須有以 Base64 寫成的 filename。")
