"""A fresh zip of the members of a checked one: the same files give the same bytes, nothing of who packed it."""

import zipfile
from contextlib import suppress

from . import Quarantined, archives, pdfs, pictures, videos

LONG_AGO = (1980, 1, 1, 0, 0, 0)
MOST_PICTURE = 100 * archives.MB
# What does not shrink lies as it is, so that a player can begin in the middle of it.
_DENSE = {
    ".mp4",
    ".m4v",
    ".webm",
    ".mov",
    ".mp3",
    ".m4a",
    ".ogg",
    ".jpg",
    ".jpeg",
    ".png",
    ".gif",
    ".webp",
    ".woff2",
}
# What computers leave behind, with names of folders and people in it.
_LITTER = {".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db"}


class Copy:
    """The new zip, being written. `folder` is for what a member passes through on its way."""

    def __init__(self, target, folder):
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, allowZip64=True)
        self._folder = folder

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._zip.close()

    def add(self, name, chunks, *, packed=True):
        """One member from pieces of bytes."""
        entry = zipfile.ZipInfo(name, date_time=LONG_AGO)
        entry.create_system = 3
        entry.external_attr = 0o644 << 16
        dense = ending_of(name) in _DENSE
        entry.compress_type = zipfile.ZIP_DEFLATED if packed and not dense else zipfile.ZIP_STORED
        with self._zip.open(entry, "w", force_zip64=False) as member:
            for chunk in chunks:
                member.write(chunk)

    def add_without_names(self, archive, member, name=""):
        """A picture, video, sound or PDF without its own properties; anything else as it is. `name`: its new one.

        What cannot be read as what its ending says is left as it is: nothing shows it either.
        """
        name, ending = name or member.name, ending_of(member.name)
        if ending in pictures.ENDINGS and member.size <= MOST_PICTURE:
            content = archive.read(member.name, most=MOST_PICTURE)
            with suppress(Quarantined):
                content = pictures.without_names(content)
            self.add(name, [content])
        elif ending in videos.ENDINGS or ending == ".pdf":
            self._add_through_disk(archive, member, name, ending)
        else:
            self.add(name, archive.chunks(member))

    def _add_through_disk(self, archive, member, name, ending):
        inside, copy = self._folder / "inside", self._folder / "inside-copy"
        with inside.open("wb") as file:
            for chunk in archive.chunks(member):
                file.write(chunk)
        with suppress(Quarantined):
            if ending == ".pdf":
                pdfs.without_names(inside, copy)
            elif not videos.without_names(inside, ending, copy):
                copy.unlink(missing_ok=True)
        with (copy if copy.exists() else inside).open("rb") as file:
            self.add(name, iter(lambda: file.read(archives.CHUNK), b""))
        inside.unlink()
        copy.unlink(missing_ok=True)


def ending_of(name):
    """In lower case with its dot, that of a name which is nothing else (_rels/.rels) as well."""
    _, dot, ending = name.rpartition("/")[2].rpartition(".")
    return (dot + ending).lower()


def is_litter(name):
    parts = name.lower().split("/")
    return parts[0] == "__macosx" or parts[-1] in _LITTER or parts[-1].startswith("._")
