"""The first and last bytes of a file say what it is."""

import os
import re

from . import Quarantined

HEAD = 64 * 1024
TAIL = 66 * 1024  # the end record of a zip may stand this far from the end
END_OF_ZIP = b"PK\x05\x06"
_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|script)", re.I | re.S
)
_LIVELY = re.compile(rb"<(?:script|html|iframe|!doctype\s+html|\?php)\b", re.I)
_MARKS = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"MZ", "exe"),
    (b"\x7fELF", "exe"),
    (b"\xfe\xed\xfa", "exe"),
    (b"\xcf\xfa\xed\xfe", "exe"),
    (b"#!", "script"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"ID3", "mp3"),
    (b"BM", "bmp"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"OggS", "ogg"),
    (b"FLV\x01", "flv"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "wmv"),
    (b"{\\rtf", "rtf"),
)
_BRANDS = {b"qt  ": "mov", b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"avif": "heic", b"M4A ": "m4a"}
SAID = {
    "pdf": "PDF",
    "png": "PNG 圖檔",
    "jpeg": "JPEG 圖檔",
    "gif": "GIF 圖檔",
    "webp": "WebP 圖檔",
    "mp4": "MP4 影片",
    "webm": "WebM 影片",
    "matroska": "MKV 影片",
    "mov": "QuickTime（MOV）影片",
    "avi": "AVI 影片",
    "wmv": "WMV 影片",
    "flv": "FLV 影片",
    "mp3": "MP3 聲音",
    "m4a": "M4A 聲音",
    "wav": "WAV 聲音",
    "ogg": "Ogg 聲音或影片",
    "heic": "HEIC 或 AVIF 圖檔",
    "bmp": "BMP 圖檔",
    "tiff": "TIFF 圖檔",
    "zip": "ZIP 壓縮檔",
    "ole": "舊版 Office 文件（或加了密碼的 Office 文件）",
    "exe": "程式（執行檔）",
    "script": "程式（指令檔）",
    "html": "網頁（HTML）",
    "rar": "RAR 壓縮檔",
    "7z": "7-Zip 壓縮檔",
    "gzip": "GZIP 壓縮檔",
    "rtf": "RTF 文件",
    "unknown": "無法辨認的資料",
}


def sniff(path):
    """What the content begins like, as a key of `SAID`."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise Quarantined("檔案是空的（0 位元組）。請確認原檔案能開啟後再上傳。")
    for mark, kind in _MARKS:
        if head.startswith(mark):
            return kind
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "mp4")
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "webm" if b"webm" in head[:64] else "matroska"
    if head.startswith(b"RIFF"):
        return {b"WEBP": "webp", b"AVI ": "avi", b"WAVE": "wav"}.get(head[8:12], "unknown")
    if _PAGE.match(head.removeprefix(b"\xef\xbb\xbf")):
        return "html"
    return "unknown"


def refuse_second_nature(path, what):
    """A file that is something else as well when read from its end or as a page (a polyglot)."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(0, size - TAIL), os.SEEK_SET)
        tail = file.read(TAIL)
    if what != "zip" and _is_end_of_zip(tail):
        raise Quarantined(
            f"檔案是{SAID[what]}，尾端卻另外藏了一個 ZIP 壓縮檔。請用原來的軟體重新存檔，再上傳單一的檔案。"
        )
    if what not in ("zip", "pdf") and (_LIVELY.search(head) or _LIVELY.search(tail)):
        raise Quarantined(f"檔案是{SAID[what]}，裡面卻夾帶網頁程式碼。請用原來的軟體重新存檔後再上傳。")
    if what != "pdf" and b"%PDF-" in head[:1024]:
        raise Quarantined(f"檔案是{SAID[what]}，開頭卻也是 PDF。請用原來的軟體重新存檔後再上傳。")


def _is_end_of_zip(tail):
    """An end record whose comment reaches just to the end of the file, or a directory entry before it."""
    at = tail.rfind(END_OF_ZIP)
    return at >= 0 and (b"PK\x01\x02" in tail[:at] or len(tail) - at == 22)
