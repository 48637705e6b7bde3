"""The rows of a .csv file: UTF-8 (with or without a mark at its start) or CP950, decoded strictly."""

import csv
import io
import re
from collections.abc import Iterator

from . import limits
from .limits import SheetRefused, column_letters

DELIMITERS = ",;\t"
_UTF8_MARK = b"\xef\xbb\xbf"
# What `writing` puts before text that a spreadsheet program would take for a formula.
_GUARDED = re.compile("'+[=+\\-@\t\r\n]")
_PAGE = re.compile(rb"\s*<(?:!doctype|html|\?xml|table|head)", re.IGNORECASE)


class FormulaText(str):
    """A cell that a spreadsheet program would compute: it begins with = and nothing guards it."""

    __slots__ = ()


def decode(content: bytes) -> tuple[str, bool]:
    """The text, and whether it was CP950 (in which rare characters may have become "?" before)."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise SheetRefused("檔案是 UTF-16 編碼，請另存為「CSV UTF-8」後再匯入。")
    if b"\0" in content or _PAGE.match(content):
        raise SheetRefused("檔案內容不是 CSV 文字檔，請用 Excel 或 LibreOffice 另存為 CSV 後再匯入。")
    try:
        return content.removeprefix(_UTF8_MARK).decode(), False
    except UnicodeDecodeError as problem:
        utf8_reached = problem.start
    if content.startswith(_UTF8_MARK):
        raise _undecodable(content.removeprefix(_UTF8_MARK), "utf-8", "UTF-8")
    try:
        return content.decode("cp950"), True
    except UnicodeDecodeError as problem:
        if problem.start > utf8_reached:
            raise _undecodable(content, "cp950", "Big5（CP950）") from None
    raise _undecodable(content, "utf-8", "UTF-8")


def _undecodable(content, codec, shown):
    """The refusal names the first cell that is broken in the encoding that got further."""
    text = content.decode(codec, errors="surrogateescape")
    reader = csv.reader(io.StringIO(text, newline=""))
    row, column = 0, None
    try:
        for number, values in enumerate(reader, start=1):
            broken = [
                place for place, value in enumerate(values, start=1) if re.search("[\udc80-\udcff]", value)
            ]
            if broken:
                row, column = number, f"{column_letters(broken[0])} 欄"
                break
    except csv.Error:
        row = reader.line_num
    return SheetRefused(f"有無法以 {shown} 解讀的字，請另存為「CSV UTF-8」後再匯入。", row=row, column=column)


def delimiter_of(text: str, matches) -> str:
    """The delimiter under which the header says most; `matches(values)` counts the headers known."""

    def weight(delimiter):
        try:
            header = next((values for _, values in rows(text, delimiter) if any(values)), [])
        except SheetRefused:  # quotes that only make sense under another delimiter
            return 0, 0
        return matches(header), len(header)

    return max(DELIMITERS, key=weight)


def rows(text: str, delimiter: str) -> Iterator[tuple[int, list]]:
    """Record number, as a spreadsheet program would number the row, and its values; empty ones are None."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise SheetRefused("引號沒有成對，或一格的文字過長，無法分欄。", row=number) from None
        if len(values) > limits.MAX_COLUMNS:
            raise SheetRefused(f"超過 {limits.MAX_COLUMNS} 欄。", row=number)
        yield number, [_plain(value) for value in values]


def _plain(value):
    if _GUARDED.match(value):
        return value[1:]
    return FormulaText(value) if value.startswith("=") else value or None
