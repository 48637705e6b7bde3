"""The zip around an .xlsx or .ods, opened without trusting what it says about itself.

Sizes are counted by inflating, overlapping and encrypted members are refused, and what the spreadsheet
library gets is a fresh package of the few checked parts: two readers never see two different files.
(Python's zipfile before 3.11.8 and 3.11.14 has holes here: CVE-2024-0450, CVE-2025-8291.)
"""

import io
import re
import struct
import zipfile
import zlib

from . import limits
from .limits import SheetRefused, damaged

_CHUNK = 256 * 1024
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)""")


class Package:
    """The members of a zip that passed every limit; `read` gives the whole of one."""

    def __init__(self, content: bytes):
        self._content = content
        self._members = self._checked_members()
        unpacked = 0
        for name in self._members:
            unpacked += sum(len(chunk) for chunk in self._inflate(name, limits.MAX_UNPACKED_BYTES - unpacked))
            if unpacked > limits.RATIO_FREE_BYTES and unpacked > limits.MAX_RATIO * len(content):
                raise _too_large()

    def __contains__(self, name):
        return name in self._members

    def read(self, name: str, *, most: int = limits.MAX_UNPACKED_BYTES) -> bytes:
        if name not in self._members:
            raise damaged()
        return b"".join(self._inflate(name, most))

    def read_xml(self, name: str, *, most: int = limits.MAX_UNPACKED_BYTES) -> bytes:
        """A member that will be parsed: UTF-8, and without a document type (entities expand)."""
        content = self.read(name, most=most)
        declared = _ENCODING.match(content.removeprefix(b"\xef\xbb\xbf"))
        if b"\0" in content[:4] or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise SheetRefused("檔案內的 XML 不是 UTF-8 編碼，不予讀取。")
        if declared and declared[1].lower() not in (b"utf-8", b"us-ascii"):
            raise SheetRefused("檔案內的 XML 不是 UTF-8 編碼，不予讀取。")
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise SheetRefused("檔案內含文件類型或實體宣告（DTD），可能有害，不予讀取。")
        return content

    def _checked_members(self):
        if self._content.count(b"PK\x01\x02") > 2 * limits.MAX_ENTRIES:
            raise SheetRefused(f"壓縮檔內的項目超過 {limits.MAX_ENTRIES:,} 個，不予讀取。")
        try:
            with zipfile.ZipFile(io.BytesIO(self._content)) as archive:
                members = archive.infolist()
                directory_start = archive.start_dir
        except Exception:  # a hostile directory makes zipfile raise nearly anything
            raise damaged() from None
        if len(members) > limits.MAX_ENTRIES:
            raise SheetRefused(f"壓縮檔內的項目超過 {limits.MAX_ENTRIES:,} 個，不予讀取。")
        if len({member.filename for member in members}) != len(members):
            raise damaged("（壓縮檔內有同名的項目）")
        end_of_last = 0
        spans = {}
        for member in sorted(members, key=lambda member: member.header_offset):
            if member.flag_bits & 0x1:
                raise SheetRefused("檔案加了密碼，請移除密碼後再匯入。")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise damaged("（壓縮方式不支援）")
            start, end = self._span(member)
            if member.header_offset < end_of_last or end > directory_start:
                raise SheetRefused("壓縮檔內的項目互相重疊，可能有害，不予讀取。")
            end_of_last = end
            spans[member.filename] = (member, start, end)
        return spans

    def _span(self, member):
        header = self._content[member.header_offset : member.header_offset + _LOCAL_HEADER.size]
        if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
            raise damaged()
        _, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        start = member.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        return start, start + member.compress_size

    def _inflate(self, name, most):
        """The member in chunks, counted as they come; size and checksum must be as declared."""
        member, start, end = self._members[name]
        if member.compress_type == zipfile.ZIP_STORED:
            inflated = (self._content[at : min(at + _CHUNK, end)] for at in range(start, end, _CHUNK))
        else:
            inflated = self._deflated(start, end)
        size = checksum = 0
        for chunk in inflated:
            size += len(chunk)
            if size > most:
                raise _too_large()
            checksum = zlib.crc32(chunk, checksum)
            yield chunk
        if size != member.file_size or checksum != member.CRC:
            raise damaged()

    def _deflated(self, start, end):
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for at in range(start, end, _CHUNK):
                packed = self._content[at : min(at + _CHUNK, end)]
                while packed:
                    yield stream.decompress(packed, _CHUNK)
                    packed = stream.unconsumed_tail
            while chunk := stream.decompress(b"", _CHUNK):
                yield chunk
        except zlib.error:
            raise damaged() from None
        if not stream.eof or stream.unused_data:
            raise damaged()


def _too_large():
    return SheetRefused(
        f"檔案解壓縮後太大（上限 {limits.MAX_UNPACKED_BYTES // limits.MB} MB），可能有害或含大量空白格式，不予讀取。"
    )


def pack(parts: dict[str, bytes]) -> io.BytesIO:
    """A fresh package of checked parts, not compressed: it is read once and thrown away."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    target.seek(0)
    return target
