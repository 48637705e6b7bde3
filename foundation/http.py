"""Answers that carry a file."""

import re
from http import HTTPStatus
from pathlib import PurePosixPath

from django.conf import settings
from django.http import FileResponse, HttpResponse, HttpResponseNotModified
from django.utils.http import content_disposition_header, parse_etags

from foundation import files
from foundation.models import StoredFile

# What a browser may show in the page itself; all else it saves.
SHOWN_INLINE = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".mp4": "video/mp4",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".webm": "video/webm",
    ".webp": "image/webp",
}
# Opened by itself a file runs nothing. The browser's own PDF viewer refuses to work inside a sandbox.
NOTHING = "default-src 'none'; frame-ancestors 'self'"
SANDBOXED = f"{NOTHING}; sandbox"
ONE_RANGE = re.compile("bytes=([0-9]*)-([0-9]*)")


def file_response(source, *, name, request=None, content_type="application/octet-stream", inline=False):
    """A download: a stored file, or what `write_table` wrote; never sniffed.

    With the request, a stored file answers Range (a film seeks, a broken download goes on) and
    If-None-Match. It is an attachment, unless `inline` and its name ends in a kind that is safe to show.
    """
    shown_type = SHOWN_INLINE.get(PurePosixPath(name).suffix.lower()) if inline else None
    content_type = shown_type or content_type
    if isinstance(source, StoredFile):
        response = _stored_response(source, request, content_type)
    else:
        response = HttpResponse(source.content, content_type=source.content_type)
    response["Content-Disposition"] = content_disposition_header(shown_type is None, name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = NOTHING if shown_type == "application/pdf" else SANDBOXED
    response["Cache-Control"] = "private, no-store"
    if shown_type:
        response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _stored_response(stored, request, content_type):
    etag = f'"{stored.sha256}"'
    asked = request.headers if request else {}
    if etag in parse_etags(asked.get("If-None-Match", "")):
        response = HttpResponseNotModified()
    elif settings.X_ACCEL_PREFIX:
        # The proxy sends the bytes, and judges the range; this process is free at once.
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = f"{settings.X_ACCEL_PREFIX}{stored.path}"
    else:
        asked_range = asked.get("Range", "") if asked.get("If-Range", etag) == etag else ""
        response = part_response(
            asked_range,
            stored.size,
            lambda start, end, status: FileResponse(
                Stretch(files.open_stored(stored), start, end), content_type=content_type, status=status
            ),
        )
    response["ETag"] = etag
    if request:
        response["Accept-Ranges"] = "bytes"
    return response


def part_response(asked_range, size, answer):
    """What `answer(start, end, status)` makes of the one range asked for, the end exclusive, and says which it is.

    Several ranges, or what is no range, get the whole; a range outside gets 416.
    """
    found = ONE_RANGE.fullmatch(asked_range)
    if not (found and any(found.groups())):
        response = answer(0, size, HTTPStatus.OK)
        response["Content-Length"] = str(size)
        return response
    start, end = _stretch(*found.groups(), size)
    if start >= end:
        return HttpResponse(
            status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers={"Content-Range": f"bytes */{size}"}
        )
    response = answer(start, end, HTTPStatus.PARTIAL_CONTENT)
    response["Content-Length"] = str(end - start)
    response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return response


def _stretch(first, last, size):
    """Where "first-last" begins and ends, the end exclusive; empty when it lies outside the file."""
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size


class Stretch:
    """Part of an open file, from `start` to before `end`.

    A server with sendfile takes the descriptor, which stands at the start, and copies nothing through
    this process; one without reads block by block.
    """

    def __init__(self, file, start, end):
        self.file = file
        self.left = end - start
        file.seek(start)

    def read(self, size=-1):
        data = self.file.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(data)
        return data

    def fileno(self):
        return self.file.fileno()

    def close(self):
        self.file.close()
