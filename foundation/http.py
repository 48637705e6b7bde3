"""Answers that carry a file."""

from django.http import FileResponse, HttpResponse
from django.utils.http import content_disposition_header

from foundation import files
from foundation.models import StoredFile


def file_response(source, *, name, content_type="application/octet-stream"):
    """A download: a stored file, or what `write_table` wrote. Always an attachment, never sniffed."""
    if isinstance(source, StoredFile):
        response = FileResponse(files.open_stored(source), content_type=content_type)
    else:
        response = HttpResponse(source.content, content_type=source.content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
