"""Showing checked files: who may open which, and the members of a teaching package straight from its zip.

What people upload is never trusted with the portal's origin (threats T1–T4, T44):

- A video, picture or PDF has an address that is signed for one person and good only in that person's session.
- A package is opened through such an address. That makes a `Viewing`, whose token stands in the path of all
  that the package loads: its pages run in an origin of their own, which sends no cookie. The token ends 15
  minutes after its last use, after 12 hours, and with the session in which it was opened.
"""

import secrets
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import signing
from django.urls import reverse

from . import files
from .filekinds.archives import Archive
from .models import FileCheck, Viewing
from .periodic import periodic

SALT = "foundation.packages"
LONGEST = timedelta(hours=12)
IDLE = timedelta(minutes=15)
VIEW_PATH = "/materials/view/"
STEP = timedelta(minutes=1)
"""Use is noted at most so often."""
PLAYED = {FileCheck.Kind.PACKAGE_SCORM12, FileCheck.Kind.PACKAGE_SCORM2004, FileCheck.Kind.PACKAGE_HTML5}
INLINE = {FileCheck.Kind.VIDEO: "video", FileCheck.Kind.PDF: "pdf", FileCheck.Kind.IMAGE: "image"}

# By ending, whatever the file says; anything else is a download, which the sandbox does not allow.
CONTENT_TYPES = {
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".xml": "application/xml",
    ".xsd": "application/xml",
    ".dtd": "application/xml-dtd",
    ".txt": "text/plain",
    ".vtt": "text/vtt",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".ico": "image/x-icon",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".webm": "video/webm",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".eot": "application/vnd.ms-fontobject",
    ".wasm": "application/wasm",
    ".pdf": "application/pdf",
}
PAGES = {"text/html", "application/xhtml+xml"}
MOST_PAGE = 16 * 1024 * 1024
API = (Path(__file__).parent / "package_api.js").read_text(encoding="utf-8")


class Shown(NamedTuple):
    """A file as `components/viewer.html` shows it."""

    title: str
    kind: str
    """video, pdf, image, package; download: only to be opened elsewhere; waiting, refused: not to be shown."""
    url: str
    cover: str
    """The address of its small picture; empty where there is none."""
    download: str
    check: FileCheck


def shown(check, *, user, title, download=""):
    """How this person sees a checked file: always its copy without names. The caller has decided that he may,

    and may give the address under which the same copy is downloaded.
    """
    kind, route, copy = _way_to_show(check)
    url = _address(route, check, copy, user) if route else ""
    cover = _address("file_show", check, "cover", user) if check.is_passed and check.cover_id else ""
    return Shown(title, kind, url, cover, download, check)


def _way_to_show(check):
    """(kind, route, which copy)."""
    if not check.is_passed:
        return "waiting" if check.is_waiting else "refused", "", ""
    if check.kind in PLAYED:
        return "package", "package_open", "neutral"
    if check.kind in INLINE:
        return INLINE[check.kind], "file_show", "neutral"
    if check.rendition_id:
        return "pdf", "file_show", "rendition"
    return "download", "", ""


def _address(route, check, copy, user):
    # Named by what it holds: numbers of rows, which anybody can read in the address, tell what came before what.
    signed = signing.dumps([getattr(check, copy).sha256, copy, user.pk], salt=SALT)
    return reverse(f"materials:{route}", args=[signed])


def opened(signed, *, user):
    """(FileCheck, which copy) of an address that was given to this person, or None."""
    try:
        digest, copy, owner = signing.loads(signed, salt=SALT, max_age=LONGEST)
    except signing.BadSignature:
        return None
    passed = FileCheck.objects.select_related("stored", copy).filter(state=FileCheck.State.PASSED)
    check = passed.filter(**{f"{copy}__sha256": digest}).first()
    return (check, copy) if check and owner == user.pk else None


# Packages ------------------------------------------------------------------------------------------


def is_apart():
    """Whether packages have a host of their own."""
    return host() != urlsplit(settings.SITE_URL).netloc


def host():
    """The host, with its port, that packages are served from."""
    return urlsplit(settings.MATERIALS_URL).netloc


def open_package(check, *, user, session_key, at):
    """The address of the start page, under a new token."""
    viewing = Viewing.objects.create(
        token=secrets.token_urlsafe(24),
        file_check=check,
        user=user,
        session_key=session_key,
        opened_at=at,
        used_at=at,
    )
    page, _, query = check.facts["start_page"].partition("?")
    path = f"{VIEW_PATH}{viewing.token}/{quote(page)}"
    return (settings.MATERIALS_URL if is_apart() else "") + path + (f"?{query}" if query else "")


def viewing_of(token, *, at):
    """The viewing of a token that is still good, its use noted; else None."""
    viewing = (
        Viewing.objects.select_related("file_check__neutral", "user")
        .filter(token=token, used_at__gt=at - IDLE, opened_at__gt=at - LONGEST, user__is_active=True)
        .first()
    )
    if viewing is None or not Session.objects.filter(pk=viewing.session_key, expire_date__gt=at).exists():
        return None
    if at - viewing.used_at >= STEP:
        Viewing.objects.filter(pk=viewing.pk).update(used_at=at)
    return viewing


@periodic
def forget_viewings(*, at):
    Viewing.objects.filter(used_at__lt=at - LONGEST).delete()


def members(stored):
    """The members of a package's copy by name; stored bytes never change, so neither does this."""
    return _members(stored.path)


@lru_cache(maxsize=16)
def _members(path):
    with files.default_storage.open(path, "rb") as file:
        return {member.name: member for member in Archive(file)}


def pieces(stored, member, start, length):
    """A part of a member in pieces of bytes, read from within the zip."""
    with files.open_stored(stored) as file:
        yield from Archive(file, members=members(stored).values()).part(member, start, length)


def content_type(name):
    ending = "." + name.rpartition(".")[2].lower()
    return CONTENT_TYPES.get(ending, "application/octet-stream")


def with_api(page):
    """A page of a package, before all of its own scripts the few things that it may look for and must not have."""
    if page[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return page
    head = page[:8192].lower()
    at = head.find(b"<head")
    at = head.find(b">", at) + 1 if at >= 0 else 0
    if not at and (doctype := head.find(b"<!doctype")) >= 0:
        at = head.find(b">", doctype) + 1
    return page[:at] + b"<script>" + API.encode() + b"</script>" + page[at:]
