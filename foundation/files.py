"""Files kept by their content: the same bytes are on disk once, under their SHA-256.

The order is bytes, fsync, rename, then the row: a row always finds its file, and what a crash
leaves behind is a file without a row. Stored bytes are never written again.
"""

import hashlib
import os
import re
import tempfile
import unicodedata
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import default_storage

from .models import StoredFile, StrayFile

CHUNK = 1024 * 1024
INCOMING = "incoming"
PLACE = re.compile("[0-9a-f]{2}")
LONGEST_NAME = 200  # bytes; file systems stop at 255 and archives add a prefix
LONGEST_SUFFIX = 20
READ_ONLY = 0o440
NAMELESS = "檔案"

# Unseen characters that turn "附件‮fdp.exe" into something that reads like a PDF.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def store(content, *, name, by, at):
    """Keep bytes, or what a binary file holds from where it stands, and return the new row."""
    source = BytesIO(content) if isinstance(content, bytes) else content
    with _received(source) as (incoming, digest, size):
        path = take_in(incoming, digest)
    return StoredFile.objects.create(
        name=clean_name(name), path=path, size=size, sha256=digest, created_by=by, created_at=at
    )


def open_stored(stored):
    """The content as a binary file; the caller closes it."""
    return default_storage.open(stored.path, "rb")


def incoming_path(name):
    """Where bytes stand until they are complete: on the same disk as the stored files, so that they can be renamed."""
    return _local_root() / INCOMING / name


def digest_of(file, progress=lambda done: None):
    """The SHA-256 of what a binary file holds, read block by block; `progress` hears how many bytes were."""
    digest, done = hashlib.sha256(), 0
    buffer = memoryview(bytearray(CHUNK))
    while count := file.readinto(buffer):
        digest.update(buffer[:count])
        done += count
        progress(done)
    return digest.hexdigest()


def take_in(incoming, digest):
    """Let a complete file that is flushed take its place under its digest, without copying; returns that place."""
    path = path_of(digest)
    _keep(path)
    if default_storage.exists(path):
        incoming.unlink(missing_ok=True)
    else:
        _place(incoming, path)
    return path


def exists(path):
    return default_storage.exists(path)


def remove(path):
    default_storage.delete(path)


def on_disk():
    """The paths of all bytes of ours in the storage: in place, and on their way in."""
    root = _local_root()
    if root is None or not root.exists():
        return set()
    folders = [folder for folder in root.iterdir() if PLACE.fullmatch(folder.name) or folder.name == INCOMING]
    return {f"{folder.name}/{file.name}" for folder in folders for file in folder.iterdir()}


def path_of(digest):
    return f"{digest[:2]}/{digest}"


def clean_name(name):
    """A file name that is only a name: no folders, nothing unseen, short enough for any disk."""
    last = str(name).replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(c for c in last if unicodedata.category(c) not in _UNSEEN)
    seen = " ".join(unicodedata.normalize("NFC", seen).split()).strip(". ")
    return _shortened(seen) or NAMELESS


def _shortened(name):
    if len(name.encode()) <= LONGEST_NAME:
        return name
    stem, suffix = os.path.splitext(name)
    if len(suffix.encode()) > LONGEST_SUFFIX:
        stem, suffix = name, ""
    room = LONGEST_NAME - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + suffix


@contextmanager
def _received(source):
    """The content in a temporary file of its own, flushed to disk, with its SHA-256 and size."""
    root = _local_root()
    incoming_dir = root / INCOMING if root else None
    if incoming_dir:
        incoming_dir.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=incoming_dir)
    try:
        with os.fdopen(handle, "wb") as incoming:
            digest, size = hashlib.sha256(), 0
            while chunk := source.read(CHUNK):
                incoming.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            incoming.flush()
            os.fsync(incoming.fileno())
        yield Path(name), digest.hexdigest(), size
    finally:
        Path(name).unlink(missing_ok=True)


def _keep(path):
    """No longer stray, should it have been: the sweep that would remove it waits for this, or came before."""
    StrayFile.objects.filter(path=path).delete()


def _place(incoming, path):
    root = _local_root()
    if root is None:
        with incoming.open("rb") as content:
            default_storage.save(path, File(content))
        return
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    incoming.chmod(READ_ONLY)
    os.replace(incoming, target)
    sync_folder(target.parent)


def _local_root():
    """The folder of the storage, or None when it is not on a disk of this machine."""
    try:
        return Path(default_storage.path(""))
    except NotImplementedError:
        return None


def sync_folder(folder):
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
