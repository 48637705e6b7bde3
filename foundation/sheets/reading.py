"""Reading a table from a spreadsheet people made: find the header, give typed values, refuse in words.

Nothing is interpreted here beyond what the file states: `foundation.text`, `foundation.numbers` and
`foundation.rocdate` read the cells. A formula, an error value or a shifted row is refused, never guessed.
"""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from ..text import search_key
from . import commas, limits
from .grids import ERROR, FORMULA, ods_grids, too_many_rows, xlsx_grids
from .limits import SheetRefused, column_letters
from .packages import Package

_KINDS = {".xlsx": "xlsx", ".ods": "ods", ".csv": "csv"}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True)
class Column:
    """A column to look for: `title` is its Chinese header, `key` the English one; a file may use either.

    `required` is about the column, not about its cells.
    """

    key: str
    title: str
    required: bool = True
    aliases: tuple[str, ...] = ()

    def names(self):
        return {
            search_key(name) for name in (self.title, self.key, f"{self.title}({self.key})", *self.aliases)
        }


@dataclass(slots=True)
class Row:
    """One row: its number as the spreadsheet shows it, and its values by column key (None: empty)."""

    number: int
    cells: dict

    def __getitem__(self, key):
        return self.cells[key]

    def get(self, key, default=None):
        return self.cells.get(key, default)


@dataclass
class Table:
    """What was read. `ignored` names headers nobody asked for, `missing` optional columns not there,
    `extra` (with `extra_columns`) the unknown headers that were read, `warnings` are sentences."""

    sheet: str
    header_row: int
    rows: list[Row] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def __len__(self):
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)


def read_table(
    source: str | os.PathLike | bytes | BinaryIO,
    filename: str,
    *,
    columns: Sequence[Column],
    max_rows: int = limits.MAX_ROWS,
    extra_columns: bool = False,
) -> Table:
    """The rows under the header in an .xlsx, .ods or .csv file; SheetRefused with a Chinese sentence.

    The header is the first row that is not empty, on the first visible sheet that has all required columns.
    With `extra_columns` every other headed column is read too, under its own header.
    """
    kind = _kind(filename)
    content = _content(source)
    _check_start(content, kind)
    if kind == "csv":
        return _read_csv(content, columns, max_rows, extra_columns)
    grids = (xlsx_grids if kind == "xlsx" else ods_grids)(Package(content), max_rows=max_rows)
    del content
    first_refusal = None
    for grid in grids:
        if isinstance(grid, SheetRefused):
            first_refusal = first_refusal or grid
            continue
        rows = grid.rows()
        try:
            header = _Header(rows, columns, extra_columns)
        except SheetRefused as refusal:
            first_refusal = first_refusal or refusal
            continue
        if not header.titles:
            continue
        _check_marks(grid.extent, header)
        table = header.table(grid.name)
        if grid.extent.merged:
            table.warnings.append(f"合併儲存格（{grid.extent.merged}）只有左上角那一格有值，其餘視為空白。")
        _fill(table, rows, header, max_rows)
        return table
    raise first_refusal or SheetRefused("檔案裡沒有資料。")


def _kind(filename):
    suffix = PurePosixPath(str(filename).lower()).suffix
    if suffix == ".xls":
        raise SheetRefused("不收舊版 Excel（.xls），請另存為 .xlsx 或 .ods 後再匯入。")
    if suffix not in _KINDS:
        raise SheetRefused("只收 .xlsx、.ods、.csv 三種檔案。")
    return _KINDS[suffix]


def _content(source):
    most = limits.MAX_FILE_BYTES
    if isinstance(source, (bytes, bytearray, memoryview)):
        content = bytes(source) if len(source) <= most else None
    elif isinstance(source, (str, os.PathLike)):
        path = Path(source)
        content = path.read_bytes() if path.stat().st_size <= most else None
    else:
        content = source.read(most + 1)
    if content is None or len(content) > most:
        raise SheetRefused(f"檔案超過 {most // limits.MB} MB。")
    return content


def _check_start(content, kind):
    if not content.strip(b"\xef\xbb\xbf \t\r\n"):
        raise SheetRefused("檔案是空的。")
    is_zip = content.startswith((b"PK\x03\x04", b"PK\x05\x06"))
    if content.startswith(_OLD_OFFICE):
        raise SheetRefused("這是舊版 Excel（.xls）或加了密碼的檔案，請移除密碼並另存為 .xlsx 後再匯入。")
    if is_zip == (kind == "csv") or (kind == "csv" and content.startswith((b"%PDF", b"MZ"))):
        raise SheetRefused(f"檔案內容不是 .{kind}，請用 Excel 或 LibreOffice 另存為 .{kind} 後再匯入。")


class _Header:
    """Takes rows up to the first that is not empty, and says which column is where."""

    def __init__(self, rows, columns, extra_columns):
        self.number, self.titles = 0, []
        for number, values in rows:
            if any(_is_filled(value) for value in values):
                self.number, self.titles = number, ["" if value is None else str(value) for value in values]
                while not self.titles[-1].strip():
                    self.titles.pop()
                break
        self.keys = {}
        self.extra, self.ignored, self.missing = [], [], []
        if self.titles:
            self._match(columns, extra_columns)

    def _match(self, columns, extra_columns):
        known = {name: column for column in columns for name in column.names()}
        place_of = {}
        for place, title in enumerate(self.titles):
            name = header_name(title)
            if not name:
                continue
            column = known.get(name)
            key = column.key if column else name
            if key in place_of and (column or extra_columns):
                raise SheetRefused(
                    f"標題重複，{column_letters(place_of[key] + 1)} 欄與 {column_letters(place + 1)} 欄都是"
                    f"「{column.title if column else shown(title)}」。",
                    row=self.number,
                )
            place_of[key] = place
            if column:
                self.keys[place] = key
            elif extra_columns:
                self.keys[place] = shown(title)
                self.extra.append(shown(title))
            else:
                self.ignored.append(shown(title))
        missing = [column for column in columns if column.key not in place_of]
        required = [column.title for column in missing if column.required]
        if required:
            raise SheetRefused(
                "缺少欄位"
                + "、".join(f"「{title}」" for title in required)
                + "；第一個有內容的列應是標題列。",
                row=self.number,
            )
        self.missing = [column.title for column in missing]
        self.missing_keys = [column.key for column in missing]

    def title(self, place):
        return shown(self.titles[place])

    def table(self, sheet):
        return Table(sheet, self.number, ignored=self.ignored, missing=self.missing, extra=self.extra)


def header_name(title: str) -> str:
    """A header for comparing: width, case, white space and a leading * make no difference."""
    return search_key(title).lstrip("*")


def shown(title: str) -> str:
    """A header as it is quoted in sentences: one line, not endless."""
    line = " ".join(title.split()).lstrip("*＊ ")
    return line if len(line) <= 40 else f"{line[:40]}…"


def _is_filled(value):
    return value is not None and not (isinstance(value, str) and not value.strip())


def _check_marks(extent, header):
    for place in header.keys:
        row, mark = extent.first_mark.get(place + 1, (0, None))
        if mark == FORMULA:
            raise _formula(row, header.title(place))
        if mark == ERROR:
            raise SheetRefused("是錯誤值（如 #N/A），請改填內容。", row=row, column=header.title(place))


def _formula(row, title):
    return SheetRefused("是公式，請改為「貼上值」後再匯入。", row=row, column=title)


def _fill(table, rows, header, max_rows):
    places = list(header.keys.items())
    width = len(header.titles)
    untitled = [place for place, title in enumerate(header.titles) if not title.strip()]
    empty = dict.fromkeys(header.missing_keys)
    has_untitled = False
    for number, values in rows:
        cells = {key: _value(values[place]) if place < len(values) else None for place, key in places}
        if any(value is not None for value in cells.values()):
            if len(table.rows) >= max_rows:
                raise too_many_rows(max_rows)
            table.rows.append(Row(number, cells | empty))
        has_untitled = (
            has_untitled
            or any(map(_is_filled, values[width:]))
            or any(place < len(values) and _is_filled(values[place]) for place in untitled)
        )
    if has_untitled:
        table.warnings.append("有的欄沒有標題卻有內容，未讀取。")


def _value(value):
    """Blank text is an empty cell, and a whole number is an int (spreadsheets keep only floats)."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float) and math.isfinite(value) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _read_csv(content, columns, max_rows, extra_columns):
    text, is_cp950 = commas.decode(content)
    if not text.strip(f'{commas.DELIMITERS}" \r\n'):
        raise SheetRefused("檔案裡沒有資料。")
    known = {name for column in columns for name in column.names()}

    def matches(values):
        return sum(header_name(value or "") in known for value in values)

    rows = commas.rows(text, commas.delimiter_of(text, matches))
    header = _Header(rows, columns, extra_columns)
    if not header.titles:
        raise SheetRefused("檔案裡沒有資料。")
    table = header.table("")
    _fill(table, _checked_csv(rows, header, table, is_cp950), header, max_rows)
    return table


def _checked_csv(rows, header, table, is_cp950):
    width = len(header.titles)
    warned = False
    for number, values in rows:
        if any(map(_is_filled, values[width:])):
            raise SheetRefused(
                f"有 {len(values)} 欄，標題列只有 {width} 欄；欄位可能因逗號移位。", row=number
            )
        for place in header.keys:
            value = values[place] if place < len(values) else None
            if not value:
                continue
            if isinstance(value, commas.FormulaText):
                raise _formula(number, header.title(place))
            if is_cp950 and not warned and "?" in value:
                warned = True
                table.warnings.append(
                    f"第 {number:,} 列「{header.title(place)}」有「?」，可能是存成 Big5 時遺失的字，請核對；"
                    "有罕用字時請另存為「CSV UTF-8」。"
                )
        yield number, values
