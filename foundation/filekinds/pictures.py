"""Pictures: within a size that can be drawn, a cover, and a copy without Exif, XMP, captions and comments.

The copy keeps every pixel as it is: the parts of the file that hold words are left out, nothing is drawn anew.
"""

import io
import struct
import warnings
from contextlib import contextmanager

from PIL import Image, ImageOps, UnidentifiedImageError

from . import Quarantined

MOST_PIXELS = 100_000_000
COVER = (640, 640)
ORIENTATION = 0x0112
_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".gif": "GIF", ".webp": "WEBP"}
ENDINGS = frozenset(_FORMATS)
DAMAGED = "圖檔損壞或不完整，無法開啟。請用看圖軟體開啟後重新存檔再上傳。"

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {
    *(
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"sBIT",
        b"bKGD",
        b"pHYs",
        b"cICP",
    ),
    *(b"acTL", b"fcTL", b"fdAT"),
}
# Standalone markers of a JPEG; all others carry a length.
_JPEG_BARE = {0x01, *range(0xD0, 0xD9)}
_JPEG_SCAN, _JPEG_END = 0xDA, 0xD9
# APP0 (JFIF), APP2 (colour profile) and APP14 (Adobe) say how to show the picture; the other APPn and comments
# say who made it, where and with what.
_JPEG_DROPPED = {0xE1, *range(0xE3, 0xEE), 0xEF, 0xFE}
_WEBP_DROPPED = {b"EXIF", b"XMP "}
_WEBP_NAMES_FLAGS = 0x08 | 0x04
_GIF_SHOWN = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def examine(path, ending, folder, on_step):
    """Kind, facts and what was made of a picture."""
    on_step(2, 4, "讀取圖檔")
    facts = {"warnings": []}
    with _opened(path.read_bytes(), _FORMATS[ending]) as picture:
        facts["width"], facts["height"] = picture.size
        draw_cover(picture, folder)
    on_step(3, 4, "製作評審用的副本")
    (folder / "neutral").write_bytes(without_names(path.read_bytes()))
    return {"kind": "image", "facts": facts, "made": ["cover", "neutral"]}


@contextmanager
def _opened(content, form=None):
    """The picture, its size checked before a pixel is drawn."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Image.MAX_IMAGE_PIXELS = None  # our own limit, refused in words
            with Image.open(io.BytesIO(content), formats=[form] if form else None) as picture:
                _refuse_flood(picture)
                yield picture
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError, struct.error, EOFError):
        raise Quarantined(DAMAGED) from None


def _refuse_flood(picture):
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise Quarantined(
            f"圖檔有 {width:,}×{height:,} 個像素，超過上限（{MOST_PIXELS // 10_000:,} 萬像素），打開會耗盡記憶體。請縮小後再上傳。"
        )


def draw_cover(picture, folder):
    """A small JPEG as people see the picture: turned, on white."""
    picture.draft("RGB", COVER)
    picture.thumbnail(COVER)
    picture = ImageOps.exif_transpose(picture)
    if picture.mode not in ("RGB", "L"):
        seen = picture.convert("RGBA")
        picture = Image.new("RGB", seen.size, "white")
        picture.paste(seen, mask=seen.getchannel("A"))
    picture.convert("RGB").save(folder / "cover", "JPEG", quality=82)


def cover_from(content, folder):
    """Whether a cover could be drawn of a picture that came inside something else."""
    try:
        with _opened(content) as picture:
            draw_cover(picture, folder)
    except Quarantined:
        return False
    return True


# Copies without names -------------------------------------------------------------------------------


def without_names(content):
    """The same picture without what says who made it; content that is no such picture comes back as it is."""
    for mark, strip in _STRIPPERS:
        if content.startswith(mark):
            try:
                return strip(content)
            except (IndexError, struct.error):
                raise Quarantined(DAMAGED) from None
    return content


def _strip_png(content):
    kept, at = [_PNG], len(_PNG)
    while at + 12 <= len(content):
        end = at + 12 + int.from_bytes(content[at : at + 4])
        kind = content[at + 4 : at + 8]
        if kind in _PNG_KEPT:
            kept.append(content[at:end])
        if kind == b"IEND":
            break
        at = end
    return b"".join(kept)


def _strip_jpeg(content):
    """Up to the end of the picture: phones hang films, other programs anything, behind it."""
    kept, at = [content[:2]], 2
    if (turn := _turn_of(content)) > 1:
        kept.append(_exif_of_turn(turn))
    while at + 2 <= len(content):
        if content[at] != 0xFF:
            raise IndexError(at)
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == _JPEG_END:
            kept.append(content[at : at + 2])
            return b"".join(kept)
        end = at + 2 if marker in _JPEG_BARE else at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if marker == _JPEG_SCAN:
            end = _end_of_scan(content, end)
        if marker not in _JPEG_DROPPED and content[at + 4 : at + 8] != b"MPF\0":
            kept.append(content[at:end])
        at = end
    return b"".join(kept)


def _end_of_scan(content, at):
    """Where the next marker stands that is neither a stuffed byte nor a restart."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            return len(content)
        if content[at + 1] != 0 and not 0xD0 <= content[at + 1] <= 0xD7:
            return at
        at += 2


def _turn_of(content):
    """How a camera was held; 1 when the file does not say."""
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(content), formats=["JPEG"]) as picture:
            warnings.simplefilter("ignore")
            turn = picture.getexif().get(ORIENTATION, 1)
    except Exception:  # of a broken Exif block; it is dropped whatever it says
        return 1
    return turn if turn in range(1, 9) else 1


def _exif_of_turn(turn):
    """An Exif block with the orientation alone: without it the picture lies on its side."""
    tiff = b"II*\0" + struct.pack("<LHHHLHHL", 8, 1, ORIENTATION, 3, 1, turn, 0, 0)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2) + body


def _strip_gif(content):
    """Blocks of pixels and how to move them; no comments, texts or other programs' blocks."""
    flags = content[10]
    at = 13 + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0)
    kept = [content[:at]]
    while True:
        start, mark = at, content[at]
        if mark == 0x3B:
            return b"".join([*kept, b"\x3b"])
        if mark == 0x2C:
            flags = content[at + 9]
            at += 10 + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0) + 1
            keep = True
        elif mark == 0x21:
            label, size = content[at + 1], content[at + 2]
            keep = label == 0xF9 or (label == 0xFF and content[at + 3 : at + 3 + size] in _GIF_SHOWN)
            at += 2
        else:
            raise IndexError(at)
        while size := content[at]:
            at += 1 + size
        at += 1
        if keep:
            kept.append(content[start:at])


def _strip_webp(content):
    kept, at, end = [], 12, 8 + int.from_bytes(content[4:8], "little")
    while at + 8 <= min(end, len(content)):
        kind, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        chunk = content[at : at + 8 + size + size % 2]
        if kind == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_NAMES_FLAGS]) + chunk[9:]
        if kind not in _WEBP_DROPPED:
            kept.append(chunk)
        at += 8 + size + size % 2
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


_STRIPPERS = ((_PNG, _strip_png), (b"\xff\xd8", _strip_jpeg), (b"GIF8", _strip_gif), (b"RIFF", _strip_webp))
