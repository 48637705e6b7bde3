"""A zip read without trusting what it says about itself; bad names are refused, never mended.

The directory is parsed here and not by Python's zipfile, which before 3.11.8 and 3.11.14 has holes (CVE-2024-0450,
CVE-2025-8291): every limit holds before a member is inflated, and again while it is. Nothing is ever unpacked
to a disk under a name that the archive chose, and no archive inside the archive is opened.
"""

import os
import stat
import struct
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from . import Quarantined

MB = 1024 * 1024
MOST_UNPACKED = 2048 * MB
MOST_ENTRIES = 5_000
MOST_DEPTH = 12
LONGEST_NAME = 200  # bytes in UTF-8
MOST_RATIO = 100
RATIO_FREE = 10 * MB
CHUNK = 256 * 1024

STORED, DEFLATED = 0, 8
_LONGEST_DIRECTORY = MOST_ENTRIES * 1024
_LONGEST_COMMENT = 65_535
_END = struct.Struct("<4s4H2LH")
_END64_PLACE = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_UTF8 = 0x800
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075
_UNIX = 3
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}

AGAIN = "請重新壓縮後再上傳。"


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of the directory; `start` is where its bytes begin."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    start: int

    @property
    def is_folder(self):
        return self.name.endswith("/")


class Archive:
    """The members of a zip that passed the limits on its directory, in the order in which they lie in the file.

    `source` is a binary file that can be sought; the archive does not close it. `members` are those that an
    earlier look at the same bytes found.
    """

    def __init__(self, source, members=None):
        self._source = source
        self._members = {member.name: member for member in members or self._checked()}

    def __contains__(self, name):
        return name in self._members

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members.values())

    def __getitem__(self, name) -> Member:
        return self._members[name]

    @property
    def names(self):
        return list(self._members)

    def verify(self, on_bytes=lambda done: None):
        """Inflate everything once: sizes and checksums are true, and it is no bomb."""
        total = 0
        packed = sum(member.packed for member in self)
        for member in self:
            for chunk in self.chunks(member):
                total += len(chunk)
                if total > MOST_UNPACKED:
                    raise _too_large()
                if total > RATIO_FREE and total > MOST_RATIO * packed:
                    raise Quarantined(
                        f"壓縮檔解開後是原來的 {MOST_RATIO} 倍以上，像是「壓縮炸彈」，不予讀取。請先移除內容空白的大檔案。{AGAIN}"
                    )
            on_bytes(total)

    def read(self, name, *, most=64 * MB) -> bytes:
        """The whole of a member that may be no larger than `most`."""
        member = self._members[name]
        if member.size > most:
            raise Quarantined(f"壓縮檔內的「{name}」太大（上限 {most // MB} MB），不予讀取。")
        return b"".join(self.chunks(member))

    def chunks(self, member) -> Iterator[bytes]:
        """The content in pieces, counted as they come; size and checksum must be as the directory says."""
        size = checksum = 0
        for chunk in self._inflated(member):
            size += len(chunk)
            if size > member.size:
                break
            checksum = zlib.crc32(chunk, checksum)
            yield chunk
        if size != member.size or checksum != member.crc:
            raise Quarantined(
                f"壓縮檔內「{member.name}」的大小或檢查碼與目錄所載不符，檔案可能損壞或有害。{AGAIN}"
            )

    def part(self, member, start, length) -> Iterator[bytes]:
        """`length` bytes from `start` on; what is packed is inflated up to there."""
        if member.method == STORED:
            for at in range(start, start + length, CHUNK):
                yield self._at(member.start + at, min(CHUNK, start + length - at))
            return
        for chunk in self._inflated(member):
            piece = chunk[start : start + length]
            start = max(0, start - len(chunk))
            length -= len(piece)
            if piece:
                yield piece
            if not length:
                return

    def _inflated(self, member):
        packed = self._packed(member)
        if member.method == STORED:
            yield from packed
            return
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for piece in packed:
                while piece:
                    yield stream.decompress(piece, CHUNK)
                    piece = stream.unconsumed_tail
            while chunk := stream.decompress(b"", CHUNK):
                yield chunk
        except zlib.error:
            raise _damaged() from None
        if not stream.eof or stream.unused_data:
            raise _damaged()

    def _packed(self, member):
        for at in range(member.start, member.start + member.packed, CHUNK):
            yield self._at(at, min(CHUNK, member.start + member.packed - at))

    def _at(self, place, length):
        self._source.seek(place)
        return self._source.read(length)

    # The directory ---------------------------------------------------------------------------------

    def _checked(self):
        size = self._source.seek(0, os.SEEK_END)
        count, length, start, end = self._end_record(size)
        if count > MOST_ENTRIES or length > _LONGEST_DIRECTORY:
            raise Quarantined(
                f"壓縮檔內的項目超過 {MOST_ENTRIES:,} 個，不予讀取。請移除用不到的檔案後{AGAIN}"
            )
        if start + length != end:
            raise Quarantined(f"壓縮檔的前面或中間夾帶其他內容，可能有害，不予讀取。{AGAIN}")
        entries = list(self._entries(self._at(start, length), count))
        if sum(size for *_, size, _, _ in entries) > MOST_UNPACKED:
            raise _too_large()
        _refuse_doubles([name for name, *_ in entries])
        return self._placed(entries, start)

    def _end_record(self, size):
        """(entries, bytes of the directory, where it starts, where it must end)."""
        tail_at = max(0, size - _END.size - _LONGEST_COMMENT)
        tail = self._at(tail_at, size - tail_at)
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or at + _END.size > len(tail):
            raise Quarantined(f"壓縮檔不完整，可能沒有傳完或已損壞。{AGAIN}")
        _, disk, first_disk, here, count, length, start, comment = _END.unpack_from(tail, at)
        end = tail_at + at
        if end + _END.size + comment != size:
            raise Quarantined(f"壓縮檔的尾端夾帶其他內容，可能有害，不予讀取。{AGAIN}")
        if _FULL16 in (here, count) or _FULL32 in (length, start):
            return self._end_record_64(end)
        if disk or first_disk or here != count:
            raise Quarantined("不收分割成數個檔案的壓縮檔，請壓縮成一個檔案再上傳。")
        return count, length, start, end

    def _end_record_64(self, end):
        place = self._at(max(0, end - _END64_PLACE.size), _END64_PLACE.size)
        if len(place) < _END64_PLACE.size or not place.startswith(b"PK\x06\x07"):
            raise _damaged()
        _, disk, at, disks = _END64_PLACE.unpack(place)
        record = self._at(at, _END64.size)
        if disk or disks != 1 or len(record) < _END64.size or not record.startswith(b"PK\x06\x06"):
            raise _damaged()
        _, _, _, _, disk, first_disk, here, count, length, start = _END64.unpack(record)
        if disk or first_disk or here != count:
            raise _damaged()
        return count, length, start, at

    def _entries(self, directory, count):
        """(name, raw name, method, flags, crc, packed, size, offset, …) of each entry, its own facts checked."""
        at = 0
        for _ in range(count):
            if directory[at : at + 4] != b"PK\x01\x02" or at + _CENTRAL.size > len(directory):
                raise _damaged()
            (
                _,
                made_by,
                _,
                flags,
                method,
                _,
                _,
                crc,
                packed,
                size,
                names,
                extras,
                comments,
                disk,
                _,
                mode,
                offset,
            ) = _CENTRAL.unpack_from(directory, at)
            at += _CENTRAL.size
            raw = directory[at : at + names]
            extra = _extra_fields(directory[at + names : at + names + extras])
            at += names + extras + comments
            packed, size, offset = _wide(extra.get(_ZIP64, b""), packed, size, offset)
            name = _decoded(raw, flags, extra)
            if flags & _ENCRYPTED:
                raise Quarantined("壓縮檔加了密碼，無法檢查內容。請移除密碼後重新壓縮再上傳。")
            if method not in (STORED, DEFLATED):
                raise Quarantined(f"壓縮檔內「{name}」的壓縮方式不支援。請用一般的 ZIP 方式{AGAIN}")
            kind = stat.S_IFMT(mode >> 16) if made_by >> 8 == _UNIX else 0
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise Quarantined(
                    f"壓縮檔內的「{name}」是捷徑、連結或裝置，不予讀取。請改放檔案本身後{AGAIN}"
                )
            _refuse_bad_name(name)
            yield name, raw, method, crc, packed, size, offset, disk
        if at != len(directory):
            raise _damaged()

    def _placed(self, entries, directory_start):
        """The members with the places of their bytes; two that share bytes are refused."""
        end_of_last = 0
        members = []
        for name, raw, method, crc, packed, size, offset, _ in sorted(entries, key=lambda entry: entry[6]):
            header = self._at(offset, _LOCAL.size)
            if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
                raise _damaged()
            _, _, _, own_method, _, _, _, _, _, names, extras = _LOCAL.unpack(header)
            if own_method != method or self._at(offset + _LOCAL.size, names) != raw:
                raise Quarantined(f"壓縮檔的目錄與內容所載的檔名不同，可能有害，不予讀取。{AGAIN}")
            start = offset + _LOCAL.size + names + extras
            if offset < end_of_last or start + packed > directory_start:
                raise Quarantined(f"壓縮檔內的項目互相重疊，像是「壓縮炸彈」，不予讀取。{AGAIN}")
            if not members and offset:
                raise Quarantined(f"壓縮檔的前面夾帶其他內容，可能有害，不予讀取。{AGAIN}")
            end_of_last = start + packed
            members.append(Member(name, method, crc, packed, size, start))
        return members


def _extra_fields(extra):
    fields, at = {}, 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        fields.setdefault(kind, extra[at + 4 : at + 4 + length])
        at += 4 + length
    return fields


def _wide(field, packed, size, offset):
    """The three figures, those that do not fit taken from the zip64 field in its fixed order."""
    at = 0
    figures = []
    for figure in (size, packed, offset):
        if figure == _FULL32:
            if at + 8 > len(field):
                raise _damaged()
            (figure,) = struct.unpack_from("<Q", field, at)
            at += 8
        figures.append(figure)
    size, packed, offset = figures
    return packed, size, offset


def _decoded(raw, flags, extra):
    """UTF-8 where it says so or reads so, else what Chinese Windows writes."""
    path = extra.get(_UNICODE_PATH, b"")
    if len(path) > 5 and path[1:5] == zlib.crc32(raw).to_bytes(4, "little"):
        raw, flags = path[5:], _UTF8
    for codec in ("utf-8",) if flags & _UTF8 else ("utf-8", "cp950"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    raise Quarantined(f"壓縮檔內有檔名的編碼無法辨認（須為 UTF-8 或 Big5）。請改用較新的壓縮軟體{AGAIN}")


def _refuse_bad_name(name):
    shown = "".join(c if unicodedata.category(c) not in _UNSEEN else "�" for c in name[:60])
    parts = name.removesuffix("/").split("/")
    if len(name.encode()) > LONGEST_NAME:
        raise Quarantined(
            f"壓縮檔內的「{shown}…」路徑過長（上限 {LONGEST_NAME} 位元組，中文約 66 字）。請縮短資料夾與檔名後{AGAIN}"
        )
    if len(parts) > MOST_DEPTH:
        raise Quarantined(f"壓縮檔內的「{shown}」資料夾太深（上限 {MOST_DEPTH} 層）。請減少層數後{AGAIN}")
    if any(unicodedata.category(c) in _UNSEEN for c in name):
        raise Quarantined(f"壓縮檔內的「{shown}」檔名含看不見的控制字元，可能有害，不予讀取。請改名後{AGAIN}")
    if (
        "\\" in name
        or name.startswith("/")
        or name[1:2] == ":"
        or any(part in ("", ".", "..") for part in parts)
    ):
        raise Quarantined(
            f"壓縮檔內的「{shown}」不是套件內的路徑（含 ..、反斜線或以根目錄開頭），可能有害，不予讀取。{AGAIN}"
        )


def _refuse_doubles(names):
    """Two names that some disk or browser takes for one, or a file where others have a folder."""
    seen = {}
    for name in names:
        folded = unicodedata.normalize("NFC", name.removesuffix("/")).casefold()
        if folded in seen:
            raise Quarantined(f"壓縮檔內有同名的項目「{name}」（大小寫或字形不同也算同名）。請改名後{AGAIN}")
        seen[folded] = name
    for folded in seen:
        while folded := folded.rpartition("/")[0]:
            if folded in seen and not seen[folded].endswith("/"):
                raise Quarantined(f"壓縮檔內的「{seen[folded]}」既是檔案又是資料夾，不予讀取。{AGAIN}")


def _too_large():
    return Quarantined(f"壓縮檔解開後超過 {MOST_UNPACKED // (1024 * MB)} GB，不予讀取。請減少內容後{AGAIN}")


def _damaged():
    return Quarantined(f"壓縮檔損壞，無法讀取。{AGAIN}")
