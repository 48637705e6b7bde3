"""The copy of a file that judges get: the same content without the properties that name who made it.

Office documents, PDF, JPEG and PNG carry their author beside the content (threat T13). What cannot be
rewritten within the limits is refused, not handed out as it is; other kinds have no such place.
"""

import io
import re
import zipfile
import zlib

from foundation import files
from foundation.errors import Refused

MOST_PARTS = 5_000
MOST_UNPACKED = 300 * 1024 * 1024
LONG_AGO = (1980, 1, 1, 0, 0, 0)

_OOXML = "http://schemas.openxmlformats.org"
# What stands in place of each part that says who wrote the document, when and with what.
_EMPTY_PARTS = {
    "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{_OOXML}/package/2006/metadata/core-properties"/>',
    "docProps/app.xml": f'<Properties xmlns="{_OOXML}/officeDocument/2006/extended-properties"/>',
    "docProps/custom.xml": f'<Properties xmlns="{_OOXML}/officeDocument/2006/custom-properties"/>',
    "meta.xml": '<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' office:version="1.2"><office:meta/></office:document-meta>',
}
_PDF_NAMES = re.compile(
    rb"(/(?:Author|Creator|Producer|Company)\s*)(\((?:\\.|[^\\()]|\((?:\\.|[^\\()])*\))*\)|<[0-9A-Fa-f\s]*>)",
    re.DOTALL,
)
_PDF_PACKET = re.compile(rb"(<\?xpacket begin[^>]*\?>)(.*?)(<\?xpacket end)", re.DOTALL)
_PDF_STREAM = re.compile(rb"(?<!end)stream\r?\n")
PDF_HEAD = 1000  # bytes before a stream in which its dictionary stands
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME")
_JPEG = b"\xff\xd8"
_JPEG_SCAN = 0xDA
# APP1 (Exif, XMP), APP13 (captions) and comments; APP0, APP2 and APP14 say how to show the picture.
_JPEG_NAMES = (0xE1, 0xED, 0xFE)


class NeutralRefused(Refused):
    """No neutral copy can be made of this file."""


class Neutral:
    """A neutral copy as `file_response` takes it."""

    content_type = "application/octet-stream"

    def __init__(self, content):
        self.content = content


def neutral_copy(content, extension):
    """The bytes for a judge, or None where this kind of file has no properties to take out."""
    strip = _STRIPPERS.get(extension)
    if strip is None:
        return None
    try:
        return strip(content)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError):
        raise NeutralRefused("這個檔案無法去除文件屬性，不能提供給評審；請洽承辦人。") from None


def for_judges(entry_file):
    """What a judge gets of a file: the stored one where it names nobody, else its neutral copy."""
    with files.open_stored(entry_file.stored) as stored:
        content = neutral_copy(stored.read(), entry_file.extension)
    return entry_file.stored if content is None else Neutral(content)


def _strip_package(content):
    if not content.startswith(b"PK"):
        return content  # no document, whatever its name says: it has no properties
    target, unpacked = io.BytesIO(), 0
    with zipfile.ZipFile(io.BytesIO(content)) as package, zipfile.ZipFile(target, "w") as copy:
        parts = package.infolist()
        if len(parts) > MOST_PARTS:
            raise ValueError("too many parts")
        for part in parts:
            data = _EMPTY_PARTS.get(part.filename)
            if data is None:
                with package.open(part) as source:
                    data = source.read(MOST_UNPACKED - unpacked + 1)
            unpacked += len(data)
            if unpacked > MOST_UNPACKED:
                raise ValueError("too large")
            # The order and the uncompressed first part of an OpenDocument file must stay.
            copied = zipfile.ZipInfo(part.filename, date_time=LONG_AGO)
            copied.compress_type = part.compress_type
            copy.writestr(copied, data)
    return target.getvalue()


def _strip_pdf(content):
    """Blanked where they stand: every offset in the file stays true."""
    if b"/Encrypt" in content:
        raise ValueError("names behind a password cannot be blanked")
    parts, at = [], 0
    for found in _PDF_STREAM.finditer(content):
        span = _packed_names(content, found)
        if span is None or span[0] < at:
            continue
        start, end = span
        parts += [_blanked(content[at:start]), _repacked(content[start:end])]
        at = end
    return b"".join([*parts, _blanked(content[at:])])


def _packed_names(content, found):
    """(start, end) of a compressed stream that may hold names: objects or metadata; None for others."""
    head = content[max(0, found.start() - PDF_HEAD) : found.start()].rpartition(b"obj")[2]
    length = re.search(rb"/Length\s+(\d+)(?!\s+\d+\s+R)", head)
    if length is None or b"/FlateDecode" not in head or not (b"/ObjStm" in head or b"/Metadata" in head):
        return None
    return found.end(), found.end() + int(length[1])


def _repacked(packed):
    """The stream with its names blanked, as long as it was: what follows its end is not read."""
    inflater = zlib.decompressobj()
    plain = inflater.decompress(packed, MOST_UNPACKED)
    if inflater.unconsumed_tail:
        raise ValueError("too large")
    blanked = _blanked(plain)
    if blanked == plain:
        return packed
    repacked = zlib.compress(blanked, 9)
    if len(repacked) > len(packed):
        raise ValueError("does not fit where it stood")
    return repacked.ljust(len(packed), b"\n")


def _blanked(content):
    def blank(found):
        value = found[2]
        inside = b" " * (len(value) - 2) if value.startswith(b"(") else b"20" * ((len(value) - 2) // 2)
        return found[1] + value[:1] + inside.ljust(len(value) - 2) + value[-1:]

    content = _PDF_NAMES.sub(blank, content)
    return _PDF_PACKET.sub(lambda found: found[1] + b" " * len(found[2]) + found[3], content)


def _strip_png(content):
    if not content.startswith(_PNG):
        return content
    kept, at = [_PNG], len(_PNG)
    while at < len(content):
        end = at + 12 + int.from_bytes(content[at : at + 4])
        if content[at + 4 : at + 8] not in _PNG_TEXTS:
            kept.append(content[at:end])
        at = end
    return b"".join(kept)


def _strip_jpeg(content):
    if not content.startswith(_JPEG):
        return content
    kept, at = [_JPEG], len(_JPEG)
    while at + 4 <= len(content) and content[at] == 0xFF and content[at + 1] != _JPEG_SCAN:
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if content[at + 1] not in _JPEG_NAMES:
            kept.append(content[at:end])
        at = end
    return b"".join([*kept, content[at:]])


_STRIPPERS = {
    **dict.fromkeys((".pptx", ".docx", ".xlsx", ".odp", ".odt", ".ods"), _strip_package),
    ".pdf": _strip_pdf,
    ".png": _strip_png,
    **dict.fromkeys((".jpg", ".jpeg"), _strip_jpeg),
}
